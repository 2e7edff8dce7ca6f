"""An invented county, as dbt leaves it: the tables of ``open_data`` filled with figures that no one ever counted.

The figures hold together where pages rely on it (counts, rates, hidden cells with no number in them) and nowhere else.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from attendance.project import read_project
from publishing.site.build import SiteReport, render_site

PROJECT = Path(__file__).resolve().parents[2]
# Dashboards for tests: a card of each kind, and words that do not change with the project's own.
DASHBOARDS = Path(__file__).parent / "dashboards"
YEARS = ("2022-23", "2023-24")
COUNTY = "19000000000000"
STATE = "00000000000000"

# LEA code, name, then school code, name, level, students, share of them chronically absent in the latest year
DISTRICTS: dict[str, tuple[str, list[tuple[str, str, str, int, float | None]]]] = {
    "1999001": (
        "Alder Unified",
        [
            ("9910101", "Alder Creek Elementary", "Elementary", 402, 0.243),
            ("9910102", "Hillside Elementary", "Elementary", 377, 0.187),
            ("9910103", "Meadow Elementary", "Elementary", 351, 0.212),
            ("9910104", "Sycamore Elementary", "Elementary", 420, 0.164),
            ("9910105", "Lakeview Charter", "Elementary", 298, 0.131),
            ("9910201", "Alder Middle", "Middle", 640, 0.208),
            ("9910301", "Alder High", "High", 1180, 0.262),
            ("9910401", "New Start Continuation", "Alternative", 96, 0.408),
        ],
    ),
    "1999002": (
        "Birch Elementary",
        [
            ("9920101", "Birch Park Elementary", "Elementary", 388, 0.152),
            ("9920102", "Orchard Elementary", "Elementary", 345, 0.171),
            ("9920103", "Valley Elementary", "Elementary", 361, 0.119),
            ("9920104", "Willow Elementary", "Elementary", 310, None),
            ("9920201", "Birch Middle", "Middle", 512, 0.166),
        ],
    ),
    "1999003": (
        "Cedar Unified",
        [
            ("9930101", "Canyon Elementary", "Elementary", 366, 0.287),
            ("9930102", "Cedar Grove Elementary", "Elementary", 402, 0.251),
            ("9930103", "Mesa Elementary", "Elementary", 333, 0.308),
            ("9930201", "Cedar Middle", "Middle", 598, 0.246),
            ("9930301", "Cedar High", "High", 1042, 0.279),
        ],
    ),
    "1999004": (
        "Dogwood Union High",
        [
            ("9940301", "Dogwood High", "High", 760, 0.214),
            ("9940302", "Harbor High", "High", 690, 0.236),
        ],
    ),
}

# code, name, family, share of the students, rate against that of all students
GROUPS = [
    ("TA", "All students", "total", 1.0, 1.0),
    ("RB", "African American", "race", 0.08, 1.45),
    ("RI", "American Indian or Alaska Native", "race", 0.001, 1.4),
    ("RA", "Asian", "race", 0.11, 0.42),
    ("RF", "Filipino", "race", 0.02, 0.55),
    ("RH", "Hispanic or Latino", "race", 0.58, 1.12),
    ("RP", "Pacific Islander", "race", 0.006, 1.3),
    ("RT", "Two or more races", "race", 0.05, 0.95),
    ("RW", "White", "race", 0.15, 0.78),
    ("RD", "Race not reported", "race", 0.006, 1.1),
    ("GF", "Female", "gender", 0.487, 0.99),
    ("GM", "Male", "gender", 0.51, 1.01),
    ("GX", "Nonbinary", "gender", 0.002, 1.4),
    ("GRTKKN", "Transitional kindergarten and kindergarten", "grade", 0.12, 1.38),
    ("GR13", "Grades 1 to 3", "grade", 0.22, 0.9),
    ("GR46", "Grades 4 to 6", "grade", 0.23, 0.78),
    ("GR78", "Grades 7 and 8", "grade", 0.17, 0.88),
    ("GR912", "Grades 9 to 12", "grade", 0.26, 1.2),
    ("SE", "English learners", "program", 0.19, 1.15),
    ("SD", "Students with disabilities", "program", 0.14, 1.42),
    ("SS", "Socioeconomically disadvantaged", "program", 0.68, 1.17),
    ("SM", "Migrant students", "program", 0.004, 0.8),
    ("SF", "Youth in foster care", "program", 0.007, 1.7),
    ("SH", "Students experiencing homelessness", "program", 0.04, 1.75),
]

# code, name, share of the students in the first and in the latest year
BANDS = [
    ("satisfactory", "Missed less than 5 percent", (0.4, 0.42)),
    ("at_risk", "Missed 5 to 9.9 percent", (0.36, 0.355)),
    ("moderate_chronic", "Missed 10 to 19.9 percent", (0.194, 0.175)),
    ("severe_chronic", "Missed 20 percent or more", (0.046, 0.05)),
]

INTERVENTIONS = [
    ("letter", "Attendance letter", 214, 198, "13.9", "12.6"),
    ("home_visit", "Home visit", 61, 57, "21.4", "15.2"),
    ("mentoring", "Mentoring or check-in", 48, 44, "16.8", "12.1"),
    ("sarb_referral", "Referral to the school attendance review board", 9, None, None, None),
    ("conference", "Family conference", 23, 21, "17.0", "17.6"),
]

THRESHOLDS: list[tuple[object, ...]] = [
    ("largest_hidden_group", 10),
    ("none_hidden_under", 20),
    ("few_absent", 8),
    ("narrowest_bounds", 5),
]

CLIMATE = [
    ("9910201", "Alder Middle", "07", 212, "58.1"),
    ("9910301", "Alder High", "09", 268, "47.3"),
    ("9920201", "Birch Middle", "07", 171, "63.8"),
    ("9930201", "Cedar Middle", "07", 190, "49.9"),
    ("9930301", "Cedar High", "09", 240, "44.0"),
    ("9940301", "Dogwood High", "09", 183, "51.6"),
    ("9940302", "Harbor High", "09", 12, None),
]

SCHEMA = """
create schema marts;
create schema open_data;
create table marts.student_attendance as
    select 'a1b2c3' as student_key, '2023-24' as school_year, 19 as days_absent;
