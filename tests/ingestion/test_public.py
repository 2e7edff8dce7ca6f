"""What the state publishes: fetched where it can be, and the real file loaded whole."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import openpyxl
import pytest

from attendance.settings import read_settings
from ingestion.contract import FOLDER
from ingestion.fetch import fetch_public
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import Registry
from tests.ingestion.county import County

HEADER = (
    "Academic Year\tAggregate Level\tCounty Code\tDistrict Code\tSchool Code\tCounty Name\tDistrict Name\tSchool Name"
    "\tCharter School\tDASS\tReporting Category\tChronicAbsenteeismEligibleCumulativeEnrollment"
    "\tChronicAbsenteeismCount\tChronicAbsenteeismRate"
)
ROWS = [
    "2023-24\tC\t19\t\t\tInvented\t\t\tAll\tAll\tTA\t1000\t220\t22.0",
    '2023-24\tS\t19\t99001\t9910101\tInvented\tElm Unified\tPeña "Elm" School\tNo \tNo \tRI\t*\t*\t*',
]


class States(BaseHTTPRequestHandler):
    """A state's server: one file, one that breaks off, one page instead of a file, and nothing else."""

    def do_GET(self) -> None:
        """Answer by the name asked for."""
        known = {"/a/good%2023.txt": (b"content", 7, "text/plain"), "/cut.txt": (b"half", 99, "text/plain")}
        known["/page.txt"] = (b"<html>", 6, "text/html")
        body, length, kind = known.get(self.path, (b"", 0, ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), States) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


def send_public(county: County, name: str, lines: list[str]) -> None:
    """Put a text file among what the state publishes."""
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")


def fetching(registry: Registry, *addresses: str) -> Registry:
    """The registry with those addresses for the state's files."""
    sends = {"cde": registry.state.sends["cde"].model_copy(update={"fetch": addresses})}
    return registry.model_copy(update={"state": registry.state.model_copy(update={"sends": sends})})


def test_what_can_be_had_is_fetched_and_what_cannot_is_told(county: County, server: str) -> None:
    addresses = [f"{server}/{name}" for name in ("a/good%2023.txt", "gone.txt", "cut.txt", "page.txt")]
    nobody = "http://127.0.0.1:9/nobody.txt"
    report = fetch_public(
        county.settings, fetching(county.registry, *addresses, nobody, "file:///etc/hosts"), timeout=3
    )
    assert report.fetched == ("good 23.txt",)
    reasons = dict(report.failed)
    assert set(reasons) == {*addresses[1:], nobody, "file:///etc/hosts"}
    assert reasons[addresses[1]] == "Not Found"
    assert "a web page, not the file" in reasons[addresses[3]]
    assert "not an http" in reasons["file:///etc/hosts"]
    folder = county.settings.public / "cde"
    assert [path.name for path in folder.iterdir()] == ["good 23.txt"]
    assert (folder / "good 23.txt").read_text() == "content"
    assert len(report.lines()) == 6


def test_what_is_there_already_even_packed_is_not_fetched_again(county: County, server: str) -> None:
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True)
    (folder / "good 23.txt.gz").write_bytes(gzip.compress(b"here"))
    report = fetch_public(county.settings, fetching(county.registry, f"{server}/a/good%2023.txt"))
    assert (report.present, report.fetched, report.failed, report.lines()) == (("good 23.txt",), (), (), [])


def test_where_the_folder_cannot_be_written_the_failure_is_told(county: County, server: str) -> None:
    county.settings.public.write_text("a file where a folder should be")
    report = fetch_public(county.settings, fetching(county.registry, f"{server}/a/good%2023.txt"))
    assert len(report.failed) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_states_file_is_loaded_with_its_stars_as_nulls(county: County, encoding: str, packed: bool) -> None:
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True)
    content = "\r\n".join([HEADER, *ROWS]).encode(encoding)
    name = "chronicabsenteeism24.txt"
    (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_in, record.rows_loaded, record.periods) == ("loaded", 2, 2, ("2023-24",))
    first, second = county.lake("cde/chronic_absenteeism", "00")
    assert (first["eligible_enrollment"], first["chronic_count"], float(first["chronic_rate"])) == (1000, 220, 22.0)
    assert (second["eligible_enrollment"], second["chronic_count"], second["chronic_rate"]) == (None, None, None)
    assert (second["school_name"], second["charter_school"]) == ('Peña "Elm" School', "No")
    assert first["district_code"] is None


