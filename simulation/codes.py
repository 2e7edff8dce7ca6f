"""Absence codes: each district, and the charter school, has letters of its own; only type and flags have a meaning.

Types and flags: docs/rules.md C.1. Suspension and independent study are told by their flags, whatever the type says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from simulation.arrays import Ints, States
from simulation.places import ALDER, BIRCH, CHARTER, Place


class State(IntEnum):
    """What a student's expected day was. A partial day and a tardy day are days attended."""

    PRESENT = 0
    EXCUSED = 1
    UNEXCUSED = 2
    UNVERIFIED = 3
    OUT_OF_SCHOOL_SUSPENSION = 4
    IN_SCHOOL_SUSPENSION = 5
    INDEPENDENT_STUDY = 6
    INCOMPLETE_INDEPENDENT_STUDY = 7
    TARDY = 8
    EXCUSED_TARDY = 9
    UNEXCUSED_TARDY = 10
    ACTIVITY = 11
    PARTIAL = 12
    UNMAPPED = 13
    NOT_EXPECTED = 255


ABSENT_STATES = (
    State.EXCUSED,
    State.UNEXCUSED,
    State.UNVERIFIED,
    State.OUT_OF_SCHOOL_SUSPENSION,
    State.INCOMPLETE_INDEPENDENT_STUDY,
)


@dataclass(frozen=True)
class AbsenceCode:
    """One row of the table ABS: SU suspension, IS independent study (C complete, I incomplete), AD counts for ADA."""

    letter: str
    title: str
    abbreviation: str
    code_type: int
    state: State
    suspension: str = "N"
    study: str = ""
    ada: str = "N"


CODE_SETS: dict[str, tuple[AbsenceCode, ...]] = {
    ALDER: (
        AbsenceCode("U", "Unverified", "UNV", 1, State.UNVERIFIED),
        AbsenceCode("I", "Illness", "ILL", 2, State.EXCUSED),
        AbsenceCode("X", "Excused, other", "EXC", 2, State.EXCUSED),
        AbsenceCode("C", "Unexcused", "UNX", 3, State.UNEXCUSED),
        AbsenceCode("S", "Suspended, off campus", "SUS", 2, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("N", "Suspended, in school", "ISS", 2, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("K", "Independent study complete", "ISC", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("J", "Independent study not done", "ISI", 3, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("L", "Tardy", "TDY", 5, State.TARDY, ada="Y"),
        AbsenceCode("E", "Excused tardy", "ETD", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("V", "Unexcused tardy", "UTD", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("A", "School activity", "ACT", 6, State.ACTIVITY, ada="Y"),
    ),
    CHARTER: (
        AbsenceCode("D", "Not yet verified", "NYV", 1, State.UNVERIFIED),
        AbsenceCode("E", "Excused", "EXC", 2, State.EXCUSED),
        AbsenceCode("N", "Not excused", "NEX", 3, State.UNEXCUSED),
        AbsenceCode("O", "Suspension at home", "OSS", 2, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("P", "Suspension on campus", "ISS", 6, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("W", "Contract work complete", "CWC", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("Y", "Contract work missing", "CWM", 2, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("T", "Tardy", "TDY", 5, State.TARDY, ada="Y"),
        AbsenceCode("B", "Tardy, bus", "TBS", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("H", "Tardy, no reason", "TNR", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("F", "Field trip", "FLD", 6, State.ACTIVITY, ada="Y"),
    ),
    BIRCH: (
        AbsenceCode("U", "Unverified absence", "UNV", 1, State.UNVERIFIED),
        AbsenceCode("E", "Excused absence", "EXC", 2, State.EXCUSED),
        AbsenceCode("M", "Medical", "MED", 2, State.EXCUSED),
        AbsenceCode("A", "Unexcused absence", "UNX", 3, State.UNEXCUSED),
        AbsenceCode("Q", "Home suspension", "HSU", 3, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("R", "On-campus suspension", "OCS", 2, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("S", "Study contract", "STC", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("H", "Study contract, incomplete", "STI", 2, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("T", "Tardy", "TDY", 5, State.TARDY, ada="Y"),
        AbsenceCode("G", "Tardy, excused", "TEX", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("Y", "Tardy, unexcused", "TUN", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("F", "Field trip or sports", "FLD", 6, State.ACTIVITY, ada="Y"),
    ),
}

# Stands in ATT and in no table ABS.
UNMAPPED_LETTER = "Z"


def code_set(place: Place) -> tuple[AbsenceCode, ...]:
    """The absence codes of a school."""
    return CODE_SETS[CHARTER if place.code == CHARTER else place.lea]


def letter_table(
    places: tuple[Place, ...], *, second: bool = False
) -> np.ndarray[tuple[int, int], np.dtype[np.object_]]:
    """Letters by school by state; where a state has two letters, ``second`` gives the other one."""
    table = np.full((len(places), len(State) - 1), "", dtype=object)
    table[:, State.UNMAPPED] = UNMAPPED_LETTER
    for row, place in enumerate(places):
        if place.lea not in CODE_SETS:
            continue
        codes = code_set(place) if second else tuple(reversed(code_set(place)))
        for code in codes:
            table[row, code.state] = code.letter
    return table


def count_states(states: States, wanted: tuple[State, ...]) -> Ints:
    """Days of the wanted states in each row of a matrix of days."""
    return np.asarray(np.isin(states, [int(state) for state in wanted]).sum(axis=1), dtype=np.int64)
