"""What every district sends from CALPADS: SENR, SINF, SELA and STAS as uploaded, SPRG as an ODS extract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.arrays import (
    Dates,
    Flags,
    Floats,
    Ints,
    States,
    Texts,
    choose,
    constant,
    dates_as_text,
    numbers_as_text,
    pick,
    stack,
    stream,
    take,
    texts,
)
from simulation.calpads_layouts import SELA, SENR, SINF, SPRG, STAS, UPLOADED, in_order
from simulation.codes import State, count_states
from simulation.grades import FIRST_YEAR_OF_TK, calpads_grades
from simulation.mismatches import DAYS_TOO_MANY, mismatches_of
from simulation.people import (
    NEVER_RECLASSIFIED,
    People,
    is_foster,
    is_homeless,
    is_reclassified_this_year,
    language_status,
)
from simulation.places import TK, texts_of
from simulation.sending import Sending
from simulation.stints import COMPLETED, SECONDARY, Stints, enter_dates, leave_dates
from simulation.text import Column, Written, write_caret
from simulation.world import Year

CCYYMMDD = "%Y%m%d"
NO_DATE = np.datetime64("NaT", "D")
STAS_DAYS: dict[str, tuple[State, ...]] = {
    "days_out_of_school_suspension": (State.OUT_OF_SCHOOL_SUSPENSION,),
    "days_in_school_suspension": (State.IN_SCHOOL_SUSPENSION,),
    "days_excused": (State.EXCUSED,),
    "days_unexcused": (State.UNEXCUSED, State.UNVERIFIED),
    "days_non_ada_independent_study": (State.INCOMPLETE_INDEPENDENT_STUDY,),
    "days_ada_independent_study": (State.INDEPENDENT_STUDY,),
}


@dataclass(frozen=True)
class Members:
    """One row per student of an LEA and year: positions of the student and of the last primary stint there."""

    person: Ints
    stint: Ints


@dataclass(frozen=True)
class Programs:
    """Rows of SPRG: position among the members, code, membership dates (NaT: open), details of homelessness."""

    member: Ints
    code: Texts
    start: Dates
    end: Dates
    dwelling: Texts
    unaccompanied: Texts
    runaway: Texts
    migrant_id: Texts


def day(year: int, month: int, day_of_month: int) -> np.datetime64:
    """A date as NumPy has it."""
    return np.datetime64(f"{year}-{month:02d}-{day_of_month:02d}", "D")


def members_of(stints: Stints, days: Dates, here: Flags) -> Members:
    """Each student once, at the school of the last primary stint (of any stint where there is no other)."""
    rows = np.flatnonzero(here)
    primary = stints.status[rows] != SECONDARY
    order = rows[np.lexsort((leave_dates(stints, days)[rows], primary, stints.person[rows]))]
    person = stints.person[order]
    stint = order[np.append(person[1:] != person[:-1], True)]
    return Members(person=stints.person[stint], stint=stint)


def _academic_year(year: Year) -> str:
    return f"{year.start_year}-{year.start_year + 1}"


def _common(sending: Sending, stint: Ints) -> dict[str, Column]:
    """The fields that all layouts begin with, for the given stints."""
    year, people, person = sending.year, sending.year.people, sending.stints.person[stint]
    return {
        "reporting_lea": sending.lea.code,
        "school_of_attendance": texts_of(sending.places, lambda place: place.code)[year.stints.place[stint]],
        "academic_year": _academic_year(year),
        "ssid": people.ssid[person],
        "local_student_id": sending.local_id[stint],
        "first_name": people.first_name[person],
        "last_name": people.last_name[person],
        "birth_date": dates_as_text(people.birth_date[person], CCYYMMDD),
        "gender": people.gender[person],
    }


def _senr(sending: Sending) -> tuple[list[Column], int]:
    """One row per stint; at the end of a year everybody is exited (docs/rules.md A.3)."""
    year, stints = sending.year, sending.stints
    rows = np.flatnonzero(sending.here)
    columns = _common(sending, rows) | {
        "record_type": "SENR",
        "local_record_id": "E" + numbers_as_text(np.arange(1, len(rows) + 1)),
        "middle_name": year.people.middle_name[stints.person[rows]],
        "birth_country": "US",
        "enrollment_start_date": dates_as_text(enter_dates(stints, year.days)[rows], CCYYMMDD),
        "enrollment_status": stints.status[rows],
        "grade_level": calpads_grades(stints.grade[rows], year.start_year),
        "enrollment_exit_date": dates_as_text(leave_dates(stints, year.days)[rows], CCYYMMDD),
        "exit_reason": stints.reason[rows],
        "completion_status": pick(stints.reason[rows] == COMPLETED, "100", ""),
        "met_uc_csu": pick(stints.reason[rows] == COMPLETED, "Y", ""),
        "district_of_residence": sending.lea.code,
    }
    return in_order(SENR, columns), len(rows)


def _missing_at_first(members: Members) -> Flags:
    """Students whose race was unknown when the year began and is corrected during it."""
    return np.asarray(members.person % 97 == 5)


def _sinf(sending: Sending, members: Members) -> tuple[list[Column], int]:
    """One row per student, two where a record was replaced during the year (effective-date processing, A.4)."""
    year, people, stints = sending.year, sending.year.people, sending.stints
    first_rows = np.flatnonzero(_missing_at_first(members))
    row = np.concatenate([first_rows, np.arange(len(members.person))])
    is_first = np.arange(len(row)) < len(first_rows)
    is_second = ~is_first & _missing_at_first(members)[row]
    stint, person = members.stint[row], members.person[row]
    begin = enter_dates(stints, year.days)[stint]
    changed = begin + np.timedelta64(21, "D")
    unknown = is_first | (people.race_category[person] == "RD")
    hispanic = (people.race_category[person] == "RH") & ~unknown
    races = np.where(unknown[:, None], "", people.races[person])
    columns = _common(sending, stint) | {
        "record_type": "SINF",
        "local_record_id": "I" + numbers_as_text(np.arange(1, len(row) + 1)),
        "effective_start_date": dates_as_text(np.where(is_second, changed, begin), CCYYMMDD),
        "effective_end_date": dates_as_text(np.where(is_first, changed - np.timedelta64(1, "D"), NO_DATE), CCYYMMDD),
        "middle_name": people.middle_name[person],
        "birth_country": "US",
        "is_hispanic": np.where(unknown, "", pick(hispanic, "Y", "N")),
        "ethnicity_missing": pick(unknown, "Y", "N"),
        "race_missing": pick(races[:, 0] == "", "Y", "N"),
        "street_1": people.street[person],
        "city": people.city[person],
        "state": "CA",
        "zip_code": people.zip_code[person],
        "parent_education": people.parent_education[person],
        "guardian_1_first_name": people.guardian_first_name[person],
        "guardian_1_last_name": people.last_name[person],
    }
    columns |= {f"race_{number + 1}": races[:, number] for number in range(5)}
    return in_order(SINF, columns), len(row)


def _sela(rng: np.random.Generator, sending: Sending, members: Members) -> tuple[list[Column], int]:
    """The status of each student, and a second row where an English learner became fluent during the year (A.6)."""
    year, people, stints = sending.year, take(sending.year.people, members.person), sending.stints
    grades = stints.grade[members.stint]
    status = language_status(people, grades)
    since_kindergarten = day(year.start_year, 9, 1) - (365 * (grades + 1)).astype("timedelta64[D]")
    fluent_since = np.where(people.reclassified_in == NEVER_RECLASSIFIED, grades, people.reclassified_in)
    reclassified_on = day(year.start_year, 5, 1) - (365 * (grades - fluent_since)).astype("timedelta64[D]")
    begin = np.where(status == "RFEP", reclassified_on, since_kindergarten)
    again = np.flatnonzero(is_reclassified_this_year(people, grades))
    row = np.concatenate([np.arange(len(members.person)), again])
    is_again = np.arange(len(row)) >= len(members.person)
    spring = day(year.start_year + 1, 2, 1) + rng.integers(0, 100, len(row)).astype("timedelta64[D]")
    columns = _common(sending, members.stint[row]) | {
        "record_type": "SELA",
        "local_record_id": "L" + numbers_as_text(np.arange(1, len(row) + 1)),
        "elas_code": np.where(is_again, "RFEP", status[row]).astype(object),
        "elas_start_date": dates_as_text(np.where(is_again, spring, begin[row]), CCYYMMDD),
        "primary_language": people.home_language[row],
    }
    return in_order(SELA, columns), len(row)


def _memberships(code: str, who: Flags, start: Dates, end: Dates) -> Programs:
    rows = np.flatnonzero(who)
    blank = constant("", len(rows))
    return Programs(
        member=rows,
        code=constant(code, len(rows)),
        start=start[rows],
        end=end[rows],
        dwelling=blank,
        unaccompanied=blank,
        runaway=blank,
        migrant_id=blank,
    )


def _homeless(rng: np.random.Generator, who: Flags, start: Dates, end: Dates) -> Programs:
    rows = np.flatnonzero(who)
    alone = rng.random(len(rows)) < 0.06
    plain = _memberships("191", who, start, end)
    return Programs(
        member=plain.member,
        code=plain.code,
        start=plain.start,
        end=plain.end,
        dwelling=choose(rng, {"120": 77, "100": 10, "110": 8, "130": 5}, len(rows)),
        unaccompanied=pick(alone, "Y", "N"),
        runaway=pick(alone & (rng.random(len(rows)) < 0.15), "Y", "N"),
        migrant_id=plain.migrant_id,
    )


def _migrants(who: Flags, person: Ints, start: Dates, end: Dates) -> Programs:
    plain = _memberships("135", who, start, end)
    return Programs(
        member=plain.member,
        code=plain.code,
        start=plain.start,
        end=plain.end,
        dwelling=plain.dwelling,
        unaccompanied=plain.unaccompanied,
        runaway=plain.runaway,
        migrant_id="06" + texts(f"{each:09d}" for each in person[plain.member].tolist()),
    )


def programs_of(rng: np.random.Generator, people: People, grades: Ints, person: Ints, start_year: int) -> Programs:
    """Programme memberships of an LEA's students (rows of people) in a year.

    Meals run from July to June. Homelessness and foster care begin at any time of the year and some of foster care ends
    before June. 190 comes from the state's match, 193 from the district; 185 is TK while TK is not a grade.
    """
    rows = len(person)
    july, june = np.full(rows, day(start_year, 7, 1)), np.full(rows, day(start_year + 1, 6, 30))
    long_ago = july - np.timedelta64(400, "D")
    never = np.full(rows, NO_DATE)

    def within_the_year(share_from_july: float) -> Dates:
        later = july + rng.integers(40, 290, rows).astype("timedelta64[D]")
        return np.asarray(np.where(rng.random(rows) < share_from_july, july, later))

    foster_start = within_the_year(0.6)
    foster_end = np.where(rng.random(rows) < 0.25, foster_start + np.timedelta64(90, "D"), june)
    foster = is_foster(people)
    tribal = foster & (person % 29 == 0)
    kindergarten = (grades == TK) & (start_year < FIRST_YEAR_OF_TK)
    return stack(
        [
            _memberships("181", people.meals == "181", july, june),
            _memberships("182", people.meals == "182", july, june),
            _memberships("185", kindergarten, july, june),
            _migrants(people.is_migrant, person, long_ago, never),
            _memberships(
                "144", people.has_disability, np.where(person % 9 == 0, within_the_year(0.0), long_ago), never
            ),
            _memberships("190", foster & ~tribal, foster_start, foster_end),
            _memberships("193", tribal, foster_start, foster_end),
            _homeless(rng, is_homeless(people, start_year), within_the_year(0.7), june),
        ]
    )


def _overlapping(programs: Programs, sending: Sending, members: Members) -> Programs:
    """The memberships, begun by the end of the student's first stay in the LEA and lasting into the last one."""
    stints, days = sending.stints, sending.year.days
    rows = np.flatnonzero(sending.here & ~stints.is_no_show)
    first_leave = np.full(len(sending.year.people.ssid), days.max())
    last_enter = np.full(len(first_leave), days.min())
    np.minimum.at(first_leave, stints.person[rows], leave_dates(stints, days)[rows])
    np.maximum.at(last_enter, stints.person[rows], enter_dates(stints, days)[rows])
    person = members.person[programs.member]
    return replace(
        programs,
        start=np.minimum(programs.start, first_leave[person]),
        # an open membership (NaT) stays open
        end=np.where(programs.end < last_enter[person], last_enter[person], programs.end),
    )