create table open_data.entities (
    entity_level varchar, cds_code varchar, entity_name varchar, county_code varchar, district_code varchar,
    school_code varchar, district_cds_code varchar, district_name varchar, school_level varchar, is_charter boolean,
    is_dass boolean);
create table open_data.reporting_categories (
    reporting_category varchar, category_name varchar, category_family varchar, sort_order integer);
create table open_data.chronic_absence (
    school_year varchar, entity_level varchar, cds_code varchar, reporting_category varchar,
    eligible_enrollment bigint, chronic_count bigint, chronic_rate decimal(5, 1), suppression_reason varchar,
    submission_status varchar);
create table open_data.chronic_absence_by_grade (
    school_year varchar, entity_level varchar, cds_code varchar, grade varchar, eligible_enrollment integer,
    chronic_count integer, chronic_rate decimal(5, 1), suppression_reason varchar);
create table open_data.attendance_to_date (
    school_year varchar, entity_level varchar, cds_code varchar, school_month integer, eligible_enrollment integer,
    chronic_count integer, chronic_rate decimal(5, 1), suppression_reason varchar);
create table open_data.absence_by_reason (
    school_year varchar, entity_level varchar, cds_code varchar, eligible_enrollment integer,
    days_absent decimal(14, 2), days_out_of_school_suspension decimal(14, 2), suppression_reason varchar);
create table open_data.accountability (
    school_year varchar, entity_level varchar, cds_code varchar, student_group varchar, students integer,
    chronic_count integer, chronic_rate decimal(5, 1), rate_change decimal(5, 1), status_level integer,
    change_level integer, color_level integer, suppression_reason varchar);
