"""The contracts as documents that a county can send to a district: what we ask, how to send it, what becomes of it.

``docs/data-request/<source>.md`` holds one per source, always as the contracts are (a test renders and compares them).
For one LEA there is one document of the systems that it sends, with its own schools and folders.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from attendance.markdown import render, rewrite
from attendance.settings import Settings
from ingestion.contract import DELIMITERS, EXTENSIONS, FOLDER, Column, Contract, read_contracts
from ingestion.errors import IngestionError
from ingestion.registry import KINDS, Delivery, Lea, Outbox, Registry, School
from ingestion.systems import read_systems

TEMPLATES = Path(__file__).parent / "templates"
DOCUMENTS = Path("docs") / "data-request"
REWRITE = "attendance data-request --all"

A_DAY = date(2023, 10, 5)
A_MOMENT = datetime(2023, 10, 5, 15, 30)  # noqa: DTZ001 (only to show how one is spelled)
A_YEAR = "2023-24"
PLACEHOLDER = "{school_year}"
WAYS = {
    "csv": "text with commas (CSV)",
    "caret": "text with carets (^)",
    "tab": "text with tabs",
    "xlsx": "an Excel workbook (.xlsx)",
    "json": "JSON",
    "sav": "an SPSS file (.sav)",
}
EVERY = {"night": "every night", "week": "every week", "year": "once a year"}
MOST_EXAMPLE_LINES = 60


class DataRequestError(IngestionError):
    """There is no such request, or a part of one is missing; the message says what to do."""


class Words(BaseModel):
    """What a request asks for and why, and what else a data person should know.

    often: where it is not as often as the system's kind is expected
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    asks: str
    why: str
    notes: tuple[str, ...] = ()
    often: str | None = None


@dataclass(frozen=True)
class Asked:
    """One column as it stands in a request; all in words."""

    place: int
    name: str
    means: str
    spelled: str
    filled: str
    rules: str
    becomes: str


@dataclass(frozen=True)
class AskedFile:
    """One file as it stands in a request; ``columns`` are those of the newest layout."""

    contract: Contract
    about: str
    known_as: str
    ways: str
    columns: tuple[Asked, ...]
    extract_columns: tuple[Asked, ...]
    layouts: tuple[str, ...]
    checks: tuple[str, ...]
    replaces: str
    year: str
    example: str
    example_name: str
    example_is_cut: bool


@dataclass(frozen=True)
class AskedSource:
    """One system as it stands in a request."""

    source: str
    name: str
    words: Words
    often: str
    files: tuple[AskedFile, ...]
    by_year: bool
    place: str | None
    is_asked_by_us: bool


def read_words() -> dict[str, Words]:
    """What each request says in words, by source."""
    told = yaml.safe_load((TEMPLATES / "data_request.yml").read_text(encoding="utf-8"))
    return {source: Words.model_validate(words) for source, words in told.items()}


def sources() -> tuple[str, ...]:
    """Every source that can be asked for, in the order of the registry's kinds."""
    return tuple(source for kind in KINDS.values() for source in kind)


# ---- a column in words ----


def looks_like(pattern: str) -> str:
    """A pattern in words, where it is a plain one; else the pattern itself."""
    plain = {
        r"\\d\{(\d+)\}": "{} digits",
        r"\\d\{1,(\d+)\}": "up to {} digits",
        r"\\S\{1,(\d+)\}": "up to {} characters, no space",
        r"\.\{1,(\d+)\}": "up to {} characters",
        r"\[a-z\]\{(\d+)\}": "{} small letters",
        r"\\w\{(\d+)\}": "{} letters or digits",
        r"\\w\{1,(\d+)\}": "up to {} letters or digits",
    }
    parts = pattern.split("|")
    said = [
        next((words.format(found[1]) for rule, words in plain.items() if (found := re.fullmatch(rule, part))), None)
        for part in parts
    ]
    if all(said):
        return " or ".join(str(part) for part in said)
    return f"looks like `{pattern}`"


