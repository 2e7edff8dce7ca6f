"""Points by two numbers: schools on blank ground, or one measure against another."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from publishing.site.charts.frame import Line, Plot, Words, drawing, small_width
from publishing.site.charts.scale import Scale, step_of
from publishing.site.charts.shapes import (
    ACCENT,
    FAINT,
    INK,
    MARK,
    RAMP,
    Layer,
    along,
    layer,
    pixel,
    shapes,
    tone,
)

_TALLEST = 720
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 24, 26, 46
# Names less than this apart lie upon each other.
_LINE = 15


@dataclass(frozen=True)
class Spot:
    """One point.

    radius: pixels
    step:   of the ramp, from 0; null for a point that is in colour only if it is the subject
    name:   written beside it, or nothing
    """

    x: float
    y: float
    radius: float = 4.5
    step: int | None = None
    is_subject: bool = False
    name: str = ""


def _tone(spot: Spot) -> str:
    return f"t{spot.step}" if spot.step is not None else "subject" if spot.is_subject else "context"


def _records(spots: Sequence[Spot], turn: float = 1.0) -> list[dict[str, object]]:
    """Large points first, so that small ones lie above them."""
    ordered = sorted(spots, key=lambda spot: (-round(spot.radius * 2), spot.is_subject, spot.x, spot.y))
    return [
        {
            "x": round(spot.x * turn, 6),
            "y": round(spot.y, 6),
            "size": round(math.pi * (round(spot.radius * 2) / 2) ** 2, 3),
            "tone": _tone(spot),
        }
        for spot in ordered
    ]


def _points(records: Sequence[dict[str, object]], x: Scale, y: Scale) -> Layer:
    tones = {f"t{step}": colour for step, colour in enumerate(RAMP)} | {"subject": ACCENT, "context": MARK}
    size = {"field": "size", "type": "quantitative", "scale": None}
    return layer(
        "point",
        list(records),
        {"filled": True, "opacity": 1},
        x=along(x, "x"),
        y=along(y, "y"),
        size=size,
        color=tone(**tones),
    )


_MOVED = re.compile(r"translate\(([-\d.e]+),\s?([-\d.e]+)\)")
_ROUND = re.compile(r"M([\d.]+),")


def _merged(drawn: Sequence[ET.Element], ident: str) -> list[ET.Element]:
    """Vega's circles as strokes of no length with round ends, one path for each size and colour: a tenth as long.

    Each path is drawn twice: wider in grey, so that pale points have a rim, then in its colour.
    """
    number = 0
    for top in drawn:
        for group in list(top.iter()):
            found: dict[tuple[str, str, float], list[str]] = {}
            for node in list(group):
                moved, begun = _MOVED.fullmatch(node.get("transform", "")), _ROUND.match(node.get("d", ""))
                if node.tag != "path" or moved is None or begun is None:
                    continue
                key = (node.get("fill", ""), node.get("opacity", node.get("fill-opacity", "1")), float(begun[1]))
                found.setdefault(key, []).append(f"M{float(moved[1]):.1f} {float(moved[2]):.1f}h0")
                group.remove(node)
            for (fill, _, radius), places in found.items():
                name = f"{ident}-{number}"
                number += 1
                ET.SubElement(ET.SubElement(group, "defs"), "path", {"id": name, "d": "".join(places)})
                for colour, width in ((MARK, radius * 2 + 1.5), (fill, radius * 2)):
                    style = {"stroke": colour, "stroke-width": f"{width:g}", "class": "spots"}
                    ET.SubElement(group, "use", {"href": f"#{name}", **style})
    return list(drawn)


def geography(plot: Plot, spots: Sequence[Spot]) -> str:
    """Points where they lie, north up, on blank ground: as far as they reach and no farther.

    x, y: longitude and latitude in degrees. A degree of longitude is as long as it is at the middle latitude.
    """
    words = Words()
    turn = math.cos(math.radians(sum(spot.y for spot in spots) / len(spots)))
    xs, ys = [spot.x * turn for spot in spots], [spot.y for spot in spots]
    margin = 16
    across, up = max(max(xs) - min(xs), 0.02), max(max(ys) - min(ys), 0.02)
    inner = min((plot.width - 2 * margin) / across, (_TALLEST - 2 * margin) / up)
    height = math.ceil(up * inner) + 2 * margin
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    half_x, half_y = plot.width / inner / 2, height / inner / 2
    x, y = Scale(middle_x - half_x, middle_x + half_x), Scale(middle_y - half_y, middle_y + half_y)
    drawn = shapes([_points(_records(spots, turn), x, y)], (plot.width, height), (0, 0, 0, 0), plot.hatch)
    words.write((plot.width - 8, 14), "N ↑", "note", "right")
    _write_names(
        words,
        spots,
        [(x.part(spot.x * turn) * plot.width, (1 - y.part(spot.y)) * height) for spot in spots],
        plot.width,
    )
    area = _Area(0, 0, plot.width, height, Scale(x.low / turn, x.high / turn), y)
    return drawing(plot, height, _merged(drawn, f"{plot.ident}-spots"), words, area.attributes())


def _write_names(words: Words, spots: Sequence[Spot], places: Sequence[tuple[float, float]], edge: float) -> None:
    """The names beside their points, to the right while there is room; none that would lie upon another."""
    taken: list[tuple[float, float, float]] = []
    for spot, (x, y) in zip(spots, places, strict=True):
        if not spot.name:
            continue
        width, away = small_width(spot.name), spot.radius + 5
        is_right = x + away + width <= edge
        left = x + away if is_right else x - away - width
        if all(abs(y - other) > _LINE or left > end or left + width < begin for begin, end, other in taken):
            taken.append((left, left + width, y))
            words.write((x + away if is_right else x - away, y), spot.name, "halo", "left" if is_right else "right")


@dataclass(frozen=True)
class _Area:
    """Where the plot lies in the drawing, in pixels, and its two scales: what a script needs to find a point again."""

    left: float
    top: float
    width: float
    height: float
    x: Scale
    y: Scale

    def attributes(self) -> dict[str, str]:
        """As the drawing carries it."""
        place = (self.left, self.top, self.width, self.height)
        ends = (self.x.low, self.x.high, self.y.low, self.y.high)
        return {
            "data-area": " ".join(f"{value:g}" for value in place),
            "data-ends": " ".join(f"{end:.6g}" for end in ends),
        }


@dataclass(frozen=True)
class Axes:
    """The axes of a plot of two numbers: their names, the second one's scale, a line on each."""

    x_name: str
    y_name: str
    y: Scale
    x_line: Line | None = None
    y_line: Line | None = None


