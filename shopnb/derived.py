"""What is worked out of parameters, kept while those that were read for it stay as they are.

Belongs here: parameters that notice who reads them, and the keeping. Nobody declares what depends on what: reading a
parameter is the declaration, and a value made of another value has read what that one has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Generic, Protocol, TypeVar, overload

_Made = TypeVar("_Made")
_READ: ContextVar[dict[str, Any] | None] = ContextVar("read", default=None)
KEPT = 4  # values of one name, so that a control moved there and back is not waited for


class Given(Mapping[str, Any]):
    """Parameters by name; whatever is worked out meanwhile depends on those that are read.

    Examples
    --------
    >>> given = Given({"grain": "week", "lang": "zh"})
    >>> given["grain"], {**given, "lang": "en"}
    ('week', {'grain': 'week', 'lang': 'en'})
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        read = _READ.get()
        if read is not None:
            read[name] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Given({self._values!r})"

    def still(self, read: Mapping[str, Any]) -> bool:
        """Whether parameters have the values they were read with; asking is not reading."""
        return all(self._values[name] == value for name, value in read.items())


class Kept:
    """Values by name, each with the parameters that were read for it."""

    def __init__(self) -> None:
        self._values: dict[str, list[tuple[dict[str, Any], Any]]] = {}

    def clear(self) -> None:
        """Forget all: what is read besides parameters has changed."""
        self._values.clear()

    def value(self, name: str, given: Given, make: Callable[[], _Made]) -> _Made:
        """The value of that name for the parameters `given`: a kept one, else made now.

        `make` is deterministic and reads no parameters but those of `given`.
        """
        outer = _READ.get()
        kept = self._values.setdefault(name, [])
        for place, (read, value) in enumerate(kept):
            if given.still(read):
                kept.append(kept.pop(place))
                if outer is not None:
                    outer |= read
                return value  # type: ignore[no-any-return]
        read = {}
        token = _READ.set(read)
        try:
            made = make()
        finally:
            _READ.reset(token)
            if outer is not None:
                outer |= read
        kept.append((read, made))
        del kept[:-KEPT]
        return made


class _Holder(Protocol):
    @property
    def given(self) -> Given: ...

    @property
    def kept(self) -> Kept: ...


_Whole = TypeVar("_Whole", bound=_Holder)


class PartOf(Generic[_Whole]):
    """A part of a holder: what is worked out in it reads the holder's parameters and is kept there."""

    def __init__(self, whole: _Whole) -> None:
        self._whole = whole

    @property
    def given(self) -> Given:
        """The holder's parameters."""
        return self._whole.given

    @property
    def kept(self) -> Kept:
        """Where the holder keeps what was worked out."""
        return self._whole.kept


class derived(Generic[_Made]):  # noqa: N801 - used like `property`
    """A property worked out once for the parameters it reads.

    The class that has it carries its parameters as `given` and a `kept`, or is `PartOf` one that does.

    Examples
    --------
    >>> class Page:
    ...     def __init__(self, **given):
    ...         self.given, self.kept = Given(given), Kept()
    ...
    ...     @derived
    ...     def period(self):
    ...         print("computed")
    ...         return "last " + self.given["grain"]
    >>> page = Page(grain="week", lang="zh")
    >>> page.period, page.period
    computed
    ('last week', 'last week')
    >>> page.given = Given({"grain": "week", "lang": "en"})
    >>> page.period
    'last week'
    """

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"{owner.__qualname__}.{name}"

    @overload
    def __get__(self, holder: None, owner: type) -> derived[_Made]: ...

    @overload
    def __get__(self, holder: _Holder, owner: type) -> _Made: ...

    def __get__(self, holder: _Holder | None, owner: type) -> derived[_Made] | _Made:
        if holder is None:
            return self
        return holder.kept.value(self._name, holder.given, lambda: self._make(holder))
