"""Workbooks, JSON and SPSS files become the same rows as text; which it is, the delivery itself tells."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest
import yaml

from attendance.settings import read_settings
from ingestion.contract import Contract, ContractError, read_contracts
from ingestion.errors import RefusedError
from ingestion.opening import open_landed
from ingestion.spreadsheets import cell_text
from ingestion.survey import codebook_folder, read_codebook, read_survey
from tests.ingestion.county import (
    ABS,
    AERIES,
    CALPADS,
    CHKS,
    LEA,
    County,
    absence_code,
    caret,
    csv,
    lenient,
    names,
    stas,
    survey,
)
from tests.ingestion.damaged import refused, said

Cells = Sequence[Sequence[object]]


def workbook(sheets: dict[str, Cells] | Cells) -> bytes:
    """A real .xlsx of those sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in (sheets if isinstance(sheets, dict) else {"Sheet1": sheets}).items():
        sheet = book.create_sheet(name)
        for place, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                if value is not None:
                    sheet.cell(place, column, value)  # type: ignore[arg-type]
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def made(**changes: object) -> Contract:
    """A made-up contract of the state's, with those changes."""
    return Contract.model_validate(
        {
            "source": "made",
            "file": "up",
            "matches": "up*.csv",
            "grain": ["ID"],
            "replaces": "school_year",
            "school_year": "folder",
            "format": {"kind": "csv", "also": ["xlsx"], "quotes": True},
            "columns": {"ID": {"is": "number", "required": True}, "DT": {"is": "day", "type": "date"}},
            "source_of_truth": "invented",
        }
        | changes
    )


def opened(tmp_path: Path, content: bytes, contract: Contract, name: str = "up.xlsx") -> list[str]:
    """The lines of text that a delivery becomes."""
    landed = tmp_path / "landed"
    landed.write_bytes(content)
    path = open_landed(landed, name, [contract], tmp_path).prepared.path
    return path.read_text(encoding="utf-8").replace("\x02", "").splitlines()


def refusal(tmp_path: Path, content: bytes, contract: Contract, name: str = "up.xlsx") -> str:
    """What is said of a delivery that cannot be opened."""
    with pytest.raises(RefusedError) as error:
        opened(tmp_path, content, contract, name)
    return error.value.message


