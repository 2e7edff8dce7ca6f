"""What dbt reads beside the deliveries, as Parquet written whole: registry, ledger, what the last release hid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import duckdb

from attendance.settings import Settings
from ingestion.durable import only_one, remove_temporary
from ingestion.lake import REJECT_COLUMNS, copy_to, prepare_lake
from ingestion.ledger import read_records
from ingestion.records import name_literal, path_literal
from ingestion.registry import KINDS, Lea, Registry
from ingestion.rows import SAID
from ingestion.standing import standings

__all__ = ["prepare_lake", "write_held", "write_reference"]

LEAS = {
    "lea_code": "VARCHAR",
    "lea_name": "VARCHAR",
    "cds_code": "VARCHAR",
    "system": "VARCHAR",
    "leave_date_rule": "VARCHAR",
}
SCHOOLS = {
    "lea_code": "VARCHAR",
    "district_code": "VARCHAR",
    "district_name": "VARCHAR",
    "school_code": "VARCHAR",
    "school_number": "INTEGER",
    "school_name": "VARCHAR",
    "school_level": "VARCHAR",
    "is_charter": "BOOLEAN",
    "is_dass": "BOOLEAN",
    "instructional_periods": "INTEGER",
}
# What the audit adds to it later: publishing/audit/company.py.
COMPANY = dict.fromkeys(("school_year", "entity_level", "cds_code", "topic", "part", "measure"), "VARCHAR")
COUNTY = {"county_code": "VARCHAR", "county_name": "VARCHAR", "is_simulated": "BOOLEAN"}
DELIVERIES = {
    "delivery_id": "VARCHAR",
    "sender": "VARCHAR",
    "source": "VARCHAR",
    "file": "VARCHAR",
    "name": "VARCHAR",
    "size_bytes": "BIGINT",
    "school_year_hint": "VARCHAR",
    "sent_at": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "loaded_at": "TIMESTAMP",
    "outcome": "VARCHAR",
    "rows_in": "BIGINT",
    "rows_loaded": "BIGINT",
    "rows_rejected": "BIGINT",
    "rows_unmapped": "BIGINT",
    "message": "VARCHAR",
    "standing": "VARCHAR",
    "first_period": "VARCHAR",
    "last_period": "VARCHAR",
}
HELD = {
    "school_year": "VARCHAR",
    "entity_level": "VARCHAR",
    "cds_code": "VARCHAR",
    "topic": "VARCHAR",
    "part": "VARCHAR",
    "hides_students": "BOOLEAN",
    "students_of_all": "INTEGER",
    "chronic_of_all": "INTEGER",
}
SENDS = {"sender": "VARCHAR", "sender_name": "VARCHAR", "cds_code": "VARCHAR", "source": "VARCHAR"}


def _system(lea: Lea) -> str | None:
    """The LEA's first student information system in the registry; without one, the state system that stands in."""
    return next((source for kind in ("sis", "calpads") for source in lea.sends if source in KINDS[kind]), None)


def _cds_code(lea: Lea) -> str:
    """The entity that the LEA is: a district, or the one school of a charter that reports for itself."""
    return lea.authorizer.code + lea.code if lea.authorizer else lea.code + "0000000"


def _write(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str], rows: Iterable[Sequence[object]]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_temporary(path.parent)
    typed = ", ".join(f"{name_literal(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace temp table reference ({typed})")
    if filled := list(zip(*rows, strict=True)):
        # all values of a column at once: row by row takes seconds for a county's deliveries
        lists = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
        connection.execute(f"insert into reference select {lists}", [list(column) for column in filled])
    copy_to(connection, "select * from reference", path)


