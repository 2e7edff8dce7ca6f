"""Workbooks as senders save them: one line of text with tabs for each row, so that rows keep their numbers.

Cells are written as a person reads them: dates as 2023-10-05, whole numbers without decimals, text as it stands, a
formula as the value that Excel last worked out. What Excel itself has lost (leading zeros, digits beyond fifteen) is
not made up again: the rules of the contract see it.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from ingestion.archives import read_limits, starts_with, workbook_size
from ingestion.contract import Contract
from ingestion.durable import PRIVATE_FILE
from ingestion.errors import RefusedError
from ingestion.layout import FIRST_FIELD, is_header
from ingestion.prepare import BLANK, Prepared

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Microsoft's older container: .xls, and any workbook with a password
PROTECTED = "EncryptedPackage".encode("utf-16-le")
CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
EXACT = 10**15  # Excel keeps fifteen digits of a number

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta
Row: TypeAlias = list[str]


@dataclass(frozen=True)
class _Table:
    """The rows of one sheet that are data, with the numbers that they have in it.

    header: the names, none in a sheet without header
    first:  the number of the first row after the header
    """

    header: Row
    rows: Iterator[Row]
    first: int


def refuse_old_workbook(path: Path) -> None:
    """Raise RefusedError for a file in Microsoft's older container, saying which of its two kinds it is."""
    if not starts_with(path).startswith(COMPOUND):
        return
    if PROTECTED in path.read_bytes():
        raise RefusedError("The workbook is protected by a password. Save it without one and send it again.")
    raise RefusedError("The file is a workbook of an Excel before 2007 (.xls). Save it as .xlsx or as CSV UTF-8.")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < EXACT:
        return str(int(value))
    if abs(value) >= EXACT:
        return f"{value:.14E}"  # its last digits are lost: it stays visible that they are
    return format(Decimal(f"{value:.15g}"), "f")


def cell_text(value: Cell) -> str:
    """A cell as text: one line, whatever stands in it."""
    if isinstance(value, str):
        return CONTROLS.sub(" ", value).strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(float(value)) if abs(value) < EXACT or isinstance(value, float) else str(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.replace(microsecond=0).isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _open(path: Path) -> CalamineWorkbook:
    refuse_old_workbook(path)
    workbook_size(path, read_limits())
    try:
        with path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)
    except PasswordError as error:
        raise RefusedError("The workbook is protected by a password. Save it without one and send it again.") from error
    except CalamineError as error:
        raise RefusedError("The workbook cannot be read: it was cut off or damaged. Send it again.") from error


