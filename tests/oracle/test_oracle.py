"""The oracle itself, on counties small enough to count on one's fingers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.oracle.chronic import count
from tests.oracle.tiny_county import (
    ACADEMIC_YEAR,
    DAILY_LEA,
    NEXT_SCHOOL,
    PERIOD_SCHOOL,
    SCHOOL,
    SUMMARY_LEA,
    SUMMARY_SCHOOL,
    YEAR,
    County,
    cds,
    held,
)

STUDENT = "9900000001"
OTHER = "9900000002"
DISTRICT = cds("")
COUNTY = "99" + "0" * 12
ONE, TWO, THREE = "9999101", "9999102", "9999103"


@pytest.fixture
def county(tmp_path: Path) -> County:
    return County(tmp_path)


def days_at(county: County, entity: str, ssid: str = STUDENT) -> dict[str, Any]:
    """The student's only row at the entity."""
    days = count(county.extracts, county.config).students
    rows = days.loc[(days["cds_code"] == entity) & (days["ssid"] == ssid)]
    assert len(rows) == 1, f"{len(rows)} rows at {entity}"
    return {str(column): value for column, value in rows.iloc[0].items()}


def expected_and_absent(county: County, entity: str, ssid: str = STUDENT) -> tuple[float, float]:
    row = days_at(county, entity, ssid)
    return row["days_expected"], row["days_absent"]


def entities_of(county: County, ssid: str = STUDENT) -> set[str]:
    days = count(county.extracts, county.config).students
    return set(days.loc[days["ssid"] == ssid, "cds_code"])


# No charter, no DASS school, no alternative one.
OF_A_PLAIN_SCHOOL = {"CHN", "DAN", "ALN"}


def categories_of(county: County, entity: str) -> set[str]:
    """The categories of an entity at which only one student is eligible."""
    counts = count(county.extracts, county.config).groups
    counts = counts.loc[counts["cds_code"] == entity]
    assert set(counts["eligible_enrollment"]) == {1}
    return set(counts["reporting_category"])


def test_a_student_absent_exactly_ten_percent_is_chronically_absent(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL)
    county.mark(STUDENT, SCHOOL, range(1, 19), AL="U")
    county.enrol(OTHER, SCHOOL)
    county.mark(OTHER, SCHOOL, range(1, 18), AL="U")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (180, 18)
    assert days_at(county, cds(SCHOOL))["is_chronic"]
    assert expected_and_absent(county, cds(SCHOOL), OTHER) == (180, 17)
    assert not days_at(county, cds(SCHOOL), OTHER)["is_chronic"]


def test_thirty_expected_days_are_too_few_and_thirty_one_enough(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=30)
    county.mark(STUDENT, SCHOOL, range(1, 7), AL="U")
    county.enrol(OTHER, SCHOOL, last=31)
    county.mark(OTHER, SCHOOL, range(1, 5), AL="U")
    county.send()
    few, enough = days_at(county, cds(SCHOOL)), days_at(county, cds(SCHOOL), OTHER)
    assert (few["days_expected"], few["is_eligible"], few["is_chronic"]) == (30, False, False)
    assert (enough["days_expected"], enough["is_eligible"], enough["is_chronic"]) == (31, True, True)


def test_a_student_who_never_attended_is_not_eligible(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=40)
    county.mark(STUDENT, SCHOOL, range(1, 41), AL="U")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (40, 40)
    assert not days_at(county, cds(SCHOOL))["is_eligible"]


def test_a_mover_short_of_31_days_at_each_school_is_counted_once_at_the_district(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=25)
    county.enrol(STUDENT, NEXT_SCHOOL, first=26, last=45)
    county.mark(STUDENT, SCHOOL, [1, 2, 3], AL="U")
    county.mark(STUDENT, NEXT_SCHOOL, [30, 31, 32], AL="I")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (25, 3)
    assert expected_and_absent(county, cds(NEXT_SCHOOL)) == (20, 3)
    assert expected_and_absent(county, DISTRICT) == (45, 6)
    counts = count(county.extracts, county.config).groups
    total = counts.loc[counts["reporting_category"] == "TA"].set_index("cds_code")
    assert total[["eligible_enrollment", "chronic_count"]].to_dict("index") == {
        DISTRICT: {"eligible_enrollment": 1, "chronic_count": 1},
        COUNTY: {"eligible_enrollment": 1, "chronic_count": 1},
    }
    assert set(total["school_year"]) == {YEAR}


