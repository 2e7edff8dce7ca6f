"""PowerSchool, Infinite Campus and Synergy: their own layouts, their own dirt, and the same county in each of them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from attendance.settings import PROJECT
from ingestion.registry import Registry
from simulation.county import simulate
from simulation.folder import SimulationError
from simulation.systems import registry_with
from tests.oracle import chronic
from tests.simulation.raw_files import SYSTEMS, County, in_order_of, schools_of

Read = Callable[..., pd.DataFrame]
YEARS = ("2022-23", "2023-24")
POWERSCHOOL, CAMPUS, SYNERGY = SYSTEMS["powerschool"], SYSTEMS["infinite_campus"], SYSTEMS["synergy"]

HEADERS = {
    "powerschool": {
        "students": "id,dcid,student_number,state_studentnumber,last_name,first_name,middle_name,dob,gender,"
        "enroll_status,street,city,state,zip,home_phone,schoolid,grade_level,entrydate,exitdate,entrycode,exitcode,"
        "track,fteid",
        "reenrollments": "id,studentid,schoolid,grade_level,entrydate,exitdate,entrycode,exitcode,track,fteid",
        "attendance": "id,studentid,schoolid,yearid,att_date,att_mode_code,attendance_codeid,calendar_dayid,periodid,"
        "att_comment",
        "attendance_code": "id,schoolid,yearid,att_code,description,presence_status_cd,calpads_category,"
        "calculate_ada_yn",
        "calendar_day": "id,schoolid,date_value,insession,membershipvalue,bell_schedule_id,type",
        "bell_schedule": "id,schoolid,yearid,name,attendance_conversion_id",
        "attendance_conversion_items": "id,attendance_conversion_id,conversion_mode_code,input_value,attendance_value",
    },
    "infinite_campus": {
        "Student": "personID,stateID,studentNumber,lastName,firstName,middleName,birthdate,gender,address,city,zip,"
        "guardian,phone",
        "Enrollment": "enrollmentID,personID,calendarID,endYear,grade,serviceType,startDate,endDate,startStatus,"
        "endStatus,noShow,stateExclude",
        "Calendar": "calendarID,schoolID,schoolNumber,endYear,name,startDate,endDate",
        "Day": "dayID,calendarID,date,schoolDay,instruction,attendance",
        "Period": "periodID,calendarID,name,seq,nonInstructional",
        "Attendance": "attendanceID,personID,calendarID,date,periodID,excuseID,status,excuse,comments,presentMinutes",
        "AttendanceExcuse": "excuseID,calendarID,code,description,status,excuse,stateCode",
    },
    "synergy": {
        "students": "SIS_NUMBER,STATE_STUDENT_NUMBER,LAST_NAME,FIRST_NAME,MIDDLE_NAME,BIRTH_DATE,GENDER,ADDRESS,CITY,"
        "ZIP,PHONE",
        "enrollment": "ENROLLMENT_GU,SIS_NUMBER,SCHOOL_CODE,SCHOOL_YEAR,GRADE,ENTER_DATE,LEAVE_DATE,LEAVE_CODE,"
        "EXCLUDE_ADA_ADM",
        "codes": "SCHOOL_CODE,SCHOOL_YEAR,ABBREVIATION,DESCRIPTION,TYPE",
        "calendar": "SCHOOL_CODE,CAL_DATE,IN_SESSION,HOLIDAY",
        "daily": "DAILY_ATTEND_GU,ENROLLMENT_GU,ABS_DATE,CODE_ABS_REAS1,CODE_ABS_REAS2,ABS_FTE1,ABS_FTE2,NOTE",
        "period": "PERIOD_ATTEND_GU,DAILY_ATTEND_GU,ENROLLMENT_GU,ABS_DATE,BELL_PERIOD,CODE_ABS_REAS",
    },
}
KEYS = {
    "powerschool": {
        "students": ["id"],
        "reenrollments": ["id"],
        "attendance": ["id"],
        "attendance_code": ["id"],
        "calendar_day": ["schoolid", "date_value"],
        "attendance_conversion_items": ["id"],
    },
    "infinite_campus": {
        "Student": ["personID"],
        "Enrollment": ["enrollmentID"],
        "Calendar": ["calendarID"],
        "Day": ["calendarID", "date"],
        "Period": ["periodID"],
        "Attendance": ["attendanceID"],
        "AttendanceExcuse": ["excuseID"],
    },
    "synergy": {
        "students": ["SIS_NUMBER"],
        "enrollment": ["ENROLLMENT_GU"],
        "codes": ["SCHOOL_CODE", "ABBREVIATION"],
        "daily": ["ENROLLMENT_GU", "ABS_DATE"],
        "period": ["ENROLLMENT_GU", "ABS_DATE", "BELL_PERIOD"],
    },
}


def compact(days: pd.Series[str], later: int = 0) -> pd.Series[str]:
    """2023-10-31 as CALPADS has it, some days later."""
    shifted: pd.Series[str] = (pd.to_datetime(days) + pd.Timedelta(days=later)).dt.strftime("%Y%m%d")
    return shifted


@pytest.mark.parametrize("system", list(HEADERS))
def test_each_table_carries_its_own_header_in_files_named_for_it(county: County, system: str) -> None:
    for lea in SYSTEMS[system]:
        for year in YEARS:
            files = sorted((county.root / lea / system / year).iterdir())
            named = {path.name.split("_2")[0] for path in files}
            assert named == set(HEADERS[system])
            for path in files:
                data = path.read_bytes()
                assert data.splitlines()[0].decode() == HEADERS[system][path.name.split("_2")[0]], path.name
                assert data.count(b"\r\n") == data.count(b"\n")


@pytest.mark.parametrize("system", list(KEYS))
@pytest.mark.parametrize("year", YEARS)
def test_keys_are_unique(sis: Read, system: str, year: str) -> None:
    for lea in SYSTEMS[system]:
        for table, key in KEYS[system].items():
            rows = sis(lea, year, table)
            assert len(rows) > 0, (lea, table)
            assert not rows.duplicated(key).any(), (lea, table)


def test_every_file_of_a_month_holds_that_month_alone(county: County) -> None:
    dates = {"powerschool": "att_date", "infinite_campus": "date", "synergy": "ABS_DATE"}
    for system, column in dates.items():
        for lea in SYSTEMS[system]:
            for path in (county.root / lea / system).glob("*/*_[0-9][0-9][0-9][0-9][0-9][0-9]_*.csv"):
                month = path.name.split("_")[-2]
                rows = pd.read_csv(path, dtype=str)
                assert set(rows[column].str[:7]) == {f"{month[:4]}-{month[4:]}"}, path.name


@pytest.mark.parametrize("lea", POWERSCHOOL)
@pytest.mark.parametrize("year", YEARS)
def test_powerschool_ends_a_stint_on_the_day_after_and_keeps_earlier_ones_apart(
    sis: Read, calpads: Read, lea: str, year: str
) -> None:
    students, earlier = sis(lea, year, "students"), sis(lea, year, "reenrollments")
    numbers = students.set_index("id")["student_number"]
    assert set(earlier["studentid"]) <= set(numbers.index)
    assert len(earlier) > 0
    both = pd.concat([students.rename(columns={"id": "studentid"}), earlier])
    both["local"] = both["studentid"].map(numbers)
    both = both.sort_values(["local", "entrydate"])
    state = in_order_of(calpads(lea, year, "SENR"), 9, 22)
    assert both["local"].tolist() == state[9].tolist()
    assert compact(both["entrydate"]).tolist() == state[22].tolist()
    never_came = both["exitcode"] == "N470"
    assert (both.loc[never_came, "exitdate"] == both.loc[never_came, "entrydate"]).all()
    ends = compact(both["exitdate"], -1)[~never_came].tolist()
    assert ends == state.loc[(state[26] != "N470").to_numpy(), 25].tolist()
    last = both.drop_duplicates("local", keep="last").set_index("local")["entrydate"]
    assert (students.set_index("student_number")["entrydate"] == last.loc[students["student_number"]]).all()


@pytest.mark.parametrize("lea", POWERSCHOOL)
def test_powerschool_takes_attendance_by_day_or_by_period_and_converts_accordingly(
    sis: Read, registry: Registry, lea: str
) -> None:
    rows, codes = sis(lea, "2023-24", "attendance"), sis(lea, "2023-24", "attendance_code")
    items = sis(lea, "2023-24", "attendance_conversion_items")
    for school in schools_of(registry, lea):
        modes = set(rows.loc[rows["schoolid"] == str(school.number), "att_mode_code"])
        assert modes == {"ATT_ModeMeeting" if school.periods else "ATT_ModeDaily"}
    by_code = items[items["conversion_mode_code"] == "codeday"].merge(codes, left_on="input_value", right_on="id")
    assert ((by_code["attendance_value"] == "0") == (by_code["presence_status_cd"] == "Absent")).all()
    by_period = items[items["conversion_mode_code"] == "periodday"]
    assert ((by_period["attendance_value"] == "0") == (by_period["input_value"] == "0")).all()
    assert set(codes["calpads_category"]) >= {"Excused", "Unexcused", "Unverified", "Tardy", "Present"}


def test_each_system_has_a_code_that_no_table_explains_in_less_than_one_percent_of_a_file(
    county: County, sis: Read
) -> None:
    tables = {
        "1999005": ("attendance", "attendance_codeid", "attendance_code", "id"),
        "1999007": ("Attendance", "excuseID", "AttendanceExcuse", "excuseID"),
        "1999009": ("daily", "CODE_ABS_REAS2", "codes", "ABBREVIATION"),
    }
    reported = {case.where.split("/")[0] for case in county.cases("unmapped_code", "2023-24")}
    assert reported == {"1999001", *tables}
    for lea, (table, code, codes, their_code) in tables.items():
        known = set(sis(lea, "2023-24", codes)[their_code]) | {""}
        strange = ~sis(lea, "2023-24", table)[code].isin(known)
        system = next(system for system, leas in SYSTEMS.items() if lea in leas)
        (path,) = (county.root / lea / system / "2023-24").glob(f"{table}_202402_*.csv")
        assert 2 <= strange.sum() < 0.01 * len(pd.read_csv(path, dtype=str))
        assert sis(lea, "2022-23", table)[code].isin({*sis(lea, "2022-23", codes)[their_code], ""}).all()


@pytest.mark.parametrize("lea", CAMPUS)
@pytest.mark.parametrize("year", YEARS)
def test_infinite_campus_holds_records_that_are_not_to_be_counted(
    sis: Read, calpads: Read, lea: str, year: str
) -> None:
    enrollments, attendance = sis(lea, year, "Enrollment"), sis(lea, year, "Attendance")
    numbers = sis(lea, year, "Student").set_index("personID")["studentNumber"]
    services, excluded = enrollments["serviceType"] == "N", enrollments["stateExclude"] == "1"
    assert (services.sum(), excluded.sum(), (services & excluded).sum()) == (2, 2, 0)
    for _, record in enrollments[services | excluded].iterrows():
        there = (attendance["personID"] == record["personID"]) & (attendance["calendarID"] == record["calendarID"])
        assert attendance[there]["date"].nunique() == 3
    counted = enrollments[~services & ~excluded]
    state = calpads(lea, year, "SENR")
    no_show = counted["noShow"] == "1"
    assert sorted(counted["personID"].map(numbers)) == sorted(state[9])
    assert sorted(counted.loc[no_show, "personID"].map(numbers)) == sorted(state.loc[state[26] == "N470", 9])
    assert ((counted["endStatus"] == "") <= no_show).all()


def test_some_no_shows_are_told_by_the_flag_alone(sis: Read) -> None:
    rows = pd.concat([sis(lea, year, "Enrollment") for lea in CAMPUS for year in YEARS])
    ends = rows.loc[rows["noShow"] == "1", "endStatus"]
    assert (ends == "").sum() > 0
    assert set(ends) <= {"", "N470"}


@pytest.mark.parametrize("lea", CAMPUS)
def test_infinite_campus_marks_periods_without_instruction_and_days_missed_in_all_but_one(
    county: County, sis: Read, registry: Registry, lea: str
) -> None:
    periods, rows = sis(lea, "2023-24", "Period"), sis(lea, "2023-24", "Attendance")
    taught = set(periods.loc[periods["nonInstructional"] == "0", "periodID"])
    rows["taught"] = rows["periodID"].isin(taught)
    days = rows.groupby(["personID", "calendarID", "date"])["taught"].agg(["sum", "size"])
    (case,) = [case for case in county.cases("non_instructional_period", "2023-24") if case.where.startswith(lea)]
    assert (days["sum"] == 0).sum() == case.students == 5
    assert (days["size"] > days["sum"]).sum() > 50
    (count,) = [school.periods for school in schools_of(registry, lea) if school.periods]
    absent = rows[rows["taught"] & (rows["status"] == "A") & rows["excuse"].isin(["E", "U"])]
    in_all_but_one = absent.groupby(["personID", "calendarID", "date"]).size() == count - 1
    (case,) = [case for case in county.cases("all_but_one_period", "2023-24") if case.where.startswith(lea)]
    assert in_all_but_one.sum() >= case.students > 10


@pytest.mark.parametrize("lea", CAMPUS)
def test_an_absence_that_nobody_verified_yet_may_have_letters_and_no_code(sis: Read, lea: str) -> None:
    rows = sis(lea, "2023-24", "Attendance")
    uncoded = rows["excuseID"] == ""
    assert uncoded.sum() > 10
    assert set(rows.loc[uncoded, "status"] + rows.loc[uncoded, "excuse"]) == {"AK"}


@pytest.mark.parametrize("lea", SYNERGY)
def test_synergy_tells_mornings_from_afternoons(county: County, sis: Read, lea: str) -> None:
    rows = sis(lea, "2023-24", "daily")
    types = sis(lea, "2023-24", "codes").drop_duplicates("ABBREVIATION").set_index("ABBREVIATION")["TYPE"]
    absent = ["EXC", "UNE", "UNV", "SUS", "ISI"]
    first, second = (rows[f"CODE_ABS_REAS{half}"].map(types) for half in (1, 2))
    counted = {
        "morning_only": (first.isin(absent) & ~second.isin(absent)).sum(),
        "afternoon_only": (~first.isin(absent) & second.isin(absent)).sum(),
    }
    for name, count in counted.items():
        (case,) = [case for case in county.cases(name, "2023-24") if case.where.startswith(lea)]
        assert count == case.students > 20, name
    assert (first.isin(absent) & second.isin(absent) & (first != second)).sum() > 10
    assert ((rows["ABS_FTE1"] == "0.5") == first.isin(absent)).all()


@pytest.mark.parametrize(("lea", "later"), [("1999009", 0), ("1999010", 1)])
@pytest.mark.parametrize("year", YEARS)
def test_synergy_leaves_on_the_day_that_the_registry_means(
    sis: Read, calpads: Read, lea: str, later: int, year: str
) -> None:
    rows = sis(lea, year, "enrollment")
    assert (rows["EXCLUDE_ADA_ADM"] != "").sum() == 3
    own = rows[rows["EXCLUDE_ADA_ADM"] == ""].sort_values(["SIS_NUMBER", "ENTER_DATE"])
    state = in_order_of(calpads(lea, year, "SENR"), 9, 22)
    assert own["SIS_NUMBER"].tolist() == state[9].tolist()
    assert compact(own["LEAVE_DATE"], -later).tolist() == state[25].tolist()


def test_the_days_of_every_student_are_the_true_ones_in_every_system(county: County) -> None:
    """The oracle reads the files as a stranger would; truth is what happened."""
    files = chronic.count(county.root, PROJECT / "config").students
    files = files[(files["entity_level"] == "school") & (files["days_expected"] > 0)]
    truth = pd.read_parquet(county.truth)
    truth = truth[~truth["is_exempt"]]
    absent = {
        "days_excused": ["excused"],
        "days_unexcused": ["unexcused", "unverified"],
        "days_out_of_school_suspension": ["out_of_school_suspension"],
        "days_non_ada_independent_study": ["incomplete_independent_study"],
    }
    kinds = {kind: truth["state"].isin(states).astype(int) for kind, states in absent.items()}
    kinds["days_expected"] = (truth["state"] != "unmapped").astype(int)
    keys = ["school_year", "cds_code", "ssid"]
    cds = truth["lea_code"].astype(str) + truth["school_code"].astype(str)
    by = [truth["school_year"].astype(str), cds.rename("cds_code"), truth["ssid"].astype(str)]
    true = pd.DataFrame(kinds).groupby(by).sum()
    told = files.set_index(keys)[list(kinds)]
    both = true.join(told.add_suffix("_told"), how="inner")
    new = both.index.get_level_values("cds_code").str[:7].isin([lea for leas in SYSTEMS.values() for lea in leas])
    assert new.sum() > 4_000
    for kind in kinds:
        assert (both.loc[new, kind] == both.loc[new, f"{kind}_told"]).all(), kind


@pytest.fixture(scope="module", params=["aeries", "powerschool", "infinite_campus", "synergy"])
def one_system(request: pytest.FixtureRequest, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> County:
    """A year of the county, all districts in one system."""
    out = tmp_path_factory.mktemp("one") / str(request.param)
    report = simulate(registry, out, school_years=("2023-24",), sis=str(request.param))
    return County(report, out, out)


@pytest.fixture(scope="module")
def own_systems(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same year, each district in its own system."""
    out = tmp_path_factory.mktemp("own") / "county"
    simulate(registry, out, school_years=("2023-24",))
    return out


