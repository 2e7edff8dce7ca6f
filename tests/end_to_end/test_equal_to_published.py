"""A county simulated like a published one, through loading and building, equals what was published: cell by cell.

Once with an invented file, through the warehouse's own SQL; once with the state's real files, where they are here, by
the commands that a person types.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from attendance.compare import Year, compare
from attendance.settings import Settings
from attendance.steps import load_all
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import read_registry
from simulation.like.county import LikeReport, simulate_like
from tests.end_to_end.conftest import CDE, HERE, YEARS, County
from tests.oracle.warehouse import compile_marts, marts_of
from tests.simulation.like.invented import SCHOOLS, write_directory, write_published


class Like:
    """The invented county: simulated, loaded, and made into marts."""

    def __init__(self, folder: Path) -> None:
        cde = folder / "public" / "cde"
        files = tuple(write_published(cde, year) for year in reversed(YEARS))
        directory = write_directory(folder)
        self.files, self.directory = files, directory
        self.out = folder / "county"
        self.report: LikeReport = simulate_like(files, directory, YEARS[-1], self.out, county_code="19", seed=3)
        self.settings = Settings(
            home=folder / "home",
            config=self.out / "config",
            extracts=self.out / "extracts",
            public=folder / "public",
        )
        registry = read_registry(self.settings.config)
        self.outcomes = load_all(self.settings, lambda _line: None)
        prepare_lake(self.settings)
        write_reference(self.settings, registry)
        self.marts: duckdb.DuckDBPyConnection = marts_of(
            compile_marts(folder / "compiled", registry), self.settings.lake
        )


@pytest.fixture(scope="module")
def like(tmp_path_factory: pytest.TempPathFactory) -> Like:
    return Like(tmp_path_factory.mktemp("like"))


@pytest.fixture(scope="module")
def years(like: Like) -> list[Year]:
    return compare(like.marts)[0]


def test_every_delivery_is_loaded(like: Like) -> None:
    assert set(like.outcomes) == {"loaded"}


def test_every_published_school_cell_is_equal_in_both_counts_in_both_years(years: list[Year]) -> None:
    assert [year.school_year for year in years] == list(YEARS)
    for year in years:
        assert year.cells_here == year.cells > 100
        assert (year.equal, year.different) == (year.cells, [])


def test_districts_and_the_county_are_within_half_a_percent_or_five_students(years: list[Year]) -> None:
    for year in years:
        assert [total.level for total in year.totals] == ["county", "district", "district", "district"]
        assert all(total.is_met for total in year.totals), year.totals


def test_schools_count_more_than_districts_and_districts_more_than_the_county(like: Like) -> None:
    for school_year in YEARS:
        sums = dict(
            like.marts.execute(
                "select entity_level, sum(eligible_enrollment) from marts.chronic_absence"
                " where reporting_category = 'TA' and school_year = ? and school_code is distinct from '1999103'"
                " group by all",
                [school_year],
            ).fetchall()
        )
        unlisted = sums["district"] - sums["school"]
        assert sums["district"] > sums["county"]
        # the students of the district who are at none of its listed schools are left out of the schools' sum here
        assert unlisted < 21


def test_a_charter_that_reports_for_itself_counts_in_the_district_that_authorised_it(like: Like) -> None:
    registry = read_registry(like.settings.config)
    assert {"9900106", "1999101"} <= {lea.code for lea in registry.leas}
    assert like.marts.execute(
        "select distinct entity_level, district_cds_code from marts.dim_entities where cds_code = '19991019900106'"
    ).fetchall() == [("school", "19991010000000")]


def test_what_is_soiled_is_rejected_and_nothing_else(like: Like) -> None:
    dirt = json.loads((like.out / "truth" / "dirt.json").read_text())
    records = [json.loads(path.read_text()) for path in like.settings.ledger.glob("*/*.json")]
    # the survey's groups of fewer than ten are never loaded, whoever sends them
    rejected = sum(record["rows_rejected"] for record in records if record["source"] not in {"cde", "chks"})
    assert rejected == sum(each["rows"] for each in dirt)


def test_what_interventions_truly_change_is_told_apart_from_what_is_sent(like: Like) -> None:
    told = json.loads((like.out / "truth" / "interventions.json").read_text())
    assert {each["type_code"] for each in told if each["planted_effect"] == 1} == {"letter", "attendance_recovery"}
    assert not list(like.settings.extracts.rglob("*truth*"))
    assert "planted" not in " ".join(path.name for path in like.settings.extracts.rglob("*"))


def test_the_truth_of_each_counted_stay_adds_up_to_what_the_marts_say_of_schools(like: Like) -> None:
    for school_year in YEARS:
        told = like.marts.execute(
            "select cds_code, sum(days_expected), sum(days_absent), count(distinct ssid)"
            f" from read_parquet('{like.out}/truth/students_{school_year}.parquet') group by all order by 1"
        ).fetchall()
        ours = like.marts.execute(
            "select cds_code, sum(days_expected), sum(days_absent), count(*) from marts.student_attendance"
            " where entity_level = 'school' and is_eligible and school_year = ? group by all order by 1",
            [school_year],
        ).fetchall()
        assert told == ours


def test_students_come_back_a_grade_higher_in_the_second_year(like: Like) -> None:
    (share,) = like.marts.execute("""
        with county as (select * from marts.student_attendance where entity_level = 'county' and is_eligible)
        select avg(case when before.student_key is not null then 1 else 0 end)
        from county left join county as before
            on county.student_key = before.student_key and before.school_year = '2022-23'
        where county.school_year = '2023-24'
    """).fetchone()
    assert 0.6 < share < 1


def test_the_same_files_and_seed_write_the_same_bytes_whoever_works_beside_whom(like: Like, tmp_path: Path) -> None:
    again = tmp_path / "again"
    simulate_like(like.files, like.directory, YEARS[-1], again, county_code="19", seed=3, workers=1)
    written = {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}
    first = {path.relative_to(like.out): path.read_bytes() for path in like.out.rglob("*") if path.is_file()}
    assert written == first


def test_a_cell_that_differs_is_shown_with_both_counts(like: Like) -> None:
    like.marts.execute(
        "update marts.chronic_absence set chronic_count = chronic_count + 1"
        " where cds_code = '19991019900101' and reporting_category = 'TA' and school_year = '2023-24'"
    )
    try:
        year = compare(like.marts, "2023-24")[0][0]
        ((code, name, category, eligible, ours, chronic, our_chronic),) = year.different
        assert (code, name, category) == ("19991019900101", SCHOOLS[0].name, "TA")
        assert (eligible, our_chronic) == (ours, chronic + 1)
    finally:
        like.marts.execute(
            "update marts.chronic_absence set chronic_count = chronic_count - 1"
            " where cds_code = '19991019900101' and reporting_category = 'TA' and school_year = '2023-24'"
        )


@pytest.mark.skipif(not HERE, reason=f"the state's files of {' and '.join(YEARS)} are not in {CDE}")
def test_a_hundredth_of_the_real_county_equals_the_state_by_the_commands_that_a_person_types(hundredth: County) -> None:
    assert "attendance compare --published" in hundredth.said
    told = hundredth.attendance("compare", "--published").stdout
    assert told.count("100.00%") == len(YEARS), told
