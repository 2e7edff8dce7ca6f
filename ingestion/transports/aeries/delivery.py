"""From the API to files as a district would send them: a table of a year or of a month each, of all its schools.

A delivery of attendance replaces the month of the whole district. So each school's last answer is kept, as private as
the landing: when one school cannot be had, the others come with what was last had of it, and a month of which a school
was never had is not replaced at all.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from attendance.settings import Settings
from ingestion.contract import school_year_of
from ingestion.durable import PRIVATE_FILE, private_folder, write_whole
from ingestion.registry import Lea
from ingestion.transports.aeries import cleaner
from ingestion.transports.aeries.cleaner import Row
from ingestion.transports.aeries.client import AeriesClient
from ingestion.transports.remote import PassingError, TransportError

log = logging.getLogger(__name__)

# Aeries tells and takes times of the district.
DISTRICT_TIME = ZoneInfo("America/Los_Angeles")
# Two clocks never agree: what changed within so long before the last pull is asked for again.
OVERLAP = timedelta(hours=1)
TOO_MANY_BROKEN = 2
YEARLY: Mapping[str, tuple[str, ...]] = {
    "ABS": cleaner.ABS, "DAY": cleaner.DAY, "STU": cleaner.STU, "ENR": cleaner.ENR, "AHS": cleaner.AHS,
}  # fmt: skip
OPTIONAL = frozenset({"AHS"})


@dataclass(frozen=True)
class Made:
    """A file that stands for a delivery, private, to be moved into the landing.

    name: as if sent, such as ``api/2023-24/ATT_202310_20231112.csv``
    hint: its school year
    """

    path: Path
    name: str
    hint: str


@dataclass(frozen=True)
class Brought:
    """What one pull of the API came to.

    made:   the files
    faults: what could not be had, by school
    done:   to be called when the files have landed: the next pull asks for what changed from now on
    """

    made: tuple[Made, ...]
    faults: tuple[TransportError, ...]
    done: Callable[[], None]


def bring(
    settings: Settings, lea: Lea, client: AeriesClient, now: datetime, stretch: tuple[date, date] | None = None
) -> Brought:
    """Ask the API for what is new and make files of it.

    stretch: the school days, both included, to have again; without, whole months that reach back at least
             ``client.api.days``, and only if anything changed since the last pull

    Raises TransportError where the API cannot be used at all. A school that cannot be had is a fault of its own.
    """
    folder = private_folder(private_folder(private_folder(settings.landing) / ".api") / lea.code)
    state = folder / "asked.json"
    today = now.astimezone(DISTRICT_TIME).date()
    months = _months(*(stretch or (today - timedelta(days=client.api.days), today)), today)
    known = {str(one.get("SchoolCode")) for one in client.schools()}
    before = None if stretch else _asked(state)
    if before and not client.has_changed_since((before - OVERLAP).astimezone(DISTRICT_TIME)):
        log.info("%s aeries: nothing changed since %s", lea.code, before.isoformat(timespec="minutes"))
        return Brought((), (), lambda: None)
    numbers = [school.number for school in lea.schools if school.number is not None]
    for number in numbers:
        if str(number) not in known:
            log.warning("%s aeries: Aeries knows no school %d; is its number in the registry right?", lea.code, number)
    run = _Run(client, lea, folder, today)
    made: list[Made] = []
    for start in sorted({_start(month) for month in months}):
        of_year = [month for month in months if _start(month) == start]
        made += run.year(start, of_year, [number for number in numbers if str(number) in known], numbers)

    def done() -> None:
        if not stretch and not run.faults:
            write_whole(state, json.dumps({"asked_at": now.isoformat()}).encode(), PRIVATE_FILE)

    return Brought(tuple(made), tuple(run.faults), done)


def _asked(state: Path) -> datetime | None:
    """When the API was last asked for everything; none where it never was, or nobody can tell."""
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        return datetime.fromisoformat(json.loads(state.read_bytes())["asked_at"]).astimezone(UTC)
    return None


def _start(month: date) -> int:
    """The year in which the month's school year starts, in July."""
    return month.year if month.month >= 7 else month.year - 1


def _months(first: date, last: date, today: date) -> list[date]:
    """The first days of the months from ``first`` to ``last``, none after today."""
    found, month = [], first.replace(day=1)
    while month <= min(last, today):
        found.append(month)
        month = _next(month)
    return found


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


