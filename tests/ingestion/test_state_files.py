"""CALPADS's files and reports and the foster list: each rule of a row, each way in which one may arrive, by year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ingestion.contract import FOLDER, Contract, Rejects, read_contract
from ingestion.registry import Delivery, Registry
from tests.ingestion.county import CALPADS, LEA, OTHER_LEA, County, caret, lenient, senr, stas

SCHOOL = "9910101"


def reported(county: County, rows: list[list[str]], kind: str = "calpads") -> list[tuple[int, str]]:
    """Send those rows as one CALPADS file; returns line and reason of each reject."""
    county.send(f"{CALPADS}/own.txt", caret(rows))
    record = county.run_one(kind, contracts=lenient())
    assert record.outcome in {"loaded", "refused"}
    return [(line, reason) for line, _, reason in county.reasons(record)]


def of_year(year: str, days: str, number: int = 1, width: int = 24, **other: str) -> list[str]:
    """A STAS row of that academic year with the counts 13.15 to 13.22 (and 13.24) as written."""
    fields = {place: count for place, count in enumerate(days.split(), start=15) if place != 23}
    fields |= {6: year, 23: "", 24: ""} | {int(place[1:]): value for place, value in other.items()}
    return stas(number, width, other=fields)


# 13.15 expected, 13.16 in person, 13.17 OSS, 13.18 ISS, 13.19 excused, 13.20 unexcused, 13.21 non-ADA IS, 13.22 ADA IS
@pytest.mark.parametrize(
    ("year", "days", "right"),
    [
        ("2021-2022", "180 160 1 2 5 4 3 5", True),
        ("2021-2022", "180 162 1 2 5 4 3 5", False),  # in-school suspension counted twice, as it was before
        ("2020-2021", "180 167 1 2 5 4 3 0", True),
        ("2020-2021", "180 165 1 2 5 4 3 0", False),
        ("2023-2024", "180 160 1 2 5 4 3 5.01", True),
        ("2023-2024", "180 160 1 2 5 4 3 5.02", False),
        ("2023-2024", "174.25 160.25 1 2 5 3 1 2", True),
    ],
)
def test_days_expected_are_the_sum_that_the_year_asks_for(county: County, year: str, days: str, right: bool) -> None:
    found = reported(county, [of_year(year, days)])
    assert [reason.partition(":")[0] for _, reason in found if "STAS0318" in reason] == ([] if right else ["STAS0318"])


@pytest.mark.parametrize(
    ("days", "broken"),
    [
        ("180 170 0 0 0 0 10 0", set()),
        ("180 170 0 1 0 0 10 0", {"STAS0318", "STAS0311"}),
        ("10 -5 11 0 2 2 0 0", {"STAS0307, 0309, 0310, 0588"}),
        ("10 -5 2 0 11 2 0 0", {"STAS0307, 0309, 0310, 0588"}),
        ("10 -5 2 0 2 11 0 0", {"STAS0307, 0309, 0310, 0588"}),
        ("10 -5 2 0 2 0 0 11", {"STAS0307, 0309, 0310, 0588"}),
    ],
)
def test_no_count_is_above_what_the_year_has_room_for(county: County, days: str, broken: set[str]) -> None:
    found = reported(county, [of_year("2023-2024", days)])
    assert {reason.partition(":")[0] for _, reason in found if reason.startswith("STAS")} == broken


def test_an_exempt_students_blank_counts_break_no_rule(county: County) -> None:
    row = stas(1, other=dict.fromkeys(range(15, 25), "") | {13: "Y"})
    assert reported(county, [row]) == []
    assert county.lake("calpads/stas")[0]["days_expected"] is None


@pytest.mark.parametrize(
    ("recovered", "told"),
    [
        ("9", None),
        ("10", "attendance recovery (13.24) is more than the days absent"),
        ("11", "is above 10"),
        ("2.5", "is not a whole number"),
        ("-1", "is below 0"),
    ],
)
def test_recovery_is_whole_days_ten_at_most_and_no_more_than_absences(
    county: County, recovered: str, told: str | None
) -> None:
    found = reported(county, [of_year("2025-2026", "180 171 1 0 4 3 1 0", f24=recovered)])
    assert any(told in reason for _, reason in found) if told else found == []


def test_a_nonpublic_school_has_no_summary_since_2024_25(county: County) -> None:
    nonpublic = [of_year("2024-2025", "180 180 0 0 0 0 0 0", f5=code) for code in ("0000001", "0000002")]
    before = of_year("2023-2024", "180 180 0 0 0 0 0 0", number=3, f5="0000001")
    own = of_year("2024-2025", "180 180 0 0 0 0 0 0", number=4)
    found = reported(county, [*nonpublic, before, own])
    assert [line for line, reason in found if "STAS0651" in reason] == [1, 2]
    assert [line for line, reason in found if "is not a school of this LEA" in reason] == [3]


def test_a_row_that_breaks_a_rule_is_told_with_its_line_and_nothing_of_its_student(county: County) -> None:
    rows = [stas(number) for number in range(1, 201)]
    rows[99] = stas(100, other={16: "171.00"})
    county.send(f"{CALPADS}/own.txt", caret(rows))
    record = county.run_one("calpads")
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("loaded", 200, 199, 1)
    (reject,) = county.rejects(record)
    assert (reject["line"], reject["value"]) == (100, None)
    assert reject["reason"] == "STAS0318: days expected (13.15) are not the sum of 13.16 to 13.22"


@pytest.mark.parametrize(
    ("start", "end", "reason", "right"),
    [
        ("20230815", "20230815", "E155", True),
        ("20230815", "20230814", "E155", False),
        ("20230815", "20230814", "N470", True),
        ("20230815", "20230813", "N470", False),
        ("20230815", "", "", True),
    ],
)
def test_an_exit_before_its_entry_is_rejected_unless_the_student_never_came(
    county: County, start: str, end: str, reason: str, right: bool
) -> None:
    row = senr(1)
    row[21], row[24], row[25] = start, end, reason
    found = reported(county, [row])
    assert ["exit before entry" in reason for _, reason in found] == ([] if right else [True])


@pytest.mark.parametrize("width", [37, 39, 45])
def test_the_cumulative_extract_has_race_and_language_after_field_35(county: County, width: int) -> None:
    row = senr(1, 35, "CENR")
    row[0] = "CENR-R"
    row += ["Two or More Races", "RFEP", "20240701", "20240702", *[""] * 9][: width - 35]
    county.send(f"{CALPADS}/cumulative.txt", caret([row]))
    assert county.run_one("calpads").file == "cenr"
    (kept,) = county.lake("calpads/cenr")
    assert (kept["ethnicity_race"], kept["elas_code"], kept["gender"]) == ("Two or More Races", "RFEP", "X")
    assert kept["enrollment_start_date"] == date(2023, 8, 15)
    assert "Planted" not in str(kept)


def test_a_language_code_has_two_characters_or_since_2023_24_three(county: County) -> None:
    row = ["SELA", "", "", LEA, SCHOOL, "2023-2024", "8100000001", "Plantedfirst", "Plantedlast", "20110203", "F"]
    rows = [[*row, "50001", "EL", f"202208{15 + place}", code] for place, code in enumerate(["00", "spa", "long"])]
    assert [line for line, _ in reported(county, rows)] == [3]


# -- the same rows in other ways -------------------------------------------------------------------------------------


def contract_of(label: str) -> Contract:
    """The contract of that source and file."""
    return read_contract(FOLDER / f"{label}.yml")


@pytest.mark.parametrize(("kind", "year", "fields"), [("stas", "2019-20", 21), ("stas", "2023-24", 23)])
def test_a_years_layout_ends_where_that_year_ended(kind: str, year: str, fields: int) -> None:
    assert len(contract_of(f"calpads/{kind}").layout(year)) == fields


def test_commas_and_carets_make_the_same_lake(county: County) -> None:
    rows = [stas(number) for number in range(1, 5)]
    county.send(f"{CALPADS}/a.txt", caret(rows))
    county.run("calpads")
    by_caret = county.lake("calpads/stas")
    county.send(f"{CALPADS}/b.csv", "\r\n".join(",".join(f'"{field}"' for field in row) for row in rows) + "\r\n")
    assert county.run_one("calpads").outcome == "loaded"
    by_comma = county.lake("calpads/stas")
    for row in (*by_caret, *by_comma):
        row.pop("delivery_id")
    assert by_caret == by_comma


# -- reports ---------------------------------------------------------------------------------------------------------

LIST = "14.2_StudentAbsencesStudentList.InReviewUncertified_20240715.csv"
PROFILES = "8.1_StudentProfileList(EOY3).csv"
FOSTER = "5.7_FosterYouthEnrolledStudentList.csv"


def example(file: str) -> list[str]:
    """The lines of a contract's example."""
    return (FOLDER / "calpads" / f"{file}.example.csv").read_text(encoding="utf-8").splitlines()


