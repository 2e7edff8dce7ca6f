"""Who sends what, and which files count: the part that every contender needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import yaml

# By system, each table's name as its files begin: ATT_202310_20231103.csv, attendance_conversion_items_20240625.csv.
SYSTEMS = ("aeries", "powerschool", "infinite_campus", "synergy")
CALPADS = ("SENR", "SINF", "SPRG", "SELA", "STAS")
YEAR_FOLDER = "{school_year}"
# what the file is of, and the day on which it was sent
NAMED = re.compile(r"(?P<what>.+?)_(?P<sent>\d{8})\.\w+")
TABLE = re.compile(r"[A-Za-z]+(_[A-Za-z]+)*")
SCHOOL_YEAR = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class School:
    """A school. number: in the LEA's student information system; periods: of a day, none where it is taken daily."""

    code: str
    number: int | None
    periods: int | None


@dataclass(frozen=True)
class Sender:
    """An LEA that sends extracts.

    district:        seven digits that its schools' CDS codes begin with: its own, or of the LEA that authorized it
    leaves_on:       days by which its leave date lies behind the last day expected: 0 or 1
    system, folders: the student information system, if one is connected; the folder of each source below the extracts
    """

    code: str
    district: str
    leaves_on: int
    system: str | None
    folders: dict[str, str]
    schools: tuple[School, ...]


@dataclass(frozen=True)
class Sent:
    """A file that counts. sender: its place among the senders; school_year: of its folder, "" where none tells it."""

    table: str
    path: str
    sender: int
    school_year: str


def read_senders(config: Path) -> tuple[Sender, ...]:
    """The LEAs of ``config/leas/*.yml``, in the order of their files."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = (
        yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - both loaders are safe ones
        for path in sorted(config.glob("leas/*.yml"))
    )
    return tuple(
        Sender(
            code=entry["code"],
            district=entry.get("authorizer", entry)["code"],
            leaves_on=int(entry.get("leave_date") == "day_after"),
            system=next((system for system in SYSTEMS if system in entry.get("sends", {})), None),
            folders={source: place["folder"] for source, place in entry.get("sends", {}).items() if "folder" in place},
            schools=tuple(
                School(code=school["code"], number=school.get("number"), periods=school.get("periods"))
                for school in entry["schools"]
            ),
        )
        for entry in entries
    )


@dataclass(frozen=True)
class Place:
    """A school in a school year. year: 2023 is 2023-24; sender: its place among the senders."""

    place: int
    year: int
    sender: int
    district: str
    code: str
    number: int | None
    periods: int | None
    leaves_on: int


def places_of(senders: Sequence[Sender], files: dict[str, list[Sent]]) -> list[Place]:
    """The senders' schools, in each school year of which there are files."""
    years = sorted({int(sent.school_year[:4]) for sents in files.values() for sent in sents if sent.school_year})
    schools = [(place, sender, school) for place, sender in enumerate(senders) for school in sender.schools]
    return [
        Place(number, year, place, sender.district, school.code, school.number, school.periods, sender.leaves_on)
        for number, (year, (place, sender, school)) in enumerate(product(years, schools))
    ]


def county_code(config: Path) -> str:
    """The county's two digits."""
    return str(yaml.safe_load((config / "county.yml").read_text(encoding="utf-8"))["county"]["code"])


def _folders(extracts: Path, template: str) -> Iterator[tuple[Path, str]]:
    """The folders that a template stands for, each with its school year, "" where the folder is of all years."""
    if YEAR_FOLDER not in template:
        yield extracts / template, ""
        return
    above, below = template.split(YEAR_FOLDER, 1)
    for found in (extracts / above).glob("*"):
        if SCHOOL_YEAR.fullmatch(found.name):
            yield Path(f"{found}{below}"), found.name


def _last_sent(folder: Path) -> dict[str, str]:
    """The path of what each name in the folder says, without the day on which it was sent: of several the last."""
    last: dict[str, tuple[str, str]] = {}
    for path in folder.glob("*"):
        if named := NAMED.fullmatch(path.name):
            last[named["what"]] = max(last.get(named["what"], ("", "")), (named["sent"], str(path)))
    return {what: path for what, (_, path) in last.items()}


def files_by_source(extracts: Path, senders: Sequence[Sender], school_years: Sequence[str]) -> dict[str, list[Sent]]:
    """The files of each source (a system, or calpads) that anybody sent, ordered by table and path.

    school_years: those wanted, such as 2023-24; none for all. Files of which folder or name tells another are left out.
    Of several files of one month or year the last one sent counts. Raises FileNotFoundError where there are none.
    """
    found: dict[str, list[Sent]] = {}
    for place, sender in enumerate(senders):
        for source in filter(sender.folders.get, (sender.system or "", "calpads")):
            for folder, school_year in _folders(extracts, sender.folders[source]):
                for what, path in _last_sent(folder).items():
                    year = school_year or next(iter(SCHOOL_YEAR.findall(what)), "")
                    table = TABLE.search(what)
                    if table and (not school_years or year in school_years):
                        found.setdefault(source, []).append(Sent(table[0], path, place, year))
    if not found:
        raise FileNotFoundError(f"{extracts} holds no files of {', '.join(school_years) or 'any school year'}.")
    return {source: sorted(files, key=lambda sent: (sent.table, sent.path)) for source, files in found.items()}
