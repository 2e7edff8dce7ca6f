"""One sender's year: from the stays that the county dealt to the files that the sender writes."""

from __future__ import annotations

import pickle
import re
import shutil
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from ingestion.registry import Lea
from simulation.arrays import Floats, Ints, numbers_as_text, stream, take, texts
from simulation.attendance import Daily
from simulation.calendars import SCHOOL_DAYS, Calendar
from simulation.calpads import write_calpads
from simulation.chks import Surveyed, surveyed_of
from simulation.goals import write_goals
from simulation.intervention_log import write_interventions
from simulation.ladder import write_ladder
from simulation.like.dirt import Dirt, soil
from simulation.like.lives import Stays
from simulation.like.people import Labels, invented
from simulation.like.states import live
from simulation.places import SYSTEMS, Place
from simulation.sending import Sending
from simulation.stints import Stints, days_matrix
from simulation.systems import WRITERS
from simulation.text import Written
from simulation.world import Identity, World, Year

MONTHLY = re.compile(r"^(?P<table>.+)_\d{6}_(?P<sent>\d{8})\.csv$")


@dataclass(frozen=True)
class Task:
    """What one sender's year is made from.

    places:   the sender's schools; its stays' ``school`` are positions among them
    stays:    the sender's; their ``student`` are positions among the labels
    zips:     of each school
    """

    lea: Lea
    places: tuple[Place, ...]
    zips: tuple[str, ...]
    calendars: dict[str, Calendar]
    school_year: str
    is_last: bool
    stays: Stays
    labels: Labels
    reach: Floats
    seed: int


@dataclass(frozen=True)
class Made:
    """What came of it. effects: by kind of intervention, offers, days missed without it and with it."""

    written: list[Written]
    surveyed: Surveyed
    effects: Floats
    dirt: list[Dirt]


def put(task: Task, path: Path) -> None:
    """Keep a task on disk until its turn comes."""
    path.write_bytes(pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL))


def _stints(stays: Stays) -> Stints:
    rows = len(stays.student)
    return Stints(
        person=stays.student,
        place=stays.school,
        grade=stays.grade,
        first=stays.first,
        last=stays.last,
        status=stays.status,
        reason=stays.reason,
        superseded=np.full(rows, SCHOOL_DAYS, dtype=np.int64),
        is_no_show=stays.is_no_show,
        is_exempt=stays.is_exempt,
        planted=np.full(rows, -1, dtype=np.int64),
    )


def _with_relatives(labels: Labels) -> Ints:
    """The family of each student who has brothers or sisters at the sender, -1 of the others."""
    _, number, members = np.unique(labels.family, return_inverse=True, return_counts=True)
    return np.where(members[number] > 1, labels.family, -1)


def _local_ids(lea: Lea, person: Ints) -> Ints:
    """A student's number for good at the sender: no other sender has the same for somebody, nor another for nobody."""
    return np.asarray(1_000_000 + int(lea.code) % 9_973 + person * 3)


def _year(task: Task) -> tuple[Year, Floats]:
    start_year = int(task.school_year[:4])
    days = days_matrix(task.places, task.calendars)
    order = np.lexsort((task.stays.first, task.stays.student))
    stays = take(task.stays, order)
    stints = _stints(stays)
    rng = stream(task.seed, "days", task.lea.code, task.school_year)
    lived = live(
        rng,
        stints,
        stays.absent,
        task.places,
        family=_with_relatives(task.labels)[stays.student],
        reach=task.reach,
        days=days,
        start_year=start_year,
        salt=start_year * 1_000_003 + task.seed,
    )
    zips = texts(task.zips)[task.labels.place]
    year = Year(
        school_year=task.school_year,
        start_year=start_year,
        is_last=task.is_last,
        calendars=task.calendars,
        days=days,
        people=invented(task.labels, zips, start_year, task.seed),
        stints=stints,
        daily=Daily(states=lived.states, offers=lived.offers),
        planted=(),
    )
    return year, lived.effects


def _as_delivered(folder: Path, written: list[Written], task: Task) -> list[Written]:
    """Put the months of each table together as districts deliver them: what is over in one file, the last month apart.

    Of a year that is over that is one file; of the last one, all months but the last.
    """

    def table(file: Written) -> str:
        found = MONTHLY.match(file.path.rpartition("/")[2])
        return f"{file.path.rpartition('/')[0]}/{found['table']}" if found else ""

    kept = [file for file in written if not table(file)]
    for name, files in groupby(sorted((file for file in written if table(file)), key=table), key=table):
        months = sorted(files, key=lambda file: file.path)
        running = months[-1:] if task.is_last and len(months) > 1 else []
        over = months[: len(months) - len(running)]
        sent = over[-1].path.removesuffix(".csv").rpartition("_")[2]
        path = f"{name}_{task.school_year}_{sent}.csv"
        with (folder / path).open("wb") as whole:
            for number, month in enumerate(over):
                with (folder / month.path).open("rb") as part:
                    if number:
                        part.readline()
                    shutil.copyfileobj(part, whole, 1 << 22)
                (folder / month.path).unlink()
        kept += [Written(path, over[0].kind, sum(month.rows for month in over)), *running]
    return kept


def make(path: Path, root: Path) -> Made:
    """Live the year of the task at ``path`` and write its files below ``root``."""
    task: Task = pickle.loads(path.read_bytes())  # noqa: S301 (put there by ``put``)
    year, effects = _year(task)
    number = numbers_as_text(_local_ids(task.lea, task.labels.person)[year.stints.person])
    world = World(places=task.places, years=(year,), identity=Identity((number,), (number,)))
    sending = Sending(world, task.lea, 0, task.seed, programs_overlap=True)
    system = next(each for each in SYSTEMS if each in task.lea.sends)
    attendance = WRITERS[system](root, sending)
    rng = stream(task.seed, "dirt", task.lea.code, task.school_year)
    attendance, dirt = soil(rng, root, attendance, task.lea.code)
    for delivery in task.lea.sends.values():
        # a sender who has nothing to send of a kind has a folder for it all the same
        (root / delivery.folder.format(school_year=task.school_year)).mkdir(parents=True, exist_ok=True)
    written = (
        _as_delivered(root, attendance, task)
        + write_calpads(root, sending)
        + write_interventions(root, world, task.lea, task.seed)
    )
    written += write_ladder(root, sending) + write_goals(root, sending)
    return Made(written, surveyed_of(year, task.places), effects, dirt)