SPELLED_OTHERWISE = HEADER.replace(" ", "").replace("CharterSchool", "CharterYN").replace("\tDASS", "")


@pytest.mark.parametrize("measure", ["ChronicAbsenteeismEligibleCumulativeEnrollment", "CumulativeEnrollment"])
def test_an_older_header_without_spaces_and_without_dass_is_the_same_file(county: County, measure: str) -> None:
    header = SPELLED_OTHERWISE.replace("ChronicAbsenteeismEligibleCumulativeEnrollment", measure)
    rows = [row.replace("2023-24", "2016-17").split("\t") for row in ROWS]
    send_public(county, "chronicabsenteeism17.txt", [header, *("\t".join(row[:9] + row[10:]) for row in rows)])
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_loaded, record.periods) == ("loaded", 2, ("2016-17",))
    first, _ = county.lake("cde/chronic_absenteeism", "00")
    assert (first["charter_school"], first["dass"], first["eligible_enrollment"]) == ("All", None, 1000)


def test_a_renamed_column_is_told_with_both_names(county: County) -> None:
    send_public(county, "chronicabsenteeism24.txt", [HEADER.replace("Reporting Category", "Student Group"), *ROWS])
    record = county.run_one("state", "00")
    assert record.outcome == "refused"
    assert "Reporting Category" in str(record.message)
    assert "Student Group" in str(record.message)


def test_the_dashboards_headers_of_2018_2022_and_2024_are_one_table(county: County) -> None:
    keys = ["19990019910101", "S", "Elm", "Elm Unified", "Invented", "", "", ""]
    names = [
        "cds",
        "rtype",
        "schoolname",
        "districtname",
        "countyname",
        "charter_flag",
        "coe_flag",
        "dass_flag",
        "studentgroup",
    ]
    now = {"currnumer": "29", "currdenom": "577", "currstatus": "5.0", "statuslevel": "4", "reportingyear": "2024"}
    prior = {"priornumer": "60", "priordenom": "602", "priorstatus": "10.0", "change": "-4.9", "color": "5"}
    years = {
        "2018": now | prior | {"changelevel": "5", "safetynet": "N", "box": "100", "type": "ES", "ind": "chronic"},
        "2022": now | {"indicator": "chronic", "currnsizemet": "Y"},
        "2024": now | prior | {"changeLevel": "5", "smalldenom": "", "certifyflag": "", "accountabilitymet": "Y"},
    }
    for year, fields in years.items():
        fields["reportingyear"] = year
        header = "\t".join([*names, *fields])
        send_public(county, f"chronicdownload{year}.txt", [header, "\t".join([*keys, "ALL", *fields.values()])])
    assert {one.periods for one in county.run("state", "00")} == {("2017-18",), ("2021-22",), ("2023-24",)}
    rows = county.lake("cde/dashboard_chronic", "00")
    assert [row["change_level"] for row in rows] == [5, None, 5]
    assert [row["small_population"] for row in rows] == ["N", None, None]
    assert [row["current_count"] for row in rows] == [29, 29, 29]


def test_a_directory_belongs_to_the_year_in_which_it_was_sent_and_names_nobody(county: County) -> None:
    header = "CDSCode\tStatusType\tCounty\tDistrict\tSchool\tCity\tZip\tCharter\tLatitude\tAdmLName1\tEmail"
    row = "19990019910101\tActive\tInvented\tElm\tElm Middle\tNo Data\t90001-1234\tN\tNo Data\tPlantedname\tp@x"
    send_public(county, "pubschls_20240902.txt", [header, row])
    record = county.run_one("state", "00")
    assert (record.outcome, record.periods) == ("loaded", ("2024-25",))
    (school,) = county.lake("cde/schools", "00")
    assert (school["zip_code"], school["city"], school["latitude"]) == ("90001", None, None)
    assert "Planted" not in str(school)


def test_a_charter_stands_in_both_sheets_of_the_pupil_counts(county: County) -> None:
    folder = FOLDER / "cde"
    send_public(county, "cupc2324-k12.csv", (folder / "pupil_counts_schools.example.csv").read_text().splitlines())
    send_public(county, "cupc2324-k12-lea.csv", (folder / "pupil_counts_leas.example.csv").read_text().splitlines())
    assert {one.file for one in county.run("state", "00")} == {"pupil_counts_schools", "pupil_counts_leas"}
    charter = [
        row["total_enrollment"]
        for file in ("pupil_counts_schools", "pupil_counts_leas")
        for row in county.lake(f"cde/{file}", "00")
        if row["school_code"] == "9910105"
    ]
    assert charter == [240, 240]


