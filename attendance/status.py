"""What a tired analyst wants to know at 7 a.m.: who sent what, what was refused, who is silent, through which day."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from attendance.errors import MendableError
from attendance.settings import Settings
from ingestion.ledger import Record, read_records
from ingestion.outbox import count_remarks, outbox_folder
from ingestion.registry import Registry, Sender, read_registry
from ingestion.standing import Standing, standings
from ingestion.systems import System, read_systems

AS_OF = "ATTENDANCE_AS_OF"
SILENT_QUERY = 'attendance query "select * from marts.school_submissions where is_silent"'
# Schools named in one line; a query gives them all.
NAMED = 3


class AsOfError(MendableError):
    """The setting ATTENDANCE_AS_OF is no day."""


@dataclass(frozen=True)
class Known:
    """What the published warehouse knows of an LEA's latest school year: complete through which day, who is silent."""

    school_year: str
    complete_through: date | None
    schools: int
    submitted: int
    silent: tuple[str, ...]
    as_of: date


@dataclass(frozen=True)
class _Arrived:
    """One source of one sender: its deliveries, what each still is, and how many rows have a remark."""

    sender: Sender
    system: System
    records: tuple[Record, ...]
    standing: Mapping[str, Standing]
    remarks: int
    as_of: date

    def those(self, standing: Standing) -> list[Record]:
        return [record for record in self.records if self.standing[record.delivery_id] == standing]

    @property
    def last_sent(self) -> date | None:
        return max((record.sent_at.date() for record in self.records), default=None)

    @property
    def days_late(self) -> int | None:
        """Days since the last delivery, where that is longer than expected."""
        return None if self.last_sent is None else self.system.days_stale(self.last_sent, self.as_of)


@dataclass
class _Told:
    """The paragraphs below the table, and which senders they are about. Commands stand in lines that never wrap."""

    lines: list[tuple[str, bool]] = field(default_factory=list)
    attention: set[str] = field(default_factory=set)

    def say(self, text: str, *commands: str, sender: str | None = None) -> None:
        self.lines.append((f"\n{text}", True))
        self.lines += [(f"  {command}", False) for command in commands]
        if sender is not None:
            self.attention.add(sender)


def print_status(settings: Settings, console: Console) -> None:
    """Print a line per sender and system, and a paragraph for each thing that somebody should look at."""
    registry = read_registry(settings.config)
    records = read_records(settings)
    known, built = _read_warehouse(settings)
    console.print()
    console.print(_headline(registry, records, known, built), markup=False, soft_wrap=False)
    if not records:
        console.print("Nothing has arrived yet. `make run` starts with a simulated county.", markup=False)
        return
    arrived = _arrived(settings, registry, records, as_of_day(registry, records, known))
    console.print(_table(registry, arrived, known))
    told = _remarks(settings, registry, arrived, known)
    for line, wraps in told.lines:
        text = line.lstrip(" ")
        if wraps:
            console.print(Padding(Text(text), (0, 0, 0, len(line) - len(text))), soft_wrap=False)
        else:
            console.print(line, markup=False, soft_wrap=True)
    console.print(f"\n{len(told.attention)} of {len(registry.senders())} senders need attention.", markup=False)


def as_of_day(registry: Registry, records: Sequence[Record], known: Mapping[str, Known]) -> date:
    """The day as of which deliveries are judged: the setting, else today.

    In a simulated county, whose senders stand still, the warehouse's; before there is one, that of the last delivery.
    """
    given = os.environ.get(AS_OF, "").strip()
    if given:
        try:
            return date.fromisoformat(given)
        except ValueError as error:
            raise AsOfError(f"{AS_OF} is {given!r}: write a day as 2024-03-15, or leave it unset for today.") from error
    if registry.county.simulated:
        leas = {lea.code for lea in registry.leas}
        days = [entry.as_of for entry in known.values()] or [r.sent_at.date() for r in records if r.sender in leas]
        return max(days, default=datetime.now().astimezone().date())
    return datetime.now().astimezone().date()


def _arrived(settings: Settings, registry: Registry, records: Sequence[Record], as_of: date) -> list[_Arrived]:
    systems = read_systems(settings)
    remarks = count_remarks(settings)
    found = []
    for sender in registry.senders():
        own = [record for record in records if record.sender == sender.code]
        standing = standings(own)
        for source in sender.sends:
            mine = tuple(record for record in own if record.source == source)
            remarked = sum(remarks.get(one.delivery_id, 0) for one in mine if standing[one.delivery_id] == "in_use")
            found.append(_Arrived(sender, systems[source], mine, standing, remarked, as_of))
    return found


def _headline(registry: Registry, records: list[Record], known: dict[str, Known], built: datetime | None) -> str:
    years = sorted({entry.school_year for entry in known.values()})
    senders = len({record.sender for record in records})
    when = f"warehouse published {built:%a %-d %b %H:%M}" if built else "no warehouse published yet"
    name = registry.county.name + (" (simulated)" if registry.county.simulated else "")
    return f"{name} · {years[-1] if years else 'no school year'} · {when} · {senders} senders"


