"""Who the students are over the years: the same ones come back a grade higher, and all else is invented."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Dates, Flags, Ints, Texts, constant, texts
from simulation.like.draws import chosen, rank_within, uniform
from simulation.like.published import RACES
from simulation.people import LANGUAGES, NEVER_RECLASSIFIED, RACE_CODES, People, ssids
from simulation.places import TK
from simulation.words import CITIES, MINERALS, STREET_KINDS, TREES

GENDER_LETTERS = ("M", "F", "X", "")
FAMILY_SIZES = (1, 1, 2, 2, 3)


@dataclass(frozen=True)
class Labels:
    """One row per student of a year, in the order of their numbers.

    person: the student's number for good
    family: brothers and sisters have the same
    place:  where they are last, a position among the year's schools; district its district's seven digits
    """

    person: Ints
    family: Ints
    place: Ints
    district: Ints
    grade: Ints
    race: Ints
    gender: Ints
    is_chronic: Flags
    disadvantaged: Flags
    learner: Flags
    disability: Flags
    foster: Flags
    homeless: Flags
    migrant: Flags


def _matched(rng: np.random.Generator, keys: tuple[Ints, Ints], scores: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Rows of two years with the same key, those of like scores together: positions in either, pair by pair."""
    number = np.unique(np.concatenate(keys), return_inverse=True)[1]
    numbers = number[: len(keys[0])], number[len(keys[0]) :]
    ranks = [
        rank_within(one, score + rng.normal(0.0, 0.7, len(score))) for one, score in zip(numbers, scores, strict=True)
    ]
    most = max((int(each.max()) + 1 for each in ranks if len(each)), default=1)
    then, now = (one * most + rank for one, rank in zip(numbers, ranks, strict=True))
    _, before, after = np.intersect1d(then, now, assume_unique=True, return_indices=True)
    return np.asarray(before), np.asarray(after)


def come_back(rng: np.random.Generator, before: Labels, after: Labels) -> Ints:
    """For each student of a year the number for good of the one whom they were the year before; -1 for newcomers.

    At the same school first, then in the same district, then anywhere in the county; race and gender are the same, the
    grade is one higher, and who was chronically absent, or in a programme, is likelier to be so again.
    """
    person = np.full(len(after.grade), -1, dtype=np.int64)
    used = np.zeros(len(before.grade), dtype=np.bool_)

    def score(year: Labels) -> Ints:
        flags = (year.is_chronic, year.learner, year.disability, year.disadvantaged)
        return np.asarray(sum(2 * flag.astype(np.int64) for flag in flags))

    scores = score(before), score(after)
    for where in ("place", "district", "grade"):
        then, now = np.flatnonzero(~used & (before.grade < 12)), np.flatnonzero((person < 0) & (after.grade > TK))

        def key(year: Labels, rows: Ints, grade: Ints, spot: str = where) -> Ints:
            likeness = ((grade + 1) * len(RACES) + year.race[rows]) * len(GENDER_LETTERS) + year.gender[rows]
            return likeness if spot == "grade" else getattr(year, spot)[rows] * 10_000 + likeness

        one, other = _matched(
            rng,
            (key(before, then, before.grade[then] + 1), key(after, now, after.grade[now])),
            (scores[0][then], scores[1][now]),
        )
        person[now[other]], used[then[one]] = before.person[then[one]], True
    return person


def families(rng: np.random.Generator, district: Ints, first: int) -> Ints:
    """Group newcomers of a district into families of one, two and three; the families' numbers begin at ``first``."""
    order = np.lexsort((rng.random(len(district)), district))
    sizes = rng.choice(FAMILY_SIZES, size=len(order))
    starts = np.zeros(len(order), dtype=np.bool_)
    begins = np.cumsum(sizes)
    starts[begins[begins < len(order)]] = True
    starts[:1] = True
    ordered = district[order]
    starts[1:] |= ordered[1:] != ordered[:-1]
    family = np.empty(len(order), dtype=np.int64)
    family[order] = first + np.cumsum(starts) - 1
    return family


