"""Simulate a county that equals the published one: years, students and stays in one place, files sender by sender."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.arrays import Floats, Ints, stream, take, texts
from simulation.calendars import Calendar, build_calendar, emergency_closure, start_year_of
from simulation.chks import Surveyed, together, write_chks
from simulation.folder import SimulationError, replaced_whole
from simulation.interventions import KINDS
from simulation.like.fill import contradictions, fill
from simulation.like.links import link
from simulation.like.lives import Stays, lives_of
from simulation.like.people import Labels, come_back, families
from simulation.like.published import Published, School, read_published
from simulation.like.sample import choose_schools, part_of
from simulation.like.sender import Made, Task, make, put
from simulation.like.senders import Sent, senders_of, write_registry
from simulation.like.slots import Slots, deal, grade_weights, with_unlisted
from simulation.people import ssids
from simulation.places import Place
from simulation.stints import days_matrix
from simulation.text import Written

# How much of what a school could offer it offers, on the whole.
USUAL_REACH = 0.25
EXTRACTS, CONFIG, TRUTH, WORK = "extracts", "config", "truth", ".work"


# A year's schools, and the students that each of them counts.
Table = tuple[tuple[School, ...], Slots]


@dataclass(frozen=True)
class LikeReport:
    """What was written. rows: data rows by kind of file; students by school year; senders: how many send."""

    out: Path
    files: int
    rows: Mapping[str, int]
    students: Mapping[str, int]
    schools: int
    senders: int


@dataclass(frozen=True)
class _Year:
    """A school year before its days are lived. weights: ``grade_weights`` of the schools that have students."""

    published: Published
    schools: tuple[School, ...]
    slots: Slots
    stays: Stays
    labels: Labels


def year_before(school_year: str) -> str:
    """2022-23 for "2023-24"."""
    start = start_year_of(school_year) - 1
    return f"{start}-{(start + 1) % 100:02d}"


def _plans_to_calendars(sent: Sent, school_year: str) -> dict[str, Calendar]:
    """The year's calendar of each name that the places keep."""
    start = start_year_of(school_year)
    return {
        name: build_calendar(
            sent.plans[name.partition(",")[0]], start, (emergency_closure(start),) if name in sent.closed else ()
        )
        for name in sorted({place.calendar for place in sent.places})
    }


def _labels(stays: Stays, slots: Slots, schools: tuple[School, ...]) -> Labels:
    """The students of a year, by number; nobody knows yet who they were the year before."""
    order = np.lexsort((stays.first, stays.student))
    student = stays.student[order]
    last = order[np.append(student[1:] != student[:-1], True)]
    like = stays.like[last]
    districts = np.unique(texts(school.district for school in schools).astype(str), return_inverse=True)[1]
    return Labels(
        person=np.full(len(last), -1, dtype=np.int64),
        family=np.full(len(last), -1, dtype=np.int64),
        place=stays.school[last],
        district=np.asarray(districts)[stays.school[last]],
        grade=stays.grade[last],
        race=slots.race[like],
        gender=slots.gender[like],
        is_chronic=slots.is_chronic[like],
        disadvantaged=slots.disadvantaged[like],
        learner=slots.learner[like],
        disability=slots.disability[like],
        foster=slots.foster[like],
        homeless=slots.homeless[like],
        migrant=slots.migrant[like],
    )