# ---- workbooks ----


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ("two\nlines\tand\r\na tab", "two lines and a tab"),
        (8100000001, "8100000001"),
        (8100000001.0, "8100000001"),
        ("0000012345", "0000012345"),
        (19990019910101.0, "19990019910101"),
        ("1.23E+09", "1.23E+09"),
        (1.23e20, "1.23000000000000E+20"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (-2.0, "-2"),
        (22.5, "22.5"),
        (True, "TRUE"),
        (date(2023, 10, 5), "2023-10-05"),
        (datetime(2023, 10, 5), "2023-10-05"),  # noqa: DTZ001
        (datetime(2023, 10, 5, 8, 30), "2023-10-05 08:30:00"),  # noqa: DTZ001
        (time(8, 30), "08:30:00"),
        (timedelta(hours=1), "1:00:00"),
        ("", ""),
    ],
)
def test_a_cell_becomes_the_text_that_a_person_reads(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_a_workbook_loads_like_text_with_the_same_lines(county: County) -> None:
    rows = [[survey(number).get(name, "") for name in CHKS] for number in range(1, 11)]
    rows[3][CHKS.index("cds_code")] = "1.999E+13"
    rows[4][CHKS.index("n_respondents")] = 40  # type: ignore[call-overload]
    county.send("19/chks/results.xlsx", workbook([CHKS, *rows]))
    record = county.run_one("survey", "19", lenient())
    assert (record.outcome, record.file, record.rows_in, record.rows_loaded) == ("loaded", "results", 10, 9)
    assert [(line, column) for line, column, _ in county.reasons(record)] == [(5, "cds_code")]
    assert {row["value_pct"] for row in county.lake("chks/results", "19")} == {Decimal("61.5")}


def test_rows_of_a_workbook_keep_their_numbers_and_blank_ones_count_for_nothing(tmp_path: Path) -> None:
    cells = [[None], ["ID", "DT"], [1, date(2023, 10, 5)], [None], ["0002", "10/06/2023"], [3, None, None]]
    lines = opened(tmp_path, workbook(cells), made())
    assert lines == ["", "ID\tDT", "1\t2023-10-05", "", "0002\t10/06/2023", "3\t"]


def test_a_date_cell_is_read_whatever_spelling_the_contract_has_for_text(tmp_path: Path) -> None:
    landed = tmp_path / "landed"
    landed.write_bytes(workbook([["ID", "DT"], [1, date(2023, 10, 5)]]))
    contract = made(
        format={"kind": "csv", "also": ["xlsx"], "dates": ["%Y%m%d"]},
        columns={"ID": {"is": "number"}, "DT": {"is": "day", "type": "date", "dates": ["%d.%m.%Y"]}},
    )
    told = open_landed(landed, "up.xlsx", [contract], tmp_path).contract
    assert told.format.dates == ("%Y%m%d", "%Y-%m-%d")
    assert told.columns["DT"].dates == ("%d.%m.%Y", "%Y-%m-%d")


def test_the_sheet_whose_header_fits_is_read_wherever_it_stands(tmp_path: Path) -> None:
    sheets = {"Read me": [["This is a note"]], "Data": [["DT", "ID"], ["2023-10-05", 7]], "Other": [["ID", "DT"]]}
    assert opened(tmp_path, workbook(sheets), made()) == ["DT\tID", "2023-10-05\t7"]


def test_where_no_header_fits_the_first_sheet_is_taken_and_its_columns_are_told(tmp_path: Path) -> None:
    sheets = {"A": [["ID", "DATE"], [1, "x"]], "B": [["something"]]}
    assert opened(tmp_path, workbook(sheets), made())[0] == "ID\tDATE"


@pytest.mark.parametrize("name", ["up.xlsx", "up.csv"])
def test_title_rows_above_the_header_are_not_read(tmp_path: Path, name: str) -> None:
    contract = made(format={"kind": "csv", "also": ["xlsx"], "quotes": True, "header_within": 5})
    rows = [["A report of the state"], ["", ""], ["ID", "DT", "DT of something"], ["1", "2023-10-05", "x"]]
    wide = contract.model_copy(update={"ignored": ("DT of something",)})
    content = workbook(rows) if name.endswith("xlsx") else "\n".join(map(",".join, rows)).encode()
    lines = opened(tmp_path, content, wide, name)
    assert [re.split("[,\t]", line) for line in lines[2:]] == rows[2:]
    assert "".join(lines[:2]) == ""


def test_several_sheets_follow_each_other_by_the_names_of_their_columns(tmp_path: Path) -> None:
    contract = made(format={"kind": "xlsx", "sheets": "*-level data", "header_within": 5})
    sheets = {
        "Cover": [["nothing"]],
        "School-Level Data": [["ID", "DT"], [1, "2023-10-05"]],
        "LEA-Level Data": [["title"], ["DT", "ID"], ["2023-10-06", 2], [None], ["2023-10-07", 3]],
    }
    lines = [line for line in opened(tmp_path, workbook(sheets), contract) if line]
    assert lines == ["ID\tDT", "1\t2023-10-05", "2\t2023-10-06", "3\t2023-10-07"]
    sheets["LEA-Level Data"] = [["DT", "NUMBER"], ["2023-10-06", 2]]
    told = refusal(tmp_path, workbook(sheets), contract)
    assert (
        "Sheet LEA-Level Data has other columns than sheet School-Level Data: missing: id; unexpected: number" in told
    )
    assert "no sheet called *-level data. It has Cover" in refusal(tmp_path, workbook({"Cover": [["x"]]}), contract)


def test_a_formula_counts_as_the_value_that_was_last_worked_out(tmp_path: Path) -> None:
    content = workbook([["ID", "DT"], ["=1+1", "2023-10-05"]])
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w") as after:
        for entry in before.infolist():
            text = before.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                text = re.sub(rb"<v\s*/>|<v></v>", b"<v>2</v>", text)
            after.writestr(entry, text)
    assert opened(tmp_path, packed.getvalue(), made())[1] == "2\t2023-10-05"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (workbook([[None]]), "The workbook holds no row"),
        (workbook([["ID", "DT"], [1, "2023-10-05"]])[:-200], "not whole: it was cut off or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an Excel before 2007 (.xls)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600,
            "protected by a password",
        ),
    ],
    ids=names("empty cut-off old password"),
)
def test_a_workbook_that_cannot_be_read_is_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in refusal(tmp_path, content, made())