def type_in_words(column: Column, contract: Contract) -> str:
    """The column's type, and how a date is spelled."""
    if column.type == "date":
        return "date, " + " or ".join(A_DAY.strftime(way) for way in column.dates or contract.format.dates)
    if column.type == "timestamp":
        ways = column.dates or ("%Y-%m-%d %H:%M:%S",)
        return "date and time, " + " or ".join(dict.fromkeys(A_MOMENT.strftime(way) for way in ways[:2]))
    if column.type.startswith("decimal"):
        decimals = column.type.rstrip(")").split(",")[1].strip()
        return f"number, up to {decimals} decimal" + ("" if decimals == "1" else "s")
    return {"text": "text", "integer": "whole number", "flag": "Y or N"}[column.type]


def _limits_in_words(column: Column) -> str | None:
    if column.at_least is not None and column.at_most is not None:
        return f"{column.at_least} to {column.at_most}"
    if column.at_least is not None:
        return f"{column.at_least} or more"
    return f"{column.at_most} or less" if column.at_most is not None else None


def rules_in_words(column: Column) -> list[str]:
    """What a value must fulfil, one phrase each."""
    schools = {"number": "one of your schools' numbers", "code": "one of your schools", None: None}
    told = (
        "one of " + _listed([code for code in column.allowed if code]) if column.allowed else None,
        looks_like(column.pattern) if column.pattern else None,
        _limits_in_words(column),
        "your own code in every row" if column.equals else None,
        schools[column.school],
        "a day of the school year of its folder" if column.within else None,
        f"not before `{column.not_before}`" if column.not_before else None,
        "not in the future" if column.past else None,
        f"explained by the file {column.refers.file}" if column.refers else None,
        f"{_listed(column.nulls)} is read as blank" if column.nulls else None,
    )
    return [phrase for phrase in told if phrase]


def becomes_in_words(column: Column) -> str:
    """What becomes of the column on its way into the lake."""
    if column.private:
        return "**dropped at the door**"
    if column.ignored:
        return "not read"
    if column.pseudonym:
        return "only as a keyed hash"
    return f"first {column.take} characters kept" if column.take else "kept"


def filled_in_words(column: Column) -> str:
    """Whether the column must be there, and filled."""
    if column.required:
        return "always"
    if column.is_ is None:
        return "not needed"
    return "the column may be missing" if column.optional else "may be blank"


def means_in_words(name: str, column: Column) -> str:
    """What the column holds; where nobody wrote it down, its name in the lake, unless the file's own says the same."""
    if column.means or column.is_ is None:
        return column.means or ""
    plain = column.name.removeprefix("is_").removesuffix("_key").replace("_", " ")
    return "" if re.sub(r"[^a-z0-9]", "", name.lower()) == plain.replace(" ", "") else plain


def _asked(contract: Contract, columns: Mapping[str, Column], shown: Mapping[str, str]) -> tuple[Asked, ...]:
    return tuple(
        Asked(
            place,
            f"`{name}`{f' (or {_listed(column.called)})' if column.called else ''}",
            means_in_words(name, column),
            _spelled(column, contract, shown.get(name, "")),
            filled_in_words(column),
            "; ".join(rules_in_words(column)),
            becomes_in_words(column),
        )
        for place, (name, column) in enumerate(columns.items(), start=1)
    )


def _spelled(column: Column, contract: Contract, value: str) -> str:
    if column.is_ is None:
        return ""
    told = type_in_words(column, contract)
    return f"{told}, like `{value}`" if value and column.type not in {"date", "timestamp", "flag"} else told


# ---- the example ----


def example_of(contract: Contract) -> Path | None:
    """The example file beside the contract; None where it has none."""
    return next(iter(sorted((FOLDER / contract.source).glob(f"{contract.file}.example.*"))), None)


def kind_of_example(contract: Contract) -> str:
    """How the example is written: as its extension says, else as the contract's first kind."""
    path = example_of(contract)
    return {".csv": "csv", ".json": "json"}.get(path.suffix if path else "", contract.format.kind)