def _birth_dates(person: Ints, grade: Ints, start_year: int, seed: int) -> Dates:
    """A student of grade g has turned 5 + g by 1 September; the same day every year that they come back."""
    first_of_september = (start_year - 5 - grade - 1970).astype("datetime64[Y]") + np.timedelta64(8, "M")
    days_before = 1 + np.floor(uniform(person, seed, "birth") * 364).astype(np.int64)
    return np.asarray(first_of_september.astype("datetime64[D]") - days_before.astype("timedelta64[D]"))


def _race_codes(person: Ints, race: Texts, seed: int) -> Texts:
    """Up to two of the five codes that lead to the category."""
    codes = np.full((len(person), 5), "", dtype=object)
    for category, choices in RACE_CODES.items():
        here = np.flatnonzero(race == category)
        codes[here, 0] = chosen(person[here], choices, seed, "race code")
    here = np.flatnonzero(race == "RH")
    codes[here, 0] = chosen(person[here], ("700", "700", "700", "", "100", "600"), seed, "race code")
    here = np.flatnonzero(race == "RT")
    codes[here, 0] = chosen(person[here], ("700", "600"), seed, "race code")
    codes[here, 1] = chosen(person[here], ("201", "400", "100", "301"), seed, "second race code")
    return codes


def _languages(person: Ints, race: Texts, learner: Flags, seed: int) -> Texts:
    """English learners speak another language at home, and so do some of the others."""
    other = learner | (uniform(person, seed, "language") < np.where(race == "RH", 0.4, 0.15))
    spoken = constant("00", len(person))
    for category in RACES:
        here = np.flatnonzero(other & (race == category))
        spoken[here] = chosen(person[here], tuple(LANGUAGES.get(category, {"01": 3, "99": 1})), seed, "which language")
    return spoken


def invented(labels: Labels, zip_code: Texts, start_year: int, seed: int) -> People:
    """The students of a year with everything that a sender's files say of them.

    zip_code: of each student
    """
    person, family, rows = labels.person, labels.family, len(labels.person)
    race = texts(RACES)[labels.race]
    by_meals = labels.disadvantaged & (uniform(person, seed, "meals") < 0.93)
    # foster, homeless and migrant students are disadvantaged by that; everybody else needs a reason that is told
    least = labels.disadvantaged & (~by_meals | (uniform(person, seed, "least schooling") < 0.2))
    schooling = chosen(person, ("10", "11", "12", "12", "13", "13", "15"), seed, "education")
    house = (1 + np.floor(uniform(family, seed, "house") * 1_999)).astype(np.int64)
    street = chosen(family, MINERALS, seed, "street") + " " + chosen(family, STREET_KINDS, seed, "street kind")
    return People(
        ssid=ssids(person),
        first_name=chosen(person, TREES, seed, "first name"),
        middle_name=np.where(uniform(person, seed, "has middle") < 0.5, chosen(person, TREES, seed, "middle"), ""),
        last_name=chosen(family, MINERALS, seed, "last name"),
        guardian_first_name=chosen(family, TREES, seed, "guardian"),
        street=texts(map(str, house.tolist())) + " " + street,
        city=chosen(family, CITIES, seed, "city"),
        zip_code=zip_code,
        phone="(555) 555-01" + chosen(family, tuple(f"{line:02d}" for line in range(100)), seed, "phone"),
        birth_date=_birth_dates(person, labels.grade, start_year, seed),
        gender=texts(GENDER_LETTERS)[labels.gender],
        race_category=race,
        races=_race_codes(person, race, seed),
        parent_education=np.where(least, "14", schooling).astype(object),
        meals=np.where(by_meals, np.where(uniform(person, seed, "reduced") < 0.13, "182", "181"), "").astype(object),
        has_disability=labels.disability,
        home_language=_languages(person, race, labels.learner, seed),
        initially_fluent=~labels.learner & ((labels.grade <= 0) | (uniform(person, seed, "fluent") < 0.4)),
        # whoever speaks another language and is no learner any more became fluent before this year
        reclassified_in=np.where(labels.learner, NEVER_RECLASSIFIED, 0),
        is_migrant=labels.migrant,
        housing_risk=np.where(labels.homeless, 0.0, 1.0),
        foster_risk=np.where(labels.foster, 0.0, 1.0),
        frailty=np.zeros(rows),
    )
