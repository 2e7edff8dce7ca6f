"""Rows, secrets and the last good data: what a run keeps, and what it never lets out."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from ingestion.ledger import read_records
from ingestion.registry import read_registry
from tests.end_to_end.conftest import County, at_home
from tests.end_to_end.raw import Private, find_private, raw_rows


def test_rows_in_are_rows_loaded_plus_rows_rejected_for_every_file(county: County) -> None:
    rows = county.ask("select outcome, rows_in, rows_loaded, rows_rejected from marts.deliveries")
    assert len(rows) > 60
    assert all(row["rows_in"] == row["rows_loaded"] + row["rows_rejected"] for row in rows)
    assert {row["outcome"] for row in rows} == {"loaded"}


def test_every_row_of_every_file_that_was_sent_is_in_the_ledger(county: County) -> None:
    """Counted again in the senders' own files, without the loader: rows in are all rows that were sent."""
    sent = raw_rows(county.settings.extracts)
    told = {
        (record.sender, record.source, record.name): record
        for record in read_records(county.settings)
        # the state's own files lie elsewhere
        if record.sender != "00"
    }
    assert {source for _, source, _ in sent} >= {"aeries", "powerschool", "infinite_campus", "synergy", "calpads"}
    assert set(told) == set(sent)
    wrong = {key: (rows, told[key].rows_in) for key, rows in sent.items() if told[key].rows_in != rows}
    assert not wrong
    assert sum(sent.values()) == sum(one.rows_loaded + one.rows_rejected for one in told.values()) > 300_000


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


@pytest.fixture(scope="session")
def private(county: County) -> Private:
    """What is private in the senders' own files, by the contracts."""
    return find_private(county.settings.extracts, names_of_places(county))


def names_of_places(county: County) -> list[str]:
    """Districts and schools of the registry, and those of the whole state where its file is here: all public."""
    registry = read_registry(county.settings.config)
    places = [sender.name for sender in registry.senders()]
    places += [school.name for lea in registry.leas for school in lea.schools]
    for path in (county.settings.lake / "cde").rglob("*.parquet"):
        columns = [name for name, *_ in duckdb.sql(f"describe from '{path}'").fetchall() if name.endswith("_name")]
        for name in columns:
            places += [cell for (cell,) in duckdb.sql(f"select distinct \"{name}\" from '{path}'").fetchall() if cell]
    return places


def test_every_system_has_planted_what_is_looked_for(private: Private) -> None:
    assert len(private.words) > 8_000
    assert len(private.pairs) > 10_000
    assert private.found_in("a letter to Hornbeam Talc") == {"Hornbeam Talc"}
    assert private.found_in("an ordinary sentence about 20,550 rows of 1999001") == set()


def test_no_name_address_telephone_or_identifier_is_in_any_text_that_a_run_leaves(
    county: County, private: Private
) -> None:
    """Ledger, outbox, site, the tools' logs, Airflow's logs and its database: every file that is no table."""
    home = county.settings.home
    kept_as_received = {county.settings.landing, county.settings.extracts}
    looked_at: set[str] = set()
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.is_symlink() or kept_as_received & set(path.parents):
            continue
        if path.suffix in {".parquet", ".duckdb"}:
            continue
        # the server's own tables; what it writes of who reads is looked at
        if home / "postgres" / "data" in path.parents and county.settings.server_log not in path.parents:
            continue
        looked_at.add(path.relative_to(home).parts[0].partition("-")[0])
        found = private.found_in(path.read_bytes().decode("utf-8", errors="replace"))
        assert not found, (path, len(found))
    assert looked_at >= {"ledger", "outbox", "site", "logs", "airflow"}
    assert any("dag_id" in path.name for path in (home / "airflow" / "logs").iterdir())
    assert not private.found_in(county.said)


def test_no_name_address_telephone_or_identifier_is_in_any_table(county: County, private: Private) -> None:
    """Lake, rejects, warehouse: every text column of every table, whole cells and the words in them."""
    home = county.settings.home
    with duckdb.connect() as connection:
        connection.execute("create table private as select unnest(?) as value", [sorted(private.values)])
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
        assert len(tables) > 200
        for table in tables:
            for name, kind, *_ in connection.execute(f"describe select * from {table}").fetchall():
                if "VARCHAR" not in kind:
                    continue
                text = f'cast("{name}" as varchar)'
                whole = connection.execute(
                    f"select count(*) from {table} where {text} in (select value from private)"
                ).fetchone()
                assert whole == (0,), (table, name)
                several = connection.execute(
                    f"select distinct {text} from {table} where regexp_matches({text}, '[^0-9a-f]') limit 100000"
                ).fetchall()
                found = private.found_in("\n; ".join(cell for (cell,) in several))
                assert not found, (table, name, len(found))


def test_landing_can_be_read_by_its_owner_only(county: County) -> None:
    for path in [county.settings.landing, *county.settings.landing.rglob("*"), county.settings.secret_file]:
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_a_second_run_loads_nothing_anew_and_gives_the_same_figures_and_hides_the_same(county: County) -> None:
    before = county.ask("select * from marts.chronic_absence order by all")
    released = sorted((county.settings.home / "released").glob("release-*"))
    outcomes = county.attendance("load").stdout
    assert "0 loaded" in outcomes
    county.attendance("build")
    county.attendance("publish")
    assert county.ask("select * from marts.chronic_absence order by all") == before
    # it began with what the first had hidden, and a release that differs would be on record
    assert duckdb.sql(f"from '{county.settings.lake}/suppression/held_cells/held_cells.parquet'").fetchall()
    assert sorted((county.settings.home / "released").glob("release-*")) == released


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
    # what nearly everything reads: little is built behind it
    broken = copy.settings.lake / "aeries/students/1999001/2023-24.parquet"
    duckdb.sql(
        f"copy (select * from '{broken}' union all select * from '{broken}') to '{broken}.twice' (format parquet)"
    )
    Path(f"{broken}.twice").replace(broken)
    done = copy.attendance("build", code=1)
    assert "stg_aeries__students" in done.stderr
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
