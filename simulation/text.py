"""Lines of delimited text from columns, written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from simulation.arrays import Texts

# A column is an array of texts, or one text that stands in every line.
Column = Texts | str


@dataclass(frozen=True)
class Written:
    """A file below the county's folder: relative path, kind (such as aeries/ATT) and data rows."""

    path: str
    kind: str
    rows: int


def quoted(values: Iterable[str]) -> list[str]:
    """Values as RFC 4180 asks: quoted where they hold a comma or a quote, quotes doubled."""
    return ['"' + value.replace('"', '""') + '"' if "," in value or '"' in value else value for value in values]


def _lines(columns: Sequence[Column], rows: int, separator: str, quote: bool) -> Iterable[str]:
    cells = (
        repeat(column, rows) if isinstance(column, str) else quoted(column.tolist()) if quote else column.tolist()
        for column in columns
    )
    return map(separator.join, zip(*cells, strict=True))


def write_csv(path: Path, columns: Mapping[str, Column], rows: int, line_end: str = "\n") -> int:
    """Write a comma-separated file with a header; returns its data rows."""
    head = ",".join(columns)
    body = _lines(list(columns.values()), rows, ",", quote=True)
    _write(path, [head, *body], line_end)
    return rows


def write_tab(path: Path, columns: Mapping[str, Column], rows: int) -> int:
    """Write a file of the state: tab-separated with a header, CR LF (docs/rules.md B.2); returns its data rows."""
    body = _lines(list(columns.values()), rows, "\t", quote=False)
    _write(path, ["\t".join(columns), *body], "\r\n")
    return rows


def write_caret(path: Path, columns: Sequence[Column], rows: int) -> int:
    """Write a CALPADS file: caret-separated, no header, no quoting, CR LF (docs/rules.md A.1); returns its rows."""
    _write(path, list(_lines(columns, rows, "^", quote=False)), "\r\n")
    return rows


def _write(path: Path, lines: list[str], line_end: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + line_end for line in lines).encode("utf-8"))