def _grown(seed: int, year: _Year, before: _Year | None, known: int) -> tuple[_Year, int]:
    """The year with its students numbered for good, and how many students there are by then."""
    rng = stream(seed, "come back", year.published.school_year)
    labels = year.labels
    person = np.full(len(labels.person), -1, dtype=np.int64)
    family = np.full(len(labels.person), -1, dtype=np.int64)
    if before is not None:
        # schools and districts are compared by their codes, not by where they stand in a year's file
        codes = [int(school.cds_code) for school in (*before.schools, *year.schools)]
        number = np.unique(np.array(codes), return_inverse=True)[1]
        areas = np.unique([code // 10_000_000 for code in codes], return_inverse=True)[1]
        cut = len(before.schools)

        def spotted(labels: Labels, numbers: Ints, area: Ints) -> Labels:
            return replace(labels, place=numbers[labels.place], district=area[labels.place])

        person = come_back(
            rng, spotted(before.labels, number[:cut], areas[:cut]), spotted(labels, number[cut:], areas[cut:])
        )
        row = np.full(known, -1, dtype=np.int64)
        row[before.labels.person] = np.arange(len(before.labels.person))
        came = np.flatnonzero(person >= 0)
        family[came] = before.labels.family[row[person[came]]]
    new = np.flatnonzero(person < 0)
    person[new] = known + np.arange(len(new))
    # every student has been the first of a family at most, so the numbers of students serve for families
    family[new] = families(rng, labels.district[new], known)
    return replace(year, labels=replace(labels, person=person, family=family)), known + len(new)


def _empty_spans(slots: Slots, schools: tuple[School, ...]) -> Floats:
    """The weights of the grades at each school, zero for spans in which it has no student."""
    weights = grade_weights(schools)
    grades = np.zeros((len(schools), weights.shape[2]), dtype=np.bool_)
    grades[slots.school, slots.grade + 1] = True
    return np.asarray(weights * grades[:, None, :])


def _sent(published: list[Published], tables: list[Table], seed: int, sis: str | None) -> Sent:
    """The senders of all years: every school that any year has, as its last year has it."""
    schools: dict[str, School] = {}
    weights: dict[str, Floats] = {}
    districts: dict[str, tuple[str, int, int]] = {}
    for told, (listed, slots) in zip(published, tables, strict=True):
        districts |= told.districts
        for school, weight in zip(listed, _empty_spans(slots, listed), strict=True):
            schools[school.cds_code] = school
            weights[school.cds_code] = weights.get(school.cds_code, 0.0) + weight
    order = sorted(schools)
    last = replace(published[-1], districts=districts)
    listed = tuple(schools[code] for code in order)
    return senders_of(last, listed, np.stack([weights[code] for code in order]), seed, sis)


def _tasks(
    sent: Sent, year: _Year, calendars: dict[str, Calendar], *, is_last: bool, seed: int
) -> Iterator[tuple[int, Task]]:
    """Each sender's part of a year with its number of stays."""
    place_of = {place.cds_code: place for place in sent.places}
    places = [place_of[school.cds_code] for school in year.schools]
    leas = [lea.code for lea in sent.registry.leas]
    sender = np.array([leas.index(place.lea) for place in places])
    order = np.argsort(sender[year.stays.school], kind="stable")
    sizes = np.bincount(sender[year.stays.school], minlength=len(leas))
    for number, (lea, rows) in enumerate(zip(sent.registry.leas, np.split(order, np.cumsum(sizes)[:-1]), strict=True)):
        here = np.flatnonzero(sender == number)
        if len(here) == 0:
            continue
        stays = take(year.stays, rows)
        students, student = np.unique(stays.student, return_inverse=True)
        local = np.full(len(places), -1, dtype=np.int64)
        local[here] = np.arange(len(here))
        own = replace(stays, student=student, school=local[stays.school])
        labels = take(year.labels, students)
        at = np.zeros(len(students), dtype=np.int64)
        at[own.student] = own.school
        rng = stream(seed, "reach", lea.code)
        yield (
            len(student),
            Task(
                lea=lea,
                places=tuple(places[row] for row in here.tolist()),
                zips=tuple(year.schools[row].zip_code or "99991" for row in here.tolist()),
                calendars={name: calendars[name] for name in sorted({places[row].calendar for row in here.tolist()})},
                school_year=year.published.school_year,
                is_last=is_last,
                stays=own,
                labels=replace(labels, place=at),
                reach=np.clip(rng.gamma(1.0, USUAL_REACH, len(here)), 0, 1),
                seed=seed,
            ),
        )


def _read_years(
    files: tuple[Path, ...], directory: Path, school_year: str, county_code: str, years: int
) -> list[Published]:
    """The published years, the last one last. A year before it without a file of its own is like the one after it."""
    found: list[Published] = []
    wanted = school_year
    for _ in range(years):
        told = None
        for path in files:
            try:
                told = read_published(path, directory, wanted, county_code)
                break
            except SimulationError:
                # the last year has to be there; so has every file that is named
                if path is files[-1] and not found:
                    raise
        found.append(told or replace(found[-1], school_year=wanted))
        wanted = year_before(wanted)
    return found[::-1]


def _dealt(
    published: list[Published], whole: frozenset[str], seed: int, progress: Callable[[str], None]
) -> list[Table]:
    tables = []
    for told in published:
        progress(f"{told.school_year}: dealing the labels of {len(told.schools):,} schools")
        rng = stream(seed, "labels", told.school_year)
        filled = fill(rng, told)
        if wrong := contradictions(told, filled):
            raise SimulationError(f"No students could be as the file says: {wrong[0]} ({len(wrong)} such).")
        tables.append(with_unlisted(rng, told, deal(rng, told.schools, filled), whole))
    return tables


def _years(
    published: list[Published],
    tables: list[Table],
    sent: Sent,
    whole: frozenset[str],
    *,
    seed: int,
    progress: Callable[[str], None],
) -> list[_Year]:
    """All years with their students numbered for good."""
    place_of = {place.cds_code: place for place in sent.places}
    leas = {lea.code: row for row, lea in enumerate(sent.registry.leas)}
    years: list[_Year] = []
    known = 0
    for told, (schools, slots) in zip(published, tables, strict=True):
        progress(f"{told.school_year}: who is where, from when to when")
        places = tuple(place_of[school.cds_code] for school in schools)
        days = days_matrix(places, _plans_to_calendars(sent, told.school_year))
        rng = stream(seed, "lives", told.school_year)
        persons = link(rng, told, schools, slots, whole)
        stays = lives_of(rng, slots, persons, days, np.array([leas[place.lea] for place in places]))
        year = _Year(told, schools, slots, stays, _labels(stays, slots, schools))
        year, known = _grown(seed, year, years[-1] if years else None, known)
        years.append(year)
    return years


def _write_students(path: Path, year: _Year) -> None:
    """The truth of a year: one row per stay that a school counts, with what the marts have to say of it."""
    counted = len(year.slots.school)
    stays = year.stays
    again = stays.like[counted:]
    # a stay that was interrupted has its second half behind the others
    halves = (stays.student[counted:] == stays.student[again]) & (stays.school[counted:] == stays.school[again])
    rows = np.concatenate([np.arange(counted), counted + np.flatnonzero(halves & (stays.status[counted:] == "10"))])
    codes = texts(school.cds_code for school in year.schools)
    pd.DataFrame(
        {
            "school_year": year.published.school_year,
            "cds_code": codes[stays.school[rows]],
            "ssid": ssids(year.labels.person[stays.student[rows]]),
            "days_expected": stays.last[rows] - stays.first[rows] + 1,
            "days_absent": stays.absent[rows],
            "is_chronically_absent": year.slots.is_chronic[stays.like[rows]],
        }
    ).to_parquet(path, index=False)


def _write_truth(folder: Path, years: list[_Year], made: dict[str, list[Made]]) -> None:
    """What no sender knows: students, what interventions truly changed, and the dirt."""
    folder.mkdir()
    for year in years:
        _write_students(folder / f"students_{year.published.school_year}.parquet", year)
    effects = []
    for school_year, parts in made.items():
        told = np.sum([each.effects for each in parts], axis=0)
        for kind, (offers, without, with_it) in zip(KINDS, told.tolist(), strict=True):
            effects.append(
                {
                    "school_year": school_year,
                    "type_code": kind.code,
                    "planted_effect": kind.effect,
                    "offers_that_help": int(offers),
                    "days_missed_without": int(without),
                    "days_missed_with": int(with_it),
                    "realised_effect": with_it / without if without else None,
                }
            )
    (folder / "interventions.json").write_text(json.dumps(effects, indent=2) + "\n", encoding="utf-8")
    dirt = [vars(each) for parts in made.values() for one in parts for each in one.dirt]
    (folder / "dirt.json").write_text(json.dumps(dirt, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    except BaseException:
        # nobody may write any more when the folder is taken away
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def _make_all(
    work: Path, root: Path, tasks: list[tuple[int, str, str, str]], workers: int, progress: Callable[[str], None]
) -> dict[str, list[Made]]:
    """Make every sender's years, the largest first; what came of them by school year, in the order of the senders."""
    made: dict[tuple[str, str], Made] = {}
    with _pool(workers) as pool:
        waiting = {
            pool.submit(make, work / f"{code}_{school_year}.pickle", root): (school_year, code, name, students)
            for students, school_year, code, name in sorted(tasks, key=lambda task: -task[0])
        }
        for number, done in enumerate(as_completed(waiting), start=1):
            school_year, code, name, students = waiting[done]
            made[school_year, code] = done.result()
            rows = sum(file.rows for file in made[school_year, code].written)
            progress(f"[{number}/{len(waiting)}] {name} {school_year}: {students:,} students, {rows:,} rows")
    return {
        school_year: [made[key] for key in sorted(made) if key[0] == school_year]
        for school_year in sorted({key[0] for key in made})
    }


def _survey(
    root: Path, sent: Sent, made: dict[str, list[Made]], schools: dict[str, tuple[Place, ...]], seed: int
) -> list[Written]:
    """The county office's survey file, of the schools that have students in every year."""
    surveyed: list[Surveyed] = []
    everywhere = set.intersection(*({place.cds_code for place in places} for places in schools.values()))
    for school_year, parts in made.items():
        told = together([each.surveyed for each in parts])
        kept = [row for row, place in enumerate(schools[school_year]) if place.cds_code in everywhere]
        surveyed.append(replace(told, absence=told.absence[kept], enrolled=told.enrolled[kept]))
    last = schools[max(schools)]
    places = tuple(place for place in last if place.cds_code in everywhere)
    return write_chks(root, places, surveyed, sent.registry.county, seed)


def simulate_like(
    files: tuple[Path, ...],
    directory: Path,
    school_year: str,
    out: Path,
    *,
    county_code: str,
    scale: float = 1.0,
    years: int = 2,
    seed: int,
    sis: str | None = None,
    workers: int = 2,
    progress: Callable[[str], None] = lambda _line: None,
) -> LikeReport:
    """Write a county like the published one into ``out``: ``extracts``, ``config`` (who sends) and ``truth``.

    files:       DataQuest's files of chronic absenteeism, of the year and of years before it
    directory:   the state's directory of schools
    school_year: the last year, such as 2023-24; ``years`` in all, those without a file like the one after them
    scale:       share of the county's students, up to 1
    workers:     processes that write side by side

    The same files, scale, seed and sis write the same bytes. Raises SimulationError where a file is not what it should
    be, or where ``out`` holds somebody else's files.
    """
    if years < 1:
        raise SimulationError(f"--years {years}: one at least.")
    published = _read_years(files, directory, school_year, county_code, years)
    chosen, whole = choose_schools(published[-1], scale, seed)
    if scale < 1:
        published = [part_of(each, chosen) for each in published]
    tables = _dealt(published, whole, seed, progress)
    sent = _sent(published, tables, seed, sis)
    named = " ".join(each.school_year for each in published)
    like = f"like {published[-1].county[0]} County, scale {scale:g}"
    marker = f"Invented by the simulation, {like}: seed {seed}, school years {named}.\n"
    with replaced_whole(out.expanduser().resolve(), marker) as building:
        lived = _years(published, tables, sent, whole, seed=seed, progress=progress)
        work, root = building / WORK, building / EXTRACTS
        work.mkdir()
        root.mkdir()
        tasks: list[tuple[int, str, str, str]] = []
        places: dict[str, list[tuple[str, tuple[Place, ...]]]] = {}
        for year in lived:
            name = year.published.school_year
            calendars = _plans_to_calendars(sent, name)
            for students, task in _tasks(sent, year, calendars, is_last=year is lived[-1], seed=seed):
                put(task, work / f"{task.lea.code}_{name}.pickle")
                tasks.append((students, name, task.lea.code, task.lea.name))
                places.setdefault(name, []).append((task.lea.code, task.places))
        made = _make_all(work, root, tasks, workers, progress)
        written = [file for parts in made.values() for one in parts for file in one.written]
        schools = {
            name: tuple(place for _, group in sorted(parts) for place in group) for name, parts in places.items()
        }
        written += _survey(root, sent, made, schools, seed)
        progress("the registry, and the truth behind the files")
        write_registry(building / CONFIG, sent.registry)
        _write_truth(building / TRUTH, lived, made)
        shutil.rmtree(work)
    rows: Counter[str] = Counter()
    for file in written:
        rows[file.kind] += file.rows
    return LikeReport(
        out=out,
        files=len(written),
        rows=dict(rows),
        students={year.published.school_year: len(year.labels.person) for year in lived},
        schools=len(sent.places),
        senders=len(sent.registry.leas),
    )
