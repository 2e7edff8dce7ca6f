"""Charts as vector graphics: Vega-Lite through vl-convert, without a network, the same bytes each time.

A chart knows nothing of dashboards or databases. It takes marks that already have their words, and gives an ``<svg>``
that stands in a page: colours that the style sheet maps to its own (light, dark, print), a title, a description and no
font of its own. Widths are pixels; one pixel of the drawing is one pixel of the page.

Specifications are written as Vega-Lite's own JSON: building and validating the same through Altair's classes took six
times as long as drawing (0.2 s a chart, and a county has thousands). A test checks them against Altair's schema.
"""

from __future__ import annotations

import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

import vl_convert

# The palette of look.md. The style sheet selects on these values, so that dark mode and print have their own.
ACCENT: Final = "#0b6e8a"
INK: Final = "#1b1f24"
MUTED: Final = "#6b7480"
MARK: Final = "#8a939e"
RULE: Final = "#c4cad1"
FAINT: Final = "#eef1f4"
PAPER: Final = "#ffffff"
COLOURS: Final = (ACCENT, INK, MUTED, MARK, RULE, FAINT, PAPER)
# Stands for the hatching until the drawing is finished: Vega has no patterns of its own.
_HATCH: Final = "#abcdef"

_SVG = "http://www.w3.org/2000/svg"
_VEGALITE = "6.4"
_SMALL, _TEXT = 12, 13
# Pixels per character of the widest common system font at 13 pixels, so that no label runs into a bar.
_CHARACTER, _BOLD = 7.4, 8.1
# Below this width the name of a row stands above its bar instead of beside it.
NARROW: Final = 440
# Room for a value at the end of a full bar, and for the column of head-counts.
_VALUE_ROOM, _COUNT_ROOM = 58, 66
_LINE = 16

Spec: TypeAlias = dict[str, Any]
Records: TypeAlias = Sequence[dict[str, Any]]
Layers: TypeAlias = list[Spec]


@dataclass(frozen=True)
class Mark:
    """One row of a chart.

    value:   in the unit of the axis; null where it is hidden
    says:    the value in words, or why it is hidden
    of:      its head-count in words, or nothing
    start:   where a line to the value begins, for a chart from ... to; ``says`` then tells both ends
    """

    name: str
    value: float | None
    says: str
    of: str = ""
    start: float | None = None


@dataclass(frozen=True)
class Line:
    """A named reference line."""

    value: float
    label: str


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


@dataclass(frozen=True)
class Plot:
    """How large a drawing is and what it is called.

    width: pixels of the whole drawing
    scale: the value at which the plot ends; it begins at zero
    ident: the beginning of the drawing's ids, the only one of its kind on the page
    title: what the drawing shows
    alternative: what it finds, for those who do not see it
    of:    the name of the column of head-counts
    """

    width: int
    scale: float
    ident: str
    title: str
    alternative: str
    of: str = ""


@dataclass(frozen=True)
class _Frame:
    """Where the rows of a chart lie: beside their names, or below them where there is no room. Pixels."""

    width: int
    stacked: bool
    step: int
    left: int
    right: int
    top: int
    down: int  # how far below the middle of its row a mark lies
    count: int  # rows
    characters: int  # of a name that fit on one line

    @property
    def plot(self) -> int:
        return self.width - self.left - self.right

    @property
    def height(self) -> int:
        return self.step * self.count


def _layer(kind: str, records: Records, mark: Spec, **encoding: Spec) -> Spec:
    """One layer: a mark of that kind for each record."""
    return {"data": {"values": list(records)}, "mark": {"type": kind, **mark}, "encoding": encoding}


def _text(records: Records, mark: Spec, **encoding: Spec) -> Spec:
    """A layer of words, from the field ``text``; without a limit of length Vega need not measure them."""
    style = {"align": "left", "baseline": "middle", "fontSize": _SMALL, "color": MUTED, "limit": 0}
    return _layer("text", records, style | mark, text={"field": "text", "type": "nominal"}, **encoding)


def _pixel(value: float) -> Spec:
    return {"value": round(value, 2)}


def _value(scale: float) -> Spec:
    return {"field": "value", "type": "quantitative", "scale": {"domain": [0, scale], "nice": False}, "axis": None}


def _row(frame: _Frame) -> Spec:
    scale = {"domain": list(range(frame.count)), "paddingInner": 0, "paddingOuter": 0}
    return {"field": "row", "type": "ordinal", "scale": scale, "axis": None}