def _sprg(rng: np.random.Generator, sending: Sending, members: Members, sent: str) -> tuple[list[Column], int]:
    """The ODS extract: SPRG-R, with upload and last-updated date behind the layout (docs/rules.md A.1, A.5)."""
    year, people = sending.year, take(sending.year.people, members.person)
    grades = year.stints.grade[members.stint]
    programs = programs_of(rng, people, grades, members.person, year.start_year)
    if sending.programs_overlap:
        programs = _overlapping(programs, sending, members)
    rows = len(programs.member)
    autumn = day(year.start_year, 9, 15)
    later = np.where(programs.start > autumn, programs.start, autumn)
    uploaded: Dates = np.asarray(later + np.timedelta64(14, "D"), dtype="datetime64[D]")
    columns = _common(sending, members.stint[programs.member]) | {
        "record_type": "SPRG-R",
        "local_record_id": "P" + numbers_as_text(np.arange(1, rows + 1)),
        "program_code": programs.code,
        "membership_code": "3",
        "membership_start_date": dates_as_text(programs.start, CCYYMMDD),
        "membership_end_date": dates_as_text(programs.end, CCYYMMDD),
        "migrant_student_id": programs.migrant_id,
        "dwelling_type": programs.dwelling,
        "unaccompanied": programs.unaccompanied,
        "runaway": programs.runaway,
        "upload_date": dates_as_text(uploaded, CCYYMMDD),
        "last_updated_date": sent,
    }
    return in_order(SPRG + UPLOADED, columns), rows


