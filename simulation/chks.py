"""What the county office sends: aggregates of the California Healthy Kids Survey by school and grade (docs/rules.md D).

Nobody can be told from it. Better climate goes with less absence; the rest is chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingestion.registry import County
from simulation.arrays import Floats, stream, texts
from simulation.codes import ABSENT_STATES, State, count_states
from simulation.places import Place
from simulation.text import Column, Written, write_csv
from simulation.world import World, Year

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


def absence_by_place(year: Year, places: int) -> Floats:
    """Share of expected days missed at each school, submitted or not."""
    states, place = year.daily.states, year.stints.place
    absent = np.bincount(place, weights=count_states(states, ABSENT_STATES), minlength=places)
    expected = np.bincount(place, weights=(states != State.NOT_EXPECTED).sum(axis=1), minlength=places)
    return np.asarray(absent / np.maximum(expected, 1))


def _groups(rng: np.random.Generator, places: tuple[Place, ...], year: Year) -> list[Group]:
    """Schools by surveyed grades; some schools reach so few that a group stays below ten."""
    found = []
    for index, place in enumerate(places):
        for grade in (each for each in SURVEYED_GRADES if each in place.profile.grades):
            here = (year.stints.place == index) & (year.stints.grade == grade) & (year.stints.first == 0)
            enrolled = int(here.sum())
            share = float(np.clip(rng.normal(place.profile.participation, 0.03), 0.02, 0.95))
            found.append(Group(index, grade, enrolled, round(enrolled * share)))
    return found


def _year_columns(seed: int, world: World, year: Year) -> tuple[dict[str, list[str]], int]:
    rng = stream(seed, "survey", year.school_year)
    groups = _groups(rng, world.places, year)
    absence = absence_by_place(year, len(world.places))
    rows = [(group, indicator) for group in groups for indicator in INDICATORS]
    noise = rng.normal(0.0, 2.5, len(rows))
    excess = np.array([100 * (absence[group.place] - USUAL_ABSENCE) for group, _ in rows])
    usual = np.array([indicator.usual for _, indicator in rows])
    slope = np.array([indicator.slope for _, indicator in rows])
    values = np.clip(usual + slope * excess + noise, 2.0, 98.0)
    hidden = [group.respondents < FEWEST_RESPONDENTS for group, _ in rows]
    schools = [world.places[group.place] for group, _ in rows]
    columns = {
        "cds_code": [place.lea + place.code for place in schools],
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


def write_chks(root: Path, world: World, county: County, seed: int) -> list[Written]:
    """Write the county office's one file of all simulated years."""
    years = [_year_columns(seed, world, year) for year in world.years]
    columns: dict[str, Column] = {
        name: texts(value for each, _ in years for value in each[name]) for name in years[0][0]
    }
    rows = sum(count for _, count in years)
    folder = county.sends["chks"].folder.format(school_year=world.years[-1].school_year)
    name = f"CHKS_{world.years[-1].start_year + 1}0815.csv"
    write_csv(root / folder / name, columns, rows)
    return [Written(f"{folder}/{name}", "chks/results", rows)]