create table open_data.student_groups (student_group varchar, group_name varchar, reporting_category varchar);
create table open_data.category_families (category_family varchar, family_name varchar, covers varchar);
create table open_data.suppression_thresholds (rule varchar, value integer);
create table open_data.published_chronic_absence (
    school_year varchar, entity_level varchar, cds_code varchar, entity_name varchar, reporting_category varchar,
    eligible_enrollment bigint, chronic_count bigint, chronic_rate decimal(5, 1), suppression_reason varchar);
create table open_data.submissions (
    school_year varchar, entity_level varchar, cds_code varchar, schools_enrolling bigint, schools_submitted bigint,
    schools_silent integer, school_days_silent integer, days_without_a_row integer,
    complete_through date, latest_complete_through date);
create table open_data.school_submissions (
    school_year varchar, cds_code varchar, entity_name varchar, district_cds_code varchar, district_name varchar,
    system_name varchar, has_roster boolean, attendance_source varchar, submission_status varchar,
    complete_through date, school_days_so_far integer, days_without_a_row integer, longest_gap_school_days integer,
    school_days_silent integer, silent_since date, is_silent boolean, silent_after_school_days integer,
    as_of_date date);
create table open_data.deliveries (
    sender varchar, sender_name varchar, cds_code varchar, source varchar, system_name varchar, kind varchar,
    expected_every varchar, last_sent date, days_since integer, freshness varchar, files integer, rows_loaded bigint,
    rows_rejected bigint, files_refused integer, files_waiting integer, suppression_reason varchar, as_of_date date);
create table open_data.rejects (
    sender varchar, sender_name varchar, source varchar, system_name varchar, file varchar, column_name varchar,
    reason varchar, is_rejected boolean, files integer, rows_listed bigint);
create table open_data.intervention_outcomes (
    school_year varchar, entity_level varchar, cds_code varchar, type_code varchar, type_name varchar,
    figure_kind varchar, students bigint,
    students_measured bigint, rate_before decimal(5, 1), rate_after decimal(5, 1), change decimal(5, 1),
    students_matched integer, comparison_students integer, matched_difference decimal(5, 1),
    matched_lower decimal(5, 1), matched_upper decimal(5, 1), suppression_reason varchar,
    matched_suppression_reason varchar);
create table open_data.school_climate (
    school_year varchar, entity_level varchar, cds_code varchar, entity_name varchar, grade varchar,
    indicator_code varchar, indicator_name varchar, respondents bigint, value_pct decimal(5, 1),
    eligible_enrollment bigint, chronic_rate decimal(5, 1), suppression_reason varchar);
create table open_data.attendance_bands (
    school_year varchar, entity_level varchar, cds_code varchar, attendance_band varchar, band_name varchar,
    sort_order integer, students bigint, share decimal(5, 1), suppression_reason varchar);
create table open_data.definitions (
    definition varchar, minimum_days_expected integer, threshold_percent integer, description varchar, source varchar);