def test_the_workbook_of_pupil_counts_is_read_by_its_sheets_below_their_titles(county: County) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Title Page"  # type: ignore[union-attr]
    for sheet, file in (("LEA-Level CALPADS UPC Data", "leas"), ("School-Level CALPADS UPC Data", "schools")):
        page = book.create_sheet(sheet)
        page.append(["2023-24 CALPADS Unduplicated Pupil Count", None])
        lines = (FOLDER / "cde" / f"pupil_counts_{file}.example.csv").read_text().splitlines()
        # the names span lines in CDE's workbook
        page.append([name.replace(" (", "\n(") for name in lines[0].split(",")])
        for line in lines[1:]:
            page.append(
                [int(one) if one.isdigit() and one[0] != "0" and len(one) < 5 else one for one in line.split(",")]
            )
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True)
    book.save(folder / "cupc2324-k12.xlsx")
    book.save(folder / "cupc2324-k12-lea.xlsx")
    outcomes = {one.file: (one.outcome, one.rows_loaded, one.message) for one in county.run("state", "00")}
    assert outcomes == {
        "pupil_counts_schools": ("loaded", 3, None),
        "pupil_counts_leas": ("loaded", 3, None),
    }
    assert [row["foster"] for row in county.lake("cde/pupil_counts_leas", "00")] == [5, 0, 6]


def test_pupil_counts_before_2020_21_have_no_tribal_foster_youth(county: County) -> None:
    lines = (FOLDER / "cde" / "pupil_counts_schools.example.csv").read_text().splitlines()
    without = [",".join(line.split(",")[:20] + line.split(",")[21:]) for line in lines]
    send_public(county, "cupc1920-k12.csv", [line.replace("2023-2024", "2019-2020") for line in without])
    send_public(county, "cupc2324-k12.csv", without)
    old, new = sorted(county.run("state", "00"), key=lambda one: one.name)
    assert (old.outcome, old.periods) == ("loaded", ("2019-20",))
    assert new.outcome == "refused"
    assert "Tribal Foster Youth" in str(new.message)


REAL = read_settings().public / "cde" / "chronicabsenteeism24.txt.gz"


@pytest.mark.skipif(
    not REAL.exists(), reason=f"CDE's real file is not at {REAL}; `attendance fetch` downloads the original"
)
def test_the_real_file_is_loaded_whole(county: County) -> None:
    county = reading_the_real_files(county)
    outcomes = {Path(record.name).name[18:20]: record for record in county.run("state", "00")}
    assert {year: (one.outcome, one.rows_in, one.rows_rejected) for year, one in outcomes.items()} == {
        "23": ("loaded", 45_242, 0),
        "24": ("loaded", 45_743, 0),
    }
    (total,) = [
        row
        for row in county.lake("cde/chronic_absenteeism", "00")
        if (row["school_year"], row["aggregate_level"], row["reporting_category"]) == ("2023-24", "C", "TA")
    ]
    assert (total["chronic_count"], total["eligible_enrollment"]) == (292_881, 1_330_028)
    assert len(county.lake("cde/chronic_absenteeism", "00")) == 45_242 + 45_743


def reading_the_real_files(county: County) -> County:
    """The county whose public folder is the one with CDE's files."""
    return County(replace(county.settings, public=REAL.parent.parent), county.registry)


def real(name: str) -> Path:
    """A real extract of CDE's, as Parquet; skips the test where it is not there."""
    path = REAL.parent / name
    if not path.exists():
        pytest.skip(f"{path} is not there: an extract of a file that CDE publishes")
    return path


def as_text(query: str, delimiter: str = "\t") -> list[str]:
    """A query's rows as lines of a file with header, as CDE would write them."""
    with duckdb.connect() as connection:
        found = connection.execute(query)
        header = [column[0] for column in found.description or []]
        rows = [["" if value is None else str(value) for value in row] for row in found.fetchall()]
    return [delimiter.join(row) for row in [header, *rows]]


