"""Pure functions that need not be asked twice: what a moved control leaves as it was is not computed again.

Belongs here: a memory of results by content, which an open notebook's page carries. Without one (every headless run)
a remembered function is the function. Nothing is looked up by name or by time: equal arguments, equal result.
"""

from __future__ import annotations

import functools
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_IN_USE: ContextVar[Memory | None] = ContextVar("memory", default=None)
ENTRIES = 600


class _Written:
    """Where a pickler writes to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        """Take one part."""
        self.parts.append(bytes(part))
        return len(part)


class _Keys(pickle.Pickler):
    """Arguments as bytes; table expressions by what they ask for, since they do not pickle."""

    def __init__(self, written: _Written, asked: dict[Any, int]) -> None:
        super().__init__(written, protocol=5)
        self._asked = asked

    def persistent_id(self, obj: Any) -> Any:
        operation = getattr(obj, "op", None)
        if operation is None or not type(obj).__module__.startswith("ibis."):
            return None
        return self._asked.setdefault(operation(), len(self._asked))


class Memory:
    """Results of pure functions by their arguments; those used longest ago go first."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries = entries
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._asked: dict[Any, int] = {}

    def result(self, function: Callable[..., Any], name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """What `function` gives: a copy of the kept result, else computed. Arguments that do not pickle always are."""
        written = _Written()
        try:
            _Keys(written, self._asked).dump((name, given, named))
        except (pickle.PicklingError, TypeError, AttributeError):
            return function(*given, **named)
        key = b"".join(written.parts)
        if key in self._kept:
            self._kept.move_to_end(key)
            return pickle.loads(self._kept[key])
        found = function(*given, **named)
        self._kept[key] = pickle.dumps(found, protocol=5)
        if len(self._kept) > self._entries:
            self._kept.popitem(last=False)
        return found


@contextmanager
def remembering(memory: Memory | None) -> Iterator[None]:
    """Inside it, remembered functions use `memory`; None changes nothing."""
    if memory is None:
        yield
        return
    token = _IN_USE.set(memory)
    try:
        yield
    finally:
        _IN_USE.reset(token)


def remembered(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """A pure function whose results are remembered inside `remembering`.

    Its result pickles, and depends on its arguments alone (and on what is one for the whole page: its currency).

    Examples
    --------
    >>> @remembered
    ... def doubled(value):
    ...     print("computed")
    ...     return 2 * value
    >>> with remembering(Memory()):
    ...     doubled(21), doubled(21)
    computed
    (42, 42)
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def called(*given: _Given.args, **named: _Given.kwargs) -> _Result:
        memory = _IN_USE.get()
        if memory is None:
            return function(*given, **named)
        result: _Result = memory.result(function, name, given, named)
        return result

    return called
