"""What `attendance status` says of a county, before and after there is a warehouse."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from rich.console import Console

from attendance.status import AsOfError, as_of_day, print_status
from ingestion.registry import Registry
from tests.ingestion.county import AERIES, LEA, STU, County, student
from tests.ingestion.county import csv as as_csv


@pytest.fixture
def configured(county: County, monkeypatch: pytest.MonkeyPatch) -> County:
    """The county with its registry on disk, where the command reads it."""
    monkeypatch.delenv("ATTENDANCE_AS_OF", raising=False)
    told = county.registry.model_dump_json(exclude_defaults=True)
    registry = Registry.model_validate_json(told).model_dump(mode="json", exclude_defaults=True)
    write(county.settings.config / "county.yml", {"county": registry["county"], "state": registry["state"]})
    write(county.settings.config / "leas" / "elm.yml", registry["leas"][0])
    return county


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def status(county: County, width: int = 80) -> str:
    """What the command prints on a terminal of that width."""
    out = io.StringIO()
    print_status(county.settings, Console(file=out, width=width, highlight=False, soft_wrap=True))
    return out.getvalue()


def words(said: str) -> str:
    return " ".join(said.split())


def publish(county: County, silent: bool, as_of: str = "2023-09-05") -> None:
    county.settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(county.settings.warehouse)) as connection:
        connection.execute(f"""
            create schema marts;
            create table marts.dim_entities as from (values
                ('{LEA}9910101', 'Elm Middle'), ('{LEA}9910102', 'Ash Charter')) t(cds_code, entity_name);
            create table marts.school_submissions as from (values
                ('2023-24', '{LEA}9910101', '{LEA}', 'submitted', date '2023-09-01', {silent}, date '{as_of}'),
                ('2023-24', '{LEA}9910102', '{LEA}', 'submitted', date '2023-08-30', false, date '{as_of}'),
                ('2022-23', '{LEA}9910102', '{LEA}', 'not_submitted', null, true, date '{as_of}')
            ) t(school_year, cds_code, lea_code, submission_status, complete_through, is_silent, as_of_date);
        """)


def test_systems_are_named_and_80_columns_are_enough(configured: County) -> None:
    configured.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    configured.run()
    publish(configured, silent=True)
    said = status(configured)
    for name in ("Elm Unified", "Aeries", "CALPADS", "Interventions", "CHKS", "CDE", "30 Aug 2023"):
        assert name in said
    assert all(len(line) <= 80 for line in said.splitlines() if "attendance query" not in line and "/" not in line)
    # figures and dates are never broken
    assert "1 Sep 2023" in said


def test_a_silent_school_is_named(configured: County) -> None:
    configured.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    configured.run()
    publish(configured, silent=True)
    assert "Elm Unified: 1 of 2 schools silent in 2023-24" in words(status(configured))
    assert "nobody absent: Elm Middle." in words(status(configured))


def test_a_refused_file_is_told_until_it_has_been_sent_again(configured: County) -> None:
    good = as_csv(STU, [student(number) for number in range(1, 5)])
    configured.send(f"{AERIES}/STU_20230901.csv", good.replace("CID", "STATEID", 1))
    configured.run()
    said = words(status(configured))
    assert "2023-24/STU_20230901.csv was refused" in said
    assert "STATEID" in said
    configured.send(f"{AERIES}/STU_20230902.csv", good)
    configured.run()
    assert "was refused" not in status(configured)


def test_what_is_late_is_told_by_days_and_by_what_is_expected(
    configured: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    configured.run()
    monkeypatch.setenv("ATTENDANCE_AS_OF", "2023-09-04")
    assert "Late" not in status(configured)
    monkeypatch.setenv("ATTENDANCE_AS_OF", "2023-09-13")
    said = words(status(configured))
    assert "Late, as of 13 Sep 2023: Elm Unified: last Aeries 12 days ago, expected every night" in said
    assert "1 Sep 2023 !" in said


def test_a_simulated_countys_clock_stands_at_its_warehouses_day(configured: County) -> None:
    configured.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    configured.run()
    assert "Late" not in status(configured)
    publish(configured, silent=False, as_of="2023-09-30")
    assert "Late, as of 30 Sep 2023" in status(configured)


def test_a_real_countys_clock_is_todays(configured: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTENDANCE_AS_OF", raising=False)
    county = configured.registry.county.model_copy(update={"simulated": False})
    real = configured.registry.model_copy(update={"county": county})
    assert abs((as_of_day(real, [], {}) - datetime.now(tz=UTC).date()).days) <= 1
    monkeypatch.setenv("ATTENDANCE_AS_OF", "2024-03-15")
    assert as_of_day(real, [], {}) == date(2024, 3, 15)
    monkeypatch.setenv("ATTENDANCE_AS_OF", "mid-March")
    with pytest.raises(AsOfError, match="ATTENDANCE_AS_OF is 'mid-March': write a day as 2024-03-15"):
        as_of_day(real, [], {})


def test_a_warehouse_of_an_earlier_version_is_no_error(configured: County) -> None:
    configured.send(f"{AERIES}/STU_20230901.csv", as_csv(STU, [student(1)]))
    configured.run()
    configured.settings.warehouse.parent.mkdir(parents=True)
    duckdb.connect(str(configured.settings.warehouse)).close()
    assert "no school year" in status(configured)