def test_the_real_chronic_absenteeism_of_2021_22_is_loaded_whole(county: County) -> None:
    path = real("cde_chronicabsenteeism22_monterey.parquet")
    text = as_text(f"""
        select academic_year as AcademicYear, aggregate_level as AggregateLevel, county_code as CountyCode,
               district_code as DistrictCode, school_code as SchoolCode, county_name as CountyName,
               district_name as DistrictName, school_name as SchoolName, charter_school as CharterYN,
               reporting_category as ReportingCategory,
               {starred("chronic_absenteeism_eligible_cumulative_enrollment")}
                   as ChronicAbsenteeismEligibleCumulativeEnrollment,
               {starred("chronic_absenteeism_count")} as ChronicAbsenteeismCount,
               coalesce(cast(chronic_absenteeism_rate as varchar), '*') as ChronicAbsenteeismRate
        from '{path}'
    """)
    send_public(county, "chronicabsenteeism22.txt", text)
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 3_307, 3_307)
    shown = [row for row in county.lake("cde/chronic_absenteeism", "00") if row["chronic_count"] is not None]
    assert len(shown) > 1_500
    assert [
        row for row in shown if rate_of(row["chronic_count"], row["eligible_enrollment"]) != row["chronic_rate"]
    ] == []


def starred(column: str) -> str:
    """SQL of a count as CDE prints it: whole, a star where it is hidden."""
    return f"coalesce(cast(cast({column} as integer) as varchar), '*')"


def rate_of(part: int, whole: int) -> Decimal:
    """Percent, one decimal, half up: the state's rounding."""
    return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)


@pytest.mark.parametrize(("short", "year"), [("17", "2016-17"), ("18", "2017-18")])
def test_the_real_chronic_absenteeism_of_the_oldest_years_is_loaded_whole(
    county: County, short: str, year: str
) -> None:
    path = real("cde_chronic_1617_1718_state_and_monterey.parquet")
    column = year[2:4] + year[5:7]
    text = as_text(f"""
        select '{year}' as AcademicYear, AggregateLevel, if(AggregateLevel = 'T', '00', '27') as CountyCode,
               DistrictCode, lpad(nullif(SchoolCode, '0'), 7, '0') as SchoolCode,  -- the extract lost leading zeros
               'Monterey' as CountyName, DistrictName, SchoolName, 'All' as CharterYN,
               ReportingCategory, CumulativeEnrollment{column} as CumulativeEnrollment, '*' as ChronicAbsenteeismCount,
               Y{column} as ChronicAbsenteeismRate
        from '{path}'
    """)
    send_public(county, f"chronicabsenteeism{short}.txt", text)
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_in, record.rows_loaded, record.periods) == ("loaded", 3_189, 3_189, (year,))


def real_reasons() -> list[str]:
    """CDE's absenteeism by reason of 2021-22, Monterey."""
    path = real("cde_absenteeismreason22_monterey.parquet")
    reasons = ["excused", "unexcused", "out_of_school_suspension", "incomplete_independent_study"]
    said = ["Excused", "Unexcused", "Out-of-School Suspension", "Incomplete Independent Study"]
    measures = [("Average Days Absent", "average_days_absent"), ("Total Days Absent", "total_days_absent")]
    for kind in ("percent", "count"):
        measures += [
            (f"{one} Absences ({kind})", f"{name}_absences_{kind}") for one, name in zip(said, reasons, strict=True)
        ]
    measured = ", ".join(f"coalesce(cast({name} as varchar), '*') as \"{told}\"" for told, name in measures)
    return as_text(f"""
        select academic_year as "Academic Year", aggregate_level as "Aggregate Level", county_code as "County Code",
               cast(cast(district_code as integer) as varchar) as "District Code", school_code as "School Code",
               county_name as "County Name", district_name as "District Name", school_name as "School Name",
               charter_school as "Charter School", dass as DASS, reporting_category as "Reporting Category",
               {starred("eligible_cumulative_enrollment")} as "Eligible Cumulative Enrollment",
               {starred("count_of_students_with_one_or_more_absences")}
                   as "Count of Students with One or More Absences",
               {measured}
        from '{path}'
    """)


def test_the_real_absenteeism_by_reason_is_loaded_whole_and_its_shares_add_up(county: County) -> None:
    send_public(county, "absenteeismreason22.txt", real_reasons())
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 3_288, 3_288)
    shown = [row for row in county.lake("cde/absenteeism_reason", "00") if row["total_days"]]
    names = ["excused", "unexcused", "out_of_school_suspension", "non_ada_independent_study"]
    assert len(shown) > 2_000
    assert {abs(row["total_days"] - sum(row[f"days_{name}"] for name in names)) <= 1 for row in shown} == {True}
    assert {abs(100 - sum(row[f"percent_{name}"] for name in names)) <= Decimal("0.3") for row in shown} == {True}


