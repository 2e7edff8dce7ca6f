"""A day of a student, whatever system tells it: what may become of it, and which days of a school were held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tests.oracle.extracts import School

# Absences from the gravest to the lightest: a day of several parts takes the gravest.
ABSENCES = ("oss", "non_ada_is", "unexcused", "excused")
UNMAPPED = "unmapped"
ATTENDED = "attended"
OUTCOMES = (*ABSENCES, UNMAPPED, ATTENDED)


@dataclass(frozen=True)
class Daily:
    """What an LEA's student information system tells.

    sessions:   school_year, cds, date of each day in session
    coded:      school_year, cds, ssid, date, outcome (one of OUTCOMES) of each row about a day that has a code
    enrolments: school_year, cds, ssid, start, end (inclusive, none while open), grade, exit_reason of each enrolment
    """

    sessions: pd.DataFrame
    coded: pd.DataFrame
    enrolments: pd.DataFrame


def days_held(daily: Daily) -> pd.DataFrame:
    """School_year, cds, date: in session, and not after the school's last in-session date that has any code."""
    sessions = daily.sessions[["school_year", "cds", "date"]].drop_duplicates()
    taken = sessions.merge(daily.coded[["cds", "date"]].drop_duplicates(), on=["cds", "date"])
    through = taken.groupby(["school_year", "cds"], as_index=False).agg(through=("date", "max"))
    complete = sessions.merge(through, on=["school_year", "cds"])
    return complete.loc[complete["date"] <= complete["through"]].drop(columns="through")


def outcomes(daily: Daily) -> pd.DataFrame:
    """Cds, ssid, date, outcome of each student and day that has a code; should there be two, the gravest counts."""
    days = daily.coded[["cds", "ssid", "date", "outcome"]]
    days = days.assign(rank=days["outcome"].map(OUTCOMES.index))
    return days.sort_values("rank", kind="stable").drop_duplicates(["cds", "ssid", "date"]).drop(columns="rank")


def day_of_parts(heard: Sequence[str], parts: int) -> str:
    """A day told by its parts is absent only if every one is; it cannot be told if unknown codes stand in the way."""
    absences = [outcome for outcome in heard if outcome in ABSENCES]
    unmapped = heard.count(UNMAPPED)
    if len(absences) >= parts:
        return min(absences, key=ABSENCES.index)
    if unmapped and len(absences) + unmapped >= parts:
        return UNMAPPED
    return ATTENDED


def day_of_periods(heard: Sequence[str], school: School) -> str:
    """A day told by its periods; where there are none to be absent from, it was attended."""
    return ATTENDED if school.periods is None else day_of_parts(heard, school.periods)
