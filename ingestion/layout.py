"""Which contract a delivery follows, and at which place each of its columns stands."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ingestion.contract import DELIMITERS, Column, Contract, Format, Kind, claiming
from ingestion.errors import RefusedError

FIRST_FIELD = re.compile(r'"?([A-Z]{4})(-R)?"?([\^,;|\t]|$)')
MARKS = {"^": "carets", ",": "commas", ";": "semicolons", "|": "bars", "\t": "tabs"}
KINDS = {
    "csv": "text with commas",
    "caret": "text with carets",
    "tab": "text with tabs",
    "xlsx": "an Excel workbook (.xlsx)",
    "json": "JSON",
    "sav": "an SPSS file (.sav)",
}
ISO = "%Y-%m-%d"
LONGEST_HEADER, LONGEST_NAME = 100_000, 60  # characters
LONG_NUMBER = re.compile(r"\d{7}")


@dataclass(frozen=True)
class Layout:
    """Where each kept column of one delivery stands.

    positions: field numbers, from 1, by the column's name in the file; a column that the delivery lacks has none
    at_least, at_most: how many fields a row may have, those that only an extract has left out
    """

    positions: dict[str, int]
    at_least: int
    at_most: int


def first_line(path: Path) -> str:
    """The first line of a prepared file that is not blank, or as much of it as tells a record type."""
    return next((line[:200].strip() for line in first_lines(path, 1)), "")


def first_lines(path: Path, lines: int) -> list[str]:
    """The first lines of a prepared file, from the first that is not blank; of an endless one only its beginning."""
    found: list[str] = []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        while len(found) < lines and (line := file.readline(LONGEST_HEADER)):
            if found or line.strip(" \t\n\x02"):
                found.append(line.rstrip("\n"))
            if len(line) == LONGEST_HEADER:
                break
    return found


def delimited_by(file_format: Format) -> str:
    """The delimiters of the text forms of a format, in words: ``carets or commas``."""
    return " or ".join(MARKS[DELIMITERS[kind]] for kind in file_format.kinds if kind in DELIMITERS) or "none"


def arrives_as(file_format: Format) -> str:
    """The ways in which a file may arrive, in words."""
    return " or ".join(KINDS[kind] for kind in file_format.kinds)


def resolved(contract: Contract, kind: Kind) -> Contract:
    """The contract for one delivery that arrived in that way: its format is then that of the text that is read.

    A caret file has no quotes. A workbook, JSON or SPSS file has become text with tabs, without quotes; a date that a
    workbook holds as one is then spelled 2023-10-05, beside the contract's own spellings.
    """
    is_text = kind in DELIMITERS
    changes: dict[str, object] = {
        "kind": kind if is_text else "tab",
        "also": (),
        "quotes": contract.format.quotes and kind in {"csv", "tab"},
    }
    if is_text:
        return contract.model_copy(update={"format": contract.format.model_copy(update=changes)})
    changes["dates"] = _with_iso(contract.format.dates)
    versions = {
        first: version.model_copy(update={"adds": _columns_with_iso(version.adds)})
        for first, version in contract.versions.items()
    }
    return contract.model_copy(
        update={
            "format": contract.format.model_copy(update=changes),
            "columns": _columns_with_iso(contract.columns),
            "extract_adds": _columns_with_iso(contract.extract_adds),
            "versions": versions,
        }
    )


def _with_iso(dates: tuple[str, ...]) -> tuple[str, ...]:
    return dates if ISO in dates else (*dates, ISO)


def _columns_with_iso(columns: dict[str, Column]) -> dict[str, Column]:
    return {
        name: column.model_copy(update={"dates": _with_iso(column.dates)}) if column.dates else column
        for name, column in columns.items()
    }


def contract_by_name(own: list[Contract], file_name: str) -> Contract | None:
    """The contract whose glob knows the file's name, of the source's own ones; None where files are known by field 1.

    Raises RefusedError where no contract of the source knows the name.
    """
    found = claiming(own, file_name)
    if found is None and not any(contract.record_type for contract in own):
        known = ", ".join(contract.known_as for contract in own)
        raise RefusedError(
            f"No contract knows a file of this name. Known are {known}. Send it under one of these names, "
            "or take it out of the folder."
        )
    return found


def contract_by_first_field(own: list[Contract], line: str, kind: Kind | None = None) -> Contract:
    """The contract of the record type that the line begins with, resolved to the way in which the file arrived.

    kind: the way, where it is no text whose delimiter tells it. Raises RefusedError, without repeating other text.
    """
    known = ", ".join(sorted(str(contract.record_type) for contract in own if contract.record_type))
    begins = FIRST_FIELD.match(line)
    if begins is None:
        raise RefusedError(
            f"Line 1 does not begin with a record type. Known are {known}, each also with -R. "
            "These files have no header row: take it out if there is one."
        )
    found = next((contract for contract in own if contract.record_type == begins[1]), None)
    if found is None:
        raise RefusedError(f"No contract knows record type {begins[1]}. Known are {known}. Take it out of the folder.")
    if kind is not None:
        check_kind(found, kind)
        return resolved(found, kind)
    for one in found.format.kinds:
        if DELIMITERS.get(one) == begins[3]:
            return resolved(found, one)
    if not begins[3]:
        return resolved(found, found.format.kind)
    raise RefusedError(
        f"The fields are separated by {MARKS[begins[3]]}; expected are {delimited_by(found.format)}. "
        "Export it again so.",
        file=found.file,
    )


def check_kind(contract: Contract, kind: Kind) -> None:
    """Raise RefusedError where a file arrived in a way that its contract does not know."""
    if kind not in contract.format.kinds:
        raise RefusedError(
            f"The file is {KINDS[kind]}; {contract.label} arrives as {arrives_as(contract.format)}. "
            "Export it again so.",
            file=contract.file,
        )


def split_row(line: str, delimiter: str, quotes: bool) -> list[str]:
    """The fields of a header row, without the spaces around them."""
    if not quotes:
        return [name.strip() for name in line.split(delimiter)]
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]


def is_header(contract: Contract, names: Iterable[str]) -> bool:
    """Whether a row names every column that some version of the contract must have: more may stand beside them."""
    there = {name.casefold() for name in names}
    for year in (None, *contract.versions):
        needed = [
            {name.casefold(), *(way.casefold() for way in column.called)}
            for name, column in contract.layout(year).items()
            if column.is_ is not None and not column.optional
        ]
        if all(ways & there for ways in needed):
            return True
    return False


def layout_by_order(contract: Contract) -> Layout:
    """The layout of a file without header: the contract's order."""
    columns = contract.layout(None)
    positions = {name: place for place, name in enumerate(columns, start=1)}
    if contract.width is None:
        return Layout(positions, len(columns), len(columns))
    return Layout(positions, contract.width.at_least, contract.width.at_most)


