"""Who sends what in the county: a registry of its districts and of the charters that report for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import yaml

from ingestion.registry import Authorizer, County, Delivery, Lea, Registry, School, Sender
from simulation.arrays import Floats
from simulation.calendars import Plan
from simulation.codes import CODE_SETS
from simulation.folder import SimulationError
from simulation.like import published as state
from simulation.like.draws import uniform
from simulation.places import KINDERGARTEN, SYSTEMS, TK, Place, Profile

# How many of a hundred senders use which system; the largest sends Aeries files.
SYSTEM_SHARES = {"aeries": 60, "powerschool": 16, "infinite_campus": 14, "synergy": 10}
Level = Literal["Elementary", "Middle", "High", "K-12", "Alternative"]
PERIODS, FIRST_GRADE_BY_PERIOD = 6, 6
# Schools are numbered from 101 in their own systems.
FIRST_NUMBER = 100
CALENDARS = 24
CLOSED_SHARE = 0.3
# Schools without high school grades that tell mornings from afternoons.
HALVES_SHARE = 0.1
DAY_AFTER_SHARE = 0.3


@dataclass(frozen=True)
class Sent:
    """The county's senders.

    registry: as ``config/`` holds it
    places:   the schools in the order of the published ones, with the calendars and codes that they keep
    plans:    the calendars by name; closed: those with an emergency closure
    """

    registry: Registry
    places: tuple[Place, ...]
    plans: dict[str, Plan]
    closed: frozenset[str]


def _number(code: str) -> int:
    return int(code)


def _draw(code: str, seed: int, what: str) -> float:
    return float(uniform(np.array([_number(code)]), seed, what)[0])


def _system(code: str, seed: int, sis: str | None) -> str:
    if sis is not None:
        return sis
    draw = _draw(code, seed, "system") * sum(SYSTEM_SHARES.values())
    for system, share in SYSTEM_SHARES.items():
        draw -= share
        if draw < 0:
            return system
    return SYSTEMS[0]


def _level(school: state.School, grades: tuple[int, ...]) -> Level:
    """The registry's word for a school, by its grades."""
    if school.is_dass:
        return "Alternative"
    if grades[0] <= KINDERGARTEN + 3 and grades[-1] <= 8:
        return "Elementary"
    if grades[0] >= 5 and grades[-1] <= 9:
        return "Middle"
    return "High" if grades[0] >= 7 else "K-12"


def grades_of(weights: Floats) -> tuple[int, ...]:
    """The grades in which a school has students: weights by spans and grades, zero where it has none."""
    return tuple((np.flatnonzero(weights.sum(axis=0) > 0) + TK).tolist())


def _leaves_the_day_after(code: str, seed: int, system: str) -> bool:
    """Districts on these systems mean different days by a leave date (docs/rules.md C.1, C.4)."""
    return system in {"aeries", "synergy"} and _draw(code, seed, "leave date") < DAY_AFTER_SHARE


def _lea_code(school: state.School) -> str:
    return school.code if school.reports_alone else school.district


def _sends(code: str, system: str) -> dict[str, Delivery]:
    return {
        system: Delivery(folder=f"{code}/{system}/{{school_year}}"),
        "calpads": Delivery(folder=f"{code}/calpads"),
        "interventions": Delivery(folder=f"{code}/interventions"),
        "goals": Delivery(folder=f"{code}/goals"),
    }


def plans_of(seed: int) -> dict[str, Plan]:
    """The calendars that districts keep, by name."""
    rng = np.random.default_rng([seed, CALENDARS])
    return {
        f"calendar {number:02d}": Plan(
            first_day=int(rng.choice([-5, -3, 0, 1, 2, 3, 7])),
            thanksgiving_week=bool(rng.random() < 0.8),
            winter_weeks=int(rng.choice([2, 3], p=[0.7, 0.3])),
            staff_days=tuple(int(each) for each in rng.choice(np.arange(40, 180), size=2, replace=False)),
        )
        for number in range(1, CALENDARS + 1)
    }


@dataclass(frozen=True)
class _Habits:
    """What all schools of a sender have in common."""

    code: str
    system: str
    calendar: str
    is_closed_once: bool
    code_set: str


def _habits(code: str, plans: dict[str, Plan], seed: int, system: str) -> _Habits:
    """By chance of the sender's code; another seed has others."""
    calendar = tuple(plans)[int(_draw(code, seed, "calendar") * len(plans))]
    is_closed_once = _draw(code, seed, "closure") < CLOSED_SHARE
    return _Habits(
        code=code,
        system=system,
        calendar=f"{calendar}, closed once" if is_closed_once else calendar,
        is_closed_once=is_closed_once,
        code_set=sorted(CODE_SETS)[int(_draw(code, seed, "codes") * len(CODE_SETS))],
    )


