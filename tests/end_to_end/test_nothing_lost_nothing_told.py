"""Rows, secrets and the last good data: what a run keeps, and what it never lets out."""

from __future__ import annotations

import csv
import re
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.conftest import County, at_home


def test_rows_in_are_rows_loaded_plus_rows_rejected_for_every_file(county: County) -> None:
    rows = county.ask("select outcome, rows_in, rows_loaded, rows_rejected from marts.deliveries")
    assert len(rows) > 60
    assert all(row["rows_in"] == row["rows_loaded"] + row["rows_rejected"] for row in rows)
    assert {row["outcome"] for row in rows} == {"loaded"}


def test_the_lake_holds_what_the_ledger_says_of_the_deliveries_in_use(county: County) -> None:
    said = {
        (row["source"], row["file"], row["delivery_id"]): row["rows_loaded"]
        for row in county.ask("select source, file, delivery_id, rows_loaded from marts.deliveries")
    }
    for (source, file, delivery), loaded in said.items():
        ((held,),) = duckdb.sql(
            f"select count(*) from read_parquet('{county.settings.lake}/{source}/{file}/**/*.parquet',"
            f" union_by_name = true) where delivery_id = '{delivery}'"
        ).fetchall()
        # a delivery that a later one replaced holds nothing any more
        assert held in {loaded, 0}


def private_values(extracts: Path) -> tuple[set[str], set[str]]:
    """The simulated SSIDs and the full names, from the extracts themselves."""
    ssids: set[str] = set()
    names: set[str] = set()
    for path in extracts.glob("*/aeries/*/STU_*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                ssids.add(row["CID"])
                names.add(f"{row['FN']} {row['LN']}")
    for path in extracts.glob("*/calpads/*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = line.split("^")
            if fields[0].startswith("STAS"):
                ssids.add(fields[6])
                names.add(f"{fields[8]} {fields[9]}")
    return ssids - {""}, names


def test_no_ssid_and_no_name_is_in_lake_ledger_warehouse_logs_or_pages(county: County) -> None:
    ssids, names = private_values(county.settings.extracts)
    assert len(ssids) > 8_000
    home = county.settings.home
    looked_at = 0
    kept_as_received = {county.settings.landing, county.settings.extracts}
    for path in home.rglob("*"):
        if not path.is_file() or path.is_symlink() or kept_as_received & set(path.parents):
            continue
        if path.suffix in {".parquet", ".duckdb"}:
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        looked_at += 1
        assert not ssids & set(re.findall(r"(?<![0-9a-f])\d{10}(?![0-9a-f])", text)), path
        assert not any(name in text for name in names if name in text), path
    assert looked_at > 100
    with duckdb.connect() as connection:
        connection.execute("create table private as select unnest(?) as value", [sorted(ssids | names)])
        tables = [
            f"read_parquet('{path}')" for folder in ("lake", "rejects") for path in (home / folder).rglob("*.parquet")
        ]
        connection.execute(f"attach '{county.settings.warehouse}' as warehouse (read_only)")
        tables += [
            f'warehouse."{schema}"."{table}"'
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse'"
            ).fetchall()
        ]
        assert len(tables) > 80
        for table in tables:
            for name, kind, *_ in connection.execute(f"describe select * from {table}").fetchall():
                if kind == "VARCHAR":
                    found = connection.execute(
                        f'select count(*) from {table} where "{name}" in (select value from private)'
                    ).fetchone()
                    assert found == (0,), (table, name)


def test_landing_can_be_read_by_its_owner_only(county: County) -> None:
    for path in [county.settings.landing, *county.settings.landing.rglob("*"), county.settings.secret_file]:
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_a_second_run_loads_nothing_anew_and_gives_the_same_figures(county: County) -> None:
    before = county.ask("select * from marts.chronic_absence order by all")
    outcomes = county.attendance("load").stdout
    assert "0 loaded" in outcomes
    county.attendance("build")
    county.attendance("publish")
    assert county.ask("select * from marts.chronic_absence order by all") == before


@pytest.fixture
def copy(county: County, tmp_path: Path) -> County:
    """The county's lake and warehouse in a home of their own, to be damaged."""
    settings, environment = at_home(tmp_path / "home")
    for name in ("lake", "ledger", "landing", "rejects", "warehouse", "extracts"):
        shutil.copytree(county.settings.home / name, settings.home / name)
    shutil.copy(county.settings.secret_file, settings.secret_file)
    return County(settings, environment, "")


def test_a_failed_test_publishes_nothing_and_says_what_to_do(copy: County) -> None:
    served = copy.settings.warehouse.read_bytes()
    broken = copy.settings.lake / "chks/results/19/2023-24.parquet"
    duckdb.sql(
        f"copy (select * from '{broken}' union all select * from '{broken}') to '{broken}.twice' (format parquet)"
    )
    Path(f"{broken}.twice").replace(broken)
    done = copy.attendance("build", code=1)
    assert "school_climate" in done.stderr
    assert "stays as it was" in done.stderr
    assert "Traceback" not in done.stderr
    done = copy.attendance("publish", code=1)
    assert "Traceback" not in done.stderr
    assert copy.settings.warehouse.read_bytes() == served


def test_a_refused_file_leaves_yesterdays_data_served_and_is_told_by_status(copy: County) -> None:
    folder = copy.settings.extracts / "1999001/aeries/2023-24"
    source = next(folder.glob("STU_*.csv"))
    text = source.read_text(encoding="utf-8")
    (folder / "STU_20240801.csv").write_text(text.replace("CID", "STATEID", 1), encoding="utf-8")
    assert "1 refused" in copy.attendance("load").stdout
    said = copy.attendance("status").stdout
    assert "STU_20240801.csv was refused" in said
    assert "CID" in said
    assert "STATEID" in said
    students = copy.settings.lake / "aeries/students/1999001/2023-24.parquet"
    assert len(duckdb.sql(f"select school_number from '{students}'").fetchall()) == text.count("\n") - 1
