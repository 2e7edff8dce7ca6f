"""Which reporting categories (docs/rules.md B.2) a student of an entity is in."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.oracle.extracts import Lea, read_calpads
from tests.oracle.students import GRADES, calpads_dates, tuples, year_ends

GRADE_CATEGORIES = {
    "GRTKKN": GRADES[:2],
    "GR13": GRADES[2:5],
    "GR46": GRADES[5:8],
    "GR78": GRADES[8:10],
    "GR912": GRADES[10:],
    "GRTK8": GRADES[:10],
}
GENDERS = {"F": "GF", "M": "GM", "X": "GX"}
RACE_OF_FIRST_DIGIT = {"1": "RI", "2": "RA", "3": "RP", "4": "RF", "6": "RB", "7": "RW"}
PROGRAM_CATEGORIES = {
    "135": ("SM", "SS"),
    "144": ("SD",),
    "181": ("SS",),
    "182": ("SS",),
    "190": ("SF", "SS"),
    "191": ("SH", "SS"),
    "193": ("SF", "SS"),
}
# The project's own categories, by the kind of the school of the latest stint; the state has none of them.
OF_THIS_PROJECT = frozenset({"CHY", "CHN", "DAY", "DAN", "ALY", "ALN"})
NOT_A_HIGH_SCHOOL_GRADUATE = "14"


def grade_categories(grades: pd.Series[str]) -> pd.DataFrame:
    """Index of the grade and reporting_category: two categories up to grade 8, one after it."""
    return pd.concat(
        pd.DataFrame({"reporting_category": category}, index=grades.index[grades.isin(spanned)])
        for category, spanned in GRADE_CATEGORIES.items()
    )


def school_categories(leas: tuple[Lea, ...]) -> pd.DataFrame:
    """Cds of a school and reporting_category: three of each, by what the registry says of it."""
    of_school = {
        school.cds: (
            "CHY" if school.is_charter else "CHN",
            "DAY" if school.is_dass else "DAN",
            "ALY" if school.is_alternative else "ALN",
        )
        for lea in leas
        for school in lea.schools
    }
    return pd.Series(of_school).rename("reporting_category").rename_axis("cds").explode().reset_index()


def people(extracts: Path, leas: tuple[Lea, ...]) -> pd.DataFrame:
    """School_year, cds, ssid, start, race, gender of each SINF record; race and gender as reporting categories."""
    sinf = read_calpads(extracts, leas, "SINF")
    answers = ["hispanic", *(f"race_{number}" for number in range(1, 6))]
    return sinf.assign(
        start=calpads_dates(sinf["start"]),
        race=pd.Series([_race(answer, codes) for answer, *codes in tuples(sinf, *answers)], sinf.index, dtype=str),
        gender=sinf["gender"].map(GENDERS).fillna("GZ"),
    )[["school_year", "cds", "ssid", "start", "race", "gender"]]


def _race(hispanic: str, codes: list[str]) -> str:
    if hispanic == "Y":
        return "RH"
    groups = {RACE_OF_FIRST_DIGIT[code[0]] for code in codes if code and code[0] in RACE_OF_FIRST_DIGIT}
    if len(groups) > 1:
        return "RT"
    return groups.pop() if groups else "RD"


def spans(extracts: Path, leas: tuple[Lea, ...]) -> pd.DataFrame:
    """School_year, ssid, reporting_category, since, until (inclusive): when a student was in a group, wherever."""
    return pd.concat([_programs(extracts, leas), _english_learners(extracts, leas), _parents(extracts, leas)])


def _programs(extracts: Path, leas: tuple[Lea, ...]) -> pd.DataFrame:
    sprg = read_calpads(extracts, leas, "SPRG")
    sprg = sprg.loc[sprg["program"].isin(PROGRAM_CATEGORIES)]
    return sprg.assign(
        reporting_category=sprg["program"].map(PROGRAM_CATEGORIES),
        since=calpads_dates(sprg["start"]),
        until=calpads_dates(sprg["end"]).fillna(year_ends(sprg["school_year"])),
    ).explode("reporting_category")[["school_year", "ssid", "reporting_category", "since", "until"]]


def _english_learners(extracts: Path, leas: tuple[Lea, ...]) -> pd.DataFrame:
    """A status lasts until the day before the next one that any of the year's files tells of the student."""
    sela = read_calpads(extracts, leas, "SELA")
    sela = sela.assign(since=calpads_dates(sela["start"]))[["school_year", "ssid", "elas", "since"]].drop_duplicates()
    sela = sela.sort_values(["school_year", "ssid", "since"], kind="stable")
    following = sela.groupby(["school_year", "ssid"])["since"].shift(-1) - pd.Timedelta(days=1)
    sela = sela.assign(reporting_category="SE", until=following.fillna(year_ends(sela["school_year"])))
    return sela.loc[sela["elas"] == "EL", ["school_year", "ssid", "reporting_category", "since", "until"]]


def _parents(extracts: Path, leas: tuple[Lea, ...]) -> pd.DataFrame:
    sinf = read_calpads(extracts, leas, "SINF")
    sinf = sinf.loc[sinf["parent_education"] == NOT_A_HIGH_SCHOOL_GRADUATE]
    until = year_ends(sinf["school_year"])
    return sinf.assign(
        reporting_category="SS", since=until - pd.DateOffset(years=1) + pd.Timedelta(days=1), until=until
    )[["school_year", "ssid", "reporting_category", "since", "until"]]