def test_a_day_of_two_overlapping_stints_belongs_to_the_later_start_alone(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.enrol(STUDENT, NEXT_SCHOOL, last=50)
    county.enrol(STUDENT, SCHOOL, first=41, last=60)
    county.mark(STUDENT, NEXT_SCHOOL, [40, 41, 42], AL="U")
    county.mark(STUDENT, SCHOOL, [42, 43, 44], AL="U")
    county.send()
    assert expected_and_absent(county, cds(NEXT_SCHOOL)) == (50, 3)
    assert expected_and_absent(county, DISTRICT) == (60, 4)


def test_a_day_of_two_overlapping_stints_belongs_to_the_primary_enrolment_before_the_later_start(
    county: County,
) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=60)
    county.enrol(STUDENT, NEXT_SCHOOL, first=41, last=60)
    county.senr(STUDENT, TWO, first=41, last=60, status="30")
    county.mark(STUDENT, NEXT_SCHOOL, [42, 43], AL="U")
    county.send()
    assert expected_and_absent(county, cds(NEXT_SCHOOL)) == (20, 2)
    assert expected_and_absent(county, DISTRICT) == (60, 0)


def test_a_day_off_at_the_school_that_has_it_is_not_expected_of_the_other_either(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.holidays.add((NEXT_SCHOOL, held(45)))
    county.enrol(STUDENT, SCHOOL, last=50)
    county.enrol(STUDENT, NEXT_SCHOOL, first=41, last=60)
    county.send()
    assert days_at(county, cds(SCHOOL))["days_expected"] == 50
    assert days_at(county, DISTRICT)["days_expected"] == 59


def test_a_day_told_by_periods_is_absent_only_if_all_of_them_are(county: County) -> None:
    county.witness(PERIOD_SCHOOL)
    county.enrol(STUDENT, PERIOD_SCHOOL)
    county.mark(STUDENT, PERIOD_SCHOOL, [1], A1="U")
    county.mark(STUDENT, PERIOD_SCHOOL, [2], A1="U", A2="T")
    county.mark(STUDENT, PERIOD_SCHOOL, [3], A1="I", A2="U")
    county.mark(STUDENT, PERIOD_SCHOOL, [4], A1="I", A2="S")
    county.mark(STUDENT, PERIOD_SCHOOL, [5], A1="U", A2="J", A3="T")
    county.mark(STUDENT, PERIOD_SCHOOL, [6], AL="T", A1="U", A2="U")
    county.send()
    row = days_at(county, cds(PERIOD_SCHOOL))
    assert (row["days_expected"], row["days_absent"], row["days_excused"], row["days_unexcused"]) == (180, 3, 0, 1)
    assert (row["days_out_of_school_suspension"], row["days_non_ada_independent_study"]) == (1, 1)


def test_periods_of_a_school_that_takes_attendance_daily_make_no_absence(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL)
    county.mark(STUDENT, SCHOOL, [1], A1="U", A2="U")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (180, 0)


def test_an_unmapped_code_takes_its_day_out_of_both_sides(county: County) -> None:
    county.witness(SCHOOL, PERIOD_SCHOOL)
    county.enrol(STUDENT, SCHOOL)
    county.mark(STUDENT, SCHOOL, [1, 2], AL="Z")
    county.mark(STUDENT, SCHOOL, [3], AL="U")
    county.enrol(OTHER, PERIOD_SCHOOL)
    county.mark(OTHER, PERIOD_SCHOOL, [1], A1="Z", A2="U")
    county.mark(OTHER, PERIOD_SCHOOL, [2], A1="Z", A2="T")
    county.mark(OTHER, PERIOD_SCHOOL, [3], A0="Z", A1="U", A2="U")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (178, 1)
    assert expected_and_absent(county, cds(PERIOD_SCHOOL), OTHER) == (179, 1)


def test_a_code_counts_by_its_type_and_flags_and_not_by_its_letter(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL)
    for day, letter in enumerate("UIXSDCJT", start=1):
        county.mark(STUDENT, SCHOOL, [day], AL=letter)
    county.send()
    row = days_at(county, cds(SCHOOL))
    assert (row["days_expected"], row["days_absent"], row["days_excused"], row["days_unexcused"]) == (180, 5, 1, 2)
    assert (row["days_out_of_school_suspension"], row["days_non_ada_independent_study"]) == (1, 1)


def test_the_days_of_a_school_where_a_student_is_exempt_count_nowhere(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    for ssid in (STUDENT, OTHER):
        county.enrol(ssid, SCHOOL, last=40)
        county.mark(ssid, SCHOOL, range(1, 11), AL="U")
        county.stas(ssid, ONE, lea=DAILY_LEA, exempt="Y")
    county.enrol(STUDENT, NEXT_SCHOOL, first=41, last=80)
    county.mark(STUDENT, NEXT_SCHOOL, [50], AL="U")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (0, 0)
    assert expected_and_absent(county, DISTRICT) == (40, 1)
    assert days_at(county, DISTRICT)["is_eligible"]
    assert not days_at(county, DISTRICT, OTHER)["is_eligible"]


def test_a_school_that_is_silent_has_no_figures(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=40)
    county.enrol(STUDENT, NEXT_SCHOOL, first=41)
    county.enrol(OTHER, NEXT_SCHOOL)
    county.mark(OTHER, NEXT_SCHOOL, [1], CD="E")
    county.mark(OTHER, NEXT_SCHOOL, [2], AL="U", DEL="1")
    county.send()
    assert entities_of(county) == {cds(SCHOOL), DISTRICT, COUNTY}
    assert expected_and_absent(county, DISTRICT) == (40, 0)
    assert entities_of(county, OTHER) == set()


def test_a_day_that_a_stint_at_a_silent_school_wins_is_not_expected_of_the_other(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=60)
    county.enrol(STUDENT, NEXT_SCHOOL, first=51)
    county.send()
    assert days_at(county, cds(SCHOOL))["days_expected"] == 60
    assert days_at(county, DISTRICT)["days_expected"] == 50


def test_expected_days_stop_at_the_last_day_in_session_that_has_a_code(county: County) -> None:
    county.witness(SCHOOL, day=100)
    county.enrol(STUDENT, SCHOOL)
    county.holidays.add((SCHOOL, held(120)))
    county.mark(STUDENT, SCHOOL, [90, 120], AL="U")
    county.send()
    assert expected_and_absent(county, cds(SCHOOL)) == (100, 1)


def test_a_corrected_month_replaces_the_earlier_file_wholly_and_no_other_month(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL)
    assert held(20)[:7] != held(40)[:7] == held(45)[:7]
    county.mark(STUDENT, SCHOOL, [20], AL="U")
    county.mark(STUDENT, SCHOOL, [45], AL="I", file="ATT_202310_20231110.csv")
    county.mark(STUDENT, SCHOOL, [40, 41, 42], AL="U", file="ATT_zz_20231103.csv")
    county.send()
    row = days_at(county, cds(SCHOOL))
    assert (row["days_excused"], row["days_unexcused"]) == (1, 1)


def test_a_no_show_was_never_enrolled(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=50, reason="N470")
    county.enrol(OTHER, SCHOOL, last=50, reason="T160")
    county.send()
    assert entities_of(county) == set()
    assert expected_and_absent(county, cds(SCHOOL), OTHER) == (50, 0)


def test_a_leave_date_is_the_day_after_where_the_registry_says_so(county: County) -> None:
    county.leave_date = "day_after"
    county.witness(SCHOOL, day=180)
    county.enrol(STUDENT, SCHOOL, last=40)
    county.enrol(OTHER, SCHOOL)
    county.mark(OTHER, SCHOOL, [180], AL="U")
    county.send()
    assert days_at(county, cds(SCHOOL))["days_expected"] == 39
    assert expected_and_absent(county, cds(SCHOOL), OTHER) == (179, 0)


def test_a_secondary_enrolment_does_not_count(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=50)
    county.senr(STUDENT, ONE, last=50, status="20")
    county.send()
    assert entities_of(county) == set()


def test_preschool_does_not_count(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, grade="-2")
    county.send()
    assert entities_of(county) == set()


def test_a_yearly_summary_gives_the_days_of_a_school_that_sends_none_daily(county: County) -> None:
    county.witness(SCHOOL)
    county.senr(STUDENT, SUMMARY_SCHOOL, lea=SUMMARY_LEA)
    kinds = {"f17": "1.00", "f18": "9.00", "f19": "2.50", "f20": "3.25", "f21": "4.00", "f22": "8.00"}
    county.stas(STUDENT, SUMMARY_SCHOOL, f15="107.50", **kinds)
    county.enrol(STUDENT, SCHOOL, first=121, last=180)
    county.mark(STUDENT, SCHOOL, [130], AL="U")
    county.stas(STUDENT, ONE, lea=DAILY_LEA, f15="999.00", f20="999.00")
    county.senr(OTHER, SUMMARY_SCHOOL, lea=SUMMARY_LEA, last=40)
    county.stas(OTHER, SUMMARY_SCHOOL, f15="100.10", f19="10.01")
    county.send()
    summary = f"{SUMMARY_LEA}{SUMMARY_SCHOOL}"
    assert expected_and_absent(county, summary) == (107.5, 10.75)
    assert days_at(county, summary)["is_chronic"]
    assert expected_and_absent(county, cds(SCHOOL)) == (60, 1)
    assert expected_and_absent(county, COUNTY) == (167.5, 11.75)
    assert days_at(county, summary, OTHER)["is_chronic"]


def test_race_and_gender_come_from_the_latest_record_of_the_entity_and_from_elsewhere_only_if_it_has_none(
    county: County,
) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL, PERIOD_SCHOOL)
    for place, school in enumerate((SCHOOL, NEXT_SCHOOL, PERIOD_SCHOOL)):
        county.enrol(STUDENT, school, first=60 * place + 1, last=60 * place + 60)
    county.sinf(STUDENT, ONE, start="20230814", f19="F", f23="N", f25="700")
    county.sinf(STUDENT, ONE, start="20230901", f19="X", f23="N", f25="201", f26="400")
    county.sinf(STUDENT, TWO, start="20231201", f19="M", f23="Y", f25="600")
    county.send()
    assert categories_of(county, cds(SCHOOL)) == {"TA", "GR13", "GRTK8", "RT", "GX"}
    assert categories_of(county, cds(NEXT_SCHOOL)) == {"TA", "GR13", "GRTK8", "RH", "GM"}
    assert categories_of(county, cds(PERIOD_SCHOOL)) == {"TA", "GR13", "GRTK8", "RH", "GM"}
    assert categories_of(county, DISTRICT) == {"TA", "GR13", "GRTK8", "RH", "GM", *OF_A_PLAIN_SCHOOL}


@pytest.mark.parametrize(
    ("fields", "race"),
    [
        ({"f23": "Y", "f25": "100", "f26": "700"}, "RH"),
        ({"f23": "N", "f25": "100"}, "RI"),
        ({"f23": "N", "f25": "201", "f26": "299"}, "RA"),
        ({"f23": "N", "f27": "399"}, "RP"),
        ({"f23": "", "f25": "400"}, "RF"),
        ({"f23": "N", "f25": "600"}, "RB"),
        ({"f23": "N", "f25": "700"}, "RW"),
        ({"f23": "N", "f25": "600", "f26": "700"}, "RT"),
        ({"f23": "N"}, "RD"),
    ],
)
def test_race_is_hispanic_first_then_two_or_more_then_the_one_then_not_reported(
    county: County, fields: dict[str, str], race: str
) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL)
    county.sinf(STUDENT, ONE, **fields)
    county.send()
    assert categories_of(county, cds(SCHOOL)) == {"TA", "GR13", "GRTK8", race, "GZ"}