STATUS = ((Decimal("2.5"), 5), (Decimal("5.0"), 4), (Decimal("10.0"), 3), (Decimal("20.0"), 2), (Decimal(100), 1))


def real_dashboard() -> list[str]:
    """The Dashboard's chronic absenteeism indicator of 2018, Monterey."""
    path = real("dashboard_chro_2018_monterey.parquet")
    columns = (
        "cds rtype schoolname districtname countyname charter_flag coe_flag dass_flag studentgroup currnumer currdenom "
        "currstatus priornumer priordenom priorstatus change statuslevel changelevel color box safetynet reportingyear"
    )
    # the extract has the districts' codes as 002.710272e+13; CDE's own file has them whole
    cds = "if(rtype = 'D', lpad(cast(cast(cast(cds as double) as bigint) as varchar), 14, '0'), cds) as cds"
    query = f"select {cds}, {', '.join(columns.split()[1:])} from '{path}'"
    return as_text(query)


def test_the_real_dashboard_of_2018_is_loaded_whole_and_follows_its_own_cut_points(county: County) -> None:
    send_public(county, "chronicdownload2018.txt", real_dashboard())
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_in, record.rows_loaded, record.periods) == (
        "loaded",
        1_876,
        1_876,
        ("2017-18",),
    )
    rows = county.lake("cde/dashboard_chronic", "00")
    counted = [row for row in rows if row["current_count"] is not None]
    assert len(counted) == 975
    assert {rate_of(row["current_count"], row["current_students"]) == row["current_rate"] for row in counted} == {True}
    levelled = [row for row in counted if row["status_level"]]
    assert {next(level for limit, level in STATUS if row["current_rate"] <= limit) for row in levelled} == {
        1,
        2,
        3,
        4,
        5,
    }
    for row in levelled:
        assert next(level for limit, level in STATUS if row["current_rate"] <= limit) == row["status_level"]


TOTAL_ENROLLMENT = {
    "2018-19": 1_455_537,
    "2019-20": 1_428_270,
    "2020-21": 1_384_460,
    "2021-22": 1_330_352,
    "2022-23": 1_307_912,
    "2023-24": 1_291_809,
    "2024-25": 1_271_914,
}


def send_real_pupil_counts(county: County) -> None:
    """Put CDE's unduplicated pupil counts of seven years among the public files, by school and by LEA."""
    for file, name in (("school", "cupc{}-k12.csv"), ("lea", "cupc{}-k12-lea.csv")):
        path = real(f"cupc_{file}_2018_19_to_2024_25_la.parquet")
        for year in TOTAL_ENROLLMENT:
            span = f"{year[:4]}-{int(year[:4]) + 1}"
            drop = ' exclude ("Tribal Foster Youth")' if year < "2020-21" else ""
            query = f"select *{drop} from '{path}' where \"Academic Year\" = '{span}'"
            lines = as_text(query, "|")
            quoted = [",".join(f'"{field}"' for field in line.split("|")) for line in lines]
            send_public(county, name.format(year[2:4] + year[5:7]), quoted)


def test_the_real_pupil_counts_of_schools_and_of_leas_add_up_to_the_same_pupils(county: County) -> None:
    send_real_pupil_counts(county)
    outcomes = county.run("state", "00")
    assert {(one.outcome, one.rows_rejected) for one in outcomes} == {("loaded", 0)}
    for file in ("pupil_counts_schools", "pupil_counts_leas"):
        rows = county.lake(f"cde/{file}", "00")
        found = {
            year: sum(row["total_enrollment"] for row in rows if row["school_year"] == year)
            for year in TOTAL_ENROLLMENT
        }
        assert found == TOTAL_ENROLLMENT
        assert {row["tribal_foster"] is None for row in rows if row["school_year"] < "2020-21"} == {True}
        assert {row["tribal_foster"] is None for row in rows if row["school_year"] >= "2020-21"} == {False}


