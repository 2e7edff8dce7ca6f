"""The Aeries API, asked over HTTP of a server on this machine that answers as the API does."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ingestion.contract import read_contracts
from ingestion.ledger import Record
from ingestion.load import load_landed
from ingestion.pull import PullError, pull_new_files
from ingestion.transports.aeries import cleaner
from ingestion.transports.credentials import make_credentials
from tests.ingestion.county import LEA, County
from tests.ingestion.peers import QUICK, WebPeer, giving, knowing, web_peer

CERT = "PlantedCertificate0123456789abcd"
LOGGED_IN = knowing(elm_aeries=make_credentials(password=CERT))
NOW = datetime(2023, 11, 12, 12, tzinfo=UTC)
TOKENS = ("Plantedlast", "Plantedfirst", "Plantedstreet", "Plantedguardian", "planted@example.org", "5550001111")


class Aeries:
    """What a district's Aeries has. Schools 101 (periods) and 102 (daily), three students."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refused: set[str] = set()  # paths that are answered with an error
        self.status = 500
        self.changed = True
        self.schools: tuple[int, ...] = (101, 102)
        self.students = {101: (1, 2), 102: (3,)}
        self.codes = {1: "I", 3: "A"}

    def answer(self, path: str, query: dict[str, list[str]]) -> object:  # noqa: PLR0911 - one per end point
        """The JSON of a path below /api/v5; None where the API has no such end point."""
        if path == "/schools":
            return [{"SchoolCode": school, "PrincipalName": "Plantedlast"} for school in (*self.schools, 999)]
        if re.fullmatch(r"/StudentDataChanges/(student|enrollment|attendance)/\d{4}/\d\d/\d\d/\d\d/\d\d", path):
            return [{"StudentID": 500001}] if self.changed else []
        found = re.fullmatch(r"/schools/(\d+)/(.+)", path)
        if not found:
            return None
        school, rest = int(found[1]), found[2]
        if rest == "calendar":
            return [
                {"SchoolCode": school, "CalendarDayNumber": number, "CalendarDate": f"2023-{day}T00:00:00",
                 "HolidayCode": code, "AttendanceMonth": 3, "TotalEnrollment": 9}
                for number, day, code in ((1, "10-02", ""), (2, "10-03", "%"), (3, "11-01", ""), (4, "11-10", "#"))
            ]  # fmt: skip
        if rest == "AbsenceCodes":
            return [
                {"SchoolCode": school, "AbsenceCode": code, "Title": title, "Abbreviation": "X", "TypeCode": kind,
                 "CountsForADA": False, "IsSuspension": code == "S", "IndependentStudyCode": ""}
                for code, title, kind in (("A", "Unverified", 1), ("I", "Ill", 2), ("S", "Suspended", 2))
            ]  # fmt: skip
        if rest == "students":
            return [self.student(number, school) for number in self.students.get(school, ())]
        if rest == "enrollment/0/year/2023":
            return [
                {"StudentID": 500000 + number, "SchoolCode": school, "StudentNumber": number, "AcademicYear": "2023",
                 "Track": "", "AttendanceProgramCode": None, "Grade": 7, "EnterDate": "2023-08-14T00:00:00",
                 "LeaveDate": None, "ExitReasonCode": ""}
                for number in self.students.get(school, ())
            ]  # fmt: skip
        if rest == "attendance":
            return self.attendance(school, query["StartDate"][0], query["EndDate"][0])
        if rest == "AttendanceHistory/summary/year/2023-2024":
            return [
                {"StudentID": 500000 + number, "HistorySummaries": [
                    {"SchoolYear": "2023-2024", "SchoolCode": school, "DaysEnrolled": 60, "DaysPresent": 58,
                     "DaysAbsence": 2, "DaysExcused": 2, "DaysUnexcused": 0},
                    {"SchoolYear": "2022-2023", "SchoolCode": school, "DaysEnrolled": 180},
                ]}
                for number in self.students.get(school, ())
            ]  # fmt: skip
        return None

    def student(self, number: int, school: int) -> dict[str, object]:
        """A student with much that may never leave the landing."""
        return {
            "StudentID": 500000 + number, "SchoolCode": school, "StudentNumber": number,
            "StateStudentID": str(9100000000 + number), "LastName": "Plantedlast", "FirstName": "Plantedfirst",
            "Birthdate": "2011-02-03T00:00:00", "Gender": "X", "Grade": 7, "LanguageFluencyCode": "E",
            "InactiveStatusCode": "", "MailingAddress": "77 Plantedstreet", "MailingAddressZipCode": "90001",
            "ParentGuardianName": "Plantedguardian", "ParentEmailAddress": "planted@example.org",
            "HomePhone": "5550001111",
        }  # fmt: skip

    def attendance(self, school: int, first: str, last: str) -> list[dict[str, object]]:
        """Each student of the map missed 2 October and 1 November; those of 101 by period."""
        days = []
        for number in self.students.get(school, ()):
            code = self.codes.get(number)
            if code is None:
                continue
            classes = [
                {"SectionNumber": 1100 + period, "Period": str(period), "AttendanceCode": code}
                for period in range(1, 4)
            ]
            days.append({
                "StudentID": 500000 + number,
                "AttendanceDays": [
                    {"CalendarDate": f"{day}T00:00:00", "AllDayAttendanceCode": code if school == 102 else "",
                     "Classes": classes if school == 101 else []}
                    for day in ("2023-10-02", "2023-11-01")
                    if first <= day.replace("-", "") <= last
                ],
            })  # fmt: skip
        return days  # type: ignore[return-value]

    def handle(self, handler: BaseHTTPRequestHandler) -> bool:
        """Answer a request as Aeries would."""
        parts = urlsplit(handler.path)
        path = parts.path.removeprefix("/aeries/api/v5")
        self.asked.append(path + (f"?{parts.query}" if parts.query else ""))
        status, content = 200, b""
        if handler.headers.get("AERIES-CERT") != CERT:
            status = 401
        elif any(re.search(pattern, path) for pattern in self.refused):
            status = self.status
        else:
            answer = self.answer(path, parse_qs(parts.query))
            status, content = (404, b"") if answer is None else (200, json.dumps(answer).encode())
        handler.send_response(status)
        if status == 429:
            handler.send_header("Retry-After", "0")
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
        return True


