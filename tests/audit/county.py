"""An invented county of two districts with three schools each, two years, as it would be published: hidden well enough.

Each school has a small group in race, gender and programs, hidden with a companion. Two schools of each district go
through grade 12 and hide their few of grades 7 and 8, whose grades then have no rows, and of grades 9 to 12; so their
districts hide these grades, and the county those from 9 on. Tests take it and plant a leak.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

YEARS = ("2022-23", "2023-24")
COUNTY = "19000000000000"
BIRCH, CEDAR = "19990010000000", "19990020000000"
SCHOOLS = {
    district: tuple(f"{district[:7]}{9900000 + 10 * (place + 1) + number}" for number in range(3))
    for place, district in enumerate((BIRCH, CEDAR))
}
NAMES = {COUNTY: "Alder County", BIRCH: "Birch Unified", CEDAR: "Cedar Unified"} | {
    school: f"{name} {kind}"
    for (_, schools), name in zip(SCHOOLS.items(), ("Birch", "Cedar"), strict=True)
    for school, kind in zip(schools, ("Elementary", "Charter", "High"), strict=True)
}
CATEGORIES = (
    ("TA", "All students", "total"),
    ("RB", "African American", "race"),
    ("RA", "Asian", "race"),
    ("RI", "American Indian or Alaska Native", "race"),
    ("RH", "Hispanic or Latino", "race"),
    ("RW", "White", "race"),
    ("GF", "Female", "gender"),
    ("GM", "Male", "gender"),
    ("GX", "Nonbinary", "gender"),
    ("SE", "English learners", "program"),
    ("SM", "Migrant students", "program"),
    ("SS", "Socioeconomically disadvantaged", "program"),
    ("GRTKKN", "Kindergarten", "grade"),
    ("GR13", "Grades 1 to 3", "grade"),
    ("GR46", "Grades 4 to 6", "grade"),
    ("GR78", "Grades 7 and 8", "grade"),
    ("GR912", "Grades 9 to 12", "grade"),
    ("GRTK8", "Through grade 8", "grade_total"),
    ("CHY", "Charter schools", "charter"),
    ("CHN", "Other schools", "charter"),
)
FAMILIES = (
    ("total", "All students", "everybody"),
    ("race", "Races", "everybody"),
    ("gender", "Genders", "everybody"),
    ("grade", "Grade spans", "graded"),
    ("grade_total", "Grades through 8", "some"),
    ("program", "Programs", "some"),
    ("charter", "Charter schools and others", "everybody"),
)
GROUPS = {"ALL": "TA", "AA": "RB", "AS": "RA", "AI": "RI", "HI": "RH", "WH": "RW", "EL": "SE"}
RATES = {
    "chronic_absence": ("eligible_enrollment", "chronic_count", "chronic_rate"),
    "chronic_absence_by_grade": ("eligible_enrollment", "chronic_count", "chronic_rate"),
    "attendance_to_date": ("eligible_enrollment", "chronic_count", "chronic_rate"),
    "accountability": ("students", "chronic_count", "chronic_rate"),
    "attendance_bands": ("students",),
    "absence_by_reason": ("eligible_enrollment",),
}
SMALL, COMPANION = "small_group", "complement"
THRESHOLDS = (("largest_hidden_group", 10), ("none_hidden_under", 20), ("few_absent", 8), ("narrowest_bounds", 5))

# head-count and chronic count of a school in the first year; None in a list of reasons is a figure that is shown
_ELEMENTARY = {
    "RB": (60, 21),
    "RA": (30, 12),
    "RI": (6, 3),
    "RH": (150, 60),
    "RW": (54, 20),
    "GF": (145, 56),
    "GM": (150, 58),
    "GX": (5, 2),
    "SE": (80, 30),
    "SM": (6, 3),
    "SS": (200, 88),
    "GRTKKN": (50, 30),
    "GR13": (110, 40),
    "GR46": (100, 32),
    "GR78": (40, 14),
}
_SECONDARY = _ELEMENTARY | {"GRTKKN": (40, 28), "GR13": (108, 40), "GR46": (100, 30), "GR78": (5, 3), "GR912": (47, 15)}
_HIDDEN = {"RI": SMALL, "RA": COMPANION, "GX": SMALL, "GF": COMPANION, "SM": SMALL}
_HIDDEN_SECONDARY = _HIDDEN | {"GR78": SMALL, "GR912": COMPANION, "GRTK8": COMPANION}
_GRADES = {
    "GRTKKN": (("KN", 1.0),),
    "GR13": (("01", 0.3), ("02", 0.3), ("03", 0.4)),
    "GR46": (("04", 0.3), ("05", 0.3), ("06", 0.4)),
    "GR78": (("07", 0.5), ("08", 0.5)),
    "GR912": (("09", 0.37), ("10", 0.37), ("11", 0.13), ("12", 0.13)),
}


# Which groups the students of grades 9 to 12 are in.
_HIGH = {"RH": 0.4, "RW": 0.15, "RB": 0.2, "RA": 0.25, "SE": 0.3}


@dataclass
class County:
    """The public tables as lists of rows, to be changed and written.

    truth: what is behind each row that hides something, by table and key
    """

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    truth: dict[int, dict[str, Any]] = field(default_factory=dict)

    def rows(self, table: str, **where: object) -> Iterator[dict[str, Any]]:
        """The rows of a table that have these values."""
        found = [row for row in self.tables[table] if all(row[key] == value for key, value in where.items())]
        assert found, f"no row of {table} has {where}"
        return iter(found)

    def row(self, table: str, **where: object) -> dict[str, Any]:
        """The one row that has these values."""
        (row,) = self.rows(table, **where)
        return row

    def add(self, table: str, reason: str | None, **values: object) -> None:
        """One row; its figures are kept back where it has a reason."""
        row: dict[str, Any] = {**values, "suppression_reason": reason, "truth": dict(values)}
        if "chronic_rate" in RATES[table]:
            n, c = values[RATES[table][0]], values["chronic_count"]
            assert isinstance(n, int)
            assert isinstance(c, int)
            row["chronic_rate"] = row["truth"]["chronic_rate"] = round(100 * c / n, 1)
        self.tables.setdefault(table, []).append(row)
        if reason:
            self.hide(row, reason, table)

    def hide(self, row: dict[str, Any], reason: str, table: str) -> None:
        """Take the figures out of a row."""
        row.update(dict.fromkeys(RATES[table]), suppression_reason=reason)

    def show(self, row: dict[str, Any]) -> None:
        """Put the figures back into a row."""
        row.update(row["truth"], suppression_reason=None)

    def write(self, path: Path) -> Path:
        """Write the tables as ``open_data`` of a DuckDB file."""
        path.unlink(missing_ok=True)
        connection = duckdb.connect(str(path))
        connection.execute("create schema open_data")
        for table, rows in self.tables.items():
            columns = [column for column in rows[0] if column != "truth"]
            types = {column: _type(column) for column in columns}
            connection.execute(
                f"create table open_data.{table} ({', '.join(f'{name} {kind}' for name, kind in types.items())})"
            )
            rows_of_table = pa.table({column: [_plain(row[column]) for row in rows] for column in columns})
            connection.register("rows_of_table", rows_of_table)
            connection.execute(f"insert into open_data.{table} select * from rows_of_table")
        connection.close()
        return path


def _plain(value: object) -> str | None:
    return None if value is None else str(value)


def _type(column: str) -> str:
    if column in {"eligible_enrollment", "chronic_count", "students", "school_month", "value"} or column in {
        "prior_students",
        "prior_chronic_count",
        "students_measured",
        "students_matched",
        "comparison_students",
        "respondents",
    }:
        return "integer"
    if column in {"chronic_rate", "prior_chronic_rate", "share", "value_pct"}:
        return "decimal(5, 1)"
    return "boolean" if column == "is_charter" else "varchar"


def _school_figures(place: int, number: int, year: int) -> dict[str, tuple[int, int]]:
    """Of one school: a few more of the largest race and gender from school to school and year to year."""
    base = dict(_SECONDARY if number else _ELEMENTARY)
    more = 7 * place + 4 * number + 3 * year
    for item in ("RH", "GM", "GR13"):
        base[item] = (base[item][0] + more, base[item][1] + 2 * year)
    races = [base[item] for item in ("RB", "RA", "RI", "RH", "RW")]
    base["TA"] = (sum(n for n, _ in races), sum(c for _, c in races))
    spans = [base[item] for item in ("GRTKKN", "GR13", "GR46", "GR78")]
    base["GRTK8"] = (sum(n for n, _ in spans), sum(c for _, c in spans))
    return base


def _added(figures: list[dict[str, tuple[int, int]]]) -> dict[str, tuple[int, int]]:
    return {
        item: (sum(each.get(item, (0, 0))[0] for each in figures), sum(each.get(item, (0, 0))[1] for each in figures))
        for item in {item for each in figures for item in each}
    }


def safe_county() -> County:
    """The county as it may be published: no hidden count of it is closer bounded than by five."""
    county = County()
    county.tables["suppression_thresholds"] = [
        {"rule": rule, "value": value, "description": rule} for rule, value in THRESHOLDS
    ]
    county.tables["reporting_categories"] = [
        {"reporting_category": code, "category_name": name, "category_family": family}
        for code, name, family in CATEGORIES
    ]
    county.tables["category_families"] = [
        {"category_family": family, "family_name": name, "covers": covers} for family, name, covers in FAMILIES
    ]
    county.tables["student_groups"] = [
        {"student_group": group, "reporting_category": category} for group, category in GROUPS.items()
    ]
    county.tables["entities"] = [
        {
            "entity_level": "county" if code == COUNTY else "district" if code in SCHOOLS else "school",
            "cds_code": code,
            "entity_name": name,
            "county_code": "19",
            "district_cds_code": None if code == COUNTY else code[:7] + "0000000",
            "is_charter": name.endswith("Charter"),
        }
        for code, name in NAMES.items()
    ]
    for year, school_year in enumerate(YEARS):
        _publish_year(county, year, school_year)
    for row in county.tables["accountability"]:
        _with_prior(county, row)
    return copy.deepcopy(county)


def _publish_year(county: County, year: int, school_year: str) -> None:
    districts = []
    for place, (district, schools) in enumerate(SCHOOLS.items()):
        figures = [_school_figures(place, number, year) for number in range(3)]
        for number, school in enumerate(schools):
            hidden = _HIDDEN_SECONDARY if number else _HIDDEN
            _publish(county, school_year, school, figures[number], hidden)
            _publish_groups(county, school_year, school, figures[number], hidden)
        total = _added(figures)
        total["CHY"] = figures[1]["TA"]
        total["CHN"] = (total["TA"][0] - total["CHY"][0], total["TA"][1] - total["CHY"][1])
        _publish(county, school_year, district, total, {})
        districts.append(total)
    _publish(county, school_year, COUNTY, _added(districts), {})


def _publish(
    county: County,
    school_year: str,
    code: str,
    figures: dict[str, tuple[int, int]],
    hidden: dict[str, str],
) -> None:
    level = "county" if code == COUNTY else "district" if code in SCHOOLS else "school"
    where = {"school_year": school_year, "entity_level": level, "cds_code": code}
    for item, (n, c) in figures.items():
        county.add(
            "chronic_absence",
            hidden.get(item),
            **where,
            reporting_category=item,
            eligible_enrollment=n,
            chronic_count=c,
            chronic_rate=0,
            submission_status="submitted",
        )
    for span, grades in _GRADES.items():
        # a small group has no parts
        if span in figures and hidden.get(span) != SMALL:
            n, c = figures[span]
            for place, (grade, share) in enumerate(grades):
                last = place == len(grades) - 1
                of_grade = n if last else round(share * figures[span][0])
                chronic = c if last else round(share * figures[span][1])
                n, c = n - of_grade, c - chronic
                reason = None
                if level == "school" and span in hidden:
                    reason = SMALL if of_grade <= 10 else COMPANION
                if (level == "district" and span == "GR78") or (level != "school" and span == "GR912"):
                    reason = COMPANION
                county.add(
                    "chronic_absence_by_grade",
                    reason,
                    **where,
                    grade=grade,
                    grade_span=span,
                    eligible_enrollment=of_grade,
                    chronic_count=chronic,
                    chronic_rate=0,
                )
    n, c = figures["TA"]
    for month in (9, 10, 11):
        county.add(
            "attendance_to_date",
            None,
            **where,
            school_month=month,
            eligible_enrollment=n - 8 * (11 - month),
            chronic_count=c - 3 * (11 - month),
            chronic_rate=0,
        )
    county.add("absence_by_reason", None, **where, eligible_enrollment=n)
    if level != "school":
        for band, students in (
            ("satisfactory", (n - c) // 2),
            ("at_risk", n - c - (n - c) // 2),
            ("moderate_chronic", c - c // 3),
            ("severe_chronic", c // 3),
        ):
            county.add("attendance_bands", None, **where, attendance_band=band, students=students, share=0)


def _publish_groups(
    county: County, school_year: str, code: str, figures: dict[str, tuple[int, int]], hidden: dict[str, str]
) -> None:
    """The Dashboard's groups: those of the categories, without the students of grades 9 to 12."""
    high, high_chronic = figures.get("GR912", (0, 0))
    for group, category in GROUPS.items():
        if group == "ALL":
            n, c = figures["GRTK8"]
            reason = hidden.get("GRTK8")
        else:
            n, c = figures[category]
            if category in _HIGH:
                n, c = n - round(_HIGH[category] * high), c - round(_HIGH[category] * high_chronic)
            reason = hidden.get(category)
        county.add(
            "accountability",
            reason,
            school_year=school_year,
            entity_level="school",
            cds_code=code,
            student_group=group,
            students=n,
            chronic_count=c,
            chronic_rate=0,
        )


def _with_prior(county: County, row: dict[str, Any]) -> None:
    """What a row says of the year before: what that year's own row says."""
    before = [
        other
        for other in county.tables["accountability"]
        if (other["cds_code"], other["student_group"]) == (row["cds_code"], row["student_group"])
        and other["school_year"] < row["school_year"]
    ]
    for column in ("students", "chronic_count", "chronic_rate", "suppression_reason"):
        row[f"prior_{column}"] = before[0][column] if before else None
