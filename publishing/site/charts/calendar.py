"""A calendar of shades: months one after the other, weeks across, weekdays down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from publishing.site.charts.frame import Plot, Words, drawing
from publishing.site.charts.shapes import HATCH, INK, RAMP, layer, shapes, tone

_CELL, _GAP, _MONTH_GAP = 15, 2, 14
_HEAD, _LEFT, _LINE_GAP = 22, 30, 18


@dataclass(frozen=True)
class Day:
    """One day.

    step: of the ramp, from 0; null where the value is hidden
    mark: whether it stands out
    """

    day: date
    step: int | None
    mark: bool = False


@dataclass(frozen=True)
class _Cell:
    x: int
    y: int
    day: Day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def calendar(plot: Plot, days: Sequence[Day], months: Sequence[str], weekdays: Sequence[str]) -> str:
    """Each day a cell, shaded by its step; days without a row stay blank, days that stand out have a frame.

    months, weekdays: their names, January and Monday first
    """
    words = Words()
    rows = max((one.day.weekday() for one in days), default=4) + 1
    block_height = _HEAD + rows * (_CELL + _GAP) + _LINE_GAP
    cells: list[_Cell] = []
    x, top = _LEFT, 0
    tops = [top]
    for (_, month), group in groupby(
        sorted(days, key=lambda one: one.day), key=lambda one: (one.day.year, one.day.month)
    ):
        own = list(group)
        first = _monday(own[0].day)
        weeks = (_monday(own[-1].day) - first).days // 7 + 1
        width = weeks * (_CELL + _GAP)
        if x + width > plot.width and x > _LEFT:
            x, top = _LEFT, top + block_height
            tops.append(top)
        words.write((x, top + 8), months[month - 1])
        for one in own:
            week = (_monday(one.day) - first).days // 7
            cells.append(_Cell(x + week * (_CELL + _GAP), top + _HEAD + one.day.weekday() * (_CELL + _GAP), one))
        # A month's short name needs its room, however few its weeks.
        x += max(width, 30) + _MONTH_GAP
    for line in tops:
        for place in range(rows):
            words.write((0, line + _HEAD + place * (_CELL + _GAP) + _CELL / 2), weekdays[place][:2], "note")
    height = tops[-1] + block_height
    drawn = shapes(
        [
            layer("rect", _records(cells, marked=False), {}, **_place(), color=tone(**_tones())),
            layer(
                "rect",
                _records(cells, marked=True),
                {"filled": False, "stroke": INK, "strokeWidth": 2, "fillOpacity": 0},
                **_place(),
            ),
        ],
        (plot.width, height),
        (0, 0, 0, 0),
        plot.hatch,
    )
    return drawing(plot, height, drawn, words)


def _tones() -> dict[str, str]:
    return {f"t{step}": colour for step, colour in enumerate(RAMP)} | {"hidden": HATCH}


def _place() -> dict[str, dict[str, object]]:
    bare: dict[str, object] = {"type": "quantitative", "scale": None, "axis": None}
    return {
        "x": {"field": "x", **bare},
        "x2": {"field": "x2"},
        "y": {"field": "y", **bare},
        "y2": {"field": "y2"},
    }


def _records(cells: Sequence[_Cell], marked: bool) -> list[dict[str, object]]:
    return [
        {
            "x": cell.x,
            "x2": cell.x + _CELL,
            "y": cell.y,
            "y2": cell.y + _CELL,
            "tone": "hidden" if cell.day.step is None else f"t{cell.day.step}",
        }
        for cell in cells
        if cell.day.mark or not marked
    ]