def _registered(school: state.School, number: int, grades: tuple[int, ...]) -> School:
    """The school as the registry has it; schools without grades below six take attendance by period."""
    return School(
        code=school.code,
        name=school.name,
        level=_level(school, grades),
        number=FIRST_NUMBER + number,
        charter=school.is_charter,
        dass=school.is_dass,
        periods=PERIODS if grades[0] >= FIRST_GRADE_BY_PERIOD else None,
    )


def _place(school: state.School, registered: School, grades: tuple[int, ...], habits: _Habits, seed: int) -> Place:
    """The school as the writers see it."""
    by_period = registered.periods is not None
    return Place(
        lea=habits.code,
        code=school.code,
        number=registered.number,
        level=registered.level,
        periods=registered.periods,
        calendar=habits.calendar,
        sends_daily=True,
        submits=True,
        profile=Profile(
            students=0,
            grades=grades,
            absence=0.0,
            participation=0.15 + 0.75 * _draw(school.code, seed, "participation"),
            has_halves=not by_period and _draw(school.code, seed, "halves") < HALVES_SHARE,
        ),
        authorizer=school.district,
        code_set=habits.code_set,
        is_hourly=school.is_dass and by_period,
    )


def _lea(
    published: state.Published, school: state.School, schools: tuple[School, ...], habits: _Habits, seed: int
) -> Lea:
    """The sender as the registry has it. school: any of its schools."""
    named = published.districts[school.district][0]
    return Lea(
        code=habits.code,
        name=school.name if school.reports_alone else named,
        sends=_sends(habits.code, habits.system),
        schools=schools,
        authorizer=Authorizer(code=school.district, name=named) if school.reports_alone else None,
        leave_date="day_after" if _leaves_the_day_after(habits.code, seed, habits.system) else "last_day",
    )


def senders_of(
    published: state.Published, schools: tuple[state.School, ...], weights: Floats, seed: int, sis: str | None
) -> Sent:
    """Share the schools out among senders and say what each of them sends.

    schools: the published ones, and behind them those that the file does not list
    weights: schools by spans by grades, zero where a school has no student
    sis:     one system for all senders
    """
    if sis is not None and sis not in SYSTEMS:
        raise SimulationError(f"The county cannot be written in {sis!r}. Known are {', '.join(SYSTEMS)}.")
    plans = plans_of(seed)
    by_lea: dict[str, list[int]] = {}
    for row, school in enumerate(schools):
        by_lea.setdefault(_lea_code(school), []).append(row)
    largest = max(by_lea, key=lambda code: (len(by_lea[code]), code))
    leas, places, closed = [], {}, set()
    for code, rows in sorted(by_lea.items()):
        system = SYSTEMS[0] if code == largest and sis is None else _system(code, seed, sis)
        habits = _habits(code, plans, seed, system)
        if habits.is_closed_once:
            closed.add(habits.calendar)
        registered = []
        for number, row in enumerate(rows, start=1):
            grades = grades_of(weights[row])
            registered.append(_registered(schools[row], number, grades))
            places[row] = _place(schools[row], registered[-1], grades, habits, seed)
        leas.append(_lea(published, schools[rows[0]], tuple(registered), habits, seed))
    county = County(
        code=published.county_code,
        name=f"{published.county[0]} County",
        simulated=True,
        sends={"chks": Delivery(folder=f"{published.county_code}/chks")},
    )
    published_by = {"cde": Delivery(root="public", folder="cde")}
    cde = Sender(code="00", name="California Department of Education", sends=published_by)
    registry = Registry(county=county, state=cde, leas=tuple(leas))
    return Sent(registry, tuple(places[row] for row in range(len(schools))), plans, frozenset(closed))


def write_registry(folder: Path, registry: Registry) -> None:
    """Write the registry as the files of a ``config/``."""
    (folder / "leas").mkdir(parents=True)

    def write(path: Path, content: dict[str, object]) -> None:
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")

    def told(one: Sender) -> dict[str, object]:
        return one.model_dump(mode="json", exclude_defaults=True)

    write(folder / "county.yml", {"county": told(registry.county), "state": told(registry.state)})
    for lea in registry.leas:
        write(folder / "leas" / f"{lea.code}.yml", told(lea))
