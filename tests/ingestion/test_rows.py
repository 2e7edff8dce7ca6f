"""Which rows are loaded, which are rejected and why, and when a whole delivery is refused."""

from __future__ import annotations

import random
import re
from datetime import date, datetime

import pytest

from ingestion.contract import Contract
from tests.ingestion.county import (
    ABS,
    AERIES,
    ATT,
    CHKS,
    DAY,
    ENR,
    LEA,
    LOG,
    STU,
    County,
    absence,
    absence_code,
    absences,
    csv,
    lenient,
    names,
    student,
    survey,
)


def test_columns_may_stand_in_any_order_and_ignored_and_private_ones_may_be_left_out(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(sorted(ATT), absences(5)))
    ignored = names("PR GR TR TN RS NS AP1 AP2 HS IT NPS ITD ADA ADT ACO DTS")
    needed = [name for name in ATT if name not in ignored]
    county.send(f"{AERIES}/ATT_20231201.csv", csv(needed, absences(5, "2023-11-02")))
    county.send(f"{AERIES}/STU_20230901.csv", csv([n for n in STU if n not in {"LN", "FN", "TL"}], [student(1)]))
    assert {record.outcome for record in county.run()} == {"loaded"}
    assert [row["school_date"] for row in county.lake("aeries/attendance")] == [date(2023, 10, 5)] * 5 + [
        date(2023, 11, 2)
    ] * 5


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("SC", "", "is blank but required"),
        ("SC", "x", "is not a whole number"),
        ("SC", "12.5", "is not a whole number"),
        ("SC", "1e3", "is not a whole number"),
        ("SC", "0x1F", "is not a whole number"),
        ("SC", "1_0", "is not a whole number"),
        ("SC", "-1", "is below 0"),
        ("SC", "123456", "is above 99999"),
        ("CD", "X", "is not one of E, L"),
        ("DT", "2023-13-01", "is not a date like 2023-10-05 or 10/05/2023"),
        ("DT", "05.10.2023", "is not a date like 2023-10-05 or 10/05/2023"),
        ("DT", "0023-10-05", "is not a date like 2023-10-05 or 10/05/2023"),
        ("DT", "2023-06-30", "is outside 2023-24, the year of its folder"),
    ],
)
def test_each_broken_rule_is_told_with_line_column_reason_and_value(
    county: County, column: str, value: str, reason: str
) -> None:
    county.send_codes()
    rows = absences(100)
    rows[49] |= {column: value}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("loaded", 100, 99, 1)
    (reject,) = county.rejects(record)
    assert (reject["line"], reject["column_name"], reject["reason"]) == (51, column, reason)
    assert reject["value"] == (value or None)
    assert (reject["delivery_id"], reject["sender"], reject["source"], reject["file"]) == (
        record.delivery_id,
        LEA,
        "aeries",
        "attendance",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [("2023-10-05", 5), ("10/5/2023", 5), ("10/05/2023", 5), ("2023-10-05 00:00:00", 5), (" 2023-10-05 ", 5)],
)
def test_a_date_may_be_written_as_aeries_exports_it(county: County, written: str, meant: int) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(1, written)]))
    county.run()
    assert county.lake("aeries/attendance")[0]["school_date"] == date(2023, 10, meant)


def test_a_row_that_breaks_two_rules_is_one_rejected_row_and_two_reasons(county: County) -> None:
    county.send_codes()
    rows = absences(100)
    rows[9] |= {"SC": "x", "CD": "Y"}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert record.rows_rejected == 1
    assert county.reasons(record) == [(11, "SC", "is not a whole number"), (11, "CD", "is not one of E, L")]


def test_where_several_columns_are_wrong_no_value_of_the_row_is_repeated(county: County) -> None:
    shifted = ",".join(["50001", *(student(1).get(name, "") for name in STU[:-1])])
    text = csv(STU, [student(number) for number in range(2, 202)]) + shifted
    county.send(f"{AERIES}/STU_20230901.csv", text)
    record = county.run_one()
    assert record.rows_rejected == 1
    assert len(county.rejects(record)) > 1
    assert all(row["value"] is None for row in county.rejects(record))