def test_the_real_directories_are_loaded_whole(county: County) -> None:
    old = real("pubschls_2018_la.parquet")
    new = real("school_directory_demographics_2025_26_la.parquet")
    send_public(county, "pubschls_20180401.txt", as_text(f"select * from '{old}'"))
    query = f"""
        select CDSCode, 'Active' as StatusType, county as County, district as District, name as School, city as City,
               "address.zip" as Zip, if(charter, 'Y', 'N') as Charter, schoolType as SOCType, gradeSpan as GSserved,
               latitude as Latitude, longitude as Longitude
        from '{new}'
    """
    send_public(county, "pubschls_20251001.txt", as_text(query))
    found = county.run("state", "00")
    outcomes = {one.periods: (one.outcome, one.rows_in, one.rows_loaded) for one in found}
    assert outcomes == {("2017-18",): ("loaded", 3_684, 3_684), ("2025-26",): ("loaded", 2_140, 2_140)}
    rows = county.lake("cde/schools", "00")
    assert min(row["open_date"][-4:] for row in rows if "/" in (row["open_date"] or "")) == "1866"
    latest = [row for row in rows if row["school_year"] == "2025-26"]
    assert len({row["cds_code"] for row in latest}) == 2_140


PUBLISHED = tuple(
    f"published_{mart}"
    for mart in ("chronic_absence", "absence_by_reason", "dashboard_indicator", "pupil_counts", "schools")
)
BUILD = """
import sys
from attendance.dbt import begin_building, invoke
from attendance.settings import read_settings
settings = read_settings()
begin_building(settings)
chosen = [f"+{mart}" for mart in sys.argv[1:]]
result = invoke(settings, "build", "--quiet", "--select", *chosen, "--exclude", "resource_type:unit_test",
                "--indirect-selection", "buildable")
raise SystemExit(not result.success)
"""


def built(county: County, code: str, marts: Sequence[str] = PUBLISHED) -> duckdb.DuckDBPyConnection:
    """Those marts of what the state publishes, for the county of that code, with every data test passed."""
    office = county.registry.county.model_copy(update={"code": code})
    prepare_lake(county.settings)
    write_reference(county.settings, county.registry.model_copy(update={"county": office}))
    environment = {**os.environ, **county.settings.environment(), "DO_NOT_TRACK": "1"}
    command = [sys.executable, "-c", BUILD, *marts]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return duckdb.connect(str(county.settings.building), read_only=True)


def test_the_real_files_reach_the_marts_of_their_own_county_alone(county: County) -> None:
    send_public(county, "absenteeismreason22.txt", real_reasons())
    send_public(county, "chronicdownload2018.txt", real_dashboard())
    send_real_pupil_counts(county)
    old = real("pubschls_2018_la.parquet")
    send_public(county, "pubschls_20180401.txt", as_text(f"select * from '{old}'"))
    assert {one.outcome for one in county.run("state", "00")} == {"loaded"}
    counts = "select count(*) from marts.published_{}"
    with built(county, "27") as monterey:
        found = {name: monterey.execute(counts.format(name)).fetchone() for name in ("pupil_counts", "schools")}
        assert found == {"pupil_counts": (0,), "schools": (0,)}
        assert monterey.execute(counts.format("absence_by_reason")).fetchone() == (3_288,)
        county_row = monterey.execute("""
            select days_absent, days_excused from marts.published_absence_by_reason
            where entity_level = 'county' and reporting_category = 'CAN'
        """).fetchone()
        assert county_row == (Decimal("388328.9"), Decimal("287961.6"))
        colored = monterey.execute("""
            select count(*), count(distinct color_name), count_if(reporting_category is null)
            from marts.published_dashboard_indicator where color_level is not null
        """).fetchone()
        assert colored == (747, 5, 0)
    with built(county, "19") as angeles:
        assert angeles.execute(counts.format("absence_by_reason")).fetchone() == (0,)
        enrolled = angeles.execute("""
            select school_year, sum(total_enrollment) from marts.published_pupil_counts
            where counted_as = 'lea' group by school_year
        """).fetchall()
        assert dict(enrolled) == TOTAL_ENROLLMENT
        assert angeles.execute("select count(*), count_if(is_open) from marts.published_schools").fetchone() == (
            3_684,
            2_427,
        )


def test_our_rule_gives_every_row_of_the_real_dashboard_of_2018_its_change_its_levels_and_its_color(
    county: County,
) -> None:
    send_public(county, "chronicdownload2018.txt", real_dashboard())
    assert {one.outcome for one in county.run("state", "00")} == {"loaded"}
    with built(county, "27", ["dashboard_recomputed"]) as monterey:
        counted = monterey.execute("""
            select count(*), count_if(is_recomputed), count(rate_change), count(status_level), count(change_level),
                   count(color_level), count(distinct recomputed_color_level)
            from marts.dashboard_recomputed
        """).fetchone()
    assert counted == (1_876, 1_876, 946, 975, 946, 747, 5)
