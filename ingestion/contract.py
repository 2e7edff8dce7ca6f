"""What each extract file must look like: the contracts in ``contracts/<source>/<file>.yml``, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ingestion.errors import IngestionError

FOLDER = Path(__file__).parent / "contracts"

SCHOOL_YEAR = re.compile(r"(\d{4})-(\d{2})")


class ContractError(IngestionError):
    """A contract file is not as it should be; the message names the file and the key."""


def start_year(school_year: str) -> int:
    """2023 for ``2023-24``; raises ValueError for anything that is not two consecutive years spelled like that."""
    found = SCHOOL_YEAR.fullmatch(school_year)
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        raise ValueError(f"{school_year!r} is not a school year spelled like 2023-24")
    return int(found[1])


def school_year_of(start: int) -> str:
    """``2023-24`` for 2023."""
    return f"{start}-{(start + 1) % 100:02d}"


def _percent(value: object) -> object:
    """``1%`` as the decimal 0.01, so that a limit is compared exactly."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value)):
        return Decimal(found[1]) / 100
    raise ValueError(f"{value!r} is not a share written like 1%")


Share = Annotated[Decimal, BeforeValidator(_percent), Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Refers(_Strict):
    """A code that must be explained by another file of the same sender and school year.

    file:  the other file, of the same source
    by:    this file's columns and the columns of the other file that they must equal together
    limit: share of the rows whose code may be unknown; above it the delivery is refused
    """

    file: str
    by: dict[str, str]
    limit: Share = Decimal("0.01")


class Overlaps(_Strict):
    """Spans of one key that may not overlap: such rows are loaded, and listed as remarks.

    same:      the columns that two rows share when their spans are of the same thing
    from, to:  the span's first and last date; an open end reaches to the end of the school year
    exclusive: the day of ``to`` is the first day after the span
    """

    same: tuple[str, ...] = Field(min_length=1)
    from_: str = Field(alias="from")
    to: str
    exclusive: bool = False


class CalendarRule(_Strict):
    """Dates must lie between the first and the last date that the sender's calendar has for the school and year.

    Unchecked while no calendar of the sender is in the lake.

    file:                     the calendar's file, of the same source
    school, date:             this file's columns
    their_school, their_date: the calendar's columns
    """

    file: str
    school: str
    date: str
    their_school: str
    their_date: str


class Column(_Strict):
    """One column of a file: either kept under a name (``is``), or private, or ignored.

    means:      what it holds, in plain words for a district's data person, where its own name does not say it
    called:     other spellings of its name in the header: a sender's versions and years differ
    optional:   kept, but the header may lack it; it is null then
    not_before: another date column of the file; a date before that one rejects the row
    past:       a date later than the day after the delivery was sent rejects the row
    pseudonym: kept only as a keyed hash: ``lea`` within one LEA, ``state`` for a number that is the state's
    private:   about a person; never leaves the landing
    nulls:     spellings of "no value" besides the empty one
    dates:     the spellings of a date or timestamp, where they differ from the format's
    equals:    ``sender``: rows that name another LEA are rejected
    within:    ``school_year``: the date lies in the school year of the folder that the file arrived in
    take:      keep only so many first characters
    school:    the value is one of the LEA's schools, by its number in the SIS or the code of seven digits; rows of any
               other school are rejected, and do not count toward the limit at which a file is refused
    masked:    a value that breaks a rule is not repeated in the list of rejects (a count of very few people)
    """

    is_: str | None = Field(default=None, alias="is", pattern=r"^[a-z][a-z0-9_]*$")
    type: str = Field(default="text", pattern=r"^(text|integer|date|timestamp|flag|decimal\(\d+, ?\d+\))$")
    required: bool = False
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None
    pseudonym: Literal["lea", "state"] | None = None
    private: bool = False
    ignored: bool = False
    nulls: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    equals: Literal["sender"] | None = None
    within: Literal["school_year"] | None = None
    at_least: int | None = None
    at_most: int | None = None
    take: int | None = Field(default=None, ge=1)
    school: Literal["number", "code"] | None = None
    masked: bool = False
    refers: Refers | None = None
    means: str | None = Field(default=None, min_length=3)
    called: tuple[str, ...] = ()
    optional: bool = False
    not_before: str | None = None
    past: bool = False

    @model_validator(mode="after")
    def _one_fate(self) -> Column:
        fates = [self.is_ is not None, self.private, self.ignored]
        if fates.count(True) != 1:
            raise ValueError("a column has exactly one of is, private, ignored")
        if self.pattern is not None:
            re.compile(self.pattern)
        if (self.within or self.past or self.not_before) and self.type != "date":
            raise ValueError("within, past and not_before are for dates")
        if (self.past or self.not_before or self.optional) and self.is_ is None:
            raise ValueError("past, not_before and optional are for columns that are kept")
        if self.optional and self.required:
            raise ValueError("a column is either optional or required")
        if (self.at_least is not None or self.at_most is not None) and self.type in {"text", "flag", "date"}:
            raise ValueError("at_least and at_most are for numbers")
        if self.pseudonym and self.type not in {"text", "integer"}:
            raise ValueError("a pseudonym is made of text or of an integer")
        return self

    @property
    def name(self) -> str:
        """The column's name in the lake."""
        if self.is_ is None:
            raise ValueError("a private or ignored column has no name in the lake")
        return self.is_

    @property
    def lake_type(self) -> str:
        """The column's DuckDB type in the lake."""
        if self.pseudonym:
            return "VARCHAR"
        return {"text": "VARCHAR", "flag": "VARCHAR"}.get(self.type, self.type.upper())


Kind: TypeAlias = Literal["csv", "caret", "tab", "xlsx", "json", "sav"]

# What separates the fields of a kind that is text; the other kinds are turned into text with tabs.
DELIMITERS: dict[str, str] = {"csv": ",", "caret": "^", "tab": "\t"}
EXTENSIONS: dict[str, str] = {"xlsx": ".xlsx", "json": ".json", "sav": ".sav"}
PACKED = (".gz", ".zip")


class Format(_Strict):
    """How the file is written.

    kind:      what separates the fields, or the program that wrote the file
    also:      other ways in which the same columns may arrive; which it is, the delivery itself tells
    header:    whether the first row names the columns; without, the contract's order is the file's
    quotes:    whether fields may stand in quotes (RFC 4180); never in carets
    encodings: tried in this order; UTF-16 with a byte order mark is read as such in any case
    dates:     strptime spellings of a date
    explode:   json: the list of which each element is a row; its fields are called ``list.field``
    header_within: the header is the first of so many rows that names all columns that the contract needs; what stands
                   above it is a title and is not read
    sheets:    xlsx: glob of the sheets that are read, one after the other, each by its own header; without it, the one
               sheet whose header fits, else the first
    """

    kind: Kind
    also: tuple[Kind, ...] = ()
    header: bool = True
    quotes: bool = False
    encodings: tuple[Literal["utf-8", "windows-1252"], ...] = ("utf-8", "windows-1252")
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    explode: str | None = Field(default=None, pattern=r"^\w+(\.\w+)*$")
    header_within: int = Field(default=1, ge=1, le=100)
    sheets: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _can_be_read(self) -> Format:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError("kind and also name each kind once")
        if self.explode and "json" not in self.kinds:
            raise ValueError("explode is for json")
        if not self.header and {"json", "sav"} & set(self.kinds):
            raise ValueError("json and sav name their columns: header is true")
        if self.sheets and "xlsx" not in self.kinds:
            raise ValueError("sheets is for xlsx")
        if not self.header and (self.header_within > 1 or self.sheets):
            raise ValueError("header_within and sheets are for files with a header")
        if not self.encodings:
            raise ValueError("encodings names at least one")
        return self

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All ways in which the file may arrive, the usual one first."""
        return (self.kind, *self.also)

    @property
    def delimiter(self) -> str:
        """The character between two fields of the text that is read."""
        return DELIMITERS.get(self.kind, "\t")


class YearColumn(_Strict):
    """The column that tells a row's school year, and how it spells it.

    date: the year from July to June; start_year: 2023; end_year: 2024; span: 2023-2024; short: 2023-24
    """

    column: str
    spelled: Literal["date", "start_year", "end_year", "span", "short"] = Field(alias="as")


class Rejects(_Strict):
    """limit: the share of rejected rows above which a delivery is refused whole."""

    limit: Share = Decimal("0.01")


class Width(_Strict):
    """How many fields a row of a file without header may have, where not all are always there."""

    at_least: int = Field(ge=1)
    at_most: int = Field(ge=1)


class Version(_Strict):
    """What changes in the layout from a school year on. A column that a year does not have is null there."""

    adds: dict[str, Column] = Field(default_factory=dict)
    drops: tuple[str, ...] = ()


class Rule(_Strict):
    """What several columns of one row must fulfil together; a row that breaks it is rejected.

    code:        what its author calls it, such as a CALPADS validation number
    holds:       SQL over the kept columns' names in the lake, true where the row is right; null counts as right
    says:        in words, for the sender
    first, last: the school years from which and until which it holds
    """

    code: str = Field(min_length=1)
    holds: str = Field(min_length=1)
    says: str = Field(min_length=3)
    first: str | None = None
    last: str | None = None

    @model_validator(mode="after")
    def _years_follow(self) -> Rule:
        starts = [start_year(year) for year in (self.first, self.last) if year is not None]
        if starts != sorted(starts):
            raise ValueError(f"rule {self.code} ends before it begins")
        return self


class Contract(_Strict):
    """One file of one source.

    grain:         the columns that tell a row from every other of its school year
    replaces:      what a delivery replaces, for its sender: each school year or each month that it covers
    school_year:   ``folder``, or the column that tells it, or ``sent``: that of the day on which the file was sent, for
                   what the file says of the present
    matches:       the file's name as a glob or several, without regard to case, to ``.gz`` and to ``.zip``; where the
                   format says so, ``.xlsx``, ``.json`` or ``.sav`` may stand in the place of its extension
    record_type:   the first field of every row, for files that are known by it and not by their name
    extract_adds:  the fields at the end of rows whose record type ends in ``-R``: CALPADS's own extracts
    ignored:       columns that may be there and are not read
    overlaps:      spans that should not overlap
    calendar:      the calendar in which the dates must lie
    rules:         what several columns of one row must fulfil together
    versions:      by first school year; empty where one layout serves all
    """

    source: str
    file: str
    grain: tuple[str, ...] = Field(min_length=1)
    replaces: Literal["school_year", "month"]
    school_year: Literal["folder", "sent"] | YearColumn
    format: Format
    matches: Annotated[str, Field(min_length=1)] | Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    record_type: str | None = Field(default=None, pattern=r"^[A-Z]{4}$")
    extract_adds: dict[str, Column] = Field(default_factory=dict)
    width: Width | None = None
    rejects: Rejects = Rejects()
    columns: dict[str, Column]
    ignored: tuple[str, ...] = ()
    overlaps: Overlaps | None = None
    calendar: CalendarRule | None = None
    rules: tuple[Rule, ...] = ()
    versions: dict[str, Version] = Field(default_factory=dict)
    source_of_truth: str

    @model_validator(mode="after")
    def _hangs_together(self) -> Contract:
        if (self.matches is None) == (self.record_type is None):
            raise ValueError("a contract has either matches or record_type")
        if self.format.header and (self.width or self.extract_adds or self.record_type):
            raise ValueError("width, extract_adds and record_type are for files without header")
        if not self.format.header and self.ignored:
            raise ValueError("in a file without header each field is a column: mark it `ignored: true` in its place")
        years = [start_year(first) for first in self.versions]
        if years != sorted(set(years)):
            raise ValueError("versions must stand in the order of their school years")
        for version in self.versions.values():
            if unknown := sorted(set(version.drops) - set(self.everything())):
                raise ValueError(f"versions drop unknown columns: {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _names_what_it_keeps(self) -> Contract:
        kept = self.kept()
        told_by = (self.school_year.column,) if isinstance(self.school_year, YearColumn) else ()
        for source in (*self.grain, *told_by):
            if source not in kept:
                raise ValueError(f"{source} is named in grain or school_year but is not a kept column")
        names = [column.name for column in kept.values()]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two columns are both called {', '.join(repeated)}")
        if reserved := sorted({"sender", "delivery_id"} & set(names)):
            raise ValueError(f"{', '.join(reserved)} is a name that the lake itself uses")
        if isinstance(self.school_year, YearColumn):
            column = kept[self.school_year.column]
            wanted = {"date": "date", "start_year": "integer", "end_year": "integer"}
            if column.type != wanted.get(self.school_year.spelled, "text") or not column.required:
                raise ValueError(f"{self.school_year.column} tells the school year: it must be required and typed so")
        told_by_date = isinstance(self.school_year, YearColumn) and self.school_year.spelled == "date"
        if self.replaces == "month" and not told_by_date:
            raise ValueError("a file that replaces months tells its school year by a date")
        return self

    @model_validator(mode="after")
    def _headers_are_told_apart(self) -> Contract:
        for year in (None, *self.versions):
            columns = self.layout(year)
            spelled = [way.casefold() for name, column in columns.items() for way in (name, *column.called)]
            if repeated := sorted({way for way in spelled if spelled.count(way) > 1}):
                raise ValueError(f"two columns may be called {', '.join(repeated)}")
            if not self.format.header and any(column.called or column.optional for column in columns.values()):
                raise ValueError("called and optional are for files with a header")
        if isinstance(self.school_year, YearColumn) and self.kept()[self.school_year.column].optional:
            raise ValueError(f"{self.school_year.column} tells the school year and may not be optional")
        return self

    @model_validator(mode="after")
    def _spans_and_dates(self) -> Contract:
        kept = self.kept()
        wanted = [(column.not_before, "not_before", True) for column in kept.values() if column.not_before]
        if self.overlaps:
            wanted += [(name, "overlaps", False) for name in self.overlaps.same]
            wanted += [(name, "overlaps", True) for name in (self.overlaps.from_, self.overlaps.to)]
        if self.calendar:
            wanted += [(self.calendar.school, "calendar", False), (self.calendar.date, "calendar", True)]
        for name, where, is_date in wanted:
            if name not in kept:
                raise ValueError(f"{name} is named in {where} but is not a kept column")
            if is_date and kept[name].type != "date":
                raise ValueError(f"{name} is named in {where} as a date but is no date")
        return self

    @property
    def globs(self) -> tuple[str, ...]:
        """The globs of its names; none where its record type tells it."""
        if self.matches is None:
            return ()
        return (self.matches,) if isinstance(self.matches, str) else self.matches

    @property
    def known_as(self) -> str:
        """What it is known by, as told to people: its names, or its record type."""
        return ", ".join(self.globs) or f"a file of record type {self.record_type}"

    @property
    def label(self) -> str:
        """``aeries/attendance``."""
        return f"{self.source}/{self.file}"

    @property
    def path(self) -> str:
        """Where the contract stands, as told to people."""
        return f"ingestion/contracts/{self.label}.yml"

    def everything(self) -> dict[str, Column]:
        """The columns of all versions, those of the extract included, by their names in the file."""
        added = {name: column for version in self.versions.values() for name, column in version.adds.items()}
        return {**self.columns, **added, **self.extract_adds}

    def kept(self) -> dict[str, Column]:
        """The columns that reach the lake, by their names in the file."""
        return {name: column for name, column in self.everything().items() if column.is_ is not None}

    def layout(self, year: str | None) -> dict[str, Column]:
        """The columns of that school year's files, those of the extract left out; the newest where no year is known.

        Raises ValueError for a school year before the first version.
        """
        columns = dict(self.columns)
        if year is not None and self.versions and start_year(year) < min(start_year(first) for first in self.versions):
            raise ValueError(f"{self.path} knows no layout before {min(self.versions)}")
        for first, version in self.versions.items():
            if year is None or start_year(first) <= start_year(year):
                columns |= version.adds
                columns = {name: column for name, column in columns.items() if name not in version.drops}
        return columns

    def lake_columns(self) -> dict[str, str]:
        """Name and DuckDB type of each column in the lake, in order: the contract's, then what the load adds."""
        columns = {column.name: column.lake_type for column in self.kept().values()}
        return columns | {"sender": "VARCHAR", "school_year": "VARCHAR", "delivery_id": "VARCHAR"}

    def claims(self, file_name: str) -> bool:
        """Whether the contract knows a file by this name (see ``claiming``, which chooses between contracts)."""
        return self.claim(file_name) is not None

    def claim(self, file_name: str) -> str | None:
        """The longest of its globs that knows a file by this name; None where none does.

        file_name: folders and the archive it came in may stand before it; ``.gz`` and ``.zip`` do not count
        """
        name = file_name.rpartition("/")[2].lower()
        while name.endswith(PACKED):
            name = name.rpartition(".")[0]
        known = [glob for glob in self.globs if any(fnmatchcase(name, way) for way in self._ways(glob.lower()))]
        return max(known, key=len, default=None)

    def _ways(self, glob: str) -> tuple[str, ...]:
        """The glob, and itself with the extension of each other program that may have written the file."""
        stem, dot, extension = glob.rpartition(".")
        if not dot or "*" in extension:
            return (glob,)
        return (glob, *(stem + EXTENSIONS[kind] for kind in self.format.kinds if kind in EXTENSIONS))


def claiming(contracts: Iterable[Contract], file_name: str) -> Contract | None:
    """Which of a source's contracts knows a file of this name: the one with the longest glob; None where none does.

    The one place that decides it. file_name: as in ``Contract.claim``; of globs of one length the first counts.
    """
    claims = [(len(glob), contract) for contract in contracts if (glob := contract.claim(file_name)) is not None]
    return max(claims, key=lambda claim: claim[0], default=(0, None))[1]


class _OnceLoader(yaml.CSafeLoader):
    """Reads YAML in which a key stands twice as the mistake that it is: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if repeated := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise yaml.YAMLError(f"{', '.join(repeated)} stands twice, line {node.start_mark.line + 1} and below")
        return super().construct_mapping(node, deep=deep)


def read_contract(path: Path) -> Contract:
    """Read one contract; raises ContractError naming the file, the key and what is wrong with it."""
    try:
        return Contract.model_validate(yaml.load(path.read_text(encoding="utf-8"), _OnceLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise ContractError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'contract'}: {item['msg']}" for item in error.errors()
        )
        raise ContractError(f"{path}: {problems}") from error


def read_contracts_of(folder: Path) -> tuple[Contract, ...]:
    """Read every contract below ``folder`` and check that they fit each other."""
    contracts = {}
    for path in sorted(folder.glob("*/*.yml")):
        contract = read_contract(path)
        if (contract.source, contract.file) != (path.parent.name, path.stem):
            raise ContractError(f"{path} says that it is {contract.label}: folder and file name must say the same")
        contracts[contract.label] = contract
    for contract in contracts.values():
        _check_calendar(contract, contracts)
        for name, column in contract.kept().items():
            if column.refers is None:
                continue
            other = contracts.get(f"{contract.source}/{column.refers.file}")
            if other is None or other.replaces != "school_year":
                raise ContractError(f"{contract.path}: {name} refers to {column.refers.file}, which is no yearly file")
            here = {source for source, kept in contract.kept().items() if kept.pseudonym is None}
            there = {source for source, kept in other.kept().items() if kept.pseudonym is None}
            unknown = (set(column.refers.by) - here) | (set(column.refers.by.values()) - there)
            if unknown:
                raise ContractError(
                    f"{contract.path}: {name} refers by {', '.join(sorted(unknown))}, kept in no clear form"
                )
    return tuple(contracts.values())


def _check_calendar(contract: Contract, contracts: dict[str, Contract]) -> None:
    """Raise ContractError where a contract's calendar is no file of its source, or lacks the columns named."""
    rule = contract.calendar
    if rule is None:
        return
    other = contracts.get(f"{contract.source}/{rule.file}")
    if other is None:
        raise ContractError(f"{contract.path}: calendar names {rule.file}, which is no file of {contract.source}")
    theirs = other.kept()
    if missing := [name for name in (rule.their_school, rule.their_date) if name not in theirs]:
        raise ContractError(f"{contract.path}: calendar names {', '.join(missing)}, which {other.path} does not keep")
    if theirs[rule.their_date].type != "date":
        raise ContractError(f"{contract.path}: calendar names {rule.their_date}, which is no date in {other.path}")


@cache
def read_contracts() -> tuple[Contract, ...]:
    """The contracts of this project, read once per process."""
    return read_contracts_of(FOLDER)
