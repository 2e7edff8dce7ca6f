"""Absence codes: each district, and the charter school, has letters of its own; only type and flags have a meaning.

Types and flags: docs/rules.md C.1. Suspension and independent study are told by their flags, whatever the type says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from simulation.arrays import Ints, States
from simulation.places import ALDER, BIRCH, CHARTER, ELM, FIR, GINKGO, HAZEL, IRONWOOD, JUNIPER, Place


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
    """One code of a district; the writers of each system take from it what their table of codes holds.

    letter, code_type, suspension, study, ada: Aeries' ABS: SU suspension, IS independent study (C complete, I
    incomplete), AD counts for ADA. abbreviation: what the other systems call the code.
    """

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
    ELM: (
        AbsenceCode("Q", "Not verified", "NVR", 1, State.UNVERIFIED),
        AbsenceCode("M", "Medical or dental", "MED", 2, State.EXCUSED),
        AbsenceCode("B", "Bereavement or court", "BRV", 2, State.EXCUSED),
        AbsenceCode("W", "Without a valid excuse", "WVE", 3, State.UNEXCUSED),
        AbsenceCode("H", "Suspended at home", "SAH", 2, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("O", "On-campus intervention", "OCI", 2, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("K", "Short-term contract met", "STM", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("J", "Short-term contract not met", "STN", 3, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("L", "Late", "LAT", 5, State.TARDY, ada="Y"),
        AbsenceCode("E", "Late, excused", "LEX", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("V", "Late, no excuse", "LNX", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("A", "School activity", "SAC", 6, State.ACTIVITY, ada="Y"),
    ),
    FIR: (
        AbsenceCode("U", "Unknown", "UNK", 1, State.UNVERIFIED),
        AbsenceCode("I", "Ill", "ILL", 2, State.EXCUSED),
        AbsenceCode("X", "Unexcused", "UNX", 3, State.UNEXCUSED),
        AbsenceCode("S", "Suspension", "SUS", 3, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("N", "In-house suspension", "IHS", 6, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("G", "Independent study", "IST", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("F", "Independent study, work missing", "ISM", 2, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("T", "Tardy", "TDY", 5, State.TARDY, ada="Y"),
        AbsenceCode("R", "Tardy, reason given", "TRG", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("Y", "Tardy, no reason", "TNR", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("D", "Field day", "FLD", 6, State.ACTIVITY, ada="Y"),
    ),
    GINKGO: (
        AbsenceCode("P", "Pending", "PND", 1, State.UNVERIFIED),
        AbsenceCode("I", "Illness, called in", "ICI", 2, State.EXCUSED),
        AbsenceCode("D", "Doctor's note", "DRN", 2, State.EXCUSED),
        AbsenceCode("C", "Cut", "CUT", 3, State.UNEXCUSED),
        AbsenceCode("S", "Suspended out of school", "OSS", 2, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("H", "Suspended, held on campus", "HOC", 2, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("W", "Contract, credit earned", "CCE", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("N", "Contract, no credit", "CNC", 3, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("T", "Tardy", "TDY", 5, State.TARDY, ada="Y"),
        AbsenceCode("E", "Tardy excused", "TEX", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("U", "Tardy unexcused", "TUX", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("F", "Athletics", "ATH", 6, State.ACTIVITY, ada="Y"),
    ),
    HAZEL: (
        AbsenceCode("N", "No contact", "NOC", 1, State.UNVERIFIED),
        AbsenceCode("E", "Excused", "EXC", 2, State.EXCUSED),
        AbsenceCode("V", "Vacation", "VAC", 3, State.UNEXCUSED),
        AbsenceCode("O", "Out of school suspension", "OOS", 3, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("B", "Buddy room", "BUD", 2, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("Q", "Home packet returned", "HPR", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("K", "Home packet missing", "HPM", 2, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("L", "Late", "LTE", 5, State.TARDY, ada="Y"),
        AbsenceCode("M", "Late, medical", "LTM", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("R", "Late, no reason", "LNR", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("A", "Assembly", "ASM", 6, State.ACTIVITY, ada="Y"),
    ),
    IRONWOOD: (
        AbsenceCode("U", "Unverified", "UNV", 1, State.UNVERIFIED),
        AbsenceCode("X", "Excused", "EXC", 2, State.EXCUSED),
        AbsenceCode("P", "Personal, approved", "PER", 2, State.EXCUSED),
        AbsenceCode("R", "Truant", "TRU", 3, State.UNEXCUSED),
        AbsenceCode("S", "Suspended", "SUS", 2, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("I", "In-school suspension", "ISS", 2, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("C", "Study complete", "STC", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("N", "Study incomplete", "STI", 3, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("T", "Tardy", "TAR", 5, State.TARDY, ada="Y"),
        AbsenceCode("G", "Tardy, good cause", "TGC", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("W", "Tardy, unexcused", "TUN", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("A", "Activity", "ACT", 6, State.ACTIVITY, ada="Y"),
    ),
    JUNIPER: (
        AbsenceCode("K", "Unknown", "UKN", 1, State.UNVERIFIED),
        AbsenceCode("S", "Sick", "SCK", 2, State.EXCUSED),
        AbsenceCode("U", "Unexcused", "UNE", 3, State.UNEXCUSED),
        AbsenceCode("D", "Suspended from school", "SFS", 3, State.OUT_OF_SCHOOL_SUSPENSION, suspension="Y"),
        AbsenceCode("F", "Suspended from class", "SFC", 6, State.IN_SCHOOL_SUSPENSION, suspension="Y", ada="Y"),
        AbsenceCode("H", "Home study", "HST", 2, State.INDEPENDENT_STUDY, study="C", ada="Y"),
        AbsenceCode("J", "Home study not done", "HSN", 2, State.INCOMPLETE_INDEPENDENT_STUDY, study="I"),
        AbsenceCode("T", "Tardy", "TDY", 5, State.TARDY, ada="Y"),
        AbsenceCode("E", "Tardy, excused", "TDX", 8, State.EXCUSED_TARDY, ada="Y"),
        AbsenceCode("V", "Tardy over thirty minutes", "T30", 9, State.UNEXCUSED_TARDY, ada="Y"),
        AbsenceCode("G", "Garden day", "GRD", 6, State.ACTIVITY, ada="Y"),
    ),
}


def code_set(place: Place) -> tuple[AbsenceCode, ...]:
    """The absence codes of a school, none where its district has no student information system."""
    return CODE_SETS.get(place.code_set, ())


def codes_of_states(
    places: tuple[Place, ...], spelled: Callable[[int, AbsenceCode], str], unmapped: str
) -> np.ndarray[tuple[int, int, int], np.dtype[np.object_]]:
    """What stands for a state at a school: 2 by schools by states; blank where the state has no code.

    Where a school has two codes for a state, the second table has the other one.
    spelled:  what the system calls a code of the school at a position
    unmapped: what no table of codes holds
    """
    table = np.full((2, len(places), len(State)), "", dtype=object)
    table[:, :, State.UNMAPPED] = unmapped
    for row, place in enumerate(places):
        for code in code_set(place):
            table[1, row, code.state] = spelled(row, code)
        for code in reversed(code_set(place)):
            table[0, row, code.state] = spelled(row, code)
    return table


def count_states(states: States, wanted: tuple[State, ...]) -> Ints:
    """Days of the wanted states in each row of a matrix of days."""
    return np.asarray(np.isin(states, [int(state) for state in wanted]).sum(axis=1), dtype=np.int64)
