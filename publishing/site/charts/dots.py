"""Dots on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from publishing.site.charts.frame import (
    BOLD,
    Frame,
    Line,
    Mark,
    Plot,
    Words,
    frame_of,
    framed,
    hidden,
    references,
    row_of,
    tone_of,
    tones,
    write_names,
)
from publishing.site.charts.shapes import FAINT, INK, MARK, PAPER, Layer, along, layer, pixel


def _write_values(words: Words, marks: Sequence[Mark], frame: Frame, plot: Plot, begins: Sequence[float]) -> None:
    """Values stand outside: to the right of what lies above its beginning, to the left of what lies below.

    A way from start to value and an interval are told to the right of their higher end.
    """
    for row, (mark, begin) in enumerate(zip(marks, begins, strict=True)):
        if mark.value is None:
            continue
        higher = max(end for end in (mark.value, mark.start, mark.upper) if end is not None)
        is_left = mark.start is None and mark.upper is None and mark.value < begin
        x = frame.across(plot.scale, mark.value if is_left else higher) + (-11 if is_left else 11)
        words.write((x, frame.middle(row) + frame.down), mark.says, "value", "right" if is_left else "left")


def dots(plot: Plot, marks: Sequence[Mark], lines: Sequence[Line]) -> str:
    """One dot per row on one scale, led to by a thin line from the mark's start or the first reference.

    An interval is a thin line through the dot.
    """
    words = Words()
    has_starts = any(mark.start is not None for mark in marks)
    has_intervals = any(mark.upper is not None for mark in marks)
    longest = max((len(mark.says) for mark in marks if mark.value is not None), default=0)
    room = int(longest * BOLD) + 18
    frame = frame_of(
        marks, plot.width, bool(lines), before=0 if has_starts or has_intervals or not lines else room, room=room
    )
    base = lines[0].value if lines else max(plot.scale.low, min(0.0, plot.scale.high))
    begins = [mark.start if mark.start is not None else base for mark in marks]
    shown: list[dict[str, Any]] = []
    for row, (mark, begin) in enumerate(zip(marks, begins, strict=True)):
        if mark.value is None:
            continue
        is_subject = mark.start is not None or mark.upper is not None
        tone = "subject" if is_subject else tone_of(mark, lines)
        record = {"row": row, "value": mark.value, "begin": begin, "tone": tone}
        if mark.lower is not None and mark.upper is not None:
            record |= {"lower": mark.lower, "upper": mark.upper}
        shown.append(record)
    at = {"x": along(plot.scale), "y": row_of(frame)}
    offset = {"yOffset": frame.down}
    guide = {"color": FAINT, "height": 1} | offset
    layers: list[Layer] = [layer("bar", shown, guide, y=row_of(frame), x=pixel(0), x2=pixel(frame.plot))]
    if plot.scale.low < 0:
        zero = [{"value": 0}]
        layers.append(
            layer("rule", zero, {"color": MARK}, x=along(plot.scale), y=pixel(0), y2=pixel(frame.height)),
        )
    layers += references(lines, frame, plot, words)
    if has_intervals:
        ends = [record for record in shown if "lower" in record]
        interval = {"color": INK, "height": 1.5} | offset
        low = along(plot.scale, "lower")
        layers.append(layer("bar", ends, interval, x=low, x2={"field": "upper"}, y=row_of(frame)))
    else:
        layers.append(layer("bar", shown, {"height": 2} | offset, **at, x2={"field": "begin"}, color=tones()))
    if has_starts:
        ring = {"filled": True, "fill": PAPER, "stroke": MARK, "strokeWidth": 2, "size": 80, "opacity": 1} | offset
        layers.append(layer("point", [{**record, "value": record["begin"]} for record in shown], ring, **at))
    point = {"filled": True, "size": 110, "opacity": 1} | offset
    layers.append(layer("point", shown, point, **at, color=tones()))
    layers += hidden(marks, frame, plot, words)
    _write_values(words, marks, frame, plot, begins)
    write_names(words, marks, frame, plot)
    return framed(layers, frame, plot, words)
