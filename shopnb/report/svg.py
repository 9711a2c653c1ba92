"""A chart's specification as SVG, and as Vega for the living page.

Belongs here: vl-convert, and cleaning what it draws: only known elements and attributes, short numbers, no fonts
(the page's own apply). Nothing is fetched: a specification that points outside is refused.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import vl_convert

from shopnb import labels

PHONE_WIDTH = 340  # px, the twin fits a phone of 390
_VEGA_LITE = "6.4"
_PARTS = ("hconcat", "vconcat", "concat", "facet", "repeat", "spec")
_ELEMENTS = {"svg", "g", "path", "rect", "text", "tspan", "line", "circle", "defs", "clipPath", "linearGradient",
             "radialGradient", "stop", "image"}  # fmt: skip
_ATTRIBUTES = {
    "viewBox", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "fx", "fy", "width", "height", "dx",
    "dy", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "text-anchor", "font-size", "font-weight",
    "font-style", "clip-path", "id", "offset", "stop-color", "stop-opacity", "gradientUnits", "preserveAspectRatio",
    "href", "rx", "ry",
}  # fmt: skip
_NUMBERS = {
    "transform",
    "d",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "width",
    "height",
    "viewBox",
    "dx",
    "dy",
}
_USELESS = {
    ("fill", "none"),
    ("stroke-width", "1"),
    ("opacity", "1"),
    ("stroke-miterlimit", "10"),
    ("transform", "translate(0,0)"),
}


class OutsideDataError(ValueError):
    """A specification that loads its data from an address: cannot be drawn offline."""


class UndrawableError(ValueError):
    """A specification that Vega refuses."""


def fit(spec: Mapping[str, Any], width: int | str) -> dict[str, Any]:
    """The specification at a given width (or `"container"`), where it is one view that has a width of its own."""
    fitted = dict(spec)
    if isinstance(spec.get("width"), int | float | str) and not any(part in spec for part in _PARTS):
        fitted |= {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    return fitted


def _without_outside_data(spec: Any) -> None:
    if isinstance(spec, Mapping):
        data = spec.get("data")
        for one in data if isinstance(data, list) else [data]:
            if isinstance(one, Mapping) and "url" in one:
                raise OutsideDataError(str(one["url"]))
        for value in spec.values():
            _without_outside_data(value)
    elif isinstance(spec, list):
        for value in spec:
            _without_outside_data(value)


def vega_spec(spec: Mapping[str, Any], *, title: bool = False) -> dict[str, Any]:
    """The chart as Vega, as wide as its place in the page; its title is left to the page unless `title`.

    Raises
    ------
    OutsideDataError
        When the data are not inside the specification.
    UndrawableError
        When Vega refuses it.
    """
    if is_vega(spec):
        _without_outside_data(spec)
        return {key: value for key, value in spec.items() if key != "$schema"}
    prepared = _prepared(spec, "container", title=title)
    try:
        compiled: dict[str, Any] = vl_convert.vegalite_to_vega(prepared, vl_version=_VEGA_LITE)
    except ValueError as error:
        raise UndrawableError(str(error)) from error
    compiled.pop("$schema", None)
    return compiled


def is_vega(spec: Mapping[str, Any]) -> bool:
    """Whether a specification is Vega already, not Vega-Lite."""
    return "/schema/vega/" in str(spec.get("$schema", ""))


def _prepared(spec: Mapping[str, Any], width: int | str, *, title: bool) -> dict[str, Any]:
    _without_outside_data(spec)
    prepared = fit(spec, width)
    prepared.pop("usermeta", None)
    if not title:
        prepared.pop("title", None)
    return prepared


def chart_svg(spec: Mapping[str, Any], *, alt: str, prefix: str, width: int = PHONE_WIDTH, title: bool = False) -> str:
    """The chart as an SVG element to stand in a page.

    Parameters
    ----------
    spec : Vega-Lite or Vega.
    alt : what the chart says, read aloud in its place.
    prefix : makes the ids inside unlike those of other charts of the page.
    width : px.
    title : whether the chart's own title is drawn.

    Raises
    ------
    OutsideDataError, UndrawableError
        As `vega_spec`.
    """
    drawn = _draw(spec, width, title=title)
    root = _clean(ET.fromstring(drawn), prefix)
    if root is None:
        raise ValueError("vl-convert drew no SVG")
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-label": labels.visible(alt), "fill": "none"}
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _draw(spec: Mapping[str, Any], width: int, *, title: bool) -> str:
    try:
        if is_vega(spec):
            _without_outside_data(spec)
            return str(vl_convert.vega_to_svg(json.dumps(spec), allowed_base_urls=[]))
        prepared = _prepared(spec, width, title=title)
        return str(vl_convert.vegalite_to_svg(prepared, vl_version=_VEGA_LITE, allowed_base_urls=[]))
    except OutsideDataError:
        raise
    except ValueError as error:
        raise UndrawableError(str(error)) from error


def _clean(element: ET.Element, prefix: str) -> ET.Element | None:
    """A copy with known elements and attributes only, numbers of one decimal; None for an unknown element."""
    name = element.tag.rpartition("}")[2]
    name = "g" if name == "a" else name  # what a link holds stays, the link goes
    if name not in _ELEMENTS:
        return None
    copy = ET.Element(name)
    for key, value in element.attrib.items():
        key = key.rpartition("}")[2]
        if key in _ATTRIBUTES and ((key, value) not in _USELESS or (key == "fill" and name == "text")):
            kept = _attribute(key, value, prefix)
            if kept is not None:
                copy.set(key, kept)
    if name == "text":
        copy.text = element.text
        copy.tail = element.tail
    elif name == "tspan":
        copy.text, copy.tail = element.text, element.tail
    for child in element:
        cleaned = _clean(child, prefix)
        if cleaned is not None and not _is_empty(cleaned):
            copy.append(cleaned)
    return copy


def _is_empty(element: ET.Element) -> bool:
    """Nothing to see: a group without children, a path without ink."""
    if element.tag in ("g", "defs"):
        return not len(element)
    return element.tag == "path" and not element.get("fill") and not element.get("stroke")


def _attribute(key: str, value: str, prefix: str) -> str | None:
    if key in _NUMBERS:
        return re.sub(r"-?\d+\.\d+", _short, value)
    if key == "id":
        return prefix + value
    if key == "clip-path" or value.startswith("url("):
        found = re.fullmatch(r"url\(['\"]?#([\w.-]+)['\"]?\)", value)
        return f"url(#{prefix}{found[1]})" if found else None
    if key == "href":
        return value if value.startswith("data:image/") else None
    return value


def _short(found: re.Match[str]) -> str:
    rounded = f"{float(found[0]):.1f}".removesuffix(".0")
    return "0" if rounded == "-0" else rounded