def test_reports_are_told_by_their_names_and_record_types_by_field_1(county: County) -> None:
    for name, file in ((LIST, "report_14_2"), (PROFILES, "report_8_1"), (FOSTER, "report_5_7")):
        county.send(f"{CALPADS}/{name}", "\n".join(line.replace("9910102", SCHOOL) for line in example(file)))
    county.send(f"{CALPADS}/14.2 is not my name.txt", caret([stas(1)]))
    lenient_ones = lenient()
    assert {record.name: record.file for record in county.run("calpads", contracts=lenient_ones)} == {
        LIST: "report_14_2",
        PROFILES: "report_8_1",
        FOSTER: "report_5_7",
        "14.2 is not my name.txt": "stas",
    }


def test_a_report_with_title_rows_and_spaced_names_is_the_same_report(county: County) -> None:
    header, first, *_ = example("report_14_2")
    header = header.replace("DaysExpectedA", "Days Expected (A)").replace("SchoolCode", "School Code")
    header = header.replace("SSID,", "SSID,Student Name,")
    first = first.replace("8100000011,", '8100000011,"Plantedlast, Plantedfirst",')
    county.send(f"{CALPADS}/{LIST}", "\n".join(["Report 14.2 - Student Absences", "", header, first]))
    assert county.run_one("calpads").outcome == "loaded"
    (row,) = county.lake("calpads/report_14_2")
    assert (row["days_expected"], row["days_absent"]) == (Decimal("180.00"), Decimal("10.00"))
    assert "Planted" not in str(row)


