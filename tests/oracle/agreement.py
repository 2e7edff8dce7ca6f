"""Does the warehouse say what was counted by hand? Each student at each entity in each year, and each student group."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import duckdb
import pandas as pd

from tests.oracle.chronic import LEVELS, Count

ENTITY = ["school_year", "entity_level", "cds_code"]
DAYS = [
    "days_expected",
    "days_absent",
    "days_excused",
    "days_unexcused",
    "days_out_of_school_suspension",
    "days_non_ada_independent_study",
]
STUDENTS, GROUPS = [*DAYS, "is_eligible", "is_chronic"], ["eligible_enrollment", "chronic_count"]


@dataclass(frozen=True)
class Compared:
    """A level: rows that were compared, one per entity, year and student or group, and how many differ."""

    level: str
    students: int
    students_differ: int
    groups: int
    groups_differ: int

    @property
    def agrees(self) -> bool:
        """Nothing differs."""
        return not self.students_differ and not self.groups_differ

    def __str__(self) -> str:
        return (
            f"{self.level}: {self.students_differ} of {self.students:,} students and {self.groups_differ} of "
            f"{self.groups:,} groups differ"
        )


def pseudonym(key: bytes, student: str) -> str:
    """What the lake calls a student that the oracle knows by SSID, or by LEA and local ID where there is none."""
    lea, _, local = student.rpartition(" ")
    return hmac.new(key, f"{lea or 'state'}|{local}".encode(), hashlib.sha256).hexdigest()


def students_side_by_side(hand: Count, marts: duckdb.DuckDBPyConnection, key: bytes) -> pd.DataFrame:
    """Every student with days expected at an entity in a year, by hand and ours; ``differs`` where not alike."""
    ours = marts.execute(
        f"select {', '.join(ENTITY)}, student_key, {', '.join(DAYS)}, is_eligible,"
        " is_chronically_absent as is_chronic from marts.student_attendance where days_expected > 0"
    ).df()
    theirs = hand.students[hand.students["days_expected"] > 0]
    keys = {ssid: pseudonym(key, ssid) for ssid in theirs["ssid"].unique()}
    theirs = theirs.assign(student_key=theirs["ssid"].map(keys)).drop(columns="ssid")
    for days in (ours, theirs):
        days[DAYS] = days[DAYS].astype(float).round(2)
    return _side_by_side(ours, theirs, [*ENTITY, "student_key"], STUDENTS)


def groups_side_by_side(hand: Count, marts: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every cell of chronic_absence that has figures, by hand and ours; ``differs`` where not alike."""
    columns = [*ENTITY, "reporting_category", *GROUPS]
    ours = marts.execute(
        f"select {', '.join(columns)} from marts.chronic_absence where submission_status = 'submitted'"
    ).df()
    return _side_by_side(ours, hand.groups[columns], [*ENTITY, "reporting_category"], GROUPS)


def _side_by_side(ours: pd.DataFrame, theirs: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    both = ours.merge(theirs, on=keys, how="outer", suffixes=("", "_by_hand"), indicator="known_to")
    unlike = [both[value] != both[f"{value}_by_hand"] for value in values]
    return both.assign(differs=(both["known_to"] != "both") | pd.concat(unlike, axis=1).any(axis=1))


def compare(hand: Count, marts: duckdb.DuckDBPyConnection, key: bytes) -> tuple[Compared, ...]:
    """The levels, one by one. key: the secret under which the lake's pseudonyms were made."""
    students, groups = students_side_by_side(hand, marts, key), groups_side_by_side(hand, marts)

    def of_level(rows: pd.DataFrame, level: str) -> tuple[int, int]:
        here = rows["entity_level"] == level
        return int(here.sum()), int((here & rows["differs"]).sum())

    return tuple(Compared(level, *of_level(students, level), *of_level(groups, level)) for level in LEVELS)