def test_a_programme_counts_at_an_entity_if_its_dates_meet_a_stint_there(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=60)
    county.enrol(STUDENT, NEXT_SCHOOL, first=61)
    programs = {
        "144": (held(60), held(60)),
        "191": (held(61), ""),
        "135": ("2023-07-01", "2023-08-11"),
        "193": (held(1), held(180)),
    }
    for program, (start, end) in programs.items():
        dates = {"f15": start.replace("-", ""), "f16": end.replace("-", "")}
        county.record(DAILY_LEA, "SPRG-R", f4=DAILY_LEA, f5=ONE, f6=ACADEMIC_YEAR, f7=STUDENT, f13=program, **dates)
    county.record(
        DAILY_LEA, "SPRG-R", f2="D", f4=DAILY_LEA, f5=ONE, f6=ACADEMIC_YEAR, f7=STUDENT, f13="135", f15="20230814"
    )
    county.send()
    assert categories_of(county, cds(SCHOOL)) >= {"SD", "SF", "SS"}
    assert not categories_of(county, cds(SCHOOL)) & {"SH", "SM"}
    assert categories_of(county, cds(NEXT_SCHOOL)) >= {"SH", "SF", "SS"}
    assert not categories_of(county, cds(NEXT_SCHOOL)) & {"SD", "SM"}
    assert categories_of(county, DISTRICT) >= {"SD", "SH", "SF", "SS"}