def sample_name(contract: Contract, kind: str | None = None, day: str = "20231005") -> str:
    """A name under which the contract knows a file, with the date of its sending."""
    kind = kind or kind_of_example(contract)
    if not contract.globs:
        return f"{contract.file.upper()}_{day}{EXTENSIONS.get(kind, '.txt')}"
    stem, dot, extension = contract.globs[0].rpartition(".")
    stem, extension = (stem, extension) if dot else (contract.globs[0], "csv")
    before, star, after = stem.rpartition("*")
    before = before.replace("*", "") or ("" if after else contract.file)
    name = f"{before}_{day}{after}".lstrip("_") if star else stem
    return name + EXTENSIONS.get(kind, f".{'csv' if '*' in extension else extension}")


def example_rows(contract: Contract) -> list[list[str]]:
    """The example's rows, the header's names first where it has a header; of JSON none."""
    path, kind = example_of(contract), kind_of_example(contract)
    if path is None or kind not in DELIMITERS:
        return []
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8")), delimiter=DELIMITERS[kind]))


def _values_shown(contract: Contract) -> dict[str, str]:
    """For each column a value of the example; none of a private column or where it is blank throughout."""
    if kind_of_example(contract) == "json":
        return _values_of_json(contract)
    rows = example_rows(contract)
    if not rows:
        return {}
    names = rows[0] if contract.format.header else list(contract.everything())
    known = {way.casefold(): name for name, column in contract.everything().items() for way in (name, *column.called)}
    shown: dict[str, str] = {}
    for row in rows[1:] if contract.format.header else rows:
        for name, value in zip(names, row, strict=False):
            if value.strip() and (own := known.get(name.strip().casefold())):
                shown.setdefault(own, value.strip())
    return shown


def _values_of_json(contract: Contract) -> dict[str, str]:
    path = example_of(contract)
    told = json.loads(path.read_text(encoding="utf-8")) if path else []
    items = told if isinstance(told, list) else next((value for value in told.values() if isinstance(value, list)), [])
    shown: dict[str, str] = {}
    for item in items:
        for name in contract.everything():
            value: object = item
            for part in name.split("."):
                value = value[0] if isinstance(value, list) and value else value
                value = value.get(part) if isinstance(value, dict) else None
            if value not in (None, "") and not isinstance(value, list | dict):
                shown.setdefault(name, str(value))
    return shown


# ---- a file in words ----


def about(contract: Contract) -> str:
    """What the file holds, as the contract's own first lines say it."""
    lines = []
    for line in (FOLDER / contract.source / f"{contract.file}.yml").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    if not lines:
        raise DataRequestError(f"{contract.path} does not begin with a comment that says what a row is. Write one.")
    return " ".join(lines)


def _replaces(contract: Contract) -> str:
    if contract.replaces == "month":
        return (
            "every month from its first to its last date, for your LEA. What an earlier file had of these months goes, "
            "so send whole months: a month without a row in between is taken for a month without absences"
        )
    return "every school year that it has rows of, for your LEA. What an earlier file had of these years goes"


def _year(contract: Contract) -> str:
    if contract.school_year == "folder":
        return f"by the folder that it lies in, such as {A_YEAR}"
    if contract.school_year == "sent":
        return "by the day on which it was sent, July to June"
    told = contract.school_year
    spelled = {
        "date": "July to June",
        "start_year": "2023 is 2023-24",
        "end_year": "2024 is 2023-24",
        "span": "like 2023-2024",
        "short": "like 2023-24",
    }[told.spelled]
    return f"by `{told.column}` ({spelled})"