def test_a_long_number_in_the_wrong_place_is_not_repeated(county: County) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[3] |= {"GR": "8100000004"}
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, rows))
    record = county.run_one()
    assert [(row["column_name"], row["value"]) for row in county.rejects(record)] == [("GR", None)]


def test_the_first_row_of_a_key_stays_and_the_later_ones_are_rejected(county: County) -> None:
    county.send_codes()
    rows = absences(300)
    rows[20] = rows[10] | {"AL": "I"}
    rows[30] = rows[10] | {"SN": " 011 "}
    rows[40] = rows[10] | {"CD": "E"}
    rows[50] = rows[10] | {"DT": "2023-10-06"}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded) == (300, 298)
    assert county.reasons(record) == [
        (22, "SC, SN, DT, CD", "repeats the key of line 12"),
        (32, "SC, SN, DT, CD", "repeats the key of line 12"),
    ]
    kept = [row for row in county.lake("aeries/attendance") if row["all_day_code"] == "I"]
    assert kept == []


def test_a_row_that_repeats_the_key_of_a_rejected_row_is_the_first_good_one(county: County) -> None:
    county.send_codes()
    rows = absences(200)
    rows[10] |= {"CD": "Q"}
    rows[11] = rows[10] | {"CD": ""}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert county.reasons(record) == [(12, "CD", "is not one of E, L")]


def test_at_the_limit_a_file_loads_and_above_it_is_refused_and_nothing_is_written(county: County) -> None:
    county.send_codes()
    rows = absences(200)
    for place in (3, 77):
        rows[place] |= {"SC": "x"}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    assert county.run_one().outcome == "loaded"
    before = county.lake_digests()
    rows[150] |= {"SC": "x"}
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("refused", 200, 0, 200)
    assert "3 of 200 rows (1.5%) are rejected, above the limit of 1 %" in str(record.message)
    assert "3 times SC is not a whole number, first on line 5" in str(record.message)
    after = county.lake_digests()
    assert {path: digest for path, digest in after.items() if path.startswith("lake")} == {
        path: digest for path, digest in before.items() if path.startswith("lake")
    }
    assert [line for line, _, _ in county.reasons(record)] == [5, 79, 152]


def test_a_school_may_have_no_holiday_code_and_a_date_without_a_day_number(county: County) -> None:
    rows = [
        {"SC": "101", "DY": "1", "DT": "2023-08-15", "HO": "", "MO": "1"},
        {"SC": "101", "DY": "", "DT": "2023-09-04", "HO": "L", "MO": "1"},
    ]
    county.send(f"{AERIES}/DAY_20230801.csv", csv(DAY, rows))
    assert county.run_one().rows_loaded == 2
    assert [(row["school_day"], row["holiday_code"]) for row in county.lake("aeries/calendar")] == [
        (1, None),
        (None, "L"),
    ]


def test_an_enrollment_belongs_to_the_year_in_which_its_school_year_starts(county: County) -> None:
    row = {"ID": "5", "SC": "101", "SN": "7", "GR": "-1", "ED": "2023-08-15", "LD": "", "ER": ""}
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, [row | {"YR": "2022"}, row | {"YR": "2023"}]))
    assert county.run_one().periods == ("2022-23", "2023-24")
    assert [(row["start_year"], row["school_year"]) for row in county.lake("aeries/enrollments")] == [
        (2022, "2022-23"),
        (2023, "2023-24"),
    ]


def test_the_first_half_of_a_year_belongs_to_the_school_year_before(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20240701.csv", csv(ATT, [absence(1, "2024-06-30"), absence(2, "2023-07-01")]))
    assert county.run_one().periods[0] == "2023-07"
    assert {row["school_year"] for row in county.lake("aeries/attendance")} == {"2023-24"}


def test_a_survey_result_of_fewer_than_ten_respondents_is_never_loaded_nor_repeated(county: County) -> None:
    rows = [survey(1), survey(2, "10"), survey(3, "9"), survey(4, "0")]
    county.send("19/chks/results.csv", csv(CHKS, rows))
    record = county.run_one("survey", "19")
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 4, 2)
    assert [row["n_respondents"] for row in county.lake("chks/results", "19")] == [40, 10]
    assert [(row["reason"], row["value"]) for row in county.rejects(record)] == [("is below 10", None)] * 2
    blank = [survey(school, "") for school in range(5, 9)]
    county.send("19/chks/results2.csv", csv(CHKS, rows[:1] + rows[2:] + blank))
    assert county.run_one("survey", "19").outcome == "refused"


