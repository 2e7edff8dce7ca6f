"""What the contracts promise to dbt, and what a contract may not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ingestion.contract import (
    FOLDER,
    Contract,
    ContractError,
    claiming,
    read_contract,
    read_contracts,
    read_contracts_of,
)
from ingestion.registry import KINDS
from tests.ingestion.county import LEA, County, csv

# What dbt's staging has read from the beginning, by file: the names that a contract gives, in the order of the lake.
KEPT = {
    "aeries/students": "local_student_key school_number student_number_key ssid_key gender grade language_fluency "
    "status_tag program zip",
    "aeries/enrollments": "local_student_key school_number student_number_key start_year track program program_1 grade "
    "enter_date leave_date exit_reason_code",
    "aeries/attendance": "school_number student_number_key school_day enter_leave_mark all_day_code period_0_code "
    "period_1_code period_2_code period_3_code period_4_code period_5_code period_6_code period_7_code period_8_code "
    "period_9_code school_date deleted",
    "aeries/absence_codes": "school_number code title abbreviation code_type is_suspension independent_study "
    "counts_for_ada",
    "aeries/calendar": "school_number school_day calendar_date holiday_code attendance_month",
    "calpads/senr": "record_type transaction_type reporting_lea school_of_attendance academic_year ssid_key "
    "local_student_key gender enrollment_start_date enrollment_status grade_level enrollment_exit_date "
    "exit_reason_code completion_status transfer_code district_of_residence upload_date last_updated_date",
    "calpads/sinf": "record_type transaction_type effective_start_date effective_end_date reporting_lea "
    "school_of_attendance academic_year ssid_key local_student_key gender is_hispanic ethnicity_missing race_1 race_2 "
    "race_3 race_4 race_5 race_missing residential_zip parent_education_level upload_date last_updated_date",
    "calpads/sprg": "record_type transaction_type reporting_lea school_of_attendance academic_year ssid_key "
    "local_student_key program_code membership_start_date membership_end_date service_academic_year service_code "
    "dwelling_type unaccompanied runaway upload_date last_updated_date",
    "calpads/sela": "record_type transaction_type reporting_lea school_of_attendance academic_year ssid_key "
    "local_student_key elas_code elas_start_date primary_language_code upload_date last_updated_date",
    "calpads/stas": "record_type transaction_type reporting_lea school_of_attendance academic_year ssid_key "
    "local_student_key gender is_exempt is_hourly days_expected days_attended_in_person days_out_of_school_suspension "
    "days_in_school_suspension days_excused days_unexcused days_non_ada_independent_study days_ada_independent_study "
    "is_period_method attendance_recovery_days upload_date last_updated_date",
    "chks/results": "cds_code school_year grade respondent_group module indicator_code item_text response_option "
    "measure_type n_respondents n_enrolled value_pct is_suppressed source_report instrument_version",
    "interventions/log": "intervention_id lea_code school_code local_student_key tier type_code start_date end_date "
    "staff_role trigger dosage_count status outcome_code reason_code updated_at",
    "cde/chronic_absenteeism": "school_year aggregate_level county_code district_code school_code county_name "
    "district_name school_name charter_school dass reporting_category eligible_enrollment chronic_count chronic_rate",
}

MINIMAL = {
    "source": "made",
    "file": "up",
    "matches": "*.csv",
    "grain": ["ID"],
    "replaces": "school_year",
    "school_year": "folder",
    "format": {"kind": "csv"},
    "columns": {"ID": {"is": "number", "required": True}, "NAME": {"private": True}},
    "source_of_truth": "invented",
}


DAY = {"is": "number", "type": "date"}
CALENDAR = {"file": "days", "school": "ID", "date": "ID", "their_school": "S", "their_date": "D"}


def written(folder: Path, **changes: object) -> Path:
    """A made-up contract with those changes, in its place below ``folder``."""
    path = folder / "made" / "up.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**MINIMAL, **changes}, sort_keys=False))
    return path


SOURCES = {source for sources in KINDS.values() for source in sources}


def test_there_is_a_contract_for_each_file_and_every_source_has_one() -> None:
    labels = {contract.label for contract in read_contracts()}
    assert set(KEPT) <= labels
    assert {label.partition("/")[0] for label in labels} == SOURCES


@pytest.mark.parametrize("label", KEPT)
def test_the_lake_has_the_columns_that_dbt_reads(label: str) -> None:
    contract = next(one for one in read_contracts() if one.label == label)
    assert [column.name for column in contract.kept().values()] == KEPT[label].split()
    assert list(contract.lake_columns())[-2:] == ["school_year", "delivery_id"] or "school_year" in KEPT[label]
    assert {"sender", "school_year", "delivery_id"} <= set(contract.lake_columns())


def test_no_contract_keeps_a_name_an_address_or_a_birth_date() -> None:
    telling = re.compile(
        r"first.?name|last.?name|middle|birth|dob\b|address|guardian|street|(?<!ethni)city|phone|suffix|email|surname",
        re.IGNORECASE,
    )
    known = {"residential_zip", "parent_education_level", "parent_education_code"}
    for contract in read_contracts():
        for source, column in contract.everything().items():
            # a school's address is in the state's directory of schools; nobody lives there
            if telling.search(source) and "indicator" not in source.lower() and contract.label != "cde/schools":
                assert column.is_ is None or column.name in known, f"{contract.label}: {source}"


def test_every_identifier_of_a_student_is_a_pseudonym() -> None:
    for contract in read_contracts():
        for source, column in contract.kept().items():
            if column.name.endswith("_key"):
                assert column.pseudonym, f"{contract.label} {source}"
            if column.name == "ssid_key":
                assert column.pseudonym == "state"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"colums": {}}, "colums"),
        ({"columns": {"ID": {"is": "number", "private": True}}}, "exactly one of is, private, ignored"),
        ({"columns": {"ID": {"is": "number", "typ": "text"}}}, "typ"),
        ({"columns": {"ID": {"is": "number", "type": "int"}}}, "type"),
        ({"grain": ["NAME"]}, "NAME is named in grain"),
        ({"columns": {"ID": {"is": "number"}, "X": {"is": "number"}}}, "both called number"),
        ({"columns": {"ID": {"is": "delivery_id"}}}, "delivery_id is a name that the lake itself uses"),
        ({"replaces": "month"}, "replaces months"),
        ({"school_year": {"column": "ID", "as": "date"}}, "must be required and typed so"),
        ({"rejects": {"limit": "a lot"}}, "share written like 1%"),
        ({"record_type": "STAS"}, "either matches or record_type"),
        ({"versions": {"2025-26": {}, "2019-20": {}}}, "order of their school years"),
        ({"versions": {"2025-27": {}}}, "not a school year"),
        ({"matches": []}, "matches"),
        ({"format": {"kind": "csv", "also": ["csv"]}}, "each kind once"),
        ({"format": {"kind": "csv", "explode": "list"}}, "explode is for json"),
        ({"format": {"kind": "csv", "sheets": "*"}}, "sheets is for xlsx"),
        ({"format": {"kind": "caret", "header": False, "header_within": 5}}, "files with a header"),
        ({"format": {"kind": "json", "header": False}}, "name their columns"),
        ({"columns": {"ID": {"is": "number", "optional": True, "required": True}}}, "either optional or required"),
        (
            {"columns": {"ID": {"is": "number"}, "N": {"private": True, "past": True}}},
            "past and not_before are for dates",
        ),
        ({"columns": {"ID": {"is": "number", "past": True}}}, "past and not_before are for dates"),
        ({"columns": {"ID": DAY | {"not_before": "X"}}}, "X is named in not_before but is not a kept column"),
        ({"columns": {"ID": DAY | {"not_before": "N"}, "N": {"is": "n"}}}, "N is named in not_before as a date but"),
        ({"columns": {"ID": {"is": "number", "called": ["NAME"]}, "NAME": {"private": True}}}, "may be called name"),
        ({"overlaps": {"same": ["ID"], "from": "NAME", "to": "ID"}}, "NAME is named in overlaps"),
        ({"overlaps": {"same": [], "from": "ID", "to": "ID"}}, "overlaps.same"),
        ({"calendar": CALENDAR | {"school": "NAME"}}, "NAME is named in calendar"),
        (
            {"rules": [{"code": "R1", "holds": "number > 0", "says": "above", "first": "2024-25", "last": "2023-24"}]},
            "R1",
        ),
    ],
)
def test_a_contract_that_cannot_be_meant_is_an_error_that_names_file_and_key(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(ContractError) as error:
        read_contract(path)
    assert str(path) in str(error.value)
    assert told in str(error.value)


def test_a_column_that_stands_twice_is_an_error_and_not_silently_the_second(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("columns:\n", "columns:\n  NAME: {ignored: true}\n"))
    with pytest.raises(ContractError, match="NAME stands twice"):
        read_contract(path)


def test_a_contract_that_refers_to_nothing_is_an_error(tmp_path: Path) -> None:
    refers = {"file": "codes", "by": {"ID": "CODE"}}
    written(tmp_path, columns={"ID": {"is": "number", "required": True, "refers": refers}})
    with pytest.raises(ContractError, match="ID refers to codes, which is no yearly file"):
        read_contracts_of(tmp_path)


def test_a_contract_under_another_name_than_its_own_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.rename(path.with_name("down.yml"))
    with pytest.raises(ContractError, match="says that it is made/up"):
        read_contracts_of(tmp_path)


def test_the_contracts_are_where_the_messages_say() -> None:
    for contract in read_contracts():
        assert (FOLDER.parent.parent / contract.path).is_file()


VERSIONS = {"2022-23": {}, "2023-24": {"adds": {"NEW": {"is": "newcomer"}}, "drops": ["OLD"]}}
COLUMNS = {"ID": {"is": "number", "required": True}, "OLD": {"is": "oldtimer"}}


@pytest.mark.parametrize(
    ("year", "header", "outcome"),
    [
        ("2022-23", ["ID", "OLD"], "loaded"),
        ("2023-24", ["ID", "NEW"], "loaded"),
        ("2024-25", ["ID", "NEW"], "loaded"),
        ("2023-24", ["ID", "OLD"], "refused"),
        ("2022-23", ["ID", "NEW"], "refused"),
        ("2021-22", ["ID", "OLD"], "refused"),
    ],
)
def test_a_layout_holds_from_its_school_year_on(county: County, year: str, header: list[str], outcome: str) -> None:
    made = written(county.settings.home / "made", source="aeries", versions=VERSIONS, columns=COLUMNS)
    contracts = (read_contract(made),)
    county.send(f"{LEA}/aeries/{year}/any.csv", csv(header, [{"ID": "7", header[1]: "x"}]))
    record = county.run_one(contracts=contracts)
    assert record.outcome == outcome
    if outcome == "loaded":
        row = county.lake("aeries/up")[0]
        there, gone = ("oldtimer", "newcomer") if header[1] == "OLD" else ("newcomer", "oldtimer")
        assert row[there] == "x"
        assert row[gone] is None


def named(*globs: str, file: str = "up", **changes: object) -> Contract:
    """A made-up contract that claims those names."""
    matches = globs[0] if len(globs) == 1 else list(globs)
    return Contract.model_validate(MINIMAL | {"file": file, "matches": matches} | changes)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("students_20230901.csv", "all"),
        ("attendance_202310_20231101.csv", "attendance"),
        ("ATTENDANCE_CODE_20231101.CSV", "codes"),
        ("attendance_code_20231101.csv.gz", "codes"),
        ("attendance_code_20231101.csv.zip", "codes"),
        ("a folder/export.zip/attendance_code.csv", "codes"),
        ("absences.csv", "attendance"),
        ("attendance_code.xlsx", "codes"),
        ("attendance_1.xlsx", None),
        ("attendance_1.txt", None),
    ],
)
def test_of_several_contracts_that_claim_a_name_the_longest_glob_wins(name: str, file: str | None) -> None:
    contracts = [
        named("*.csv", file="all"),
        named("attendance_*.csv", "absences.csv", file="attendance"),
        named("attendance_code*.csv", file="codes", format={"kind": "csv", "also": ["xlsx"]}),
    ]
    for order in (contracts, contracts[::-1]):
        found = claiming(order, name)
        assert (found.file if found else None) == file


def test_a_calendar_that_is_no_file_of_the_source_or_lacks_the_columns_is_an_error(tmp_path: Path) -> None:
    columns = {"ID": {"is": "number", "required": True}, "DAY": {"is": "day", "type": "date"}}
    written(tmp_path, columns=columns, calendar=CALENDAR | {"date": "DAY"})
    with pytest.raises(ContractError, match="calendar names days, which is no file of made"):
        read_contracts_of(tmp_path)
    other = MINIMAL | {"file": "days", "matches": "days*", "columns": {"ID": {"is": "number"}, "S": {"is": "school"}}}
    (tmp_path / "made" / "days.yml").write_text(yaml.safe_dump(other))
    with pytest.raises(ContractError, match=r"calendar names D, which .*days\.yml does not keep"):
        read_contracts_of(tmp_path)


HEADERS = {"ID": {"is": "number", "called": ["Id Number"]}, "NOTE": {"is": "note", "optional": True}}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("ID,NOTE", None),
        ("id number", None),
        ("ID,Id Number", "twice: ID"),
        ("NUMBER,NOTE", "expected: ID (or Id Number); may also be there: NOTE"),
        ("ID,NOTES", "unexpected: NOTES"),
    ],
)
def test_a_column_may_have_several_names_and_may_be_left_out_where_the_contract_says_so(
    county: County, header: str, told: str | None
) -> None:
    made = written(county.settings.home / "made", source="aeries", columns=HEADERS)
    county.send(f"{LEA}/aeries/2023-24/any.csv", f"{header}\n{','.join('7' for _ in header.split(','))}\n")
    record = county.run_one(contracts=(read_contract(made),))
    assert (record.outcome, told is None or told in str(record.message)) == ("refused" if told else "loaded", True)
    if told is None:
        (row,) = county.lake("aeries/up")
        assert (row["number"], row["note"]) == ("7", "7" if "NOTE" in header else None)
