"""One county, delivered as Aeries, PowerSchool, Infinite Campus and Synergy: what is published of it is the same.

A school year of five of the simulated districts, each time in another system's files, loaded and built for real. Only
what names the system or a delivery may differ.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from attendance.dbt import WITHOUT_TESTS, dbt_environment
from attendance.settings import PROJECT, Settings
from ingestion.ledger import Record
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import Registry, read_registry
from simulation.county import simulate
from simulation.systems import registry_with

SYSTEMS = ("aeries", "powerschool", "infinite_campus", "synergy")
YEAR = "2023-24"
# With a corrected month, interventions, a charter school's own codes and the planted figures (Alder), a school that
# never submits, overlapping stints and records left open (Birch), codes that nobody explains (Ginkgo, Ironwood),
# half days (Ironwood, Juniper) and leave dates that are the day after (Juniper).
DISTRICTS = ("1999001", "1999002", "1999007", "1999009", "1999010")
# What is told of deliveries differs, of course: other files, other lines, other moments.
OF_DELIVERIES = {"deliveries", "rejects"}
NAMES_THE_SYSTEM = {"system", "system_name"}


@dataclass(frozen=True)
class Delivered:
    """The county as one system delivered it: what became of the system's files, and the warehouse built from them."""

    system: str
    records: tuple[Record, ...]
    warehouse: Path


def _county() -> Registry:
    """The registry, of which only the chosen districts send anything."""
    registry = read_registry(PROJECT / "config")
    leas = tuple(lea if lea.code in DISTRICTS else lea.model_copy(update={"sends": {}}) for lea in registry.leas)
    return registry.model_copy(update={"leas": leas})


def _load(settings: Settings, registry: Registry, *kinds: str) -> tuple[Record, ...]:
    records: list[Record] = []
    for kind in kinds:
        for sender in registry.sending(kind):
            found = pull_new_files(settings, registry, sender.code, kind)
            records += load_landed(settings, registry, found)
    return tuple(records)


def _build(settings: Settings, target: Path) -> None:
    """Build everything but the tests; all homes stand at the same place in turn, so that dbt reads the project once."""
    settings.building.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_", "ATTENDANCE_"))
    }
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "build", "--quiet", *WITHOUT_TESTS],
        cwd=PROJECT,
        env={**kept, **dbt_environment(settings), "DBT_TARGET_PATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Delivered]:
    """The county four times; what arrives from elsewhere than the student information systems is loaded once."""
    root = tmp_path_factory.mktemp("same")
    county, place = _county(), root / "home"
    found = {}
    first = Settings(
        home=root / "first", config=PROJECT / "config", extracts=root / SYSTEMS[0], public=root / "nothing"
    )
    for system in SYSTEMS:
        simulate(county, root / system, school_years=(YEAR,), sis=system)
    _load(first, registry_with(county, SYSTEMS[0]), "calpads", "interventions", "survey")
    for system in SYSTEMS:
        home = root / "homes" / system
        shutil.copytree(first.home, home)
        own, registry = replace(first, home=home, extracts=root / system), registry_with(county, system)
        records = _load(own, registry, "sis")
        prepare_lake(own)
        write_reference(own, registry)
        place.unlink(missing_ok=True)
        place.symlink_to(home)
        _build(replace(own, home=place), root / "dbt")
        found[system] = Delivered(system, records, own.building)
    return found


@pytest.fixture(scope="module")
def warehouses(delivered: dict[str, Delivered]) -> Iterator[duckdb.DuckDBPyConnection]:
    """All four, each attached under the system's name."""
    with duckdb.connect() as connection:
        for each in delivered.values():
            connection.execute(f"attach '{each.warehouse}' as {each.system} (read_only)")
        yield connection


def _tables(connection: duckdb.DuckDBPyConnection, system: str) -> set[str]:
    """Marts and open data, as schema.table."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? and list_contains(?, schema_name)",
        [system, ["marts", "open_data"]],
    ).fetchall()
    return {f"{schema}.{table}" for schema, table in rows if table not in OF_DELIVERIES}


def _rows_only_in(connection: duckdb.DuckDBPyConnection, one: str, other: str, table: str) -> list[tuple[object, ...]]:
    names = [str(name) for name, *_ in connection.execute(f"describe {one}.{table}").fetchall()]
    columns = ", ".join(f'"{name}"' for name in names if name not in NAMES_THE_SYSTEM)
    return connection.execute(
        f"select {columns} from {one}.{table} except all select {columns} from {other}.{table} limit 5"
    ).fetchall()


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_delivers_the_county_in_its_own_files_without_a_reject(
    delivered: dict[str, Delivered], system: str
) -> None:
    records = delivered[system].records
    assert {record.source for record in records} == {system}
    assert {record.sender for record in records} == set(DISTRICTS)
    assert {record.outcome for record in records} == {"loaded"}
    assert sum(record.rows_rejected for record in records) == 0


@pytest.mark.parametrize("system", SYSTEMS[1:])
def test_the_same_county_in_another_system_gives_the_same_marts(
    warehouses: duckdb.DuckDBPyConnection, system: str
) -> None:
    tables = _tables(warehouses, "aeries")
    assert tables == _tables(warehouses, system)
    assert {"marts.student_attendance", "marts.chronic_absence", "open_data.chronic_absence"} <= tables
    different = {
        table: (_rows_only_in(warehouses, "aeries", system, table), _rows_only_in(warehouses, system, "aeries", table))
        for table in sorted(tables)
    }
    assert not {table: rows for table, rows in different.items() if any(rows)}


def test_what_is_compared_holds_every_case_that_the_systems_tell_differently(
    warehouses: duckdb.DuckDBPyConnection,
) -> None:
    """Else nothing would be shown by tables that agree."""
    totals = warehouses.execute(
        "select sum(days_partial), sum(days_unmapped), sum(days_out_of_school_suspension),"
        " sum(days_non_ada_independent_study), sum(days_excused), sum(days_unexcused),"
        " count(*) filter (where is_exempt)"
        " from aeries.marts.student_attendance where entity_level = 'school' and attendance_source = 'daily'"
    ).fetchone()
    assert totals is not None
    assert all(total > 0 for total in totals)
    halves = warehouses.execute(
        "select sum(days_partial) from aeries.marts.student_attendance"
        " where cds_code in ('19990099990101', '19990109900101')"
    ).fetchone()
    assert halves is not None
    assert halves[0] > 0