def test_an_intervention_log_spans_school_years_and_is_its_senders_own(county: County) -> None:
    row = {
        "intervention_id": "7",
        "lea_code": LEA,
        "school_code": "9910101",
        "local_student_id": "5001",
        "tier": "2",
        "type_code": "letter",
        "start_date": "2023-06-01",
        "updated_at": "2023-06-30T15:30:00",
    }
    rows = [row, row | {"intervention_id": "8", "start_date": "2023-09-01"}]
    county.send(
        f"{LEA}/interventions/log.csv", csv(LOG, [*rows, row | {"intervention_id": "9", "lea_code": "1999002"}])
    )
    record = county.run_one("interventions", contracts=lenient())
    assert record.periods == ("2022-23", "2023-24")
    assert county.reasons(record) == [(4, "lea_code", "is another LEA's: the sender is 1999001")]
    assert county.lake("interventions/log")[0]["updated_at"] == datetime(2023, 6, 30, 15, 30)  # noqa: DTZ001


# ---- codes that another file explains ----


def test_codes_that_nothing_explains_are_counted_and_their_rows_stay(county: County) -> None:
    county.send_codes()
    rows = absences(200)
    for place in (3, 77):
        rows[place] |= {"AL": "?"}
    rows[9] |= {"AL": "", "A1": "?"}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_loaded, record.rows_rejected, record.rows_unmapped) == ("loaded", 200, 0, 2)
    assert sum(row["all_day_code"] == "?" for row in county.lake("aeries/attendance")) == 2


def test_more_than_one_percent_of_unexplained_codes_refuses_the_file(county: County) -> None:
    county.send_codes()
    rows = absences(200)
    for place in (3, 77, 99):
        rows[place] |= {"AL": "?"}
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_rejected, record.rows_unmapped) == ("refused", 200, 200, 0)
    assert "3 of 200 rows (1.5%) have a code that aeries/absence_codes does not explain" in str(record.message)
    assert county.periods("aeries/attendance") == []


def test_a_code_is_explained_only_by_its_own_schools_list(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(1, SC="102"), *absences(199, first=2)]))
    assert county.run_one().rows_unmapped == 1


def test_a_code_is_explained_only_by_its_own_years_list(county: County) -> None:
    county.send_codes("A")
    county.send_codes("A", "Z", year="2022-23", day="20220801")
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(1, AL="Z"), *absences(199, first=2)]))
    assert county.run_one().rows_unmapped == 1


def test_in_a_file_of_several_years_each_code_is_explained_by_its_own_year(county: County) -> None:
    shared = {
        "source": "interventions",
        "replaces": "school_year",
        "format": {"kind": "csv"},
        "source_of_truth": "none",
    }
    codes = Contract.model_validate(
        shared
        | {
            "file": "codes",
            "matches": "codes*",
            "grain": ["YEAR", "CODE"],
            "school_year": {"column": "YEAR", "as": "short"},
            "columns": {
                "YEAR": {"is": "school_year", "required": True},
                "CODE": {"is": "code"},
            },
        }
    )
    events = Contract.model_validate(
        shared
        | {
            "file": "events",
            "matches": "events*",
            "grain": ["DAY", "CODE"],
            "school_year": {"column": "DAY", "as": "date"},
            "columns": {
                "DAY": {"is": "event_date", "type": "date", "required": True},
                "CODE": {"is": "code", "refers": {"file": "codes", "by": {"CODE": "CODE"}, "limit": "50%"}},
            },
        }
    )
    county.send(f"{LEA}/interventions/codes.csv", "YEAR,CODE\n2022-23,A\n2022-23,B\n2023-24,A\n")
    county.send(f"{LEA}/interventions/events.csv", "DAY,CODE\n2023-05-01,B\n2023-10-01,B\n2023-10-01,A\n")
    outcomes = {one.file: one for one in county.run("interventions", contracts=(events, codes))}
    assert (outcomes["events"].outcome, outcomes["events"].rows_unmapped) == ("loaded", 1)


