"""The raw files of the simulated senders, read with the standard library alone: how many rows, and what is private.

What is private is what the contracts call so, or keep only as a pseudonym. A value that also stands in a column that
is kept in the clear (a ZIP code, a grade) cannot be told apart and is left out; so are dates and short values.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from ingestion.contract import Contract, read_contracts

ENCODINGS = ("utf-8-sig", "windows-1252")
SHORTEST = 4
DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}( .*)?|\d{1,2}/\d{1,2}/\d{4}")
TOKEN = re.compile(r"[^\W_]+")
DIGITS = re.compile(r"(?<![0-9a-f])\d{9,}(?![0-9a-f])")
# An identifier of fewer digits may be a count of rows or a process's number in any log.
TELLING_DIGITS = 9


@dataclass(frozen=True)
class RawFile:
    """A file as its sender wrote it.

    name: below the source's folder, as the ledger has it
    rows: records, without headings and blank lines
    """

    sender: str
    source: str
    name: str
    contract: Contract
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Private:
    """What may be found nowhere behind the landing.

    values: whole cells: names, addresses, telephone numbers, identifiers
    words:  single words that mean one of them wherever they stand
    pairs:  two words that mean one of them where they follow each other: "Hornbeam Talc", "417 Adamite"
    """

    values: frozenset[str]
    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    def found_in(self, text: str) -> set[str]:
        """What of it a text has."""
        tokens = TOKEN.findall(text)
        # digits are looked for in the midst of letters too, but not in the midst of a hash
        there = self.words.intersection(tokens) | self.words.intersection(DIGITS.findall(text))
        return set(there) | {" ".join(pair) for pair in self.pairs.intersection(pairwise(tokens))}


def _text(path: Path) -> str:
    for encoding in ENCODINGS:
        try:
            return path.read_bytes().decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError(path)


def _contract(source: str, name: str, text: str) -> Contract:
    own = [contract for contract in read_contracts() if contract.source == source]
    kind = re.split(r"[\^,\t]", text, maxsplit=1)[0].removesuffix("-R")
    claiming = [one for one in own if one.claims(name)] or [one for one in own if one.record_type == kind]
    assert claiming, (source, name)
    return max(claiming, key=lambda one: len(str(one.matches)))


def _columns(contract: Contract, name: str, head: tuple[str, ...]) -> tuple[str, ...]:
    if contract.format.header:
        return head
    year = re.search(r"20\d\d-\d\d(?!\d)", name)
    return tuple(contract.layout(year[0] if year else None))


def read_raw(extracts: Path) -> Iterator[RawFile]:
    """Every file that the simulated senders wrote, ``<sender>/<source>/…``."""
    for path in sorted(extracts.glob("*/*/**/*")):
        if not path.is_file():
            continue
        sender, source, *below = path.relative_to(extracts).parts
        text = _text(path)
        contract = _contract(source, path.name, text)
        delimiter = {"csv": ",", "caret": "^", "tab": "\t"}[contract.format.kind]
        quoting = csv.QUOTE_MINIMAL if contract.format.quotes else csv.QUOTE_NONE
        lines = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, quoting=quoting)
        rows = [tuple(row) for row in lines if any(cell.strip() for cell in row)]
        columns = _columns(contract, path.name, rows[0])
        yield RawFile(
            sender, source, "/".join(below), contract, columns, tuple(rows[1:] if contract.format.header else rows)
        )


def _cells(file: RawFile, names: Iterable[str]) -> set[str]:
    places = [place for place, name in enumerate(file.columns) if name in set(names)]
    return {row[place].strip() for row in file.rows for place in places if place < len(row)}


def _fates(contract: Contract) -> tuple[list[str], list[str]]:
    """The columns that are private or a pseudonym, and those that are kept in the clear."""
    every = contract.everything()
    hidden = [name for name, column in every.items() if column.private or column.pseudonym]
    return hidden, [name for name, column in every.items() if column.is_ and not column.pseudonym]


def _names(file: RawFile) -> Iterator[tuple[str, str]]:
    """First and last names that stand in one row, in both orders."""
    for first in (name for name in file.columns if re.search(r"first|^FN$", name, re.IGNORECASE)):
        for last in (name for name in file.columns if re.search(r"last|^LN$", name, re.IGNORECASE)):
            if re.sub(r"first", "last", first, flags=re.IGNORECASE).lower() != last.lower() and first != "FN":
                continue
            one, two = file.columns.index(first), file.columns.index(last)
            for row in file.rows:
                if len(row) > max(one, two) and row[one].strip() and row[two].strip():
                    yield row[one].strip(), row[two].strip()


def find_private(extracts: Path, public: Iterable[str] = ()) -> Private:
    """What is private in the raw files. public: texts of words that stand in the clear too, such as schools' names."""
    hidden: set[str] = set()
    clear: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for file in read_raw(extracts):
        private, kept = _fates(file.contract)
        hidden |= _cells(file, private)
        clear |= _cells(file, kept)
        for names in _names(file):
            pairs |= {names, names[::-1]}
    told = {word for text in public for word in TOKEN.findall(text)}
    values = {
        value for value in hidden - clear if len(value) >= SHORTEST and not DATE.fullmatch(value) and value not in told
    }
    for value in values:
        tokens = TOKEN.findall(value)
        # an address or a comment; two numbers in a row, or parts of an identifier, may stand anywhere
        pairs |= {pair for pair in pairwise(tokens) if any(one.isalpha() for one in pair)}
        if re.fullmatch(r"\(?\d{3}\)?[ -]?\d{3}-\d{4}", value):
            pairs.add((tokens[-2], tokens[-1]))
    words = {value for value in values if value.isdigit() and len(value) >= TELLING_DIGITS}
    return Private(frozenset(values), frozenset(words), frozenset(pair for pair in pairs if not _is_public(pair, told)))


def _is_public(pair: tuple[str, str], told: set[str]) -> bool:
    return set(pair) <= told


@cache
def raw_rows(extracts: Path) -> dict[tuple[str, str, str], int]:
    """How many rows each file has, by sender, source and name."""
    return {(file.sender, file.source, file.name): len(file.rows) for file in read_raw(extracts)}