def digests(root: Path, files: list[str]) -> dict[str, str]:
    return {path: sha256((root / path).read_bytes()).hexdigest() for path in files}


def test_all_districts_in_one_system_send_what_the_registry_then_says(
    one_system: County, own_systems: Path, registry: Registry
) -> None:
    system = one_system.root.name
    changed = registry_with(registry, system)
    folders = {
        delivery.folder.format(school_year="2023-24")
        for sender in changed.senders()
        for delivery in sender.sends.values()
        if delivery.root == "extracts"
    }
    assert {str(Path(path).parent) for path in one_system.report.files} == folders
    assert {system for path in one_system.report.files if "2023-24/" in path} == {system}
    elsewhere = {"calpads", "chks", "interventions", "goals", "cde"}
    others = [path for path in one_system.report.files if elsewhere & set(Path(path).parts)]
    assert digests(one_system.root, others) == digests(own_systems, others)
    own = [path for path in one_system.report.files if (own_systems / path).exists() and path not in others]
    assert {path[:7] for path in own} == set({"aeries": ("1999001", "1999002"), **SYSTEMS}[system])
    assert digests(one_system.root, own) == digests(own_systems, own)


def test_a_system_that_cannot_be_written_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="'oneroster'"):
        simulate(registry, tmp_path / "county", sis="oneroster")
    assert not list(tmp_path.iterdir())
