"""From a district's extract to a page, as `attendance run` makes it: Airflow, dbt and the pages, nothing replaced."""

from __future__ import annotations

import gzip

import duckdb
import pandas as pd
import pytest

from ingestion.secret import read_secret
from tests.end_to_end.conftest import County
from tests.oracle.agreement import compare
from tests.oracle.chronic import Count, count

KEY = ["school_year", "entity_level", "cds_code", "reporting_category"]


@pytest.fixture(scope="session")
def by_hand(county: County) -> Count:
    return count(county.settings.extracts, county.settings.config)


def test_every_figure_of_the_county_equals_a_count_by_hand(county: County, by_hand: Count) -> None:
    asked = pd.DataFrame(county.ask("select * from marts.chronic_absence where entity_level='county'"))
    expected = by_hand.groups[by_hand.groups["entity_level"] == "county"]
    assert len(asked) == len(expected) > 40
    both = asked.merge(expected, on=KEY, how="outer", suffixes=("", "_by_hand"), indicator=True)
    wrong = both[
        (both["_merge"] != "both")
        | (both["eligible_enrollment"] != both["eligible_enrollment_by_hand"])
        | (both["chronic_count"] != both["chronic_count_by_hand"])
    ]
    assert wrong.empty, wrong.to_string()


def test_every_student_and_every_group_of_every_entity_equals_a_count_by_hand(county: County, by_hand: Count) -> None:
    with duckdb.connect(str(county.settings.warehouse), read_only=True) as marts:
        levels = compare(by_hand, marts, read_secret(county.settings))
    assert all(level.agrees for level in levels), "; ".join(map(str, levels))
    assert sum(level.students for level in levels) > 40_000
    assert sum(level.groups for level in levels) > 800


def test_the_published_figure_of_los_angeles_county_is_the_states_own(county: County) -> None:
    if not list((county.settings.public / "cde").glob("chronicabsenteeism24*")):
        pytest.skip("CDE's file is not on this machine: attendance fetch")
    rows = county.ask(
        "select chronic_count, eligible_enrollment, chronic_rate from marts.published_chronic_absence"
        " where school_year = '2023-24' and cds_code = '19000000000000' and reporting_category = 'TA'"
    )
    assert rows == [{"chronic_count": 292881, "eligible_enrollment": 1330028, "chronic_rate": 22}]


def test_every_row_of_the_states_file_is_loaded_or_listed_as_rejected(county: County) -> None:
    files = sorted((county.settings.public / "cde").glob("chronicabsenteeism2[34].txt*"))
    if not files:
        pytest.skip("CDE's file is not on this machine: attendance fetch")
    for path in files:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            in_the_file = sum(1 for line in lines if line.strip()) - 1
        (row,) = county.ask(
            "select rows_in, rows_loaded, rows_rejected, delivery_id from marts.deliveries"
            f" where source = 'cde' and file_name like '%{path.name}'"
        )
        listed = county.settings.rejects / "00" / f"{row['delivery_id']}.parquet"
        rejected = len(duckdb.sql(f"select distinct line from '{listed}'").fetchall()) if listed.exists() else 0
        year = int(path.name.removeprefix("chronicabsenteeism")[:2])
        (in_mart,) = county.ask(
            "select count(*) as rows_found from marts.published_chronic_absence"
            f" where school_year = '20{year - 1}-{year}'"
        )
        assert row["rows_in"] == in_the_file
        assert in_the_file == in_mart["rows_found"] + rejected