def _sheets(workbook: CalamineWorkbook) -> list[CalamineSheet]:
    """The sheets that hold cells, in the workbook's order; those of charts and macros left out."""
    names = [one.name for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    try:
        sheets = [workbook.get_sheet_by_name(name) for name in names]
    except CalamineError as error:
        raise RefusedError("The workbook cannot be read: it was cut off or damaged. Send it again.") from error
    filled = [sheet for sheet in sheets if sheet.end is not None]
    if not filled:
        raise RefusedError("The workbook holds no row. Send it again with its rows.")
    return filled


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    """Every row of a sheet from its first one on, blank ones too."""
    for row in sheet.iter_rows():
        yield [cell_text(value) for value in row]


def _table(sheet: CalamineSheet, fits: Callable[[Row], bool], within: int) -> tuple[_Table, bool]:
    """The sheet's table, and whether its header fits; where none does, the first row that is not blank is taken."""
    rows = _rows(sheet)
    seen: list[Row] = []
    for row in rows:
        seen.append(row)
        if fits(row):
            return _Table(row, rows, len(seen) + 1), True
        if sum(any(one) for one in seen) >= within:
            break
    place = next((place for place, row in enumerate(seen) if any(row)), 0)
    rest = iter([*seen[place + 1 :], *rows])
    return _Table(seen[place], rest, place + 2), False


def _trimmed(row: Sequence[str], at_least: int) -> list[str]:
    """The row without the blank cells at its end, but with so many fields as it must have."""
    width = max((place for place, text in enumerate(row, start=1) if text), default=0)
    return [*row[:width], *[""] * (at_least - width)]


def _write(lines: Iterator[Row], target: Path) -> Prepared:
    has_quotes = False
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        for row in lines:
            text = "\t".join(row).encode()
            has_quotes = has_quotes or b'"' in text
            file.write((text if any(row) else BLANK) + b"\n")
    return Prepared(target, "xlsx", has_quotes)


def read_workbook(path: Path, target: Path, contract: Contract) -> Prepared:
    """Write the sheet of a workbook whose header fits the contract, else the first, as text with tabs.

    With ``sheets`` in the format all sheets of such names follow each other, each in the columns of the first. Raises
    RefusedError for a workbook that is protected, damaged or empty, and where a further sheet has other columns.
    """
    with _open(path) as workbook:
        sheets = _sheets(workbook)

        def fits(row: Row) -> bool:
            return is_header(contract, row)

        if contract.format.sheets is None:
            tables = [_table(sheet, fits, contract.format.header_within) for sheet in sheets]
            chosen = next((table for table, is_it in tables if is_it), tables[0][0])
            return _write(_with_header(chosen), target)
        wanted = [one for one in sheets if fnmatchcase(one.name.lower(), contract.format.sheets.lower())]
        if not wanted:
            raise RefusedError(
                f"The workbook has no sheet called {contract.format.sheets}. "
                f"It has {', '.join(one.name for one in sheets)}. Send it with that sheet, "
                f"or correct `sheets` in {contract.path}.",
                file=contract.file,
            )
        named = [(one.name, _table(one, fits, contract.format.header_within)[0]) for one in wanted]
        return _write(_one_after_the_other(named, contract), target)


def _with_header(table: _Table) -> Iterator[Row]:
    header = _trimmed(table.header, 0)
    yield from ([] for _ in range(table.first - 2))  # rows keep their numbers
    yield header
    for row in table.rows:
        yield _trimmed(row, len(header)) if any(row) else []


def _one_after_the_other(tables: list[tuple[str, _Table]], contract: Contract) -> Iterator[Row]:
    first = tables[0][1]
    yield from _with_header(first)
    names = [name.casefold() for name in _trimmed(first.header, 0)]
    for sheet, table in tables[1:]:
        own = [name.casefold() for name in _trimmed(table.header, 0)]
        if sorted(own) != sorted(names):
            raise RefusedError(
                f"Sheet {sheet} has other columns than sheet {tables[0][0]}: missing: "
                f"{', '.join(sorted(set(names) - set(own))) or 'nothing'}; unexpected: "
                f"{', '.join(sorted(set(own) - set(names))) or 'nothing'}. Send both with the same columns.",
                file=contract.file,
            )
        places = [own.index(name) for name in names]
        for row in table.rows:
            yield [row[place] if place < len(row) else "" for place in places] if any(row) else []


def first_field_line(path: Path) -> str:
    """The first row of a workbook without header that begins with a record type, as text with tabs.

    A row of names may stand above it. Where no row does, the first one is returned.
    """
    with _open(path) as workbook:
        rows = _rows(_sheets(workbook)[0])
        seen = [row for _, row in zip(range(20), rows, strict=False) if any(row)]
    return "\t".join(next((row for row in seen if FIRST_FIELD.match(row[0])), seen[0] if seen else []))[:200]


def read_plain_workbook(path: Path, target: Path, contract: Contract) -> Prepared:
    """Write the first sheet of a workbook whose rows begin with a record type; names above them are left out."""
    at_least = contract.width.at_least if contract.width else len(contract.layout(None))

    def lines(rows: Iterator[Row]) -> Iterator[Row]:
        begun = False
        for row in rows:
            begun = begun or FIRST_FIELD.match(row[0] if row else "") is not None
            yield _trimmed(row, at_least) if begun and any(row) else []

    with _open(path) as workbook:
        return _write(lines(_rows(_sheets(workbook)[0])), target)
