"""Invented students and the groups that they belong to. Shares follow Los Angeles County's published ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulation.arrays import Dates, Flags, Floats, Ints, Texts, choose, constant, numbers_as_text, pick, stack, texts
from simulation.places import ALDER, BIRCH, CEDAR, DOGWOOD, ELM, FIR, GINKGO, HAZEL, IRONWOOD, JUNIPER
from simulation.words import CITIES, MINERALS, STREET_KINDS, TREES, ZIP_CODES

# Reporting categories of the state (docs/rules.md B.2), as each district's mix of new students.
RACE_MIX: dict[str, dict[str, float]] = {
    ALDER: {"RH": 66, "RW": 13, "RA": 7, "RB": 7.5, "RF": 2, "RT": 2.6, "RP": 0.3, "RI": 0.2, "RD": 1.0},
    BIRCH: {"RH": 78, "RW": 6, "RA": 4, "RB": 8, "RF": 1.4, "RT": 1.6, "RP": 0.3, "RI": 0.2, "RD": 0.5},
    CEDAR: {"RH": 47, "RW": 23, "RA": 17, "RB": 4, "RF": 3, "RT": 4.5, "RP": 0.2, "RI": 0.2, "RD": 1.1},
    DOGWOOD: {"RH": 70, "RW": 10, "RA": 5, "RB": 9, "RF": 2, "RT": 2.6, "RP": 0.5, "RI": 0.3, "RD": 0.6},
    ELM: {"RH": 62, "RW": 15, "RA": 8, "RB": 7, "RF": 2.5, "RT": 4, "RP": 0.4, "RI": 0.3, "RD": 0.8},
    FIR: {"RH": 74, "RW": 9, "RA": 4, "RB": 7, "RF": 2, "RT": 2.6, "RP": 0.3, "RI": 0.3, "RD": 0.8},
    GINKGO: {"RH": 55, "RW": 19, "RA": 12, "RB": 6, "RF": 3, "RT": 3.6, "RP": 0.3, "RI": 0.3, "RD": 0.8},
    HAZEL: {"RH": 70, "RW": 10, "RA": 6, "RB": 8, "RF": 2, "RT": 2.6, "RP": 0.3, "RI": 0.3, "RD": 0.8},
    IRONWOOD: {"RH": 68, "RW": 12, "RA": 5, "RB": 9, "RF": 1.5, "RT": 3, "RP": 0.4, "RI": 0.3, "RD": 0.8},
    JUNIPER: {"RH": 60, "RW": 20, "RA": 7, "RB": 6, "RF": 2, "RT": 3.6, "RP": 0.3, "RI": 0.3, "RD": 0.8},
}
RACE_CODES: dict[str, tuple[str, ...]] = {
    "RA": ("201", "202", "203", "204", "205", "207", "299"),
    "RB": ("600",),
    "RF": ("400",),
    "RI": ("100",),
    "RP": ("301", "303", "399"),
    "RW": ("700",),
}
MEALS_SHARE = {
    "RH": 0.8, "RB": 0.75, "RP": 0.7, "RI": 0.65, "RD": 0.5, "RT": 0.45, "RA": 0.42, "RW": 0.38, "RF": 0.35,
}  # fmt: skip
OTHER_LANGUAGE_SHARE = {
    "RH": 0.52, "RA": 0.6, "RF": 0.4, "RW": 0.12, "RD": 0.2, "RT": 0.08, "RP": 0.2, "RI": 0.05, "RB": 0.04,
}  # fmt: skip
LANGUAGES: dict[str, dict[str, float]] = {
    "RH": {"01": 1.0},
    "RA": {"07": 4, "03": 2, "04": 3, "02": 3},
    "RF": {"05": 1.0},
    "RW": {"12": 5, "16": 2, "29": 2},
}
# Highest education of a parent: 10 graduate school, 11 college, 12 some college, 13 high school, 14 less, 15 declined.
EDUCATION_WITH_MEALS = {"10": 3, "11": 8, "12": 22, "13": 33, "14": 24, "15": 10}
EDUCATION_WITHOUT = {"10": 22, "11": 30, "12": 22, "13": 13, "14": 4, "15": 9}
NEVER_RECLASSIFIED = 99


@dataclass(frozen=True)
class People:
    """One row per invented student; the row's position is the student's number inside the simulation.

    race_category:    the state's reporting category, from which ethnicity and races are written
    races:            five columns of race codes, blank where fewer
    meals:            181 free, 182 reduced-price, blank neither
    home_language:    CALPADS language code, 00 English
    reclassified_in:  the grade in which an English learner becomes fluent, 99 never
    housing_risk:     0..1, the lowest few percent of a year are homeless
    foster_risk:      0..1, likewise for foster care
    frailty:          standard normal, the part of a student's absence that no group explains
    """

    ssid: Texts
    first_name: Texts
    middle_name: Texts
    last_name: Texts
    guardian_first_name: Texts
    street: Texts
    city: Texts
    zip_code: Texts
    phone: Texts
    birth_date: Dates
    gender: Texts
    race_category: Texts
    races: Texts
    parent_education: Texts
    meals: Texts
    has_disability: Flags
    home_language: Texts
    initially_fluent: Flags
    reclassified_in: Ints
    is_migrant: Flags
    housing_risk: Floats
    foster_risk: Floats
    frailty: Floats


def ssids(serials: Ints) -> Texts:
    """Ten digits that begin with 9, each serial number its own: 7919 and the modulus share no factor."""
    return numbers_as_text(9_000_000_000 + serials * 7_919 % 999_999_937)


def _by_category(categories: Texts, shares: dict[str, float]) -> Floats:
    return np.array([shares[category] for category in categories.tolist()], dtype=np.float64)


def _mix(rng: np.random.Generator, leas: Texts) -> Texts:
    drawn = constant("", len(leas))
    for lea, mix in RACE_MIX.items():
        here = leas == lea
        drawn[here] = choose(rng, mix, int(here.sum()))
    return drawn


def _races(rng: np.random.Generator, categories: Texts) -> Texts:
    """Up to two of the five race codes: Hispanic students mostly 700 or none, two or more races two of them."""
    codes = np.full((len(categories), 5), "", dtype=object)
    for category, choices in RACE_CODES.items():
        here = categories == category
        codes[here, 0] = choose(rng, dict.fromkeys(choices, 1.0), int(here.sum()))
    hispanic, several = categories == "RH", categories == "RT"
    codes[hispanic, 0] = choose(rng, {"700": 62, "": 27, "100": 4, "600": 4, "399": 3}, int(hispanic.sum()))
    codes[several, 0] = choose(rng, {"700": 70, "600": 30}, int(several.sum()))
    codes[several, 1] = choose(rng, {"201": 35, "400": 30, "100": 20, "301": 15}, int(several.sum()))
    return codes


def _languages(rng: np.random.Generator, categories: Texts) -> Texts:
    spoken = constant("00", len(categories))
    other = rng.random(len(categories)) < _by_category(categories, OTHER_LANGUAGE_SHARE)
    for category in sorted(set(categories.tolist())):
        here = other & (categories == category)
        spoken[here] = choose(rng, LANGUAGES.get(category, {"01": 3, "99": 1}), int(here.sum()))
    return spoken


def _birth_dates(rng: np.random.Generator, grades: Ints, start_year: int) -> Dates:
    """A student of grade g has turned 5 + g by 1 September, a few of them a year earlier."""
    age = 5 + grades + (rng.random(len(grades)) < 0.03)
    first_of_september = np.array(start_year - age - 1970, dtype="datetime64[Y]") + np.timedelta64(8, "M")
    days_before = rng.integers(1, 365, len(grades)).astype("timedelta64[D]")
    return np.asarray(first_of_september.astype("datetime64[D]") - days_before)


def invent(rng: np.random.Generator, first_serial: int, leas: Texts, grades: Ints, start_year: int) -> People:
    """Invent one student for each given LEA (where they enter the county) and grade (then)."""
    rows = len(leas)
    categories = _mix(rng, leas)
    meals = rng.random(rows) < _by_category(categories, MEALS_SHARE) + np.where(leas == BIRCH, 0.08, 0.0)
    gender = choose(rng, {"M": 51.2, "F": 48.6, "X": 0.2}, rows)
    education = np.where(meals, choose(rng, EDUCATION_WITH_MEALS, rows), choose(rng, EDUCATION_WITHOUT, rows))
    reclassified = np.clip(np.rint(rng.normal(4.6, 2.6, rows)), 1, 12).astype(np.int64)
    house_numbers = numbers_as_text(rng.integers(1, 2_000, rows))
    streets = house_numbers + " " + texts(MINERALS)[rng.integers(0, len(MINERALS), rows)]
    streets = streets + " " + texts(STREET_KINDS)[rng.integers(0, len(STREET_KINDS), rows)]
    units = ", Unit " + numbers_as_text(rng.integers(1, 40, rows))
    return People(
        ssid=ssids(np.arange(first_serial, first_serial + rows)),
        first_name=texts(TREES)[rng.integers(0, len(TREES), rows)],
        middle_name=np.where(rng.random(rows) < 0.5, texts(TREES)[rng.integers(0, len(TREES), rows)], ""),
        last_name=texts(MINERALS)[rng.integers(0, len(MINERALS), rows)],
        guardian_first_name=texts(TREES)[rng.integers(0, len(TREES), rows)],
        street=np.where(rng.random(rows) < 0.15, streets + units, streets),
        city=texts(CITIES)[rng.integers(0, len(CITIES), rows)],
        zip_code=texts(ZIP_CODES)[rng.integers(0, len(ZIP_CODES), rows)],
        phone="(555) 555-01" + texts(f"{line:02d}" for line in range(100))[rng.integers(0, 100, rows)],
        birth_date=_birth_dates(rng, grades, start_year),
        gender=gender,
        race_category=categories,
        races=_races(rng, categories),
        parent_education=education,
        meals=np.where(meals, pick(rng.random(rows) < 0.87, "181", "182"), ""),
        has_disability=rng.random(rows) < np.where(gender == "M", 0.19, 0.11),
        home_language=_languages(rng, categories),
        initially_fluent=rng.random(rows) < 0.14,
        reclassified_in=np.where(rng.random(rows) < 0.2, NEVER_RECLASSIFIED, reclassified),
        is_migrant=rng.random(rows) < np.where(categories == "RH", 0.005, 0.0),
        housing_risk=rng.random(rows) * np.where(meals, 0.75, 4.0),
        foster_risk=rng.random(rows),
        frailty=rng.normal(0.0, 1.0, rows),
    )


def joined(people: People, newcomers: People) -> People:
    """The same students and, behind them, the new ones."""
    return stack([people, newcomers])


def a_year_later(rng: np.random.Generator, people: People) -> People:
    """Frailty persists from year to year, though not wholly."""
    drift = rng.normal(0.0, 1.0, len(people.frailty))
    return replace(people, frailty=0.85 * people.frailty + np.sqrt(1 - 0.85**2) * drift)


def is_homeless(people: People, start_year: int) -> Flags:
    """Homeless at some time of the year; more students were found to be from 2023-24 on."""
    return people.housing_risk < (0.036 if start_year < 2023 else 0.046)


def is_foster(people: People) -> Flags:
    """In foster care at some time of the year."""
    return people.foster_risk < 0.008


def is_disadvantaged(people: People, start_year: int) -> Flags:
    """Socio-economically disadvantaged as CALPADS derives it (docs/rules.md A.5)."""
    poor = (people.meals != "") | (people.parent_education == "14")
    return np.asarray(poor | is_homeless(people, start_year) | is_foster(people) | people.is_migrant)


def language_status(people: People, grades: Ints) -> Texts:
    """English language acquisition status at the beginning of the year; grades by student."""
    other = people.home_language != "00"
    learner = np.where(people.reclassified_in < grades, "RFEP", "EL")
    return np.where(other, np.where(people.initially_fluent, "IFEP", learner), "EO").astype(object)


def is_reclassified_this_year(people: People, grades: Ints) -> Flags:
    """English learners who become fluent in the spring of this year; grades by student."""
    return np.asarray((language_status(people, grades) == "EL") & (people.reclassified_in == grades))
