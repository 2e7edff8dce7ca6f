"""The dirt that the simulated county holds on purpose, found again in the marts."""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections.abc import Callable

import pytest

from ingestion.registry import read_registry
from ingestion.secret import read_secret
from simulation.county import SimulationReport, simulate
from tests.end_to_end.conftest import County

# Alder (Aeries), Elm (PowerSchool), Ginkgo (Infinite Campus), Ironwood (Synergy)
UNMAPPED_AT = ["1999001", "1999005", "1999007", "1999009"]
SCHOOL = "entity_level = 'school'"
DISTRICT = "entity_level = 'district'"


@pytest.fixture(scope="session")
def simulated(county: County, tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    """The same county again, for what it says it planted: the same seed writes the same files."""
    return simulate(read_registry(county.settings.config), tmp_path_factory.mktemp("again") / "extracts")


@pytest.fixture(scope="session")
def standing(county: County, simulated: SimulationReport) -> Callable[[str, str], list[dict[str, object]]]:
    """The rows of student_attendance of a planted case, by the pseudonym of its SSID."""
    secret = read_secret(county.settings)

    def key(ssid: str) -> str:
        return hmac.new(secret, f"state|{ssid}".encode(), hashlib.sha256).hexdigest()

    def rows(case: str, where: str) -> list[dict[str, object]]:
        ssids = [
            ssid
            for planted in simulated.planted
            if planted.name == case and planted.where.endswith("2023-24")
            for ssid in planted.ssids
        ]
        assert ssids, f"nothing planted as {case}"
        keys = ", ".join(f"'{key(ssid)}'" for ssid in ssids)
        return county.ask(
            f"select * from marts.student_attendance where school_year = '2023-24' and {where}"
            f" and student_key in ({keys})"
        )

    return rows


Standing = Callable[[str, str], list[dict[str, object]]]


def test_a_student_at_exactly_ten_percent_is_chronically_absent(standing: Standing) -> None:
    (row,) = standing("exactly_ten_percent", SCHOOL)
    assert (row["days_expected"], row["days_absent"], row["is_chronically_absent"]) == (180, 18, True)


def test_thirty_days_expected_are_too_few_and_thirty_one_enough(standing: Standing) -> None:
    (few,) = standing("thirty_days_expected", SCHOOL)
    (enough,) = standing("thirty_one_days_expected", SCHOOL)
    assert (few["days_expected"], few["is_eligible"], few["is_chronically_absent"]) == (30, False, False)
    assert (enough["days_expected"], enough["is_eligible"], enough["is_chronically_absent"]) == (31, True, True)


def test_a_mover_under_31_days_at_each_school_is_judged_at_the_district(standing: Standing) -> None:
    schools = standing("eligible_only_at_district", SCHOOL)
    (district,) = standing("eligible_only_at_district", DISTRICT)
    assert len(schools) == 2
    assert not any(row["is_eligible"] for row in schools)
    assert (district["days_expected"], district["days_absent"], district["is_chronically_absent"]) == (45, 6, True)


def test_a_student_who_attended_no_day_is_not_eligible(standing: Standing) -> None:
    rows = standing("zero_days_attended", SCHOOL)
    assert rows
    assert all(row["days_expected"] == row["days_absent"] and not row["is_eligible"] for row in rows)


def test_overlapping_stints_count_no_day_twice(standing: Standing) -> None:
    at_schools: dict[object, float] = {}
    for row in standing("overlapping_stints", SCHOOL):
        at_schools[row["student_key"]] = at_schools.get(row["student_key"], 0) + float(str(row["days_expected"]))
    districts = standing("overlapping_stints", DISTRICT)
    assert districts
    for row in districts:
        assert float(str(row["days_expected"])) <= 180
        assert float(str(row["days_expected"])) < at_schools[row["student_key"]]


def test_a_school_that_never_submits_has_no_rate_and_is_shown_as_such(county: County) -> None:
    rows = county.ask("select * from marts.chronic_absence where school_code = '9920104'")
    assert len(rows) == 2
    assert {row["submission_status"] for row in rows} == {"not_submitted"}
    assert all(row["chronic_rate"] is None and row["eligible_enrollment"] is None for row in rows)


def test_an_unmapped_code_leaves_both_sides_and_is_counted(county: County) -> None:
    days = county.ask(
        "select substr(cds_code, 1, 7) as sender, sum(days_unmapped) as days from marts.student_attendance"
        f" where {SCHOOL} and days_unmapped > 0 group by 1 order by 1"
    )
    rows = county.ask(
        "select sender, sum(rows_unmapped) as unmapped from marts.deliveries where rows_unmapped > 0"
        " group by 1 order by 1"
    )
    assert [row["sender"] for row in days] == [row["sender"] for row in rows] == UNMAPPED_AT
    for day, row in zip(days, rows, strict=True):
        # a day of periods has a row for each of them
        assert 0 < float(str(day["days"])) <= float(str(row["unmapped"]))
    assert float(str(days[0]["days"])) == float(str(rows[0]["unmapped"])), "Alder's are codes of whole days"


def test_the_corrected_attendance_of_october_replaces_the_first(county: County) -> None:
    files = sorted((county.settings.extracts / "1999001/aeries/2023-24").glob("ATT_202310_*.csv"))
    assert len(files) == 2, "the simulated county sends October twice"
    last = max(files, key=lambda path: path.stem[-8:])
    with last.open(encoding="utf-8", newline="") as lines:
        sent = sum(1 for _row in csv.DictReader(lines))
    held = county.ask(
        "select count(*) as n, count(distinct delivery_id) as deliveries from read_parquet("
        f"'{county.settings.lake}/aeries/attendance/1999001/2023-10.parquet')"
    )
    (record,) = county.ask(f"select * from marts.deliveries where file_name like '%{last.name}'")
    assert held == [{"n": sent - record["rows_rejected"], "deliveries": 1}]


def test_transitional_kindergarten_is_a_grade_from_2023_24_on(county: County) -> None:
    rows = county.ask(
        f"select school_year, count(*) filter (where grade = 'TK') as tk from marts.student_attendance where {SCHOOL}"
        " group by school_year order by school_year"
    )
    assert rows[0]["tk"] == 0
    assert rows[1]["tk"] > 0