def test_a_report_with_a_column_called_otherwise_is_refused_with_both_names(county: County) -> None:
    lines = example("report_14_2")
    lines[0] = lines[0].replace("DaysAbsentCEFG", "Total Absent Days")
    county.send(f"{CALPADS}/{LIST}", "\n".join(lines))
    record = county.run_one("calpads")
    assert record.outcome == "refused"
    assert "DaysAbsentCEFG" in str(record.message)
    assert "Total Absent Days" in str(record.message)


def test_a_reports_days_absent_are_the_sum_of_its_reasons(county: County) -> None:
    lines = example("report_14_2")[:3]
    lines[1] = lines[1].removesuffix("10.00") + "11.00"
    county.send(f"{CALPADS}/{LIST}", "\n".join(lines))
    record = county.run_one("calpads", contracts=lenient())
    assert county.reasons(record) == [
        (2, None, "C + E + F + G: days absent are not the sum of the columns C, E, F and G")
    ]


# -- foster list -----------------------------------------------------------------------------------------------------

FOSTER_LIST = FOLDER / "eps" / "foster_youth.example.csv"


def sending_eps(county: County, sender: str) -> County:
    """The county in which that sender also sends the foster list."""
    delivery = {"eps": Delivery(folder=f"{sender}/eps")}
    registry = county.registry
    if sender == registry.county.code:
        office = registry.county.model_copy(update={"sends": registry.county.sends | delivery})
        changed = {"county": office}
        return County(county.settings, registry.model_copy(update=changed))
    leas = tuple(lea.model_copy(update={"sends": delivery}) for lea in registry.leas)
    return County(county.settings, Registry.model_validate(registry.model_copy(update={"leas": leas}).model_dump()))


@pytest.mark.parametrize("sender", [LEA, "19"])
def test_a_foster_list_comes_from_a_district_or_from_the_county(county: County, sender: str) -> None:
    county = sending_eps(county, sender)
    lines = FOSTER_LIST.read_text(encoding="utf-8").replace("9910201", "9910102").replace("9910301", "9910103")
    county.send(f"{sender}/eps/foster_list_20240304.csv", lines)
    record = county.run_one("interventions", sender)
    assert (record.outcome, record.rows_loaded) == ("loaded", 3)
    first, second, _ = county.lake("eps/foster_youth", sender)
    assert (first["school_moves"], first["best_interest_outcome"], first["transport_needed"]) == (1, "move", "N")
    assert first["ssid_key"] != "8100000011"
    assert (second["ssid_key"], second["foster_end_date"]) == (None, date(2024, 1, 31))


def test_a_foster_row_that_names_no_student_is_rejected(county: County) -> None:
    county = sending_eps(county, LEA)
    lines = FOSTER_LIST.read_text(encoding="utf-8").replace("8100000011", "").splitlines()
    county.send(f"{LEA}/eps/foster_list.csv", "\n".join(lines[:2]))
    record = county.run_one("interventions", contracts=lenient())
    assert [reason for _, _, reason in county.reasons(record)] == [
        "who it is: the row has neither an SSID nor a local student number"
    ]


def test_another_leas_rows_are_no_findings_of_a_rule(county: County) -> None:
    found = reported(county, [stas(1, lea=OTHER_LEA, other={16: "1.00"})])
    assert any("is another LEA's" in reason for _, reason in found)
    assert Rejects().limit == Decimal("0.01")
