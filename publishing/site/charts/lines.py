"""Values over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from publishing.site.charts.frame import BOLD, LINE, Plot, Words, drawing, wrapped
from publishing.site.charts.scale import Scale, step_of
from publishing.site.charts.shapes import ACCENT, FAINT, HATCH, MARK, Layer, along, layer, pixel, shapes

_HEIGHT = 240
_LEFT, _TOP, _BOTTOM = 44, 14, 34
# With more lines than this, only the subject, the highest and the lowest carry their names.
_NAMED_LINES = 12


@dataclass(frozen=True)
class Point:
    """One school year of a series; a null value is hidden, and ``says`` tells why."""

    x: str
    value: float | None
    says: str


@dataclass(frozen=True)
class Series:
    """One line over the school years, oldest first; the subject is in the accent colour."""

    name: str
    points: tuple[Point, ...]
    is_subject: bool


def apart(values: Sequence[float], sizes: Sequence[float], lowest: float, highest: float) -> list[float]:
    """Where labels of those sizes stand so that none touches another, each as near its value as that allows.

    Least squares: neighbours that would touch move as one block to the mean of what they want. Then all are kept
    within the bounds; where those are too narrow, the upper one gives way.
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    # Distances from the middle of the first label, if all stood as close together as they may.
    offsets = [0.0]
    for before, after in pairwise(order):
        offsets.append(offsets[-1] + (sizes[before] + sizes[after]) / 2)
    blocks: list[tuple[float, int]] = []  # the sum of what a block's labels want, and how many they are
    for place, offset in zip(order, offsets, strict=False):
        block = (values[place] - offset, 1)
        while blocks and blocks[-1][0] / blocks[-1][1] >= block[0] / block[1]:
            total, count = blocks.pop()
            block = (total + block[0], count + block[1])
        blocks.append(block)
    wanted = [total / count for total, count in blocks for _ in range(count)]
    placed = [0.0] * len(values)
    for place, offset, want in zip(order, offsets, wanted, strict=False):
        # Bounds shift with the offset, so keeping each within its own keeps the distances.
        last = offsets[len(order) - 1]
        placed[place] = offset + max(min(want, highest - last), lowest)
    return placed


def _ends(series: Sequence[Series]) -> list[tuple[Series, Point]]:
    """The series that carry a name at their last point."""
    ends = [(one, one.points[-1]) for one in series if one.points and one.points[-1].value is not None]
    if len(ends) <= _NAMED_LINES:
        return ends
    values = [point.value or 0.0 for _, point in ends]
    outer = {values.index(max(values)), values.index(min(values))}
    return [end for place, end in enumerate(ends) if end[0].is_subject or place in outer]


def _times(series: Sequence[Series]) -> list[str]:
    """All times of all lines, each after those that come before it in its own line."""
    numbers = all(point.x.lstrip("-").isdigit() for one in series for point in one.points)
    return sorted({point.x for one in series for point in one.points}, key=lambda x: (int(x) if numbers else 0, x))


def lines(plot: Plot, series: Sequence[Series]) -> str:
    """Values over the school years; each line carries its name and last value at its end.

    A hidden value is a hatched column at its year, with its reason; no line is drawn through it.
    """
    words = Words()
    years = _times(series)
    ends = _ends(series)
    wanted = max((len(f"{one.name} {point.says}") for one, point in ends), default=0)
    characters = min(wanted, int((plot.width * 0.62 - 18) / BOLD))
    right = int(characters * BOLD) + 18
    names = [wrapped(f"{one.name} {point.says}", characters) for one, point in ends]
    width = plot.width - _LEFT - right
    last = len(years) - 1
    # A single year stands at the end, beside its names.
    first = min(0, last - 1)
    x = along(Scale(first, last), "at")
    y = along(plot.scale)

    def across(place: float) -> float:
        return _LEFT + (place - first) / (last - first) * width

    def down(value: float) -> float:
        return _TOP + (1 - plot.scale.part(value)) * _HEIGHT

    # Faint lines help to read heights; five at most.
    step = step_of(plot.scale.size)
    count = int(plot.scale.size / step + 1e-9)
    ticks = [{"value": round(plot.scale.low + step * tick, 6)} for tick in range(count + 1)]
    for tick in ticks:
        words.write((_LEFT - 16, down(tick["value"])), f"{tick['value']:g}", "note", "right")
    # Years that would touch give way to the last one.
    every = max(1, -(-len(years) * 54 // max(width + 54, 1)))
    for place, year in enumerate(years):
        if (last - place) % every == 0:
            words.write((across(place), _TOP + _HEIGHT + 20), year, "note", "center")
    layers: list[Layer] = [layer("rule", ticks, {"color": FAINT}, y=y, x=pixel(-8), x2=pixel(width))]
    hidden = []
    for one in series:
        for point in one.points:
            if point.value is None:
                hidden.append({"at": years.index(point.x)})
                text = wrapped(f"{one.name}: {point.says}", int((width - across(years.index(point.x))) / BOLD))
                words.write((across(years.index(point.x)) + 14, _TOP + 8 + (len(hidden) - 1) * LINE), text, "halo")
    column = {"stroke": HATCH, "strokeWidth": 16}
    layers.append(layer("rule", hidden, column, x=x, y=pixel(0), y2=pixel(_HEIGHT)))
    for is_subject in (False, True):
        records = [
            {"at": years.index(point.x), "value": point.value, "name": place}
            for place, one in enumerate(series)
            for point in one.points
            if one.is_subject is is_subject and point.value is not None
        ]
        at = {"x": x, "y": y, "detail": {"field": "name", "type": "nominal"}}
        colour = {"color": ACCENT if is_subject else MARK}
        dot = {"filled": True, "size": 64 if is_subject else 40, "opacity": 1}
        layers.append(layer("line", records, colour | {"strokeWidth": 3 if is_subject else 1.5}, **at))
        layers.append(layer("point", records, colour | dot, **at))
    sizes = [plot.scale.size / _HEIGHT * (LINE * len(name) + 2) for name in names]
    placed = apart([point.value or 0.0 for _, point in ends], sizes, plot.scale.low, plot.scale.high)
    for (one, _), where, name in zip(ends, placed, names, strict=True):
        up = (len(name) - 1) * LINE / 2
        words.write((across(last) + 12, down(where) - up), name, "subject" if one.is_subject else "note")
    drawn = shapes(layers, (width, _HEIGHT), (_LEFT, right, _TOP, _BOTTOM), plot.hatch)
    return drawing(plot, _TOP + _HEIGHT + _BOTTOM, drawn, words)