def layout_by_header(contract: Contract, names: list[str], year: str | None, rows: int) -> Layout:
    """The layout that the header tells, checked against the columns of that school year's version.

    Without a school year, the newest version that the header fits counts. Private, ignored and optional columns may be
    left out by the sender. Raises RefusedError naming what is missing, what is unexpected and what was expected.
    """
    firsts: list[str | None] = [year] if year is not None else [None, *reversed(contract.versions)]
    mismatches = []
    for first in firsts:
        try:
            columns = contract.layout(first)
        except ValueError as error:
            raise RefusedError(f"The file is of {first}, but {error}.", rows) from error
        mismatch = _mismatch(contract, columns, names)
        if mismatch is None:
            places = {name.casefold(): place for place, name in enumerate(names, start=1)}
            kept = {
                name: places[way]
                for name, column in columns.items()
                if column.is_ is not None
                for way in _ways(name, column)
                if way in places
            }
            return Layout(kept, len(names), len(names))
        mismatches.append(mismatch)
    raise RefusedError(mismatches[0], rows)


def _ways(name: str, column: Column) -> list[str]:
    """How a header may spell a column."""
    return [name.casefold(), *(way.casefold() for way in column.called)]


def _shown(name: str) -> str:
    """A name that no contract knows, safe to repeat: where data stands for names, a number may be a person's."""
    if not name:
        return "(blank)"
    return "(a long number)" if LONG_NUMBER.search(name) else name[:LONGEST_NAME]


def _told(name: str, column: Column) -> str:
    return f"{name} (or {', '.join(column.called)})" if column.called else name


def _mismatch(contract: Contract, columns: dict[str, Column], names: list[str]) -> str | None:
    """What is wrong with a header, in words; None where it fits."""
    there = [name.casefold() for name in names]
    needed = {name: column for name, column in columns.items() if column.is_ is not None and not column.optional}
    others = {name: column for name, column in columns.items() if name not in needed}
    known = {way for name, column in columns.items() for way in _ways(name, column)}
    known |= {name.casefold() for name in contract.ignored}
    missing = [name for name, column in needed.items() if not set(_ways(name, column)) & set(there)]
    unexpected = [_shown(name) for name in names if name.casefold() not in known]
    repeated = {name for name in names if there.count(name.casefold()) > 1}
    for name, column in columns.items():
        if sum(way in there for way in _ways(name, column)) > 1:
            repeated.add(name)
    if not missing and not unexpected and not repeated:
        return None
    may = [*(_told(name, column) for name, column in others.items()), *contract.ignored]
    expected = (
        f"expected: {', '.join(_told(name, column) for name, column in needed.items())}; "
        f"may also be there: {', '.join(may) or 'nothing'}"
    )
    if len(missing) * 2 > len(needed):
        # what stands there may be a row of data, so it is not repeated
        other = next((mark for mark in MARKS if len(names) == 1 and mark in names[0]), None)
        if other:
            return (
                f"The fields are separated by {MARKS[other]}; expected are {delimited_by(contract.format)}. "
                "Export it again so."
            )
        return f"The first row is not the header of {contract.label}; {expected}. Export it again with its header row."
    parts = [
        f"{what}: {', '.join(which)}"
        for what, which in (("missing", missing), ("unexpected", unexpected), ("twice", sorted(repeated)))
        if which
    ]
    return (
        f"Columns do not fit {contract.label}. {'; '.join(parts)}; {expected}. {_renamed(missing, unexpected)}"
        f"Send the file with the expected columns, or describe the new ones in {contract.path}."
    )


def _renamed(missing: list[str], unexpected: list[str]) -> str:
    """Which missing column may be which unexpected one, as a question; nothing where no two names are alike."""
    left = {name.casefold(): name for name in unexpected}
    near = ((name, get_close_matches(name.casefold(), left, n=1, cutoff=0.5)) for name in missing)
    asked = [f"Is {name} now called {left.pop(found[0])}? " for name, found in near if found]
    return "".join(asked) or "Renamed in an update of the export? "