def test_without_the_absence_codes_the_file_waits_and_is_tried_again_when_they_come(county: County) -> None:
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(5)))
    record = county.run_one()
    assert record.outcome == "refused"
    assert "there is no aeries/absence_codes of this sender for that school year" in str(record.message)
    assert "Send ABS*.csv of 2023-24" in str(record.message)
    assert county.run() == []
    county.send_codes()
    assert {one.file: one.outcome for one in county.run()} == {"absence_codes": "loaded", "attendance": "loaded"}
    assert len(county.lake("aeries/attendance")) == 5


def test_absence_codes_load_before_the_attendance_that_was_sent_before_them(county: County) -> None:
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(5)))
    county.send_codes(day="20240601")
    assert [(one.file, one.outcome) for one in county.run()] == [
        ("absence_codes", "loaded"),
        ("attendance", "loaded"),
    ]


def test_attendance_without_any_code_needs_no_absence_codes(county: County) -> None:
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(1, AL="", CD="E")]))
    assert county.run_one().outcome == "loaded"


def test_a_row_counts_unless_it_is_marked_as_deleted(county: County) -> None:
    county.send_codes()
    marks = ["", "0", "False", "N", "1", "True"]
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(n, DEL=mark) for n, mark in enumerate(marks, 1)]))
    county.run()
    assert [row["deleted"] for row in county.lake("aeries/attendance")] == [None] * 4 + ["1", "True"]


# ---- no row is lost ----


def damaged(line: str, how: random.Random) -> str:
    """A row as a bad export might leave it; never a quote at the edge of a field, which could open a real one."""
    place = how.randrange(1, len(line) - 1)
    return how.choice(
        [
            line + ",",
            line.replace(",", ";"),
            line[:place],
            line.replace("2023", "20x23"),
            line.replace("101", '1"01'),
            line + '" ',
            line.replace("101", "\x00"),
            line.replace(",A,", ",\N{LATIN SMALL LETTER N WITH TILDE}é,", 1) + ",,",
            "",
            "   ",
            line.replace("2023-10-05", "2023-10-05\r2023"),
        ]
    )


@pytest.mark.parametrize("seed", range(12))
def test_every_row_that_comes_in_is_loaded_or_rejected_and_damage_costs_only_its_own_rows(
    county: County, seed: int
) -> None:
    how = random.Random(seed)
    county.send_codes()
    lines = csv(ATT, absences(400)).splitlines()
    hit = set(how.sample(range(1, 401), how.choice([1, 7, 60])))
    lines = [damaged(line, how) if place in hit else line for place, line in enumerate(lines)]
    if seed % 3 == 0:
        lines[1 + how.randrange(400)] += '"'
    text = how.choice(["\n", "\r\n"]).join(lines)
    county.send(f"{AERIES}/ATT_20231101.csv", text)
    record = county.run_one(contracts=lenient())
    physical = re.split("\r\n|\r|\n", text)[1:]
    assert record.rows_in == sum(bool(line.strip(" \t")) for line in physical)
    assert record.rows_in == record.rows_loaded + record.rows_rejected
    assert record.rows_loaded == len(county.lake("aeries/attendance"))
    assert record.rows_rejected == len({line for line, _, _ in county.reasons(record)})
    sound = {line for line in csv(ATT, absences(400)).splitlines()[1:] if line in physical}
    assert record.rows_loaded >= len(sound)
    touched = {line for line, _, _ in county.reasons(record)}
    assert not {number for number, line in enumerate(physical, 2) if line in sound} & touched


def test_a_file_of_only_bad_rows_is_refused(county: County) -> None:
    county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A") | {"SU": "?"}]))
    (record,) = county.run()
    assert (record.outcome, record.rows_in, record.rows_rejected) == ("refused", 1, 1)
    (record,) = county.run(contracts=lenient())[:1] or [record]
    assert record.outcome == "refused"