def _checks(contract: Contract) -> tuple[str, ...]:
    """What is looked at beyond single values."""
    said = [f"No two rows may be alike in {_listed(contract.grain)}: the second is rejected."]
    if contract.width:
        fewest, most = contract.width.at_least, contract.width.at_most
        said.append(f"A row has {fewest} to {most} fields. Fields at the end may be left out.")
    if contract.format.header_within > 1:
        said.append(
            f"Titles may stand above the header row, which is one of the first {contract.format.header_within}."
        )
    if contract.format.sheets:
        said.append(f"In a workbook the sheets called `{contract.format.sheets}` are read, and no other.")
    for rule in contract.rules:
        years = "".join([f" from {rule.first} on" if rule.first else "", f" until {rule.last}" if rule.last else ""])
        said.append(f"Rule {rule.code}{years}: a row is rejected where {rule.says}.")
    if contract.overlaps:
        spans = f"`{contract.overlaps.from_}` to `{contract.overlaps.to}`"
        said.append(
            f"Rows alike in {_listed(contract.overlaps.same)} should not overlap in {spans}. They are loaded, and "
            "listed for you as a remark."
        )
    if contract.calendar:
        said.append(
            f"`{contract.calendar.date}` must lie between the first and the last date of the school's own calendar "
            f"(file {contract.calendar.file})."
        )
    limit = (contract.rejects.limit * 100).normalize()
    said.append(
        f"The file is refused whole where more than {limit:f} % of its rows are rejected.{_uncounted(contract)}"
    )
    return tuple(said)


def _uncounted(contract: Contract) -> str:
    """Which rejected rows are no reason to refuse the file."""
    kept = contract.kept().values()
    which = ["of schools that we do not know"] if any(column.school for column in kept) else []
    which += ["of too few people"] if any(column.masked for column in kept) else []
    return f" Rows {' and '.join(which)} do not count toward that." if which else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _layouts(contract: Contract) -> tuple[str, ...]:
    """What changed in the layout, by first school year."""
    said = []
    for first, version in contract.versions.items():
        changes = []
        if version.adds:
            changes.append(f"adds {_listed(tuple(version.adds))}")
        if version.drops:
            changes.append(f"no longer has {_listed(version.drops)}")
        said.append(f"**From {first} on**: {'; '.join(changes) or 'the first layout that we know'}.")
    return tuple(said)


def _known_as(contract: Contract) -> str:
    if contract.record_type:
        also = f" or `{contract.record_type}-R` (CALPADS's own extract)"
        return f"any; the first field of every row says `{contract.record_type}`{also}"
    return f"{' or '.join(f'`{glob}`' for glob in contract.globs)}, such as `{sample_name(contract)}`"


def asked_file(contract: Contract) -> AskedFile:
    """One file of a request.

    Raises DataRequestError where its contract has no example, or does not say what a row is.
    """
    path = example_of(contract)
    if path is None:
        raise DataRequestError(f"{contract.path} has no example beside it. Write {contract.file}.example.csv.")
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = _values_shown(contract)
    written = [WAYS[kind] for kind in contract.format.kinds]
    return AskedFile(
        contract=contract,
        about=about(contract),
        known_as=_known_as(contract),
        ways=" or ".join(written),
        columns=_asked(contract, contract.layout(None), shown),
        extract_columns=_asked(contract, contract.extract_adds, shown),
        layouts=_layouts(contract),
        checks=_checks(contract),
        replaces=_replaces(contract),
        year=_year(contract),
        example="\n".join(lines[:MOST_EXAMPLE_LINES]),
        example_name=sample_name(contract),
        example_is_cut=len(lines) > MOST_EXAMPLE_LINES,
    )


# ---- a request ----


def place_in_words(place: Delivery | Outbox) -> str:
    """Where files lie, in words; no credentials, and no name of any."""
    if place.sftp:
        port = "" if place.sftp.port == 22 else f", port {place.sftp.port}"
        return f"on the SFTP server {place.sftp.host}{port}, {_spot(place.sftp.path)}"
    if place.s3:
        under = f", {_spot(place.s3.prefix).replace('in ', 'under ', 1)}" if place.s3.prefix else ""
        return f"in the bucket `{place.s3.bucket}`{under}"
    if isinstance(place, Delivery) and place.https:
        named = (*place.https.addresses, *([place.https.index] if place.https.index else []))
        return "at " + ", ".join(f"<{address}>" for address in named) + ", from where we fetch them"
    if isinstance(place, Delivery) and place.aeries_api:
        return f"in your Aeries at <{place.aeries_api.url}>, whose API we ask each night"
    return _spot(place.folder)


