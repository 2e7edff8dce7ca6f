"""What the county office sends: aggregates of the California Healthy Kids Survey by school and grade (docs/rules.md D).

Nobody can be told from it. Better climate goes with less absence; the rest is chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingestion.registry import County
from simulation.arrays import Floats, Ints, stream, texts
from simulation.codes import ABSENT_STATES, State, count_states
from simulation.places import Place
from simulation.text import Column, Written, write_csv
from simulation.world import Year

SURVEYED_GRADES = (5, 7, 9, 11)
FEWEST_RESPONDENTS = 10
USUAL_ABSENCE = 0.065


@dataclass(frozen=True)
class Indicator:
    """usual: percent at a school with usual absence; slope: points more for each point of absence more."""

    code: str
    item: str
    response: str
    usual: float
    slope: float


INDICATORS = (
    Indicator(
        "school_connectedness", "School connectedness, average of five items", "agree or strongly agree", 58, -2.2
    ),
    Indicator(
        "caring_adults", "Caring adults at school, average of three items", "pretty much or very much true", 63, -1.6
    ),
    Indicator(
        "high_expectations", "High expectations, average of three items", "pretty much or very much true", 75, -1.3
    ),
    Indicator(
        "meaningful_participation",
        "Meaningful participation, average of items",
        "pretty much or very much true",
        34,
        -1.0,
    ),
    Indicator("perceived_safety", "How safe do you feel at school?", "safe or very safe", 61, -2.4),
    Indicator("chronic_sadness", "Sad or hopeless for two weeks or more, past 12 months", "yes", 31, 1.8),
)


@dataclass(frozen=True)
class Group:
    """The surveyed students of a school and grade: its position, how many there are and how many answered."""

    place: int
    grade: int
    enrolled: int
    respondents: int


@dataclass(frozen=True)
class Surveyed:
    """What the survey asks of a year.

    absence:  share of expected days missed at each school, submitted or not
    enrolled: students of the surveyed grades when the year began, schools by SURVEYED_GRADES
    """

    school_year: str
    absence: Floats
    enrolled: Ints


def surveyed_of(year: Year, places: tuple[Place, ...]) -> Surveyed:
    """Count what the survey asks of a year as it was lived."""
    states, stints = year.daily.states, year.stints
    schools = len(places)
    absent = np.bincount(stints.place, weights=count_states(states, ABSENT_STATES), minlength=schools)
    expected = np.bincount(stints.place, weights=(states != State.NOT_EXPECTED).sum(axis=1), minlength=schools)
    began = [(stints.grade == grade) & (stints.first == 0) for grade in SURVEYED_GRADES]
    enrolled = [np.bincount(stints.place[who], minlength=schools) for who in began]
    return Surveyed(year.school_year, absent / np.maximum(expected, 1), np.stack(enrolled, axis=1))


def together(parts: list[Surveyed]) -> Surveyed:
    """One year of several senders, their schools one behind the other."""
    return Surveyed(
        parts[0].school_year,
        np.concatenate([each.absence for each in parts]),
        np.concatenate([each.enrolled for each in parts]),
    )


def _groups(rng: np.random.Generator, places: tuple[Place, ...], enrolled: Ints) -> list[Group]:
    """Schools by surveyed grades; some schools reach so few that a group stays below ten."""
    found = []
    for index, place in enumerate(places):
        for grade in (each for each in SURVEYED_GRADES if each in place.profile.grades):
            students = int(enrolled[index, SURVEYED_GRADES.index(grade)])
            share = float(np.clip(rng.normal(place.profile.participation, 0.03), 0.02, 0.95))
            # nobody is reported of a group that nobody answered for
            if respondents := round(students * share):
                found.append(Group(index, grade, students, respondents))
    return found


def _year_columns(seed: int, places: tuple[Place, ...], year: Surveyed) -> tuple[dict[str, list[str]], int]:
    rng = stream(seed, "survey", year.school_year)
    groups = _groups(rng, places, year.enrolled)
    absence = year.absence
    rows = [(group, indicator) for group in groups for indicator in INDICATORS]
    noise = rng.normal(0.0, 2.5, len(rows))
    excess = np.array([100 * (absence[group.place] - USUAL_ABSENCE) for group, _ in rows])
    usual = np.array([indicator.usual for _, indicator in rows])
    slope = np.array([indicator.slope for _, indicator in rows])
    values = np.clip(usual + slope * excess + noise, 2.0, 98.0)
    hidden = [group.respondents < FEWEST_RESPONDENTS for group, _ in rows]
    schools = [places[group.place] for group, _ in rows]
    columns = {
        "cds_code": [place.cds_code for place in schools],
        "school_year": [year.school_year] * len(rows),
        "grade": [f"{group.grade:02d}" for group, _ in rows],
        "respondent_group": ["all"] * len(rows),
        "module": ["core"] * len(rows),
        "indicator_code": [indicator.code for _, indicator in rows],
        "item_text": [indicator.item for _, indicator in rows],
        "response_option": [indicator.response for _, indicator in rows],
        "measure_type": ["pct_scale_avg" if "average" in indicator.item else "pct_item" for _, indicator in rows],
        "n_respondents": [str(group.respondents) for group, _ in rows],
        "n_enrolled": [str(group.enrolled) for group, _ in rows],
        "value_pct": ["" if is_hidden else f"{value:.1f}" for value, is_hidden in zip(values, hidden, strict=True)],
        "is_suppressed": ["Y" if is_hidden else "N" for is_hidden in hidden],
        "source_report": ["invented"] * len(rows),
        "instrument_version": [f"core {year.school_year}"] * len(rows),
    }
    return columns, len(rows)


def write_chks(
    root: Path, places: tuple[Place, ...], surveyed: list[Surveyed], county: County, seed: int
) -> list[Written]:
    """Write the county office's one file of all simulated years."""
    last = surveyed[-1].school_year
    years = [_year_columns(seed, places, year) for year in surveyed]
    columns: dict[str, Column] = {
        name: texts(value for each, _ in years for value in each[name]) for name in years[0][0]
    }
    rows = sum(count for _, count in years)
    folder = county.sends["chks"].folder.format(school_year=last)
    name = f"CHKS_{int(last[:4]) + 1}0815.csv"
    write_csv(root / folder / name, columns, rows)
    return [Written(f"{folder}/{name}", "chks/results", rows)]