def stas_fields(start_year: int) -> int:
    """Fields of STAS in a year's files: some vendors leave out 13.23, and 13.24 came with 2025-26 (A.2)."""
    if start_year < 2023:
        return 22
    return 23 if start_year < 2025 else 24


def _decimals(values: Floats) -> Texts:
    distinct, place = np.unique(values, return_inverse=True)
    return texts(f"{value:.2f}" for value in distinct.tolist())[place]


def _day_counts(states: States, group: Ints, groups: int) -> dict[str, Floats]:
    """Days by field of STAS for each group of stints; what is left of the expected days was attended in person."""

    def added(values: Ints) -> Floats:
        return np.asarray(np.bincount(group, weights=values, minlength=groups), dtype=np.float64)

    days = {name: added(count_states(states, wanted)) for name, wanted in STAS_DAYS.items()}
    expected = added((states != State.NOT_EXPECTED).sum(axis=1))
    others = sum(days.values(), start=np.zeros(groups))
    return {"days_expected": expected, "days_attended_in_person": expected - others} | days


def _with_hours(rng: np.random.Generator, days: dict[str, Floats], hourly: Flags) -> dict[str, Floats]:
    """An hourly school also counts parts of days, here in quarters, as missed; the sum stays the same (A.2)."""
    attended = days["days_attended_in_person"]
    quarters = np.where(hourly & (attended > 0), rng.integers(0, 4, len(attended)) / 4, 0.0)
    missed = {"days_attended_in_person": attended - quarters, "days_unexcused": days["days_unexcused"] + quarters}
    return days | missed