class _Run:
    """One pull: its client, its faults so far, and where each school's last answer is kept."""

    def __init__(self, client: AeriesClient, lea: Lea, folder: Path, today: date) -> None:
        self.client = client
        self.lea = lea
        self.folder = folder
        self.today = today
        self.faults: list[TransportError] = []
        self.broken = 0

    def year(
        self, start: int, months: Sequence[date], schools: Sequence[int], all_schools: Sequence[int]
    ) -> list[Made]:
        """The files of one school year: a table each, and attendance of each month.

        schools: those to ask; of the others of the registry, which Aeries lists no more, the last answer stays
        """
        for place, school in enumerate(schools, start=1):
            if self.broken >= TOO_MANY_BROKEN:
                break
            try:
                self._school(start, months, school)
                self.broken = 0
                log.info("%s aeries: school %d of %s (%d of %d)", self.lea.code, school, start, place, len(schools))
            except TransportError as fault:
                self.broken += isinstance(fault, PassingError)
                self.faults.append(fault)
        files = [*YEARLY.items()]
        files += [(f"ATT_{month:%Y%m}", cleaner.ATT) for month in months]
        year = school_year_of(start)
        made = []
        for table, columns in files:
            counted = [one for one in all_schools if one in schools or self._kept(year, table, one).exists()]
            if joined := self._joined(year, table, columns, counted):
                made.append(joined)
        return made

    def _school(self, start: int, months: Sequence[date], school: int) -> None:
        """Have everything of one school and keep it; where one answer fails, nothing of them is kept."""
        client = self.client
        # the current year's database is the one that is asked by default
        database = None if start == _start(self.today) else start
        first, last = months[0], min(_next(months[-1]) - timedelta(days=1), self.today)
        tables: dict[str, list[Row]] = {
            "ABS": cleaner.absence_codes(school, client.absence_codes(school, database)),
            "DAY": cleaner.calendar(school, start, client.calendar(school, database)),
            "STU": cleaner.students(school, client.students(school, database)),
            "ENR": cleaner.enrollments(school, start, client.enrollment(school, start)),
        }
        try:
            tables["AHS"] = cleaner.summaries(school, start, client.summaries(school, start))
        except TransportError as fault:
            if not fault.is_permanent:
                raise
            # a permission of its own in Aeries, and nothing else depends on it
            log.warning("%s aeries: school %d comes without the year's summary. %s", self.lea.code, school, fault)
        rows = cleaner.attendance(
            school,
            first.isoformat(),
            last.isoformat(),
            client.attendance(school, first, last, database),
            numbers={row["ID"]: row["SN"] for row in (*tables["ENR"], *tables["STU"])},
            days={row["DT"]: row["DY"] for row in tables["DAY"]},
        )
        for month in months:
            tables[f"ATT_{month:%Y%m}"] = [row for row in rows if row["DT"].startswith(f"{month:%Y-%m}")]
        for table, found in tables.items():
            columns = YEARLY.get(table, cleaner.ATT)
            write_whole(self._kept(school_year_of(start), table, school), _csv(columns, found), PRIVATE_FILE)

    def _kept(self, year: str, table: str, school: int) -> Path:
        """Where the school's last answer about a table is kept, without a header."""
        return self.folder / f"{year}_{table}_{school}.csv"

    def _joined(self, year: str, table: str, columns: tuple[str, ...], schools: Sequence[int]) -> Made | None:
        """One file of all schools; none where one of them was never had, or where there is no row."""
        kept = [self._kept(year, table, school) for school in schools]
        if table in OPTIONAL and not any(path.exists() for path in kept):
            return None
        if missing := [str(school) for school, path in zip(schools, kept, strict=True) if not path.exists()]:
            log.warning(
                "%s aeries: %s of %s is left as it is, for school %s could not be had",
                self.lea.code, table, year, ", ".join(missing),
            )  # fmt: skip
            return None
        content = b"".join(path.read_bytes() for path in kept)
        if not content:
            return None
        path = self.folder / f"{year}_{table}.made"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write((",".join(columns) + "\n").encode() + content)
        return Made(path, f"api/{year}/{table}_{self.today:%Y%m%d}.csv", year)


def _csv(columns: tuple[str, ...], rows: Iterable[Row]) -> bytes:
    """The rows as CSV without a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writerows(rows)
    return text.getvalue().encode()
