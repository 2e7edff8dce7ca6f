"""A landed delivery opened: which contract it follows, and its bytes as the text that the load reads.

However it arrived (text of any delimiter, workbook, JSON, SPSS; plain, as .gz or .zip), what follows sees a text file
and a contract whose format says how that is written.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ingestion.archives import GZIP, ZIP, is_workbook, starts_with, unpacked
from ingestion.contract import DELIMITERS, Contract, Kind
from ingestion.durable import PRIVATE_FILE
from ingestion.errors import RefusedError
from ingestion.layout import (
    check_kind,
    contract_by_first_field,
    contract_by_name,
    first_line,
    first_lines,
    is_header,
    resolved,
    split_row,
)
from ingestion.objects import looks_like_json, read_objects
from ingestion.prepare import BLANK, Prepared, decode, prepare
from ingestion.spreadsheets import (
    COMPOUND,
    first_field_line,
    read_plain_workbook,
    read_workbook,
    refuse_old_workbook,
)

SPSS = (b"$FL2", b"$FL3")


@dataclass(frozen=True)
class Opened:
    """A delivery that can be read.

    contract: its contract, whose format is that of the text: one kind, with or without quotes
    """

    contract: Contract
    prepared: Prepared


def open_landed(landed: Path, name: str, own: list[Contract], work: Path) -> Opened:
    """Open a landed delivery.

    name: as its sender called it, below the source's folder
    own:  the contracts of its source
    work: a private folder for the text
    Raises RefusedError, with the contract's file where it is known, for what cannot be read.
    """
    contract = contract_by_name(own, name)
    try:
        return _open(landed, contract, own, work)
    except RefusedError as refusal:
        known = refusal.file or (contract.file if contract else None)
        raise RefusedError(refusal.message, refusal.rows_in, known) from refusal


def _open(landed: Path, contract: Contract | None, own: list[Contract], work: Path) -> Opened:
    path = _without_wrapping(landed, work / "unpacked")
    kind, target = _kind(path, contract), work / "text"
    if kind is None:
        return _open_text(path, contract, own, target)
    if contract is None:
        if kind != "xlsx":
            raise RefusedError(
                f"No contract knows a file of this name. Known are {', '.join(c.known_as for c in own)}."
            )
        contract = contract_by_first_field(own, first_field_line(path), kind)
        return Opened(contract, read_plain_workbook(path, target, contract))
    check_kind(contract, kind)
    if kind == "xlsx" and not contract.format.header:
        return Opened(resolved(contract, kind), read_plain_workbook(path, target, contract))
    if kind == "xlsx":
        return Opened(resolved(contract, kind), read_workbook(path, target, contract))
    if kind == "sav":
        # pandas takes longer to import than most files take to load, and hardly any delivery needs it
        from ingestion.survey import read_survey  # noqa: PLC0415

        return Opened(resolved(contract, kind), read_survey(path, target, contract))
    decoded = decode(path, work / "decoded", contract.format.encodings)
    return Opened(resolved(contract, kind), read_objects(decoded, target, contract))


def _without_wrapping(landed: Path, target: Path) -> Path:
    """The landed file, or what it packs where that is no text: text is unpacked as it is read."""
    if not starts_with(landed).startswith((GZIP, *ZIP)) or is_workbook(landed):
        return landed
    chunks = unpacked(landed)
    first = next(chunks, b"")
    if not first.startswith((*ZIP, *SPSS, COMPOUND)):
        return landed
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chain([first], chunks):
            file.write(chunk)
    return target


def _kind(path: Path, contract: Contract | None) -> Kind | None:
    """What the bytes are; None for text with a delimiter. Raises RefusedError for an old or protected workbook."""
    refuse_old_workbook(path)
    start = starts_with(path)
    if start.startswith(SPSS):
        return "sav"
    if is_workbook(path):
        return "xlsx"
    kinds = contract.format.kinds if contract else ()
    if kinds in (("sav",), ("xlsx",)):
        raise RefusedError(f"The file is not {'an SPSS file' if kinds[0] == 'sav' else 'a workbook'}. Send it again.")
    if "json" in kinds and (kinds == ("json",) or looks_like_json(next(unpacked(path), b"")[:4096])):
        return "json"
    return None


def _open_text(path: Path, contract: Contract | None, own: list[Contract], target: Path) -> Opened:
    encodings = (contract or own[0]).format.encodings
    prepared = prepare(path, target, encodings)
    if contract is None:
        return Opened(contract_by_first_field(own, first_line(prepared.path)), prepared)
    texts = [kind for kind in contract.format.kinds if kind in DELIMITERS]
    if not texts:
        raise RefusedError(f"The file is text; {contract.label} is not. Send it as {contract.format.kind}.")
    if not contract.format.header:
        return Opened(resolved(contract, _likeliest(texts, first_line(prepared.path))), prepared)
    lines = first_lines(prepared.path, contract.format.header_within)
    for place, line in enumerate(lines):
        for kind in texts:
            quotes = contract.format.quotes and kind != "caret"
            if is_header(contract, split_row(line, DELIMITERS[kind], quotes)):
                told = resolved(contract, kind)
                return Opened(told, _without_titles(prepared, target.with_name("below"), place) if place else prepared)
    return Opened(resolved(contract, _likeliest(texts, lines[0] if lines else "")), prepared)


def _likeliest(kinds: list[Kind], line: str) -> Kind:
    """The kind whose delimiter stands most often in the line; the contract's own where none does."""
    return max(kinds, key=lambda kind: line.count(DELIMITERS[kind]))


def _without_titles(prepared: Prepared, target: Path, titles: int) -> Prepared:
    """The text with so many lines from the first that is not blank made blank: the others keep their number."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    left, begun = titles, False
    with os.fdopen(descriptor, "wb") as file, prepared.path.open("rb") as text:
        for line in text:
            begun = begun or bool(line.strip(b" \t\n\x02"))
            if begun and not left:
                file.write(line)
                break
            left -= begun
            file.write(BLANK + b"\n")
        while chunk := text.read(8 * 1024 * 1024):
            file.write(chunk)
    return Prepared(target, prepared.encoding, prepared.has_quotes)
