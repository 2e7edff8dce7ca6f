"""What a district with an intervention log sends: one file for all years (docs/rules.md E.3)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingestion.registry import Lea
from simulation.arrays import Flags, Ints, Texts, choose, constant, dates_as_text, numbers_as_text, pick, stream, texts
from simulation.calendars import SCHOOL_DAYS
from simulation.interventions import KINDS
from simulation.places import texts_of
from simulation.text import Column, Written, write_csv
from simulation.world import World, Year

TRIGGERS = ("", "rate_5_percent", "rate_10_percent", "rate_20_percent")
OUTCOMES = {"parent_contacted": 40, "no_response": 25, "meeting_scheduled": 15, "attendance_improved": 20}
REASONS = {"illness": 28, "transportation": 18, "unknown": 22, "housing": 8, "anxiety": 12, "family_travel": 12}


def _letter_numbers(stint: Ints, is_letter: Flags, start: Ints) -> Ints:
    """For each letter its number among the student's letters of the year; 0 for anything else."""
    rows = np.flatnonzero(is_letter)
    order = rows[np.lexsort((start[rows], stint[rows]))]
    ordered = stint[order]
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, dtype=np.bool_)
    position = np.arange(len(order))
    numbers = np.zeros(len(stint), dtype=np.int64)
    numbers[order] = position - np.maximum.accumulate(np.where(begins, position, 0)) + 1
    return numbers


def in_order(world: World, year: Year, lea_code: str) -> tuple[Ints, Texts]:
    """The district's offers of a year as its log lists them, by start date, and the numbers that they get there."""
    offers = year.daily.offers
    here = np.flatnonzero(texts_of(world.places, lambda each: each.lea)[year.stints.place[offers.stint]] == lea_code)
    order = here[np.lexsort((offers.stint[here], offers.start[here]))]
    return order, f"{lea_code}-{year.start_year}-" + texts(f"{each:05d}" for each in range(1, len(order) + 1))


def _columns(
    rng: np.random.Generator, world: World, year: Year, local: Texts, lea: Lea
) -> tuple[dict[str, Texts], int]:
    """The interventions of one year, by start date; in the last year those that outlast it are still open."""
    offers, stints = year.daily.offers, year.stints
    order, number = in_order(world, year, lea.code)
    stint, kind, start = offers.stint[order], offers.kind[order], offers.start[order]
    rows = len(order)
    place = stints.place[stint]
    planned_end = start + np.array([each.days for each in KINDS])[kind]
    is_open = (planned_end >= SCHOOL_DAYS) & year.is_last
    end = np.minimum(planned_end, SCHOOL_DAYS - 1)
    start_date, end_date = year.days[place, start], year.days[place, end]
    codes = texts(each.code for each in KINDS)[kind]
    letters = _letter_numbers(stint, codes == "letter", start)
    numbered = "letter_" + numbers_as_text(letters)
    dosage = np.array([each.dosage for each in KINDS])[kind]
    done = np.where(is_open, np.maximum(dosage // 2, 1), dosage)
    touched = np.where(is_open, year.days[place, SCHOOL_DAYS - 1], end_date)
    outcome = choose(rng, OUTCOMES, rows)
    columns: dict[str, Texts] = {
        "intervention_id": number,
        "lea_code": constant(lea.code, rows),
        "school_code": texts_of(world.places, lambda each: each.code)[place],
        "local_student_id": local[stint],
        "tier": numbers_as_text(offers.tier[order]),
        "type_code": codes,
        "start_date": dates_as_text(start_date),
        "end_date": np.where(is_open, "", dates_as_text(end_date)),
        "staff_role": texts(each.staff_role for each in KINDS)[kind],
        "trigger": np.where(letters > 0, numbered, texts(TRIGGERS)[offers.tier[order]]),
        "dosage_count": numbers_as_text(done),
        "status": pick(is_open, "open", "completed"),
        "outcome_code": np.where(is_open, "", outcome),
        "reason_code": choose(rng, REASONS, rows),
        "updated_at": dates_as_text(touched) + constant("T15:30:00", rows),
    }
    return columns, rows


def write_interventions(root: Path, world: World, lea: Lea, seed: int) -> list[Written]:
    """Write a district's log of all simulated years; an empty one is not sent."""
    rng = stream(seed, "log", lea.code)
    years = [
        _columns(rng, world, year, local, lea) for year, local in zip(world.years, world.identity.local_id, strict=True)
    ]
    columns: dict[str, Column] = {name: np.concatenate([each[name] for each, _ in years]) for name in years[0][0]}
    rows = sum(count for _, count in years)
    last = world.years[-1]
    folder = lea.sends["interventions"].folder.format(school_year=last.school_year)
    name = f"interventions_{last.start_year + 1}0627.csv"
    if not rows:
        return []
    write_csv(root / folder / name, columns, rows)
    return [Written(f"{folder}/{name}", "interventions/log", rows)]
