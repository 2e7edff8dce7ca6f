"""What a tired analyst wants to know at 7 a.m.: who sent what, what was refused, through which day we know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from attendance.settings import Settings
from ingestion.ledger import Record, read_records
from ingestion.registry import Registry, Sender, read_registry

SYSTEMS = {
    "aeries": "Aeries",
    "calpads": "CALPADS",
    "chks": "CHKS",
    "interventions": "interventions",
    "cde": "DataQuest",
}


@dataclass(frozen=True)
class Known:
    """What the published warehouse knows of an LEA: its latest year, complete through which day, silent schools."""

    school_year: str
    complete_through: date | None
    schools_enrolling: int
    schools_submitted: int


def print_status(settings: Settings, console: Console) -> None:
    """Print one line per sender and a paragraph per file that was refused."""
    registry = read_registry(settings.config)
    records = read_records(settings)
    known, built = _read_warehouse(settings)
    console.print()
    console.print(_headline(registry, records, known, built), markup=False)
    if not records:
        console.print("Nothing has arrived yet. `make run` starts with a simulated county.", markup=False)
        return
    console.print(_table(registry, records, known))
    for line in _remarks(settings, registry, records, known):
        console.print(line, markup=False)


def _headline(registry: Registry, records: list[Record], known: dict[str, Known], built: datetime | None) -> str:
    years = sorted({entry.school_year for entry in known.values()})
    senders = len({record.sender for record in records})
    when = f"warehouse published {built:%a %-d %b %H:%M}" if built else "no warehouse published yet"
    name = registry.county.name + (" (simulated)" if registry.county.simulated else "")
    return f"{name} · {years[-1] if years else 'no school year'} · {when} · {senders} senders"


def _table(registry: Registry, records: list[Record], known: dict[str, Known]) -> Table:
    # Long names fold; figures and dates never do, whatever the terminal's width.
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("sender", overflow="fold", min_width=12)
    table.add_column("system", no_wrap=True, min_width=13)
    table.add_column("last delivery", overflow="fold", min_width=11)
    for heading, width in (("files", 5), ("rows", 7), ("rejected", 8)):
        table.add_column(heading, justify="right", no_wrap=True, min_width=width)
    table.add_column("complete through", overflow="fold", min_width=15)
    for sender in registry.senders():
        for number, source in enumerate(sender.sends):
            mine = [record for record in records if record.sender == sender.code and record.source == source]
            table.add_row(
                sender.name if number == 0 else "",
                SYSTEMS.get(source, source),
                _last(mine),
                f"{len(mine):,}",
                f"{sum(record.rows_loaded for record in mine):,}",
                f"{sum(record.rows_rejected for record in mine if record.outcome == 'loaded'):,}",
                _through(sender, known) if number == 0 else "",
            )
    return table


def _last(records: list[Record]) -> str:
    if not records:
        return "never"
    last = max(records, key=lambda record: (record.sent_at, record.name))
    day = f"{last.sent_at:%-d %b %Y}"
    return {"refused": f"{day}, refused", "received": f"{day}, not loaded yet"}.get(last.outcome, day)


def _through(sender: Sender, known: dict[str, Known]) -> str:
    entry = known.get(sender.code)
    if entry is None:
        return ""
    return f"{entry.complete_through:%a %-d %b %Y}" if entry.complete_through else f"year {entry.school_year}"


def _remarks(settings: Settings, registry: Registry, records: list[Record], known: dict[str, Known]) -> list[str]:
    names = {sender.code: sender.name for sender in registry.senders()}
    lines = []
    attention = set()
    for record in sorted(records, key=lambda record: (record.sender, record.sent_at)):
        if record.outcome == "refused":
            attention.add(record.sender)
            lines.append(
                f"\n{names.get(record.sender, record.sender)}: {record.name} was refused; "
                f"what was there before stays in use.\n  {record.message}"
            )
        elif record.outcome == "received":
            attention.add(record.sender)
            lines.append(
                f"\n{names.get(record.sender, record.sender)}: {record.name} waits to be loaded: attendance load"
            )
    for code, entry in known.items():
        if silent := entry.schools_enrolling - entry.schools_submitted:
            attention.add(code)
            lines.append(
                f"\n{names.get(code, code)}: {silent} of {entry.schools_enrolling} schools silent in "
                f"{entry.school_year}, so without a rate. "
                'Which: attendance query "select * from marts.submissions where schools_submitted = 0"'
            )
    missing = [
        sender.name
        for sender in registry.senders()
        if sender.sends and not any(r.sender == sender.code for r in records)
    ]
    if missing:
        fetched = " What the state publishes: attendance fetch" if registry.state.name in missing else ""
        lines.append(f"\nNothing has ever come from: {', '.join(missing)}.{fetched}")
    if unmapped := sum(record.rows_unmapped for record in records if record.outcome == "loaded"):
        lines.append(
            f"\n{unmapped:,} attendance rows carry a code that their LEA's code table lacks; those days are left out."
        )
    if rejected := sum(record.rows_rejected for record in records if record.outcome == "loaded"):
        lines.append(
            f'\n{rejected:,} rows were rejected. Why: attendance query "select * from marts.rejects"\n'
            f"  Line by line: attendance query \"select * from '{settings.rejects}/*/*.parquet'\""
        )
    lines.append(f"\n{len(attention)} of {len(registry.senders())} senders need attention.")
    return lines


def _read_warehouse(settings: Settings) -> tuple[dict[str, Known], datetime | None]:
    if not settings.warehouse.exists():
        return {}, None
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        rows = connection.execute(
            """
            select cds_code, school_year, complete_through, schools_enrolling, schools_submitted
            from marts.submissions
            where entity_level = 'district'
            qualify row_number() over (partition by cds_code order by school_year desc) = 1
            """
        ).fetchall()
    built = datetime.fromtimestamp(settings.warehouse.stat().st_mtime).astimezone()
    return {
        cds_code[:7]: Known(school_year, complete_through, enrolling, submitted)
        for cds_code, school_year, complete_through, enrolling, submitted in rows
    }, built