create table open_data.about (county_code varchar, county_name varchar, is_simulated boolean);
"""


# These send a summary of the year and no single days.
YEARLY = {"Cedar Unified", "Dogwood Union High"}

AS_OF = date(2024, 6, 7)
# sender, name, source, system, kind, expected every, last sent, days since, freshness, files, rows loaded and rejected,
# files refused
_STATE, _LEAS = "California Department of Education", ("Alder Unified", "Birch Elementary", "Cedar Unified")
_SENT: tuple[tuple[Any, ...], ...] = (
    ("00", _STATE, "cde", "CDE", "state", "year", None, None, "never", 0, 0, 0, 0),
    ("1999001", _LEAS[0], "aeries", "Aeries", "sis", "night", date(2024, 6, 6), 1, "on_time", 30, 143_596, 12, 0),
    ("1999001", _LEAS[0], "goals", "Interventions", "goals", "night", date(2024, 6, 6), 1, "on_time", 1, None, None, 0),
    ("1999002", _LEAS[1], "aeries", "Aeries", "sis", "night", date(2024, 5, 26), 12, "late", 28, 72_196, 0, 2),
    ("1999003", _LEAS[2], "calpads", "CALPADS", "calpads", "week", date(2024, 6, 1), 6, "on_time", 10, 19_244, 0, 0),
)
DELIVERIES: list[tuple[object, ...]] = [
    (
        *(sender, name, f"{sender}0000000" if len(sender) == 7 else None, *told, refused, 0),
        *("small_group" if told[-1] is None else None, AS_OF),
    )
    for sender, name, *told, refused in _SENT
]
REJECTS: list[tuple[object, ...]] = [
    ("1999001", "Alder Unified", "aeries", "Aeries", "attendance", "DT", "is not a date like 2023-10-05", True, 2, 9),
    ("1999001", "Alder Unified", "aeries", "Aeries", "students", None, "has 19 fields; 20 expected", True, 1, 3),
    ("1999002", "Birch Elementary", "aeries", "Aeries", "enrollments", "ED, LD", "overlaps the dates of another line",
     False, 1, 4),
]  # fmt: skip


@dataclass(frozen=True)
class _Entity:
    level: str
    cds: str
    name: str
    district_cds: str | None
    students: int
    rate: float | None
    school_level: str | None


def one_decimal(value: float | Decimal) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _rate(count: int, of: int) -> Decimal:
    return one_decimal(Decimal(100 * count) / of)


def _entities() -> list[_Entity]:
    entities, county_students, county_absent = [], 0, 0.0
    for lea, (name, schools) in DISTRICTS.items():
        cds = f"{lea}0000000"
        known = [(students, rate) for *_, students, rate in schools if rate is not None]
        students = sum(number for number, _ in known)
        absent = sum(number * rate for number, rate in known)
        county_students += students
        county_absent += absent
        entities.append(_Entity("district", cds, name, cds, students, absent / students, None))
        entities += [
            _Entity("school", f"{lea}{code}", school, cds, students, rate, level)
            for code, school, level, students, rate in schools
        ]
    county = _Entity(
        "county", COUNTY, "Los Angeles County", None, county_students, county_absent / county_students, None
    )
    return [county, *entities]


def _absence_rows(entity: _Entity, year: str, chance: random.Random) -> list[tuple[object, ...]]:
    """All categories of one entity and year; cells of ten or fewer are hidden, and one more race beside a lone one."""
    if entity.rate is None:
        return [(year, entity.level, entity.cds, "TA", None, None, None, None, "not_submitted")]
    rate = entity.rate * (1.0 if year == YEARS[-1] else 1.2)
    cells: list[tuple[str, str, int, int]] = []
    for code, _, family, share, against in GROUPS:
        if family == "grade" and not _has_grade(entity, code):
            continue
        of = entity.students if code == "TA" else round(entity.students * share * chance.uniform(0.85, 1.15))
        if of:
            cells.append((code, family, of, round(of * min(rate * against, 0.9))))
    hidden = {code: "small_group" for code, _, of, _ in cells if of <= 10}
    for additive in ("race", "gender"):
        shown = sorted((of, code) for code, family, of, _ in cells if family == additive and code not in hidden)
        if shown and sum(family == additive and code in hidden for code, family, *_ in cells) == 1:
            hidden[shown[0][1]] = "complement"
    return [
        (year, entity.level, entity.cds, code, None, None, None, hidden[code], "submitted")
        if code in hidden
        else (year, entity.level, entity.cds, code, of, count, _rate(count, of), None, "submitted")
        for code, _, of, count in cells
    ]


def _school_submissions(entities: list[_Entity], year: str, last: date) -> list[tuple[object, ...]]:
    """Every school of a year: most complete, one that never sent, one that stopped in May, two districts by summary."""
    names = {entity.cds: entity.name for entity in entities}
    rows: list[tuple[object, ...]] = []
    for school in entities:
        if school.level != "school":
            continue
        assert school.district_cds is not None
        named = (year, school.cds, school.name, school.district_cds, names[school.district_cds])
        if names[school.district_cds] in YEARLY:
            kept: tuple[object, ...] = ("CALPADS", True, "summary", "submitted", *([None] * 6), False)
        elif school.rate is None:
            first = date(last.year - 1, 8, 15)
            kept = ("Aeries", True, None, "not_submitted", None, 180, None, None, 180, first, True)
        elif school.name == "Lakeview Charter" and year == YEARS[-1]:
            stopped = (date(last.year, 5, 30), 180, 2, 1, 5, date(last.year, 5, 31), True)
            kept = ("Aeries", True, "daily", "submitted", *stopped)
        else:
            kept = ("Aeries", True, "daily", "submitted", last, 180, 0, 0, 0, None, False)
        rows.append((*named, *kept, 3, date(2024, 6, 7)))
    return rows


def _has_grade(entity: _Entity, code: str) -> bool:
    elementary = {"GRTKKN", "GR13", "GR46"}
    grades = {
        "Elementary": elementary,
        "Middle": {"GR46", "GR78"},
        "High": {"GR912"},
        "Alternative": {"GR912"},
        "Birch Elementary": elementary | {"GR78"},
        "Dogwood Union High": {"GR912"},
    }
    taught = grades.get(entity.school_level or entity.name)
    return taught is None or code in taught


def _published_rows() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for year, state, county in ((YEARS[0], 1_400_000, 300_000), (YEARS[1], 1_300_000, 280_000)):
        for level, cds, name, of, count in (
            ("state", STATE, "California", 6_000_000, state),
            ("county", COUNTY, "Los Angeles County", 1_250_000, county),
        ):
            for code, _, _, share, against in GROUPS:
                size, absent = round(of * share), round(count * share * against)
                if level == "county" and code == "RP":
                    rows.append((year, level, cds, name, code, None, None, None, "suppressed_by_cde"))
                else:
                    rows.append((year, level, cds, name, code, size, absent, _rate(absent, size), None))
    return rows


def build_database(path: Path) -> Path:
    """Write the invented county to a DuckDB file: ``open_data`` as dbt leaves it, and one student-level mart."""
    chance = random.Random(17)
    connection = duckdb.connect(str(path))
    connection.execute("begin")
    connection.execute(SCHEMA)

    def insert(table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            places = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into open_data.{table} values ({places})", rows)

    entities = _entities()
    names = {entity.cds: entity.name for entity in entities}
    insert(
        "entities",
        [
            (
                entity.level,
                entity.cds,
                entity.name,
                entity.cds[:2],
                entity.cds[:7] if entity.level != "county" else None,
                entity.cds[7:] if entity.level == "school" else None,
                entity.district_cds,
                names[entity.district_cds] if entity.district_cds else None,
                entity.school_level,
                "Charter" in entity.name,
                entity.school_level == "Alternative",
            )
            for entity in entities
        ],
    )
    insert(
        "reporting_categories",
        [(code, name, family, order) for order, (code, name, family, *_) in enumerate(GROUPS)],
    )
    absence = [row for year in YEARS for entity in entities for row in _absence_rows(entity, year, chance)]
    insert("chronic_absence", absence)
    connection.execute("create table marts.chronic_absence as select * from open_data.chronic_absence")
    insert("published_chronic_absence", _published_rows())
    for year, last in ((YEARS[0], date(2023, 6, 9)), (YEARS[1], date(2024, 6, 7))):
        rows: list[tuple[object, ...]] = []
        for entity in entities:
            schools = [one for one in entities if one.level == "school" and one.district_cds == entity.cds]
            if entity.level == "county":
                schools = [one for one in entities if one.level == "school"]
            if entity.level == "school":
                sends, daily = entity.rate is not None, names[entity.district_cds or ""] not in YEARLY
                through = last if sends and daily else None
                rows.append((year, "school", entity.cds, 1, int(sends), int(not sends), 0, 0, through, through))
            else:
                sent = sum(one.rate is not None for one in schools)
                first = date(last.year, 5, 31) if entity.name in {"Los Angeles County", "Cedar Unified"} else last
                stopped = year == YEARS[-1] and any(one.name == "Lakeview Charter" for one in schools)
                silent = len(schools) - sent + stopped
                without = None if entity.name in YEARLY else 2
                rows.append(
                    (
                        year,
                        entity.level,
                        entity.cds,
                        len(schools),
                        sent,
                        silent,
                        180 if silent > stopped else 5 * stopped,
                        without,
                        first,
                        last,
                    )
                )
        insert("submissions", rows)
        insert("school_submissions", _school_submissions(entities, year, last))
    insert("deliveries", DELIVERIES)
    insert("rejects", REJECTS)
    for year in YEARS:
        for level, cds, of in (("county", COUNTY, 1), ("district", "19990010000000", 1)):
            insert(
                "intervention_outcomes",
                [
                    (
                        *(year, level, cds, code, name, "association"),
                        *(
                            (*[None] * 10, "small_group", "small_group")
                            if before is None or after is None
                            else (
                                *(students // of, measured, before, after, Decimal(after) - Decimal(before)),
                                # few of the last kind have students alike
                                *(
                                    (None,) * 5
                                    if code == "conference"
                                    else (measured - 5, 4 * measured, "-0.6", "-1.6", "0.3")
                                ),
                                None,
                                "small_group" if code == "conference" else None,
                            )
                        ),
                    )
                    for code, name, students, measured, before, after in INTERVENTIONS
                ],
            )
    rates = {(row[0], row[2]): (row[4], row[6]) for row in absence if row[3] == "TA"}
    for year in YEARS:
        insert(
            "school_climate",
            [
                (
                    *(year, "school", f"{lea}{school}", name, grade, "school_connectedness", "School connectedness"),
                    respondents if value else None,
                    value,
                    *rates[year, f"{lea}{school}"],
                    None if value else "small_group",
                )
                for school, name, grade, respondents, value in CLIMATE
                for lea in DISTRICTS
                if lea[2:] == f"99{school[2:3].zfill(3)}"
            ],
        )
        insert(
            "attendance_bands",
            [
                (
                    *(year, entity.level, entity.cds, band, name, order),
                    *(
                        (None, None, "small_group")
                        if round(entity.students * shares[YEARS.index(year)]) <= 10
                        else (
                            round(entity.students * shares[YEARS.index(year)]),
                            one_decimal(100 * shares[YEARS.index(year)]),
                            None,
                        )
                    ),
                )
                for entity in entities
                if entity.level != "school"
                for order, (band, name, shares) in enumerate(BANDS)
            ],
        )
    insert("definitions", [("cde", 31, 10, "Absent on 10 percent or more of the days expected", "CDE DataQuest")])
    insert("about", [("19", "Los Angeles County", True)])
    insert("suppression_thresholds", THRESHOLDS)
    # tables that these figures do not fill are there, with the columns of their contracts
    for table in read_project(PROJECT / "dbt_project").of("open_data"):
        typed = ", ".join(f"{column.name} {column.type}" for column in table.columns)
        connection.execute(f"create table if not exists open_data.{table.table} ({typed})")
    # what no page shows, and the record of releases reads
    connection.execute("alter table open_data.chronic_absence_by_grade add column grade_span varchar")
    for column in (
        "students integer",
        "chronic_count integer",
        "chronic_rate decimal(5, 1)",
        "suppression_reason text",
    ):
        connection.execute(f"alter table open_data.accountability add column prior_{column}")
    connection.execute("commit")
    connection.close()
    return path


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented county, two years, with the state's figures. Shared: never write to it."""
    return build_database(tmp_path_factory.mktemp("county") / "county.duckdb")