def test_a_parent_who_did_not_finish_high_school_makes_disadvantaged_for_the_whole_year(county: County) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=60)
    county.sinf(STUDENT, TWO, start="20240301", f38="14")
    county.sinf(STUDENT, ONE, start="20240501", f38="12")
    county.send()
    assert "SS" in categories_of(county, cds(SCHOOL))


def test_an_english_learner_is_one_until_the_day_before_the_next_status(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.enrol(STUDENT, SCHOOL, last=60)
    county.enrol(STUDENT, NEXT_SCHOOL, first=61)
    for status, since in (("RFEP", held(61).replace("-", "")), ("EL", "20190901")):
        county.record(DAILY_LEA, "SELA", f4=DAILY_LEA, f5=TWO, f6=ACADEMIC_YEAR, f7=STUDENT, f13=status, f14=since)
    county.send()
    assert "SE" in categories_of(county, cds(SCHOOL))
    assert "SE" not in categories_of(county, cds(NEXT_SCHOOL))
    assert "SE" in categories_of(county, DISTRICT)


@pytest.mark.parametrize(
    ("grade", "categories"),
    [
        ("-1", {"GRTKKN", "GRTK8"}),
        ("0", {"GRTKKN", "GRTK8"}),
        ("3", {"GR13", "GRTK8"}),
        ("4", {"GR46", "GRTK8"}),
        ("7", {"GR78", "GRTK8"}),
        ("8", {"GR78", "GRTK8"}),
        ("9", {"GR912"}),
        ("12", {"GR912"}),
    ],
)
def test_a_grade_is_in_its_span_and_up_to_eight_in_tk_to_8(county: County, grade: str, categories: set[str]) -> None:
    county.witness(SCHOOL)
    county.enrol(STUDENT, SCHOOL, grade=grade)
    county.send()
    assert categories_of(county, cds(SCHOOL)) == {"TA", "RD", "GZ", *categories}


def test_a_student_of_two_grades_is_in_the_one_of_the_later_stint(county: County) -> None:
    county.witness(SCHOOL, NEXT_SCHOOL)
    county.enrol(STUDENT, NEXT_SCHOOL, first=61, grade="4")
    county.enrol(STUDENT, SCHOOL, last=60, grade="3")
    county.send()
    assert categories_of(county, DISTRICT) == {"TA", "RD", "GZ", "GR46", "GRTK8", *OF_A_PLAIN_SCHOOL}


def test_a_school_number_that_the_registry_lacks_is_named(county: County) -> None:
    county.enrol(STUDENT, "77")
    county.send()
    with pytest.raises(ValueError, match="school number 77"):
        count(county.extracts, county.config)
