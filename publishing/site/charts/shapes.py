"""The shapes of a drawing: a Vega-Lite specification, compiled once for all drawings of one structure.

Specifications are written as Vega-Lite's own JSON, whose data have names: ten thousand drawings are of a few hundred
structures, and compiling one takes as long as drawing it. A test checks them against Altair's schema.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import vl_convert

from publishing.site.charts.scale import Scale

# The palette of look.md. The style sheet selects on these values, so that dark mode and print have their own.
ACCENT: Final = "#0b6e8a"
INK: Final = "#1b1f24"
MUTED: Final = "#6b7480"
MARK: Final = "#8a939e"
RULE: Final = "#c4cad1"
FAINT: Final = "#eef1f4"
PAPER: Final = "#ffffff"
# From few to many: a ramp of the accent, light to dark.
RAMP: Final = ("#d5e7ee", "#a3cbd9", "#5b9fb6", "#0b6e8b", "#06404f")
COLOURS: Final = (ACCENT, INK, MUTED, MARK, RULE, FAINT, PAPER, *RAMP)
# Stands for the hatching until the drawing is finished: Vega has no patterns of its own.
HATCH: Final = "#abcdef"

_SVG = "http://www.w3.org/2000/svg"
_VEGALITE = "6.4"
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_UNUSED = frozenset({"font-family", "class", "role", "aria-roledescription", "aria-hidden", "pointer-events"})

Spec: TypeAlias = dict[str, Any]
Records: TypeAlias = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Layer:
    """A mark of one kind for each record."""

    mark: Spec
    encoding: Spec
    records: Records


def layer(kind: str, records: Records, mark: Spec, **encoding: Spec) -> Layer:
    """One layer: a mark of that kind for each record."""
    return Layer({"type": kind, **mark}, encoding, records)


def pixel(value: float) -> Spec:
    """A fixed place, in pixels of the plot."""
    return {"value": round(value, 2)}


def along(scale: Scale, name: str = "value") -> Spec:
    """A place along the axis, by a field of the records."""
    domain = {"domain": [scale.low, scale.high], "nice": False, "zero": False}
    return {"field": name, "type": "quantitative", "scale": domain, "axis": None}


def tone(**colours: str) -> Spec:
    """A colour by the field ``tone``."""
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"field": "tone", "type": "nominal", "scale": scale, "legend": None}


def specification(layers: Sequence[Layer], size: tuple[int, int], edges: tuple[int, int, int, int]) -> Spec:
    """The drawing as Vega-Lite's JSON, its data by name: exactly as large as asked, nothing laid out by measuring.

    size:  width and height of the plot, in pixels
    edges: pixels to its left, right, top and bottom
    """
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{_VEGALITE}.json",
        "width": size[0],
        "height": size[1],
        "autosize": {"type": "none"},
        "padding": dict(zip(("left", "right", "top", "bottom"), edges, strict=True)),
        "background": "transparent",
        "config": {"aria": False, "view": {"stroke": "transparent", "fill": "transparent"}},
        "layer": [
            {"data": {"name": f"d{place}"}, "mark": one.mark, "encoding": one.encoding}
            for place, one in enumerate(layers)
        ],
    }


@lru_cache(maxsize=8192)
def _compiled(specification_json: str) -> str:
    """The specification as Vega's JSON, with a word in place of each layer's data."""
    vega = vl_convert.vegalite_to_vega(specification_json, vl_version=_VEGALITE)
    for source in vega["data"]:
        if re.fullmatch(r"d\d+", source["name"]):
            source["values"] = f"@{source['name']}"
    return json.dumps(vega)


@lru_cache(maxsize=1024)
def _drawn(vega_json: str) -> str:
    return str(vl_convert.vega_to_svg(vega_json))


def _short(match: re.Match[str]) -> str:
    return f"{float(match.group()):.2f}".rstrip("0").rstrip(".")


def _clean(svg: str, hatch: str) -> list[ET.Element]:
    """Vega's drawing as part of a page: two decimals, no fonts, no background, the hatching by name."""
    root = ET.fromstring(svg)  # noqa: S314 - made by vl-convert from our own specification
    for node in root.iter():
        node.tag = node.tag.removeprefix(f"{{{_SVG}}}")
        for name, value in list(node.attrib.items()):
            if name in _UNUSED:
                del node.attrib[name]
            else:
                node.set(name, f"url(#{hatch})" if value == HATCH else _LONG_NUMBER.sub(_short, value))
    for parent in list(root.iter()):
        for child in list(parent):
            is_shape = child.tag in {"rect", "path"}
            if is_shape and not {child.get("fill", "transparent"), child.get("stroke", "transparent")} - {
                "transparent"
            }:
                parent.remove(child)
    _prune(root)
    return list(root)


def _prune(node: ET.Element) -> None:
    """Remove groups that hold nothing, and put in place of those that only hold what they hold."""
    kept: list[ET.Element] = []
    for child in node:
        _prune(child)
        if child.tag == "g" and not child.attrib:
            kept += list(child)
        elif child.tag != "g" or len(child):
            kept.append(child)
    node[:] = kept


def shapes(
    layers: Sequence[Layer], size: tuple[int, int], edges: tuple[int, int, int, int], hatch: str
) -> list[ET.Element]:
    """Draw the layers; ``hatch`` is the id of the hatching."""
    used = [one for one in layers if one.records]
    if not used:
        return []
    vega = _compiled(json.dumps(specification(used, size, edges), separators=(",", ":")))
    for place, one in enumerate(used):
        vega = vega.replace(f'"@d{place}"', json.dumps(list(one.records), separators=(",", ":")))
    return _clean(_drawn(vega), hatch)