@pytest.fixture(scope="session")
def make_database(database: Path) -> Callable[[Path], Path]:
    """To have a copy of the invented county that a test may spoil."""

    def copy(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(database, path))

    return copy


@pytest.fixture(scope="session")
def unpublished(make_database: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same county before the state published anything, with students who are not invented."""
    path = make_database(tmp_path_factory.mktemp("early") / "county.duckdb")
    writer = duckdb.connect(str(path))
    writer.execute("delete from open_data.published_chronic_absence")
    writer.execute("update open_data.about set is_simulated = false")
    writer.close()
    return path


@pytest.fixture(scope="session")
def dashboards() -> Path:
    """The dashboards of these tests."""
    return DASHBOARDS


@pytest.fixture(scope="session")
def some_dashboards(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """To have a copy of some of these tests' dashboards, by name, without the links to others: made sooner."""

    def copy(*names: str) -> Path:
        folder = tmp_path_factory.mktemp("some") / "dashboards"
        folder.mkdir()
        for name in names:
            text = (DASHBOARDS / f"{name}.yml").read_text(encoding="utf-8")
            text = re.sub(rf",? link: {{page: (?!(?:{'|'.join(names)}),)[^}}]*}}", "", text)
            text = re.sub(r"(?m)^    link: \{.*\n", "", text)
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
        return folder

    return copy


@pytest.fixture
def own_dashboards(tmp_path: Path) -> Path:
    """A copy of these tests' dashboards that a test may spoil."""
    return Path(shutil.copytree(DASHBOARDS, tmp_path / "dashboards"))


@dataclass
class TableCell:
    """One cell as a browser would find it: its words, its classes, the column that it says it is of."""

    text: str
    tag: str
    classes: frozenset[str]
    column: str
    scope: str


@dataclass
class Document:
    """What a page holds, read with the standard library only."""

    elements: list[tuple[str, dict[str, str]]]
    tables: dict[str, list[list[TableCell]]]
    captions: dict[str, str]
    headings: list[tuple[int, str]]
    drawings: list[dict[str, str]]
    drawn: dict[str, list[str]]
    texts: dict[str, str]
    words: str


class _Reader(HTMLParser):
    """Fills a Document."""

    void = frozenset({"meta", "link", "br", "img", "hr", "input"})
    # What holds no words of the page.
    silent = frozenset({"script", "style"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document([], {}, {}, [], [], {}, {}, "")
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.table = ""
        self.drawing: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.document.elements.append((tag, given))
        if tag not in self.void:
            self.open.append((tag, given, []))
        if tag == "table":
            self.table = given["id"]
            self.document.tables[self.table] = []
        if tag == "tr":
            self.document.tables[self.table].append([])
        if tag == "svg":
            self.drawing = {**given, "title": "", "desc": ""}
            self.document.drawings.append(self.drawing)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.document.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in self.silent:
            return
        for _, _, said in self.open:
            said.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, given, said = self.open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        text = re.sub(r"[ \n]+", " ", "".join(said)).strip()
        if "id" in given:
            self.document.texts[given["id"]] = text
        if tag in {"td", "th"}:
            cell = TableCell(
                text,
                tag,
                frozenset(given.get("class", "").split()),
                given.get("data-column", ""),
                given.get("scope", ""),
            )
            self.document.tables[self.table][-1].append(cell)
        elif tag == "caption":
            self.document.captions[self.table] = text
        elif re.fullmatch(r"h[1-6]", tag):
            self.document.headings.append((int(tag[1]), text))
        elif tag in {"title", "desc"} and self.drawing is not None:
            self.drawing[tag] = text
        elif tag == "text" and self.drawing is not None:
            ident = self.drawing["aria-labelledby"].removesuffix("-title").removesuffix("-phone")
            self.document.drawn.setdefault(ident, []).append(text)
        elif tag == "svg":
            self.drawing = None
        elif tag == "html":
            self.document.words = text


def read_document(path: Path) -> Document:
    """Read one page."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert not reader.open, f"never closed: {[tag for tag, *_ in reader.open]}"
    return reader.document


@pytest.fixture(scope="session")
def read_page() -> Callable[[Path], Document]:
    """To read a page without a browser."""
    return read_document


@pytest.fixture(scope="session")
def site(database: Path, tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """The site of the invented county."""
    return render_site(database, tmp_path_factory.mktemp("pages") / "site", DASHBOARDS)


@pytest.fixture(scope="session")
def early_site(
    unpublished: Path, some_dashboards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> SiteReport:
    """The site of the county before the state published anything."""
    folder = tmp_path_factory.mktemp("early_pages")
    return render_site(unpublished, folder / "site", some_dashboards("county", "student_groups"))