def _rejects_query(settings: Settings, delivery_ids: list[str]) -> str:
    """SQL of how often each rule was broken, by delivery; repeated keys count as one rule.

    A list from before there were remarks holds rejected rows only.
    """
    known = set(delivery_ids)
    paths = [path for path in sorted(settings.rejects.glob("*/*.parquet")) if path.stem in known]
    typed = ", ".join(f"null::{kind} as {name}" for name, kind in REJECT_COLUMNS.items())
    listed = f"select {typed} where false"
    if paths:
        read = f"read_parquet([{', '.join(map(path_literal, paths))}], union_by_name = true)"
        listed = f"{listed} union all by name select * from {read}"
    return f"""
        select delivery_id, {SAID} as reason, column_name, coalesce(is_rejected, true) as is_rejected,
               count(*)::bigint as rows_listed
        from ({listed}) group by all order by all
    """


def write_reference(settings: Settings, registry: Registry) -> None:
    """Write the lake's ``registry/{leas,schools,county,sends}`` and ``ledger/{deliveries,rejects}``, as all.parquet.

    An empty ``suppression/company`` is made where the audit has not asked for any yet.

    Timestamps are UTC without a zone. Raises LedgerError where a record is damaged.
    """
    records = read_records(settings)
    with only_one(settings.home / "locks", "reference"), duckdb.connect() as connection:
        registered, ledger = settings.lake / "registry", settings.lake / "ledger"
        if not settings.company.is_file():
            _write(connection, settings.company, COMPANY, [])
        leas = [(lea.code, lea.name, _cds_code(lea), _system(lea), lea.leave_date) for lea in registry.leas]
        _write(connection, registered / "leas" / "all.parquet", LEAS, leas)
        schools = [
            (
                lea.code,
                lea.district.code,
                lea.district.name,
                school.code,
                school.number,
                school.name,
                school.level,
                school.charter,
                school.dass,
                school.periods,
            )
            for lea in registry.leas
            for school in lea.schools
        ]
        _write(connection, registered / "schools" / "all.parquet", SCHOOLS, schools)
        county = [(registry.county.code, registry.county.name, registry.county.simulated)]
        _write(connection, registered / "county" / "all.parquet", COUNTY, county)
        sends = [
            (sender.code, sender.name, _cds_code(sender) if isinstance(sender, Lea) else None, source)
            for sender in registry.senders()
            for source in sender.sends
        ]
        _write(connection, registered / "sends" / "all.parquet", SENDS, sends)
        standing = {
            delivery_id: one
            for _, own in groupby(records, key=lambda record: record.sender)
            for delivery_id, one in standings(list(own)).items()
        }
        deliveries = []
        for record in records:
            told = record.model_dump() | {
                "standing": standing[record.delivery_id],
                "first_period": min(record.periods, default=None),
                "last_period": max(record.periods, default=None),
            }
            deliveries.append(
                [value.replace(tzinfo=None) if hasattr(value := told[name], "tzinfo") else value for name in DELIVERIES]
            )
        _write(connection, ledger / "deliveries" / "all.parquet", DELIVERIES, deliveries)
        path = ledger / "rejects" / "all.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_temporary(path.parent)
        copy_to(connection, _rejects_query(settings, [record.delivery_id for record in records]), path)
        # before the first release, one without rows, so that a model can read it
        if not _held(settings).exists():
            _write(connection, _held(settings), HELD, ())


def _held(settings: Settings) -> Path:
    return settings.lake / "suppression" / "held_cells" / "held_cells.parquet"


def write_held(settings: Settings, cells: Path | None) -> None:
    """Write the lake's ``suppression/held_cells/held_cells.parquet``: what the last release hid.

    cells: a Parquet file with these columns, such as the record of releases gives; None before the first release. The
    suppression reads it, to hide the same again where a place has hardly moved.
    """
    path = _held(settings)
    with only_one(settings.home / "locks", "reference"), duckdb.connect() as connection:
        if cells is None:
            _write(connection, path, HELD, ())
            return
        typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in HELD.items())
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_temporary(path.parent)
        copy_to(connection, f"select {typed} from read_parquet({path_literal(cells)}) order by all", path)