def _stas(rng: np.random.Generator, sending: Sending) -> tuple[list[Column], int]:
    """One row per student and school, the days of all stays there added up; 13.15 is the sum of 13.16 to 13.22."""
    year, stints, places = sending.year, sending.stints, sending.places
    submits = np.array([place.submits for place in places])[stints.place]
    rows = np.flatnonzero(sending.here & submits & ~stints.is_no_show & (stints.status != SECONDARY))
    wrong = mismatches_of(sending)
    rows = rows[~np.isin(rows, wrong.left_out)]
    key = stints.place[rows] * len(year.people.ssid) + stints.person[rows]
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    stint = rows[first]
    place = stints.place[stint]
    hourly = np.array([each.is_hourly for each in places])[place]
    by_period = np.array([each.periods is not None for each in places])[place]
    exempt = stints.is_exempt[stint]
    days = _with_hours(rng, _day_counts(year.daily.states[rows], group, len(stint)), hourly)
    in_part = count_states(year.daily.states[stint], (State.PARTIAL,))
    more = np.isin(stint, wrong.partial) * in_part + np.isin(stint, wrong.miscounted) * DAYS_TOO_MANY
    days |= {
        "days_attended_in_person": days["days_attended_in_person"] - more,
        "days_unexcused": days["days_unexcused"] + more,
    }
    school = texts_of(places, lambda each: each.lea + each.code)[place]
    columns = _common(sending, stint) | {
        "record_type": "STAS",
        "local_record_id": school + f"_{_academic_year(year)}_" + year.people.ssid[stints.person[stint]],
        "is_exempt": pick(exempt, "Y", "N"),
        "is_hourly": pick(hourly, "Y", "N"),
        "is_period_method": pick(by_period, "Y", "N"),
    }
    columns |= {name: np.where(exempt, "", _decimals(values)) for name, values in days.items()}
    return in_order(STAS, columns)[: stas_fields(year.start_year)], len(stint)


def write_calpads(root: Path, sending: Sending) -> list[Written]:
    """Write a district's CALPADS files of a year."""
    year, lea = sending.year, sending.lea
    members = members_of(sending.stints, year.days, sending.here)
    sent = f"{year.start_year + 1}0628"
    rng = stream(sending.seed, "calpads", lea.code, year.school_year)
    files = {
        "SINF": _sinf(sending, members),
        "SENR": _senr(sending),
        "SELA": _sela(rng, sending, members),
        "SPRG": _sprg(rng, sending, members, sent),
        "STAS": _stas(rng, sending),
    }
    folder = lea.sends["calpads"].folder.format(school_year=year.school_year)
    written = []
    for record_type, (columns, rows) in files.items():
        path = f"{folder}/{year.school_year}_{record_type}_{sent}.txt"
        write_caret(root / path, columns, rows)
        written.append(Written(path, f"calpads/{record_type}", rows))
    return written
