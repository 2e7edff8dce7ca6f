"""Who a student information system has on its books: what the writers of several systems ask in the same way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.arrays import Ints, Texts, constant, stream
from simulation.calendars import LEGAL_HOLIDAY
from simulation.places import Place
from simulation.sending import Sending
from simulation.stints import LAST_DAY
from simulation.text import Column, Written, write_csv

LINE_END = "\r\n"
ONE_IN_SO_MANY_HAS_A_NOTE = 41


def stints_here(sending: Sending) -> Ints:
    """The district's stints by local id and first day."""
    rows = np.flatnonzero(sending.here)
    return np.asarray(rows[np.lexsort((sending.stints.first[rows], local_numbers(sending)[rows]))], dtype=np.int64)


def last_stints(sending: Sending) -> Ints:
    """Of each of the district's students the last stint of the year, by local id."""
    rows = stints_here(sending)
    person = sending.stints.person[rows]
    return np.asarray(rows[np.append(person[1:] != person[:-1], True)], dtype=np.int64)


def local_numbers(sending: Sending) -> Ints:
    """The local ids as numbers, by stint."""
    return np.asarray(sending.local_id.astype(np.int64))


def places_here(sending: Sending) -> list[tuple[int, Place]]:
    """The district's schools, each with its position."""
    return [(index, place) for index, place in enumerate(sending.places) if place.lea == sending.lea.code]


def serials(year: int, month: str, rows: int) -> Ints:
    """Numbers that no other file of the district has: by year and month, up to five million in each.

    They stay whole numbers of 32 bits until 2034.
    """
    return np.asarray(((year - 2000) * 12 + int(month[4:])) * 5_000_000 + np.arange(rows), dtype=np.int64)


def notes(sending: Sending, stint: Ints) -> Texts:
    """Free text that clerks leave beside a few codes; it names people, as such text does."""
    people, person = sending.year.people, sending.stints.person[stint]
    written = "Called " + people.guardian_first_name[person] + " " + people.last_name[person]
    few = np.arange(len(stint)) % ONE_IN_SO_MANY_HAS_A_NOTE == 0
    return np.where(few, written, "").astype(object)


def extra_students(sending: Sending, wanted: int) -> list[tuple[int, int]]:
    """(stint, position of another school of the district) of a few who stay all year where they are.

    A system holds records of them at the other school as well, which are not to be counted.
    """
    stints, here = sending.stints, places_here(sending)
    if len(here) < 2:
        return []
    first, other = here[0][0], here[-1][0]
    stays = (stints.place == first) & (stints.first == 0) & (stints.last == LAST_DAY)
    stays &= (stints.planted < 0) & ~stints.is_exempt & (stints.status == "10")
    rng = stream(sending.seed, "extra", sending.lea.code, sending.year.school_year)
    chosen = rng.choice(np.flatnonzero(stays), size=min(wanted, int(stays.sum())), replace=False)
    return [(stint, other) for stint in np.sort(chosen).tolist()]


def day_type(holiday: Texts) -> Texts:
    """What a calendar calls a day without school; blank in session."""
    names = {"": "", LEGAL_HOLIDAY: "Holiday"}
    kinds = constant("", len(holiday))
    for code in sorted(set(holiday.tolist())):
        kinds[holiday == code] = names.get(code, "No school")
    return kinds


def write_tables(
    root: Path, sending: Sending, source: str, tables: dict[str, tuple[dict[str, Column], int]]
) -> list[Written]:
    """Write a year's tables, named ``<table>_<CCYYMMDD>.csv``, into the folder of the source; none without a row."""
    year = sending.year
    folder = sending.lea.sends[source].folder.format(school_year=year.school_year)
    written = []
    for table, (columns, rows) in ((table, each) for table, each in tables.items() if each[1]):
        path = f"{folder}/{table}_{year.start_year + 1}0625.csv"
        write_csv(root / path, columns, rows, LINE_END)
        written.append(Written(path, f"{source}/{table}", rows))
    return written