@pytest.fixture
def aeries() -> Aeries:
    """What the district has."""
    return Aeries()


@pytest.fixture
def peer(aeries: Aeries) -> Iterator[WebPeer]:
    """The server."""
    with web_peer() as serving:
        serving.answer = aeries.handle
        yield serving


@pytest.fixture
def district(county: County, peer: WebPeer, monkeypatch: pytest.MonkeyPatch) -> County:
    """The county whose LEA lets its Aeries be asked, on 12 November 2023."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return NOW if tz else NOW.replace(tzinfo=None)

    monkeypatch.setattr("ingestion.pull.datetime", Clock)
    return giving(
        county, "aeries", aeries_api={"url": f"{peer.address}/aeries", "connection": "elm_aeries", "days": 30}
    )


def pulled(county: County, again: tuple[date, date] | None = None, credentials: Any = LOGGED_IN) -> list[str]:
    """Pull; the ids of the deliveries that wait."""
    return pull_new_files(county.settings, county.registry, LEA, "sis", None, credentials, patience=QUICK, again=again)


def loaded(county: County) -> dict[str, Record]:
    """Pull and load; what became of each delivery, by name."""
    return {record.name: record for record in load_landed(county.settings, county.registry, pulled(county))}


def test_what_the_api_has_is_loaded_as_if_its_tables_had_been_sent(district: County) -> None:
    records = loaded(district)
    assert {name: record.outcome for name, record in records.items()} == {
        f"api/2023-24/{table}_20231112.csv": "loaded"
        for table in ("ABS", "DAY", "STU", "ENR", "AHS", "ATT_202310", "ATT_202311")
    }
    assert all(record.rows_rejected == 0 for record in records.values())
    assert records["api/2023-24/ATT_202310_20231112.csv"].sent_at.isoformat()[:10] == "2023-11-12"
    by_period, daily = sorted(district.lake("aeries/attendance")[:2], key=lambda row: row["school_number"])
    assert (by_period["all_day_code"], by_period["period_1_code"], by_period["period_3_code"]) == (None, "I", "I")
    assert by_period["period_4_code"] is None
    assert (daily["all_day_code"], daily["period_1_code"], daily["school_day"]) == ("A", None, 1)
    students = {row["student_number_key"] for row in district.lake("aeries/students")}
    assert {row["student_number_key"] for row in district.lake("aeries/attendance")} < students
    assert [row["holiday_code"] for row in district.lake("aeries/calendar") if row["school_number"] == 101] == [
        None, "%", None, "#",
    ]  # fmt: skip
    assert {row["is_suspension"] for row in district.lake("aeries/absence_codes") if row["code"] == "S"} == {"Y"}
    assert {float(row["days_absent"]) for row in district.lake("aeries/summary")} == {2.0}
    assert district.periods("aeries/attendance") == ["2023-10", "2023-11"]


def test_nobodys_name_or_address_comes_any_further(district: County, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        loaded(district)
    kept = [path for path in district.settings.home.rglob("*") if path.is_file()]
    assert len(kept) > 20
    for path in kept:
        content = path.read_bytes()
        for token in (*TOKENS, CERT):
            assert token.encode() not in content, path
    for token in (*TOKENS, CERT, "9100000001", "500001"):
        assert token not in caplog.text
    for path in (district.settings.landing / ".api").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_whole_months_are_asked_for_that_reach_back_as_far_as_the_registry_says(
    district: County, aeries: Aeries
) -> None:
    pulled(district)
    assert "/schools/101/attendance?StartDate=20231001&EndDate=20231112" in aeries.asked
    assert not any("DatabaseYear" in one for one in aeries.asked)


def test_where_nothing_changed_nothing_else_is_asked_for(district: County, aeries: Aeries) -> None:
    loaded(district)
    aeries.asked.clear()
    aeries.changed = False
    assert pulled(district) == []
    assert [one.split("/")[1] for one in aeries.asked] == ["schools", *["StudentDataChanges"] * 3]
    assert "/StudentDataChanges/attendance/2023/11/12/03/00" in aeries.asked  # an hour before, in Pacific time
    aeries.changed = True
    aeries.codes[2] = "A"
    records = loaded(district)
    assert records["api/2023-24/ATT_202311_20231112.csv"].outcome == "loaded"
    assert len(district.lake("aeries/attendance")) == 6


def test_a_backfill_asks_for_its_own_stretch_and_year(district: County, aeries: Aeries) -> None:
    loaded(district)
    aeries.asked.clear()
    aeries.changed = False
    pulled(district, (date(2023, 10, 2), date(2023, 10, 20)))
    assert "/schools/101/attendance?StartDate=20231001&EndDate=20231031" in aeries.asked
    assert not any("StudentDataChanges" in one for one in aeries.asked)
    aeries.asked.clear()
    with pytest.raises(PullError):  # the invented district has no earlier year
        pulled(district, (date(2022, 10, 2), date(2022, 10, 20)))
    assert "/schools/101/calendar?DatabaseYear=2022" in aeries.asked


def test_a_wrong_certificate_is_told_at_once(district: County, aeries: Aeries) -> None:
    wrong = knowing(elm_aeries=make_credentials(password="Planted-other"))
    with pytest.raises(PullError, match="refuses the certificate of the connection elm_aeries") as error:
        pulled(district, credentials=wrong)
    assert error.value.is_permanent
    assert aeries.asked == ["/schools"]
    assert "Planted" not in str(error.value)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_api_is_asked_again(district: County, aeries: Aeries, status: int) -> None:
    aeries.status = status
    aeries.refused = {"^/schools$"}
    with pytest.raises(PullError, match=f"cannot answer now \\({status}\\)") as error:
        pulled(district)
    assert aeries.asked == ["/schools"] * QUICK.attempts
    assert not error.value.is_permanent


def test_a_school_that_fails_stops_no_other_and_no_month_is_replaced_by_a_part_of_it(
    district: County, aeries: Aeries
) -> None:
    loaded(district)
    before = district.lake("aeries/attendance")
    aeries.codes = {1: "A", 3: "S"}
    aeries.refused, aeries.status = {"^/schools/102/attendance"}, 403
    with pytest.raises(PullError, match=r"schools/102/attendance.*403") as error:
        pulled(district)
    load_landed(district.settings, district.registry, error.value.waiting)
    after = district.lake("aeries/attendance")
    assert len(after) == len(before) == 4
    assert {row["period_1_code"] for row in after if row["school_number"] == 101} == {"A"}
    assert {row["all_day_code"] for row in after if row["school_number"] == 102} == {"A"}  # as it was last had


def test_a_month_of_which_a_school_was_never_had_is_not_replaced(
    district: County, aeries: Aeries, caplog: pytest.LogCaptureFixture
) -> None:
    aeries.refused, aeries.status = {"^/schools/102/attendance"}, 403
    with pytest.raises(PullError) as error:
        pulled(district)
    assert error.value.waiting == []
    assert "ATT_202310 of 2023-24 is left as it is, for school 102 could not be had" in caplog.text
    aeries.refused = set()
    assert len(loaded(district)) == 7


def test_a_school_that_aeries_lists_no_more_keeps_what_it_had(district: County, aeries: Aeries) -> None:
    loaded(district)
    aeries.schools = (101,)
    aeries.codes = {1: "A", 3: "S"}
    aeries.asked.clear()
    loaded(district)
    assert {row["school_number"] for row in district.lake("aeries/attendance")} == {101, 102}
    assert not any("/schools/102/" in one for one in aeries.asked)


def test_without_the_permission_for_summaries_the_rest_comes(
    district: County, aeries: Aeries, caplog: pytest.LogCaptureFixture
) -> None:
    aeries.refused, aeries.status = {"AttendanceHistory"}, 403
    assert len(loaded(district)) == 6
    assert "comes without the year's summary" in caplog.text


def test_a_day_of_a_student_that_nobody_knows_comes_with_a_blank_number_which_the_contract_rejects() -> None:
    rows = cleaner.attendance(
        101, "2023-10-01", "2023-10-31",
        [{"StudentID": 9, "AttendanceDays": [{"CalendarDate": "2023-10-02T00:00:00", "AllDayAttendanceCode": "I"}]}],
        numbers={}, days={},
    )  # fmt: skip
    assert [(row["SN"], row["AL"], row["DT"]) for row in rows] == [("", "I", "2023-10-02")]


def test_two_classes_in_one_period_give_the_first_code_and_days_without_a_code_give_no_row() -> None:
    classes = [
        {"Period": "2", "AttendanceCode": ""},
        {"Period": "2", "AttendanceCode": "T"},
        {"Period": "2", "AttendanceCode": "I"},
        {"Period": "11", "AttendanceCode": "I"},
    ]
    answer = [{
        "StudentID": 1,
        "AttendanceDays": [
            {"CalendarDate": "2023-10-02T00:00:00", "AllDayAttendanceCode": None, "Classes": classes},
            {"CalendarDate": "2023-10-03T00:00:00", "AllDayAttendanceCode": "", "Classes": []},
            {"CalendarDate": "2023-11-03T00:00:00", "AllDayAttendanceCode": "I"},
        ],
    }]  # fmt: skip
    (row,) = cleaner.attendance(101, "2023-10-01", "2023-10-31", answer, numbers={"1": "7"}, days={"2023-10-02": "40"})
    assert {column: value for column, value in row.items() if value} == {
        "SC": "101", "SN": "7", "DY": "40", "DT": "2023-10-02", "A2": "T",
    }  # fmt: skip


def test_the_columns_are_those_that_the_contracts_know() -> None:
    known = {contract.file: contract for contract in read_contracts() if contract.source == "aeries"}
    for file, columns in (
        ("students", cleaner.STU), ("enrollments", cleaner.ENR), ("absence_codes", cleaner.ABS),
        ("calendar", cleaner.DAY), ("attendance", cleaner.ATT), ("summary", cleaner.AHS),
    ):  # fmt: skip
        contract = known[file]
        assert set(columns) <= set(contract.everything()) | set(contract.ignored), file
        assert {name for name in contract.columns if not contract.columns[name].private} <= set(columns), file