def test_a_workbook_whose_parts_are_damaged_is_refused_in_words(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["ID", "DT"]]))) as before,
        zipfile.ZipFile(packed, "w") as after,
    ):
        for entry in before.infolist():
            is_sheet = entry.filename.endswith("sheet1.xml")
            after.writestr(entry, before.read(entry)[:60] if is_sheet else before.read(entry))
    assert re.search("cannot be read|holds no row", refusal(tmp_path, packed.getvalue(), made()))


def test_a_workbook_bomb_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_UNPACKED_LIMIT", "0.0001")
    content = workbook([["ID", "DT"], *([number, "2023-10-05"] for number in range(5_000))])
    assert "unpacks to more than" in refusal(tmp_path, content, made())


def test_a_workbook_where_text_is_expected_is_refused_with_both_sides(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    content = workbook([ABS, [absence_code("A")[name] for name in ABS]])
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", content)
    assert "The file is an Excel workbook (.xlsx); aeries/students arrives as text with commas" in said(record)


def test_a_packed_workbook_is_read(tmp_path: Path) -> None:
    content = workbook([["ID", "DT"], [1, "2023-10-05"]])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("up.xlsx", content)
    for one in (gzip.compress(content), packed.getvalue()):
        assert opened(tmp_path, one, made()) == ["ID\tDT", "1\t2023-10-05"]


# ---- CALPADS in carets, commas and cells ----


def quoted(rows: Sequence[Sequence[str]]) -> str:
    """A CALPADS file with commas, every field in quotes, as eSchoolPlus and Aspen write it."""
    return "".join(",".join(f'"{field}"' for field in row) + "\r\n" for row in rows)


@pytest.mark.parametrize("kind", ["STAS", "STAS-R"])
def test_a_calpads_file_is_the_same_in_carets_commas_and_cells(county: County, kind: str) -> None:
    rows = [stas(number, kind=kind) for number in range(1, 6)]
    as_numbers: list[list[object]] = [
        [
            float(value) if re.fullmatch(r"\d{1,8}(\.\d+)?", value) and value[0] != "0" else value or None
            for value in row
        ]
        for row in rows
    ]
    as_numbers[0][3], as_numbers[0][10] = LEA, date(2011, 2, 3)
    headed = [[f"name {place}" for place in range(len(rows[0]))], *as_numbers]
    ways: dict[str, str | bytes] = {
        "a.txt": caret(rows),
        "b.csv": caret(rows).replace("^", ","),
        "c.csv": quoted(rows),
        "d.xlsx": workbook(as_numbers),
        "e.xlsx": workbook(headed),
    }
    seen = []
    for name, content in ways.items():
        county.send(f"{CALPADS}/{name}", content)
        record = county.run_one("calpads")
        assert (record.outcome, record.file, record.rows_in, record.rows_loaded) == ("loaded", "stas", 5, 5), name
        seen.append([{k: v for k, v in row.items() if k != "delivery_id"} for row in county.lake("calpads/stas")])
    assert all(one == seen[0] for one in seen)


def test_a_quote_in_carets_is_a_character_and_in_commas_it_is_not(county: County) -> None:
    county.send(f"{CALPADS}/a.txt", caret([stas(1, other={9: '"Plantedfirst'}), stas(2)]))
    assert county.run_one("calpads").rows_loaded == 2
    county.send(f"{CALPADS}/b.csv", quoted([stas(1, other={9: "Planted, first"}), stas(2)]))
    assert county.run_one("calpads").rows_loaded == 2


def test_a_workbook_of_an_unknown_record_type_is_refused_without_repeating_it(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    content = workbook([["Plantedlast", "Plantedfirst"], ["x", "y"]])
    assert "does not begin with a record type" in said(
        refused(county, caplog, f"{CALPADS}/own.xlsx", content, kind="calpads")
    )


# ---- JSON ----

EVENTS = {
    "file": "events",
    "matches": "events*.json",
    "grain": ["id"],
    "format": {"kind": "json"},
    "columns": {
        "id": {"is": "event", "required": True},
        "schoolReference.schoolId": {"is": "school", "required": True},
        "eventDate": {"is": "day", "type": "date"},
        "reason": {"is": "reason"},
    },
    "ignored": ["schoolReference.link", "_etag"],
}
OBJECTS = [
    {
        "id": "a1",
        "schoolReference": {"schoolId": 255901, "link": {"href": "x"}},
        "eventDate": "2023-10-05",
        "_etag": "1",
    },
    {"id": "a2", "schoolReference": {"schoolId": 255902}, "eventDate": None, "reason": 'two\nlines, "a"\ttab'},
    {"id": 3, "schoolReference": {"schoolId": 255903}, "eventDate": "2023-10-07", "_etag": "3"},
]
LINES = [
    "id\tschoolReference.schoolId\teventDate\treason",
    "a1\t255901\t2023-10-05\t",
    'a2\t255902\t\ttwo lines, "a" tab',
    "3\t255903\t2023-10-07\t",
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(OBJECTS),
        json.dumps(OBJECTS, indent=2).replace("\n", "\r\n\r\n"),
        "\n".join(map(json.dumps, OBJECTS)),
        "\r\n".join(map(json.dumps, OBJECTS)) + "\r\n",
        json.dumps({"totalCount": 3, "value": OBJECTS}),
        "\ufeff" + json.dumps({"value": OBJECTS}, indent=1),
    ],
    ids=names("array indented lines lines-crlf wrapped wrapped-bom"),
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gzip"])
def test_json_becomes_lines_however_it_is_arranged(tmp_path: Path, text: str, encoding: str) -> None:
    content = gzip.compress(text.encode()) if encoding == "gzip" else text.encode(encoding)
    if encoding == "utf-16":
        content = text.removeprefix("\ufeff").encode("utf-16")
    assert opened(tmp_path, content, made(**EVENTS), "events.json") == LINES


def test_each_element_of_an_exploded_list_is_a_row(tmp_path: Path) -> None:
    contract = made(
        file="days",
        matches="days*.json",
        grain=["date", "calendarEvents.kind"],
        format={"kind": "json", "explode": "calendarEvents"},
        columns={
            "date": {"is": "day", "type": "date", "required": True},
            "calendarEvents.kind": {"is": "kind", "required": True},
        },
        ignored=["calendarEvents.note"],
    )
    days = [
        {"date": "2023-10-05", "calendarEvents": [{"kind": "a", "note": "x"}, {"kind": "b"}]},
        {"date": "2023-10-06", "calendarEvents": []},
        {"date": "2023-10-07", "calendarEvents": [{"kind": "c"}]},
    ]
    lines = opened(tmp_path, json.dumps(days).encode(), contract, "days.json")
    assert lines == ["date\tcalendarEvents.kind", "2023-10-05\ta", "2023-10-05\tb", "2023-10-07\tc"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (json.dumps(OBJECTS)[:-60], "not whole JSON: it was cut off or damaged"),
        ("\n".join(map(json.dumps, OBJECTS))[:-20], "not whole JSON"),
        ('[{"id": 1,, }]', "not whole JSON"),
        ("[]", "holds no object"),
        ('{"value": []}', "holds no object"),
        ("[1, 2]", "not of objects"),
        ("", "The file is empty"),
        ("id,reason\n1,x\n", "not whole JSON"),
    ],
)
def test_json_that_is_not_whole_is_refused_without_repeating_it(tmp_path: Path, content: str, told: str) -> None:
    message = refusal(tmp_path, content.encode(), made(**EVENTS), "events.json")
    assert told in message
    assert "2559" not in message


def test_a_field_that_no_contract_knows_or_that_every_object_lacks_is_named(county: County) -> None:
    contract = made(**EVENTS | {"source": "aeries"})
    strange = [{**row, "nickname": "x"} for row in OBJECTS]
    for name, rows in (("events1.json", strange), ("events2.json", [{"id": 1, "eventDate": "2023-10-05"}])):
        county.send(f"{AERIES}/{name}", json.dumps(rows))
    told = {record.name[-12:]: str(record.message) for record in county.run(contracts=(contract,))}
    assert "unexpected: nickname; expected: id, schoolReference.schoolId" in told["events1.json"]
    assert "missing: schoolReference.schoolId; expected: id" in told["events2.json"]


def test_objects_that_are_keyed_by_numbers_of_persons_do_not_tell_them(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    contract = made(**EVENTS | {"source": "aeries"})
    strange = [{**row, "8100000001": {"x": 1}, 'a"b\n': 2} for row in OBJECTS]
    record = refused(county, caplog, f"{AERIES}/events1.json", json.dumps(strange), contracts=(contract,))
    assert 'unexpected: (a long number), a"b;' in said(record)


REAL = read_settings().public / "other" / "edfi_grandbend_student_school_attendance_events.parquet"


def as_resource(row: dict[str, str]) -> dict[str, object]:
    """A row of the sample as Ed-Fi's interface hands it out."""
    school, student = row["SchoolId"], row["StudentUniqueId"]
    return {
        "id": f"{school}-{student}-{row['EventDate']}",
        "schoolReference": {"schoolId": int(school)},
        "studentReference": {"studentUniqueId": student},
        "sessionReference": {
            "schoolId": int(school),
            "schoolYear": int(row["SchoolYear"][-4:]),
            "sessionName": row["SessionName"],
        },
        "eventDate": row["EventDate"],
        "attendanceEventCategoryDescriptor": f"uri://ed-fi.org/AttendanceEventCategoryDescriptor#{row['AttendanceEventCategory']}",
        "attendanceEventReason": row["AttendanceEventReason"],
        "eventDuration": float(row["EventDuration"]) if isinstance(row["EventDuration"], str) else None,
        "_etag": "1",
    }


@pytest.mark.skipif(not REAL.exists(), reason=f"Ed-Fi's published sample is not at {REAL}")
@pytest.mark.parametrize("arranged", ["array", "lines"])
def test_edfis_own_sample_is_loaded_whole_from_json(county: County, arranged: str) -> None:
    frame = pd.read_parquet(REAL)
    told = county.registry.model_dump()
    told["leas"][0]["sends"]["edfi"] = {"folder": f"{LEA}/edfi/{{school_year}}"}
    for school, number in zip(told["leas"][0]["schools"], sorted(frame["SchoolId"].unique()), strict=True):
        school["number"] = int(number)
    county = County(county.settings, type(county.registry).model_validate(told))
    (county.settings.extracts / LEA / "aeries" / "2021-22").mkdir(parents=True)
    objects = [as_resource(row) for row in frame.to_dict("records")]
    text = json.dumps(objects) if arranged == "array" else "\n".join(map(json.dumps, objects))
    county.send(f"{LEA}/edfi/2021-22/studentSchoolAttendanceEvents_20220601.json", text)
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", len(frame), len(frame)), record.message
    loaded = county.lake("edfi/attendance_events")
    days = sorted(str(row["school_date"]) for row in loaded)
    assert days == sorted(frame["EventDate"])


# ---- SPSS ----

BOOK = {
    "instrument": "invented",
    "module": "core",
    "school": "cds",
    "grade": {"variable": "gr", "codes": {7: "07", 9: "09"}},
    "school_year": {"variable": "yr", "spelled": "end_year"},
    "scales": {
        "agree": {"answers": [1, 2, 3, 4, 5], "favourable": [4, 5], "missing": [9], "response": "agree"},
        "yes": {"answers": ["N", "Y"], "favourable": ["Y"], "response": "yes"},
    },
    "indicators": {
        "school_connectedness": {"item_text": "two items", "scale": "agree", "items": {"q1": "one", "q2": "two"}},
        "chronic_sadness": {"item_text": "sad", "scale": "yes", "items": {"q3": "sad"}},
    },
}


def answers(count: int, **other: Any) -> list[dict[str, Any]]:
    """Respondents of one school: half agree with q1, all with q2, one in four is sad."""
    return [
        {
            "cds": 19990019910101.0,
            "gr": 7.0,
            "yr": 2024.0,
            "q1": 5.0 if place % 2 else 1.0,
            "q2": 4.0,
            "q3": "N" if place % 4 else "Y",
            "nickname": "Plantednick",
        }
        | other
        for place in range(count)
    ]


def sav(path: Path, rows: list[dict[str, Any]], columns: Sequence[str] | None = None) -> bytes:
    """A real .sav of those rows."""
    pyreadstat.write_sav(pd.DataFrame(rows, columns=columns), str(path))
    return path.read_bytes()


def book(folder: Path, **changes: object) -> Path:
    """A folder of one codebook with those changes."""
    folder.mkdir(exist_ok=True)
    (folder / "made.yml").write_text(yaml.safe_dump(BOOK | changes))
    return folder


RESULTS = next(contract for contract in read_contracts() if contract.label == "chks/results")


def added_up(tmp_path: Path, rows: list[dict[str, Any]], **changes: object) -> list[dict[str, str]]:
    """What a respondents' file becomes."""
    sav(tmp_path / "answers", rows)
    prepared = read_survey(tmp_path / "answers", tmp_path / "text", RESULTS, book(tmp_path / "books", **changes))
    head, *lines = prepared.path.read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_respondents_become_one_row_per_school_grade_and_indicator(tmp_path: Path) -> None:
    rows = added_up(tmp_path, answers(40) + answers(12, gr=9.0, q1=9.0, q2=2.0) + answers(20, cds=1999001991010.0))
    found = {
        (row["cds_code"], row["grade"], row["indicator_code"]): (row["n_respondents"], row["value_pct"]) for row in rows
    }
    assert found == {
        ("01999001991010", "07", "school_connectedness"): ("20", "75.0"),
        ("01999001991010", "07", "chronic_sadness"): ("20", "25.0"),
        ("19990019910101", "07", "school_connectedness"): ("40", "75.0"),
        ("19990019910101", "07", "chronic_sadness"): ("40", "25.0"),
        ("19990019910101", "09", "school_connectedness"): ("0", ""),
        ("19990019910101", "09", "chronic_sadness"): ("12", "25.0"),
    }
    assert {row["school_year"] for row in rows} == {"2023-24"}
    assert {(row["indicator_code"], row["measure_type"]) for row in rows} == {
        ("school_connectedness", "pct_scale_avg"),
        ("chronic_sadness", "pct_item"),
    }


def test_the_number_of_respondents_is_that_of_the_item_that_fewest_answered(tmp_path: Path) -> None:
    rows = added_up(tmp_path, answers(15) + answers(10, q2=None))
    (row,) = [row for row in rows if row["indicator_code"] == "school_connectedness"]
    assert row["n_respondents"] == "15"
    few = added_up(tmp_path, answers(9) + answers(10, q2=None))
    (row,) = [row for row in few if row["indicator_code"] == "school_connectedness"]
    assert (row["n_respondents"], row["value_pct"], row["is_suppressed"]) == ("9", "", "Y")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"school": "cdscode"}, "missing: cdscode; the file has: cds, gr, yr, q1, q2, q3, nickname"),
        ({"grade": {"variable": "gr", "codes": {9: "09"}}}, "Variable gr holds 1 codes, in 40 rows"),
        (
            {"scales": BOOK["scales"] | {"agree": {"answers": [4, 5], "favourable": [5], "response": "x"}}},
            "Variable q1",
        ),  # type: ignore[operator]
    ],
)
def test_a_file_that_its_codebook_does_not_fit_is_refused_with_both_sides(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(RefusedError) as error:
        added_up(tmp_path, answers(40), **changes)
    assert told in error.value.message
    assert "Planted" not in error.value.message


@pytest.mark.parametrize("cut", [50, 400])
def test_an_spss_file_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "answers"
    path.write_bytes(sav(path, answers(40))[:-cut])
    with pytest.raises(RefusedError, match=r"not whole|no row") as error:
        read_survey(path, tmp_path / "text", RESULTS, book(tmp_path / "books"))
    assert "Planted" not in error.value.message


def test_an_spss_file_without_respondents_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    sav(path, [], columns=list(answers(1)[0]))
    with pytest.raises(RefusedError, match="no row"):
        read_survey(path, tmp_path / "text", RESULTS, book(tmp_path / "books"))


def respondents(count: int, **other: Any) -> list[dict[str, Any]]:
    """Respondents by the project's own codebook."""
    core = read_codebook(codebook_folder(RESULTS) / "core.yml")
    row: dict[str, Any] = {"cds_code": "19990019910101", "grade": 7.0, "school_year": "2023-24"}
    for indicator in core.indicators.values():
        row |= dict.fromkeys(indicator.items, float(core.scales[indicator.scale].favourable[0]))
    return [row | {"nickname": "Plantednick", "weight": 81000000.5 + place} | other for place in range(count)]


def test_a_respondents_file_is_added_up_and_nobody_in_it_is_kept(
    tmp_path: Path, county: County, caplog: pytest.LogCaptureFixture
) -> None:
    rows = respondents(30) + respondents(9, grade=9.0) + respondents(12, cds_code="19990019910102", sad_hopeless=1.0)
    county.send("19/chks/raw_20240801.sav", sav(tmp_path / "raw.sav", rows))
    with caplog.at_level("DEBUG"):
        record = county.run_one("survey", "19")
    assert (record.outcome, record.file, record.rows_in) == ("loaded", "results", 18)
    assert (record.rows_loaded, record.rows_rejected) == (12, 6)
    assert {(row["reason"], row["value"]) for row in county.rejects(record)} == {("is below 10", None)}
    loaded = {(row["cds_code"], row["indicator_code"]): row for row in county.lake("chks/results", "19")}
    assert loaded["19990019910102", "chronic_sadness"]["value_pct"] == Decimal("0.0")
    assert loaded["19990019910101", "school_connectedness"]["n_respondents"] == 30
    everywhere = [path for path in county.settings.home.rglob("*") if path.is_file() and "landing" not in path.parts]
    assert all(b"Plantednick" not in path.read_bytes() for path in everywhere)
    assert "Plantednick" not in caplog.text
    assert list((county.settings.landing / ".work" / "19").iterdir()) == []


def test_the_projects_codebook_names_the_indicators_that_dbt_knows() -> None:
    seeded = (Path(__file__).resolve().parents[2] / "seeds" / "climate_indicators.csv").read_text().splitlines()[1:]
    core = read_codebook(codebook_folder(RESULTS) / "core.yml")
    assert list(core.indicators) == [line.split(",")[0] for line in seeded]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"pupils": 1}, "pupils"),
        ({"indicators": {"x": {"item_text": "x", "scale": "none", "items": {"q": "q"}}}}, "x has scale none"),
        ({"scales": {"a": {"answers": [1, 2], "favourable": [3], "response": "x"}}}, "favourable 3 is not among"),
    ],
)
def test_a_codebook_that_cannot_be_meant_is_an_error_that_names_its_file(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    path = book(tmp_path / "books", **changes) / "made.yml"
    with pytest.raises(ContractError) as error:
        read_codebook(path)
    assert str(path) in str(error.value)
    assert told in str(error.value)


# ---- text ----


def test_the_delimiter_is_told_from_the_header_of_the_delivery_itself(tmp_path: Path) -> None:
    contract = made(format={"kind": "tab", "also": ["csv"], "quotes": True})
    for mark, kind in (("\t", "tab"), (",", "csv")):
        landed = tmp_path / "landed"
        landed.write_text(f"ID{mark}DT\n1{mark}2023-10-05\n")
        assert open_landed(landed, "up.csv", [contract], tmp_path).contract.format.kind == kind


def test_a_clean_file_is_read_where_it_lies_and_any_other_is_written_anew(tmp_path: Path) -> None:
    landed = tmp_path / "landed"
    for content, is_clean in ((csv(ABS, []), True), (csv(ABS, [], "\r\n"), False), (csv(ABS, []) + "\n", False)):
        landed.write_bytes(content.encode())
        contract = made(columns={name: {"is": name.lower()} for name in ABS}, grain=["SC"])
        assert (open_landed(landed, "up.csv", [contract], tmp_path).prepared.path == landed) is is_clean