def _table(registry: Registry, arrived: Sequence[_Arrived], known: Mapping[str, Known]) -> Table:
    # A sender's name stands on a line of its own above its systems, so that 80 columns are enough. Long names fold;
    # figures and dates never do.
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("sender, system", overflow="fold", min_width=17)
    table.add_column("last sent", no_wrap=True, min_width=11)
    for heading in ("files", "rows", "rejected", "remarks"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("complete\nthrough", no_wrap=True, min_width=11)
    for sender in registry.senders():
        mine = [one for one in arrived if one.sender is sender]
        if mine:
            table.add_row(Text(sender.name, style="bold"), *[""] * 5, _through(known.get(sender.code)))
        for one in mine:
            used = one.those("in_use")
            table.add_row(
                f"  {one.system.name}",
                _last(one),
                f"{len(used):,}",
                f"{sum(record.rows_loaded for record in used):,}",
                f"{sum(record.rows_rejected for record in used):,}",
                f"{one.remarks:,}",
                "",
            )
    return table


def _last(one: _Arrived) -> str:
    if one.last_sent is None:
        return "never"
    return f"{one.last_sent:%-d %b %Y}" + (" !" if one.days_late is not None else "")


def _through(entry: Known | None) -> str:
    if entry is None:
        return ""
    if entry.submitted == 0:
        return "nothing yet"
    return f"{entry.complete_through:%-d %b %Y}" if entry.complete_through else f"{entry.school_year}"


def _names(names: Sequence[str], more: int = 0) -> str:
    shown = ", ".join(names)
    return f"{shown} and {more} more" if more else shown


def _remarks(settings: Settings, registry: Registry, arrived: Sequence[_Arrived], known: Mapping[str, Known]) -> _Told:
    told = _Told()
    for one in arrived:
        for record in one.those("refused"):
            told.say(
                f"{one.sender.name}: {record.name} was refused; what was there before stays in use. {record.message}",
                sender=one.sender.code,
            )
    for name, code, files in _waiting(registry, arrived):
        told.say(f"{name}: {files} {'file waits' if files == 1 else 'files wait'} to be loaded.", "attendance load")
        told.attention.add(code)
    _tell_silence(told, registry, known)
    _tell_lateness(told, arrived)
    missing = [
        sender
        for sender in registry.senders()
        if sender.sends and not any(one.records for one in arrived if one.sender is sender)
    ]
    if missing:
        told.say(f"Nothing has ever come from: {', '.join(sender.name for sender in missing)}.")
        told.attention |= {sender.code for sender in missing}
        if registry.state in missing:
            told.lines.append(("  What the state publishes: attendance fetch", False))
    used = [record for one in arrived for record in one.those("in_use")]
    if unmapped := sum(record.rows_unmapped for record in used):
        told.say(
            f"{unmapped:,} attendance rows carry a code that their LEA's code table lacks; those days are left out."
        )
    if rejected := sum(record.rows_rejected for record in used):
        told.say(
            f"{rejected:,} rows were rejected. Why, and line by line:",
            'attendance query "select * from marts.rejects"',
            f"Line by line: attendance query \"select * from '{settings.rejects}/*/*.parquet'\"",
        )
    told.say("What goes back to each sender, rejects.csv and summary.html:", f"{outbox_folder(settings, '<sender>')}")
    return told


def _waiting(registry: Registry, arrived: Sequence[_Arrived]) -> Iterator[tuple[str, str, int]]:
    for sender in registry.senders():
        if files := sum(len(one.those("waiting")) for one in arrived if one.sender is sender):
            yield sender.name, sender.code, files


def _tell_silence(told: _Told, registry: Registry, known: Mapping[str, Known]) -> None:
    names = {sender.code: sender.name for sender in registry.senders()}
    silent = {code: entry for code, entry in sorted(known.items()) if entry.silent}
    for code, entry in silent.items():
        named = _names(entry.silent[:NAMED], len(entry.silent[NAMED:]))
        told.say(
            f"{names.get(code, code)}: {len(entry.silent)} of {entry.schools} schools silent in {entry.school_year}, "
            f"not submitted rather than nobody absent: {named}.",
            sender=code,
        )
    if silent:
        told.lines.append((f"  {SILENT_QUERY}", False))


def _tell_lateness(told: _Told, arrived: Sequence[_Arrived]) -> None:
    late: dict[str, list[str]] = {}
    for one in arrived:
        if one.days_late is not None:
            late.setdefault(one.sender.name, []).append(
                f"last {one.system.name} {one.days_late} days ago, expected every {one.system.expected_every}"
            )
            told.attention.add(one.sender.code)
    if late:
        told.say(f"Late, as of {arrived[0].as_of:%-d %b %Y}:")
        told.lines += [(f"  {name}: {'; '.join(reasons)}", True) for name, reasons in late.items()]


def _read_warehouse(settings: Settings) -> tuple[dict[str, Known], datetime | None]:
    if not settings.warehouse.exists():
        return {}, None
    built = datetime.fromtimestamp(settings.warehouse.stat().st_mtime).astimezone()
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        try:
            rows = connection.execute(
                """
                select schools.lea_code, schools.school_year, min(schools.complete_through), count(*),
                       count(*) filter (schools.submission_status = 'submitted'),
                       list(entities.entity_name order by entities.entity_name) filter (schools.is_silent),
                       max(schools.as_of_date)
                from marts.school_submissions as schools
                inner join marts.dim_entities as entities on schools.cds_code = entities.cds_code
                group by schools.lea_code, schools.school_year
                qualify schools.school_year = max(schools.school_year) over (partition by schools.lea_code)
                """
            ).fetchall()
        except duckdb.CatalogException:
            # published by an earlier version: the next build has the table
            return {}, built
    return {
        code: Known(year, through, schools, submitted, tuple(silent or ()), as_of)
        for code, year, through, schools, submitted, silent, as_of in rows
    }, built
