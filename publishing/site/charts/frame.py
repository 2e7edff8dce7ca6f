"""What all charts share: the plot, the words on it, rows with their names, hidden values, reference lines."""

from __future__ import annotations

import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from publishing.site.charts.scale import Scale
from publishing.site.charts.shapes import ACCENT as _ACCENT
from publishing.site.charts.shapes import FAINT, HATCH, INK, MARK, PAPER, RULE, Layer, along, layer, pixel, shapes, tone

SMALL, TEXT = 12, 13
# Pixels per character of the widest common system font at 13 pixels, so that no label runs into a bar.
CHARACTER, BOLD = 7.4, 8.1
# Below this width the name of a row stands above its bar instead of beside it.
NARROW: Final = 440
# Room for a value at the end of a full bar, and for the column of head-counts.
_VALUE_ROOM, COUNT_ROOM = 58, 66
LINE = 16


@dataclass(frozen=True)
class Mark:
    """One row of a chart.

    value:        in the unit of the axis; null where it is hidden
    says:         the value in words, or why it is hidden
    of:           its head-count in words, or nothing
    start:        where a line to the value begins, for a chart from ... to; ``says`` then tells both ends
    lower, upper: the ends of an interval around the value
    """

    name: str
    value: float | None
    says: str
    of: str = ""
    start: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Line:
    """A named reference line."""

    value: float
    label: str


@dataclass(frozen=True)
class Plot:
    """How large a drawing is and what it is called.

    width: pixels of the whole drawing
    ident: the beginning of the drawing's ids, the only one of its kind on the page
    title: what the drawing shows
    alternative: what it finds, for those who do not see it
    of:    the name of the column of head-counts
    """

    width: int
    scale: Scale
    ident: str
    title: str
    alternative: str
    of: str = ""

    @property
    def hatch(self) -> str:
        """The id of the hatching."""
        return f"{self.ident}-hatch"


@dataclass
class Words:
    """The words of a drawing, written one after the other. Styles are classes of the style sheet.

    name: ink; value: bold, on a band of paper; note: small and muted; line: small ink
    """

    written: list[ET.Element] = field(default_factory=list)

    def write(
        self,
        at: tuple[float, float],
        text: str | Sequence[str],
        style: str = "note",
        align: Literal["left", "right", "center"] = "left",
    ) -> None:
        """Write a text, or lines below each other, at the middle of its (first) line."""
        lines = [text] if isinstance(text, str) else list(text)
        node = ET.Element("text", {"class": style, "x": _number(at[0]), "y": _number(at[1] + 4)})
        if align != "left":
            node.set("text-anchor", "end" if align == "right" else "middle")
        if len(lines) == 1:
            node.text = lines[0]
        else:
            for place, words in enumerate(lines):
                span = ET.SubElement(node, "tspan", {"x": _number(at[0])})
                if place:
                    span.set("dy", str(LINE))
                span.text = words
        self.written.append(node)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def drawing(
    plot: Plot, height: int, drawn: Sequence[ET.Element], words: Words, more: Mapping[str, str] | None = None
) -> str:
    """The whole ``<svg>``: what it is called, the shapes, the words; ``more`` is what else it carries for scripts."""
    root = ET.Element(
        "svg",
        {"viewBox": f"0 0 {plot.width} {height}", "width": str(plot.width), "height": str(height), "role": "img"}
        | {"aria-labelledby": f"{plot.ident}-title", "aria-describedby": f"{plot.ident}-desc"}
        | dict(more or {}),
    )
    title = ET.SubElement(root, "title", {"id": f"{plot.ident}-title"})
    title.text = plot.title
    description = ET.SubElement(root, "desc", {"id": f"{plot.ident}-desc"})
    description.text = plot.alternative
    hatched = f"url(#{plot.hatch})"
    if any(hatched in node.attrib.values() for top in drawn for node in top.iter()):
        root.append(_hatching(plot.hatch))
    root.extend(drawn)
    root.extend(words.written)
    return ET.tostring(root, encoding="unicode")


