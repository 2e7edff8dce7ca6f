"""Which contract a delivery follows, and at which place each of its columns stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ingestion.contract import Column, Contract
from ingestion.errors import RefusedError

FIRST_FIELD = re.compile(r'"?([A-Z]{4})(-R)?"?([\^,;|\t]|$)')
DELIMITERS = {"^": "carets", ",": "commas", ";": "semicolons", "|": "bars", "\t": "tabs"}


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
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.strip(" \t\n\x02"):
                return line[:200].strip()
    return ""


def contract_by_name(own: list[Contract], file_name: str) -> Contract | None:
    """The contract whose glob knows the file's name, of the source's own ones; None where files are known by field 1.

    Raises RefusedError where no contract of the source knows the name.
    """
    found = next((contract for contract in own if contract.claims(file_name)), None)
    if found is None and not any(contract.record_type for contract in own):
        known = ", ".join(str(contract.matches) for contract in own)
        raise RefusedError(
            f"No contract knows a file of this name. Known are {known}. Send it under one of these names, "
            "or take it out of the folder."
        )
    return found


def contract_by_first_field(own: list[Contract], line: str) -> Contract:
    """The contract of the record type that the line begins with; raises RefusedError, without repeating other text."""
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
    if begins[3] and begins[3] != found.format.delimiter:
        raise RefusedError(
            f"The fields are separated by {DELIMITERS[begins[3]]}; expected are "
            f"{DELIMITERS[found.format.delimiter]}. Export it again so."
        )
    return found


def layout_by_order(contract: Contract) -> Layout:
    """The layout of a file without header: the contract's order."""
    columns = contract.layout(None)
    positions = {name: place for place, name in enumerate(columns, start=1)}
    if contract.width is None:
        return Layout(positions, len(columns), len(columns))
    return Layout(positions, contract.width.at_least, contract.width.at_most)


def layout_by_header(contract: Contract, names: list[str], year: str | None, rows: int) -> Layout:
    """The layout that the header tells, checked against the columns of that school year's version.

    Without a school year, the newest version that the header fits counts. Private and ignored columns may be left out
    by the sender. Raises RefusedError naming what is missing, what is unexpected and what was expected.
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
            kept = {name: places[name.casefold()] for name, column in columns.items() if column.is_ is not None}
            return Layout(kept, len(names), len(names))
        mismatches.append(mismatch)
    raise RefusedError(mismatches[0], rows)


def _mismatch(contract: Contract, columns: dict[str, Column], names: list[str]) -> str | None:
    """What is wrong with a header, in words; None where it fits."""
    there = [name.casefold() for name in names]
    kept = [name for name, column in columns.items() if column.is_ is not None]
    optional = [name for name, column in columns.items() if column.is_ is None] + list(contract.ignored)
    known = {name.casefold() for name in (*kept, *optional)}
    missing = [name for name in kept if name.casefold() not in there]
    unexpected = [name or "(blank)" for name in names if name.casefold() not in known]
    repeated = sorted({name for name in names if there.count(name.casefold()) > 1})
    if not missing and not unexpected and not repeated:
        return None
    expected = f"expected: {', '.join(kept)}; may also be there: {', '.join(optional) or 'nothing'}"
    if len(missing) * 2 > len(kept):
        # what stands there may be a row of data, so it is not repeated
        other = next((mark for mark in DELIMITERS if len(names) == 1 and mark in names[0]), None)
        if other:
            return (
                f"The fields are separated by {DELIMITERS[other]}; expected are "
                f"{DELIMITERS[contract.format.delimiter]}. Export it again so."
            )
        return f"The first row is not the header of {contract.label}; {expected}. Export it again with its header row."
    parts = [
        f"{what}: {', '.join(which)}"
        for what, which in (("missing", missing), ("unexpected", unexpected), ("twice", repeated))
        if which
    ]
    return (
        f"Columns do not fit {contract.label}. {'; '.join(parts)}; {expected}. Renamed in an update of the export? "
        f"Send the file with the expected columns, or describe the new ones in {contract.path}."
    )