def _tone() -> Spec:
    scale = {"domain": ["subject", "context"], "range": [ACCENT, MARK]}
    return {"field": "tone", "type": "nominal", "scale": scale, "legend": None}


def _wrapped(text: str, characters: int) -> list[str]:
    """The text on one line or two; what does not fit is cut off with an ellipsis."""
    first, *rest = textwrap.wrap(text, max(characters, 2), break_long_words=False) or [""]
    return [first, textwrap.shorten(" ".join(rest), max(characters, 2), placeholder=" …")] if rest else [first]


def _frame(marks: Sequence[Mark], width: int, has_lines: bool, before: int = 0, room: int = _VALUE_ROOM) -> _Frame:
    """The frame of a chart of rows.

    before: pixels to the left of zero for values that stand there
    room:   pixels to the right of the plot for values that stand there
    """
    has_counts = any(mark.of for mark in marks)
    top = 28 if has_lines or has_counts else 8
    longest = max((len(mark.name) for mark in marks), default=0)
    if width < NARROW:
        characters = int((width - (_COUNT_ROOM if has_counts else 0)) / _CHARACTER)
        more = _LINE if longest > characters else 0
        return _Frame(width, True, 48 + more, before, room, top, 10 + more // 2, len(marks), characters)
    characters = min(longest, int((width * 0.32 - 18) / _CHARACTER))
    left = int(characters * _CHARACTER) + 18 + before
    right = room + (_COUNT_ROOM if has_counts else 0)
    step = 34 if longest <= characters else 40
    return _Frame(width, False, step, left, right, top, 0, len(marks), characters)


def _names(marks: Sequence[Mark], frame: _Frame) -> Layers:
    """The name of each row, on one line or two, and its head-count."""
    layers: Layers = []
    # Where the name stands above its mark, its last line keeps its distance from it.
    last = frame.down - 20 if frame.stacked else 0
    for count in (1, 2):
        records = [
            {"row": row, "text": lines_}
            for row, lines_ in enumerate(_wrapped(mark.name, frame.characters) for mark in marks)
            if len(lines_) == count
        ]
        up = (count - 1) * _LINE / (1 if frame.stacked else 2)
        style = {"fontSize": _TEXT, "color": INK, "dy": last - up, "lineHeight": _LINE}
        layers += [_text(records, style, y=_row(frame), x=_pixel(-frame.left))] if records else []
    counts = [{"row": row, "text": mark.of} for row, mark in enumerate(marks) if mark.of]
    if counts:
        style = {"align": "right", "dy": last}
        layers.append(_text(counts, style, y=_row(frame), x=_pixel(frame.width - frame.left)))
    return layers


def _hidden(marks: Sequence[Mark], frame: _Frame, plot: Plot) -> Layers:
    """For each hidden value a hatched lane, for it could lie anywhere, and the reason in words on a plate."""
    pixel = plot.scale / frame.plot
    records = [
        {"row": row, "text": mark.says, "value": 10 * pixel, "end": (26 + _small_width(mark.says)) * pixel}
        for row, mark in enumerate(marks)
        if mark.value is None
    ]
    if not records:
        return []
    bar = {"height": 16, "yOffset": frame.down}
    return [
        _layer("bar", records, bar | {"color": _HATCH}, y=_row(frame), x=_pixel(0), x2=_pixel(frame.plot)),
        _layer("bar", records, bar | {"color": PAPER}, y=_row(frame), x=_value(plot.scale), x2={"field": "end"}),
        _text(records, {"dx": 18, "dy": frame.down}, y=_row(frame), x=_pixel(0)),
    ]


def _small_width(text: str) -> float:
    return len(text) * _CHARACTER * _SMALL / _TEXT


def _label_ends(lines_: Sequence[Line], frame: _Frame, plot: Plot) -> list[tuple[float, Literal["left", "right"]]]:
    """Where the names of the lines stand, lowest line first: pixels of the plot, and which end of the name is there.

    One name stands to the right of its line while there is room; of two, the lower stands to the left, and both give
    way at the edge of the drawing.
    """
    at = [line.value / plot.scale * frame.plot for line in lines_]
    widths = [_small_width(line.label) for line in lines_]
    edge = frame.plot + frame.right - (_COUNT_ROOM if plot.of else 0)
    if len(lines_) == 1:
        return [(at[0] + 5, "left") if at[0] + 5 + widths[0] <= edge else (at[0] - 5, "right")]
    first_end = max(at[0] - 5, widths[0] - frame.left)
    return [(first_end, "right"), (max(at[1] + 5, first_end + 10), "left")]


def _references(lines_: Sequence[Line], frame: _Frame, plot: Plot) -> Layers:
    """The reference lines with their names above."""
    if not lines_:
        return []
    layers: Layers = []
    ordered = sorted(lines_, key=lambda line: line.value)
    for line, (end, align) in zip(ordered, _label_ends(ordered, frame, plot), strict=True):
        if frame.stacked:
            each = [{"value": line.value, "row": row} for row in range(frame.count)]
            tick = {"color": INK, "thickness": 1, "size": 22, "yOffset": frame.down, "orient": "vertical"}
            layers.append(_layer("tick", each, tick, x=_value(plot.scale), y=_row(frame)))
        else:
            rule = {"color": INK, "strokeWidth": 1}
            once = [{"value": line.value}]
            layers.append(_layer("rule", once, rule, x=_value(plot.scale), y=_pixel(-6), y2=_pixel(frame.height)))
        style = {"align": align, "baseline": "bottom", "color": INK, "dy": -2}
        layers.append(_text([{"text": line.label}], style, x=_pixel(end), y=_pixel(-4)))
    return layers


def _head(marks: Sequence[Mark], frame: _Frame, plot: Plot) -> Layers:
    """The name of the column of head-counts."""
    if not plot.of or not any(mark.of for mark in marks):
        return []
    style = {"align": "right", "baseline": "bottom", "dy": -2}
    return [_text([{"text": plot.of}], style, x=_pixel(frame.width - frame.left), y=_pixel(-4))]


def _tone_of(mark: Mark, lines_: Sequence[Line]) -> str:
    """In colour is what lies above the first line; without a line, everything."""
    return "subject" if not lines_ or (mark.value is not None and mark.value > lines_[0].value) else "context"


# A band of paper around words keeps lines from striking them through; style.css paints it below the letters.
_HALO: Final = {"stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}


def _labels(records: Records, frame: _Frame, plot: Plot, distance: int) -> Layers:
    """The value of each row beside its mark, so many pixels to the right of it, or to the left where negative."""
    if not records:
        return []
    style: Spec = {"align": "left" if distance > 0 else "right", "dx": distance, "dy": frame.down, "fontSize": _TEXT}
    style |= {"fontWeight": 600, "color": INK} | _HALO
    return [_text(records, style, x=_value(plot.scale), y=_row(frame))]


def rows(plot: Plot, marks: Sequence[Mark], references: Sequence[Line]) -> str:
    """Horizontal bars from zero, in the order given; those above the first reference are in colour."""
    frame = _frame(marks, plot.width, bool(references))
    shown = [
        {"row": row, "value": mark.value, "text": mark.says, "tone": _tone_of(mark, references)}
        for row, mark in enumerate(marks)
        if mark.value is not None
    ]
    layers: Layers = []
    if shown:
        bar = {"height": 12 if frame.stacked else 16, "yOffset": frame.down}
        layers.append(_layer("bar", shown, bar, x=_value(plot.scale), y=_row(frame), color=_tone()))
    layers += _references(references, frame, plot) + _labels(shown, frame, plot, 7) + _hidden(marks, frame, plot)
    layers += _names(marks, frame) + _head(marks, frame, plot)
    return _drawn(layers, frame, plot, frame.height)


def dots(plot: Plot, marks: Sequence[Mark], references: Sequence[Line]) -> str:
    """One dot per row on one scale from zero, led to by a thin line from the mark's start or the first reference.

    Values stand outside: to the right of what lies above the reference, to the left of what lies below. From start to
    value, both are told to the right of the higher of the two.
    """
    has_starts = any(mark.start is not None for mark in marks)
    longest = max((len(mark.says) for mark in marks if mark.value is not None), default=0)
    room = int(longest * _BOLD) + 18
    frame = _frame(marks, plot.width, bool(references), before=0 if has_starts or not references else room, room=room)
    shown: list[dict[str, Any]] = []
    for row, mark in enumerate(marks):
        if mark.value is None:
            continue
        begin = mark.start if mark.start is not None else references[0].value if references else 0.0
        tone = "subject" if mark.start is not None else _tone_of(mark, references)
        shown.append({"row": row, "value": mark.value, "begin": begin, "text": mark.says, "tone": tone})
    at = {"x": _value(plot.scale), "y": _row(frame)}
    offset = {"yOffset": frame.down}
    layers: Layers = []
    if shown:
        guide = {"color": FAINT, "height": 1} | offset
        layers.append(_layer("bar", shown, guide, y=_row(frame), x=_pixel(0), x2=_pixel(frame.plot)))
    layers += _references(references, frame, plot)
    if shown:
        layers.append(_layer("bar", shown, {"height": 2} | offset, **at, x2={"field": "begin"}, color=_tone()))
    if has_starts:
        ring = {"filled": True, "fill": PAPER, "stroke": MARK, "strokeWidth": 2, "size": 80, "opacity": 1} | offset
        layers.append(_layer("point", [{**record, "value": record["begin"]} for record in shown], ring, **at))
    if shown:
        point = {"filled": True, "size": 110, "opacity": 1} | offset
        layers.append(_layer("point", shown, point, **at, color=_tone()))
    if has_starts:
        outer = [{**record, "value": max(record["value"], record["begin"])} for record in shown]
        layers += _labels(outer, frame, plot, 11)
    else:
        layers += _labels([record for record in shown if record["value"] >= record["begin"]], frame, plot, 11)
        layers += _labels([record for record in shown if record["value"] < record["begin"]], frame, plot, -11)
    layers += _hidden(marks, frame, plot) + _names(marks, frame) + _head(marks, frame, plot)
    return _drawn(layers, frame, plot, frame.height)


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


_LINES_HEIGHT = 240


# With more lines than this, only the subject, the highest and the lowest carry their names.
_NAMED_LINES = 12


def _ends(series: Sequence[Series]) -> list[tuple[Series, Point]]:
    """The series that carry a name at their last point."""
    ends = [(one, one.points[-1]) for one in series if one.points and one.points[-1].value is not None]
    if len(ends) <= _NAMED_LINES:
        return ends
    values = [point.value or 0.0 for _, point in ends]
    outer = {values.index(max(values)), values.index(min(values))}
    return [end for place, end in enumerate(ends) if end[0].is_subject or place in outer]


def lines(plot: Plot, series: Sequence[Series]) -> str:
    """Values over the school years, from zero; each line carries its name and last value at its end.

    A hidden value is a hatched column at its year, with its reason; no line is drawn through it.
    """
    years = sorted({point.x for one in series for point in one.points})
    height = _LINES_HEIGHT
    ends = _ends(series)
    wanted = max((len(f"{one.name} {point.says}") for one, point in ends), default=0)
    characters = min(wanted, int((plot.width * 0.62 - 18) / _BOLD))
    right = int(characters * _BOLD) + 18
    names = [_wrapped(f"{one.name} {point.says}", characters) for one, point in ends]
    frame = _Frame(plot.width, False, 0, 44, right, 14, 0, 0, 0)
    last = len(years) - 1
    # A single year stands at the end, beside its names.
    domain = [min(0, last - 1), last]
    x = {"field": "at", "type": "quantitative", "scale": {"domain": domain, "nice": False}, "axis": None}
    y = _value(plot.scale)

    # Faint lines help to read heights; five at most.
    step = next(step for step in (5, 10, 20, 25) if plot.scale <= step * 5 or step == 25)
    ticks = [{"value": step * tick, "text": f"{step * tick:g}"} for tick in range(int(plot.scale / step) + 1)]
    layers: Layers = [
        _layer("rule", ticks, {"color": FAINT}, y=y, x=_pixel(-8), x2=_pixel(frame.plot)),
        _text(ticks, {"align": "right", "dx": -16}, y=y, x=_pixel(0)),
        _text(
            [{"at": place, "text": year} for place, year in enumerate(years)],
            {"align": "center", "baseline": "top"},
            x=x,
            y=_pixel(height + 12),
        ),
    ]
    hidden = [
        {"at": years.index(point.x), "text": f"{one.name}: {point.says}"}
        for one in series
        for point in one.points
        if point.value is None
    ]
    if hidden:
        column = {"stroke": _HATCH, "strokeWidth": 16}
        layers.append(_layer("rule", hidden, column, x=x, y=_pixel(0), y2=_pixel(height)))
        layers.append(_text(hidden, {"baseline": "top", "dx": 14} | _HALO, x=x, y=_pixel(0)))
    for is_subject in (False, True):
        records = [
            {"at": years.index(point.x), "value": point.value, "name": one.name}
            for one in series
            for point in one.points
            if one.is_subject is is_subject and point.value is not None
        ]
        if not records:
            continue
        at = {"x": x, "y": y, "detail": {"field": "name", "type": "nominal"}}
        colour = {"color": ACCENT if is_subject else MARK}
        dot = {"filled": True, "size": 64 if is_subject else 40, "opacity": 1}
        layers.append(_layer("line", records, colour | {"strokeWidth": 3 if is_subject else 1.5}, **at))
        layers.append(_layer("point", records, colour | dot, **at))
    sizes = [plot.scale / height * (_LINE * len(name) + 2) for name in names]
    placed = apart([point.value or 0.0 for _, point in ends], sizes, 0.0, plot.scale)
    for is_subject in (False, True):
        for count in (1, 2):
            labels = [
                {"at": last, "value": where, "text": name}
                for (one, _), where, name in zip(ends, placed, names, strict=True)
                if one.is_subject is is_subject and len(name) == count
            ]
            style: Spec = {"dx": 12, "dy": -(count - 1) * _LINE / 2, "fontSize": _TEXT, "lineHeight": _LINE}
            style |= {"fontWeight": 600, "color": ACCENT} if is_subject else {}
            layers += [_text(labels, style, x=x, y=y)] if labels else []
    return _drawn(layers, frame, plot, height, bottom=34)


def _drawn(layers: Layers, frame: _Frame, plot: Plot, height: int, bottom: int = 6) -> str:
    return finish(vl_convert.vegalite_to_svg(specification(layers, frame, height, bottom), vl_version=_VEGALITE), plot)


def specification(layers: Layers, frame: _Frame, height: int, bottom: int) -> Spec:
    """The whole drawing as Vega-Lite's JSON: exactly as wide as asked, nothing laid out by measuring text."""
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{_VEGALITE}.json",
        "width": frame.plot,
        "height": height,
        "autosize": {"type": "none"},
        "padding": {"left": frame.left, "right": frame.right, "top": frame.top, "bottom": bottom},
        "background": "transparent",
        "config": {"aria": False, "view": {"stroke": "transparent", "fill": "transparent"}},
        "layer": layers,
    }


_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_UNUSED = frozenset({"font-family", "class", "role", "aria-roledescription", "aria-hidden"})


def _short(match: re.Match[str]) -> str:
    return f"{float(match.group()):.2f}".rstrip("0").rstrip(".")


def finish(svg: str, plot: Plot) -> str:
    """Make Vega's drawing part of a page.

    Coordinates to two decimals, no fonts (the page has its own), no background (the page's paper shines through), the
    hatching, and the text alternative.
    """
    root = ET.fromstring(svg)  # noqa: S314 - made by vl-convert from our own specification
    for node in root.iter():
        node.tag = node.tag.removeprefix(f"{{{_SVG}}}")
        for name, value in list(node.attrib.items()):
            if name in _UNUSED:
                del node.attrib[name]
            else:
                node.set(name, f"url(#{plot.ident}-hatch)" if value == _HATCH else _LONG_NUMBER.sub(_short, value))
    for parent in list(root.iter()):
        for child in list(parent):
            is_shape = child.tag in {"rect", "path"}
            if is_shape and not {child.get("fill", "transparent"), child.get("stroke", "transparent")} - {
                "transparent"
            }:
                parent.remove(child)
    width, height = root.get("width", "0"), root.get("height", "0")
    root.attrib.clear()
    root.attrib.update(
        {"viewBox": f"0 0 {width} {height}", "width": width, "height": height, "role": "img"}
        | {"aria-labelledby": f"{plot.ident}-title", "aria-describedby": f"{plot.ident}-desc"}
    )
    title = ET.Element("title", {"id": f"{plot.ident}-title"})
    title.text = plot.title
    description = ET.Element("desc", {"id": f"{plot.ident}-desc"})
    description.text = plot.alternative
    root[:0] = [title, description]
    if f"url(#{plot.ident}-hatch)" in {value for node in root.iter() for value in node.attrib.values()}:
        root.insert(2, _hatching(plot.ident))
    return ET.tostring(root, encoding="unicode")


def _hatching(ident: str) -> ET.Element:
    definitions = ET.Element("defs")
    turned = {"patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
    pattern = ET.SubElement(definitions, "pattern", {"id": f"{ident}-hatch", "width": "6", "height": "6", **turned})
    ET.SubElement(pattern, "rect", {"width": "6", "height": "6", "fill": FAINT})
    ET.SubElement(pattern, "rect", {"width": "1.5", "height": "6", "fill": RULE})
    return definitions