def _spot(path: str) -> str:
    """A folder in words, or one per school year."""
    if PLACEHOLDER not in path:
        return f"in `{path}`"
    return f"in a folder per school year, such as `{path.replace(PLACEHOLDER, A_YEAR)}`"


def asked_source(settings: Settings, source: str, delivery: Delivery | None = None) -> AskedSource:
    """One system of a request; ``delivery`` where a certain LEA is asked."""
    words = read_words().get(source)
    contracts = [contract for contract in read_contracts() if contract.source == source]
    if words is None or not contracts:
        raise DataRequestError(
            f"There is no data request for {source}. Known systems: {', '.join(sources())}. A new one needs contracts "
            f"in ingestion/contracts/{source}/ and its words in ingestion/templates/data_request.yml."
        )
    system = read_systems(settings)[source]
    return AskedSource(
        source=source,
        name=system.name,
        words=words,
        often=words.often or EVERY[system.expected_every],
        files=tuple(asked_file(contract) for contract in contracts),
        by_year=any(contract.school_year == "folder" for contract in contracts),
        place=place_in_words(delivery) if delivery else None,
        is_asked_by_us=bool(delivery and (delivery.aeries_api or delivery.https)),
    )


def _render(**parts: object) -> str:
    return render(TEMPLATES / "data_request.md.j2", **parts)


def render_source(settings: Settings, source: str) -> str:
    """The request for one system, to whichever district has it; Markdown."""
    asked = asked_source(settings, source)
    return _render(title=asked.name, lea=None, schools=(), outbox=None, asked=(asked,))


def render_lea(settings: Settings, registry: Registry, code: str, system: str | None = None) -> str:
    """The request to one LEA: only the systems that it sends (or the one named), its schools and its places."""
    lea = registry.sender(code)
    if not isinstance(lea, Lea):
        raise DataRequestError(
            f"{code} is {lea.name}, not an LEA. Take one of {', '.join(one.code for one in registry.leas)}."
        )
    sends = {source: delivery for source, delivery in lea.sends.items() if system in (None, source)}
    if not sends:
        raise DataRequestError(
            f"{lea.name} ({lea.code}) does not send {system}; it sends {', '.join(lea.sends) or 'nothing yet'}. "
            f"Add it to its file under config/leas/, or leave out --lea for the request to any district."
        )
    asked = tuple(asked_source(settings, source, sends[source]) for source in sources() if source in sends)
    outbox = place_in_words(lea.outbox) if lea.outbox else None
    return _render(title=lea.name, lea=lea, schools=_schools(lea.schools), outbox=outbox, asked=asked)


def _schools(schools: Iterable[School]) -> tuple[School, ...]:
    return tuple(sorted(schools, key=lambda school: school.code))


def documents(settings: Settings) -> dict[Path, str]:
    """Every committed document, by its path below the project."""
    asked = [asked_source(settings, source) for source in sources()]
    lines = [
        "# Data requests",
        "",
        "What the county asks of a district, one document per system, made from the contracts that the loader goes by.",
        f"They are rewritten by `{REWRITE}`. `attendance data-request --lea CODE` writes the one for a certain LEA.",
        "",
        "| system | asked | files |",
        "|---|---|---|",
        *(
            f"| [{one.name}]({one.source}.md) | {one.often} | {', '.join(file.contract.file for file in one.files)} |"
            for one in asked
        ),
    ]
    return {
        DOCUMENTS / "README.md": "\n".join(lines) + "\n",
        **{DOCUMENTS / f"{one.source}.md": render_source(settings, one.source) for one in asked},
    }


def write_documents(settings: Settings) -> list[Path]:
    """Write every committed document, and take away those of systems that are no more; returns what was changed."""
    there = (settings.project / DOCUMENTS).glob("*.md")
    return rewrite(settings.project, documents(settings), there)