def _hatching(ident: str) -> ET.Element:
    definitions = ET.Element("defs")
    turned = {"patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
    pattern = ET.SubElement(definitions, "pattern", {"id": ident, "width": "6", "height": "6", **turned})
    ET.SubElement(pattern, "rect", {"width": "6", "height": "6", "fill": FAINT})
    ET.SubElement(pattern, "rect", {"width": "1.5", "height": "6", "fill": RULE})
    return definitions


def wrapped(text: str, characters: int) -> list[str]:
    """The text on one line or two; what does not fit is cut off with an ellipsis."""
    first, *rest = textwrap.wrap(text, max(characters, 2), break_long_words=False) or [""]
    return [first, textwrap.shorten(" ".join(rest), max(characters, 2), placeholder=" …")] if rest else [first]


def small_width(text: str) -> float:
    """About how wide a small text is, in pixels."""
    return len(text) * CHARACTER * SMALL / TEXT


@dataclass(frozen=True)
class Frame:
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
        """The width of the plot."""
        return self.width - self.left - self.right

    @property
    def height(self) -> int:
        """The height of the plot."""
        return self.step * self.count

    def middle(self, row: int) -> float:
        """The middle of a row, in pixels of the drawing."""
        return self.top + self.step * (row + 0.5)

    def across(self, scale: Scale, value: float) -> float:
        """Where a value lies, in pixels of the drawing."""
        return self.left + scale.part(value) * self.plot


def frame_of(marks: Sequence[Mark], width: int, has_lines: bool, before: int = 0, room: int = _VALUE_ROOM) -> Frame:
    """The frame of a chart of rows.

    before: pixels to the left of the axis for values that stand there
    room:   pixels to the right of the plot for values that stand there
    """
    has_counts = any(mark.of for mark in marks)
    top = 28 if has_lines or has_counts else 8
    longest = max((len(mark.name) for mark in marks), default=0)
    if width < NARROW:
        characters = int((width - (COUNT_ROOM if has_counts else 0)) / CHARACTER)
        more = LINE if longest > characters else 0
        return Frame(width, True, 48 + more, before, room, top, 10 + more // 2, len(marks), characters)
    characters = min(longest, int((width * 0.32 - 18) / CHARACTER))
    left = int(characters * CHARACTER) + 18 + before
    right = room + (COUNT_ROOM if has_counts else 0)
    step = 34 if longest <= characters else 40
    return Frame(width, False, step, left, right, top, 0, len(marks), characters)


def row_of(frame: Frame) -> dict[str, Any]:
    """The axis of rows."""
    scale = {"domain": list(range(frame.count)), "paddingInner": 0, "paddingOuter": 0}
    return {"field": "row", "type": "ordinal", "scale": scale, "axis": None}


def tones() -> dict[str, Any]:
    """The subject in colour, everything else grey."""
    return tone(subject=_ACCENT, context=MARK)


def tone_of(mark: Mark, lines: Sequence[Line]) -> str:
    """In colour is what lies above the first line; without a line, everything."""
    return "subject" if not lines or (mark.value is not None and mark.value > lines[0].value) else "context"


def write_names(words: Words, marks: Sequence[Mark], frame: Frame, plot: Plot) -> None:
    """The name of each row, on one line or two, its head-count, and the name of the column of head-counts."""
    for row, mark in enumerate(marks):
        lines = wrapped(mark.name, frame.characters)
        # Where the name stands above its mark, its last line keeps its distance from it.
        last = frame.middle(row) + (frame.down - 20 if frame.stacked else 0)
        up = (len(lines) - 1) * LINE / (1 if frame.stacked else 2)
        words.write((0, last - up), lines, "name")
        if mark.of:
            words.write((frame.width, last), mark.of, "note", "right")
    if plot.of and any(mark.of for mark in marks):
        words.write((frame.width, frame.top - 12), plot.of, "note", "right")


def hidden(marks: Sequence[Mark], frame: Frame, plot: Plot, words: Words) -> list[Layer]:
    """For each hidden value a hatched lane, for it could lie anywhere, and the reason in words on a plate."""
    pixel_size = plot.scale.size / frame.plot
    records = []
    for row, mark in enumerate(marks):
        if mark.value is None:
            begin = plot.scale.low + 10 * pixel_size
            end = plot.scale.low + (26 + small_width(mark.says)) * pixel_size
            records.append({"row": row, "value": round(begin, 3), "end": round(end, 3)})
            words.write((frame.left + 18, frame.middle(row) + frame.down), mark.says)
    bar = {"height": 16, "yOffset": frame.down}
    return [
        layer("bar", records, bar | {"color": HATCH}, y=row_of(frame), x=pixel(0), x2=pixel(frame.plot)),
        layer("bar", records, bar | {"color": PAPER}, y=row_of(frame), x=along(plot.scale), x2={"field": "end"}),
    ]


def _label_ends(
    lines: Sequence[Line], frame: Frame, plot: Plot
) -> list[tuple[float, Literal["left", "right", "center"]]]:
    """Where the names of the lines stand, lowest line first: pixels, and which end of the name is there.

    One name stands to the right of its line while there is room; of two, the lower stands to the left, and both give
    way at the edge of the drawing.
    """
    at = [frame.across(plot.scale, line.value) for line in lines]
    widths = [small_width(line.label) for line in lines]
    edge = frame.width - (COUNT_ROOM if plot.of else 0)
    if len(lines) == 1:
        return [(at[0] + 5, "left") if at[0] + 5 + widths[0] <= edge else (at[0] - 5, "right")]
    first_end = max(at[0] - 5, widths[0])
    return [(first_end, "right"), (max(at[1] + 5, first_end + 10), "left")]


def references(lines: Sequence[Line], frame: Frame, plot: Plot, words: Words) -> list[Layer]:
    """The reference lines with their names above."""
    if not lines:
        return []
    ordered = sorted(lines, key=lambda line: line.value)
    for line, (end, align) in zip(ordered, _label_ends(ordered, frame, plot), strict=True):
        words.write((end, frame.top - 12), line.label, "line", align)
    if frame.stacked:
        each = [{"value": line.value, "row": row} for line in ordered for row in range(frame.count)]
        tick = {"color": INK, "thickness": 1, "size": 22, "yOffset": frame.down, "orient": "vertical"}
        return [layer("tick", each, tick, x=along(plot.scale), y=row_of(frame))]
    once = [{"value": line.value} for line in ordered]
    rule = {"color": INK, "strokeWidth": 1}
    return [layer("rule", once, rule, x=along(plot.scale), y=pixel(-6), y2=pixel(frame.height))]


def framed(layers: Sequence[Layer], frame: Frame, plot: Plot, words: Words, bottom: int = 6) -> str:
    """A chart of rows, finished."""
    edges = (frame.left, frame.right, frame.top, bottom)
    drawn = shapes(layers, (frame.plot, frame.height), edges, plot.hatch)
    return drawing(plot, frame.top + frame.height + bottom, drawn, words)
