"""Horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence

from publishing.site.charts.frame import (
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
from publishing.site.charts.shapes import along, layer


def rows(plot: Plot, marks: Sequence[Mark], lines: Sequence[Line]) -> str:
    """Horizontal bars from zero, in the order given; those above the first reference are in colour."""
    words = Words()
    frame = frame_of(marks, plot.width, bool(lines))
    shown = [
        {"row": row, "value": mark.value, "tone": tone_of(mark, lines)}
        for row, mark in enumerate(marks)
        if mark.value is not None
    ]
    bar = {"height": 12 if frame.stacked else 16, "yOffset": frame.down}
    zero = {"datum": 0}
    layers = [layer("bar", shown, bar, x=along(plot.scale), x2=zero, y=row_of(frame), color=tones())]
    layers += references(lines, frame, plot, words)
    layers += hidden(marks, frame, plot, words)
    for row, mark in enumerate(marks):
        if mark.value is not None:
            end = frame.across(plot.scale, max(mark.value, 0.0))
            words.write((end + 7, frame.middle(row) + frame.down), mark.says, "value")
    write_names(words, marks, frame, plot)
    return framed(layers, frame, plot, words)