def scatter(plot: Plot, spots: Sequence[Spot], axes: Axes) -> str:
    """A point per row; the scale of x is the plot's own."""
    words = Words()
    width = plot.width - _LEFT - _RIGHT
    height = min(round(width * 0.75), 440)
    x, y = plot.scale, axes.y

    def across(value: float) -> float:
        return _LEFT + x.part(value) * width

    def down(value: float) -> float:
        return _TOP + (1 - y.part(value)) * height

    x_ticks, y_ticks = _ticks(x, 4 if width < 400 else 8), _ticks(y, 5)
    for value in x_ticks:
        words.write((across(value), _TOP + height + 14), f"{value:g}", "note", "center")
    for value in y_ticks:
        words.write((_LEFT - 12, down(value)), f"{value:g}", "note", "right")
    words.write((_LEFT, 8), axes.y_name, "line")
    words.write((_LEFT + width, _TOP + height + 34), axes.x_name, "line", "right")
    layers = [
        layer(
            "rule", [{"y": tick} for tick in y_ticks], {"color": FAINT}, y=along(y, "y"), x=pixel(0), x2=pixel(width)
        ),
        layer(
            "rule", [{"x": tick} for tick in x_ticks], {"color": FAINT}, x=along(x, "x"), y=pixel(0), y2=pixel(height)
        ),
        _points(_records(spots), x, y),
    ]
    if axes.x_line:
        at = [{"x": axes.x_line.value}]
        layers.append(layer("rule", at, {"color": INK}, x=along(x, "x"), y=pixel(0), y2=pixel(height)))
        words.write((across(axes.x_line.value) + 5, _TOP + 8), axes.x_line.label, "halo")
    if axes.y_line:
        at = [{"y": axes.y_line.value}]
        layers.append(layer("rule", at, {"color": INK}, y=along(y, "y"), x=pixel(0), x2=pixel(width)))
        words.write((_LEFT + width, down(axes.y_line.value) - 10), axes.y_line.label, "halo", "right")
    _write_names(words, spots, [(across(spot.x), down(spot.y)) for spot in spots], plot.width)
    drawn = shapes(layers, (width, height), (_LEFT, _RIGHT, _TOP, _BOTTOM), plot.hatch)
    area = _Area(_LEFT, _TOP, width, height, x, y)
    finished = _merged(drawn, f"{plot.ident}-spots")
    return drawing(plot, _TOP + height + _BOTTOM, finished, words, area.attributes())


def _ticks(scale: Scale, most: int) -> list[float]:
    step = step_of(scale.size, most)
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return [round(step * place, 6) for place in range(first, last + 1)]
