"""The truancy ladder as a district sends it: letters, review cases and home visits (docs/rules.md E.5 to E.7).

All of it follows from the days as lived, stint by stint. A whole day without a valid excuse or an unexcused tardy is an
occasion. The third of the school year is followed by the first notice of truancy, an occasion after a notice by the
next one, and after the third the student is a habitual truant, of whom the school's review team (SART) sees a share and
then the board (SARB). Days at a school that a student has left unnoticed, or attends beside the first, do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.arrays import (
    Flags,
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
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import ABSENT_STATES, State
from simulation.places import texts_of
from simulation.rosters import stints_here
from simulation.sending import Sending
from simulation.stints import LAST_DAY, SECONDARY
from simulation.text import Column, Written, write_csv

OCCASIONS = (State.UNEXCUSED, State.UNVERIFIED, State.UNEXCUSED_TARDY)
# Occasions after which each letter of a type is due; the further notices need one more occasion, whatever their number.
TRUANCY, EXCUSED = "truancy_notice", "excused_absences"
DUE_AFTER = {TRUANCY: (3, 4, 5), EXCUSED: (10, 15, 20)}
TRIGGERS = {
    TRUANCY: ("unexcused_days_and_tardies", "further_unexcused", "reported_3_times"),
    EXCUSED: ("excused_days",) * 3,
}
# Home visits: absent on a fifth of the days so far, of which so many are known.
VISITED_FROM_ONE_IN, DAYS_KNOWN = 5, 15
SHARE_TO_TEAM, SHARE_TO_BOARD, SHARE_VISITED, SHARE_NOBODY_MET, SHARE_FAMILY_CAME = 0.5, 0.6, 0.35, 0.3, 0.7
# Calendar days after a review's meeting at which it is to be followed up, and the share that is.
FOLLOWED_UP_AFTER, SHARE_FOLLOWED_UP = (30, 60, 90), 0.6
# What comes of a case after no occasion more, after some and after many; with the family there is a contract.
OCCASIONS_FOR_BOARD = 3
TEAM_OUTCOMES = {
    "better_with_family": "contract_kept",
    "better": "attendance_improved",
    "again_with_family": "contract_broken",
    "again": "referred_to_services",
    "goes_on": "referred_to_sarb",
}
BOARD_OUTCOMES = TEAM_OUTCOMES | {"better": "dismissed", "again": "program_change", "goes_on": "referred_to_court"}
# Stints that are looked at together: 16,384 by 180 days are three megabytes.
CHUNK = 16_384
LANGUAGES = {"01": "spa", "02": "vie", "03": "chi", "04": "kor", "05": "fil", "07": "chi", "12": "arm", "16": "per",
    "29": "rus"}  # fmt: skip


@dataclass(frozen=True)
class Letters:
    """One row per letter. stint: its position; number: 1 to 3; counted, sent: school days; count: occasions or days."""

    stint: Ints
    number: Ints
    counted: Ints
    sent: Ints
    count: Ints


@dataclass(frozen=True)
class Cases:
    """One row per case: school days of its steps, -1 where it did not come to one.

    family: the family came; outcome: a code, blank while the case is open, ended: the outcome's day
    """

    stint: Ints
    referral: Ints
    meeting: Ints
    family: Flags
    outcome: Texts
    ended: Ints


@dataclass(frozen=True)
class Visits:
    """One row per home visit. day: its school day; is_met: somebody was at home."""

    stint: Ints
    day: Ints
    is_met: Flags


def is_any(states: States, kinds: tuple[State, ...]) -> Flags:
    """Which days are of one of some kinds."""
    found = states == kinds[0]
    for kind in kinds[1:]:
        found |= states == kind
    return np.asarray(found)


def _last_days(sending: Sending) -> Ints:
    """The last school day of each stint on which the student is still there."""
    return np.minimum(sending.stints.last, sending.stints.superseded - 1)


def _turns(sending: Sending) -> list[Ints]:
    """The district's stints in which the ladder is climbed: each student's first ones, then the second ones, so on."""
    rows = stints_here(sending)
    rows = rows[sending.stints.status[rows] != SECONDARY]
    person = sending.stints.person[rows]
    position = np.arange(len(rows))
    begins = np.append(True, person[1:] != person[:-1])[: len(rows)]
    turn = position - np.maximum.accumulate(np.where(begins, position, 0))
    return [rows[turn == each] for each in range(int(turn.max(initial=-1)) + 1)]


def _marks(sending: Sending, rows: Ints, kinds: tuple[State, ...]) -> Flags:
    """Days of these kinds while the student was still there: rows by school days."""
    marks = is_any(sending.year.daily.states[rows], kinds)
    return np.asarray(marks & (np.arange(SCHOOL_DAYS) <= _last_days(sending)[rows][:, None]))


def _chunks(sending: Sending, rows: Ints, kinds: tuple[State, ...]) -> Iterator[tuple[Ints, Flags]]:
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        yield chunk, _marks(sending, chunk, kinds)


def _steps(
    rows: Ints, marks: Flags, *, before: Ints, taken: Ints, due_after: tuple[int, ...], delay: Ints, last: Ints
) -> Iterator[Letters]:
    """The letters of some stints, one step at a time. before, taken: marks and letters of the student's earlier stints.

    A letter is due on the first marked day after the last letter that brings the count to what the letter asks for, and
    is sent some days later; who leaves before climbs no further.
    """
    days = np.arange(SCHOOL_DAYS)
    counts = before[:, None].astype(np.int16) + np.cumsum(marks, axis=1, dtype=np.int16)
    sent = np.full(len(rows), -1, dtype=np.int64)
    for step in range(len(due_after)):
        wanted = np.array((*due_after, np.iinfo(np.int16).max), dtype=np.int16)[taken]
        due = marks & (counts >= wanted[:, None]) & (days > sent[:, None])
        counted = due.argmax(axis=1)
        arrives = counted + delay[:, step]
        goes = due.any(axis=1) & (arrives <= last)
        yield Letters(
            stint=rows[goes],
            number=taken[goes] + 1,
            counted=counted[goes],
            sent=arrives[goes],
            count=counts[goes, counted[goes]].astype(np.int64),
        )
        sent = np.where(goes, arrives, SCHOOL_DAYS)
        taken = taken + goes


def _letters(rng: np.random.Generator, sending: Sending, kind: str, marked: tuple[State, ...]) -> Letters:
    """All letters of a type, by the day on which they were sent."""
    stints, due_after = sending.stints, DUE_AFTER[kind]
    last = _last_days(sending)
    people = int(stints.person.max(initial=-1)) + 1
    before, taken = np.zeros(people, dtype=np.int64), np.zeros(people, dtype=np.int64)
    nothing = np.zeros(0, dtype=np.int64)
    found = [Letters(nothing, nothing, nothing, nothing, nothing)]
    for turn in _turns(sending):
        for rows, marks in _chunks(sending, turn, marked):
            person = stints.person[rows]
            total = before[person] + np.add.reduce(marks, axis=1, dtype=np.uint8)
            climbs = np.flatnonzero(total >= due_after[0])
            delay = rng.integers(1, 8, (len(climbs), len(due_after)))
            who, stint = person[climbs], rows[climbs]
            steps = list(
                _steps(
                    stint,
                    marks[climbs],
                    before=before[who],
                    taken=taken[who],
                    due_after=due_after,
                    delay=delay,
                    last=last[stint],
                )
            )
            before[person] = total
            np.add.at(taken, stints.person[np.concatenate([step.stint for step in steps])], 1)
            found += steps
    letters = stack(found)
    return take(letters, np.lexsort((letters.number, letters.stint, letters.sent)))


def _occasions_between(sending: Sending, stint: Ints, after: Ints, through: Ints) -> Ints:
    """Occasions of each stint on the days after one and through another."""
    days = np.arange(SCHOOL_DAYS)
    inside = (days > after[:, None]) & (days <= through[:, None])
    return np.asarray((_marks(sending, stint, OCCASIONS) & inside).sum(axis=1), dtype=np.int64)


def _closed_in_time(last: Ints, ended: Ints, outcome: Texts) -> tuple[Texts, Ints]:
    """Outcomes and their days; who left before has moved away, and what the year leaves no time for is still open."""
    in_time, leaves = ended <= last, last < LAST_DAY
    told = np.where(in_time, outcome, np.where(leaves, "moved_away", ""))
    return told.astype(object), np.where(in_time, ended, np.where(leaves, last, -1))


def _cases(
    rng: np.random.Generator,
    sending: Sending,
    stint: Ints,
    referral: Ints,
    *,
    until_meeting: tuple[int, int],
    outcomes: Mapping[str, str],
) -> Cases:
    """Cases referred on a school day; what comes of them hangs on the occasions of a month after the meeting.

    until_meeting: school days from the referral to the team's meeting or the board's hearing, at least and below
    """
    last = _last_days(sending)
    possible = referral <= last[stint]
    stint, referral = stint[possible], referral[possible]
    rows = len(stint)
    meeting = referral + rng.integers(*until_meeting, rows)
    review = meeting + rng.integers(20, 31, rows)
    family = rng.random(rows) < SHARE_FAMILY_CAME
    occasions = _occasions_between(sending, stint, meeting, review)
    goes_on = (occasions >= OCCASIONS_FOR_BOARD) & (rng.random(rows) < SHARE_TO_BOARD)
    better = pick(family, outcomes["better_with_family"], outcomes["better"])
    again = np.where(occasions > 0, pick(family, outcomes["again_with_family"], outcomes["again"]), better)
    outcome, ended = _closed_in_time(last[stint], review, np.where(goes_on, outcomes["goes_on"], again))
    took_place = meeting <= last[stint]
    return Cases(stint, referral, np.where(took_place, meeting, -1), family & took_place, outcome, ended)


def _reviewed(rng: np.random.Generator, sending: Sending, notices: Letters) -> dict[str, Cases]:
    """What the schools' teams and then the board see of the habitual truants."""
    third = np.flatnonzero(notices.number == len(DUE_AFTER[TRUANCY]))
    seen = third[rng.random(len(third)) < SHARE_TO_TEAM]
    referral = notices.sent[seen] + rng.integers(1, 8, len(seen))
    team = _cases(rng, sending, notices.stint[seen], referral, until_meeting=(5, 15), outcomes=TEAM_OUTCOMES)
    on = np.flatnonzero(team.outcome == TEAM_OUTCOMES["goes_on"])
    later = team.ended[on] + rng.integers(1, 6, len(on))
    board = _cases(rng, sending, team.stint[on], later, until_meeting=(10, 25), outcomes=BOARD_OUTCOMES)
    return {"sart": team, "sarb": board}


def _visits(rng: np.random.Generator, sending: Sending) -> Visits:
    """Visits to a share of those who missed a fifth of their days so far, and another one where nobody was met."""
    days, stints, last = np.arange(SCHOOL_DAYS), sending.stints, _last_days(sending)
    chosen: list[Ints] = []
    reached: list[Ints] = []
    for rows, marks in (each for turn in _turns(sending) for each in _chunks(sending, turn, ABSENT_STATES)):
        enough = np.flatnonzero(np.add.reduce(marks, axis=1, dtype=np.uint8) * VISITED_FROM_ONE_IN >= DAYS_KNOWN)
        stint = rows[enough]
        missed = np.cumsum(marks[enough], axis=1, dtype=np.int16)
        known = (days - stints.first[stint][:, None] + 1).astype(np.int16)
        severe = marks[enough] & (known >= DAYS_KNOWN) & (missed * VISITED_FROM_ONE_IN >= known)
        visited = severe.any(axis=1) & (rng.random(len(stint)) < SHARE_VISITED)
        chosen.append(stint[visited])
        reached.append(severe.argmax(axis=1)[visited])
    stint = np.concatenate([np.zeros(0, dtype=np.int64), *chosen])
    first = np.concatenate([np.zeros(0, dtype=np.int64), *reached]) + rng.integers(1, 9, len(stint))
    nobody = rng.random(len(stint)) < SHARE_NOBODY_MET
    visits = stack(
        [
            Visits(stint, first, ~nobody),
            Visits(
                stint[nobody],
                first[nobody] + rng.integers(3, 8, int(nobody.sum())),
                np.ones(int(nobody.sum()), dtype=np.bool_),
            ),
        ]
    )
    visits = take(visits, visits.day <= last[visits.stint])
    return take(visits, np.lexsort((visits.stint, visits.day)))


def _dates(sending: Sending, stint: Ints, day: Ints) -> Texts:
    """The dates of school days at the stints' schools, blank where there is none."""
    dates = dates_as_text(sending.year.days[sending.stints.place[stint], day])
    return np.where(day >= 0, dates, "").astype(object)


def _keys(sending: Sending, name: str, letter: str, stint: Ints) -> dict[str, Column]:
    """What every row begins with: its number, which is its place in the file, and whose it is."""
    rows, code = len(stint), sending.lea.code
    return {
        name: f"{code}-{sending.year.start_year}-{letter}" + numbers_as_text(np.arange(1, rows + 1)),
        "lea_code": code,
        "school_code": texts_of(sending.places, lambda each: each.code)[sending.stints.place[stint]],
        "local_student_id": sending.local_id[stint],
    }


def _languages(sending: Sending, stint: Ints) -> Texts:
    """The language in which a family is written and spoken to, English where the school has no other."""
    spoken = sending.year.people.home_language[sending.stints.person[stint]].astype(str)
    codes, place = np.unique(spoken, return_inverse=True)
    return texts(LANGUAGES.get(code, "eng") for code in codes.tolist())[place]


def _letters_file(rng: np.random.Generator, sending: Sending, kind: str, letters: Letters) -> dict[str, Column]:
    stint, rows = letters.stint, len(letters.stint)
    sent = _dates(sending, stint, letters.sent)
    certified = (letters.number == len(DUE_AFTER[kind])) & (kind == TRUANCY)
    usual = choose(rng, {"mail": 60, "portal": 20, "email": 12, "in_person": 8}, rows)
    return {
        **_keys(sending, "letter_id", "T" if kind == TRUANCY else "E", stint),
        "letter_type": constant(kind, rows),
        "letter_number": numbers_as_text(letters.number),
        "sent_date": sent,
        "trigger_rule": texts(TRIGGERS[kind])[letters.number - 1],
        "trigger_count": numbers_as_text(letters.count),
        "counted_through": _dates(sending, stint, letters.counted),
        "delivery_means": np.where(certified, "certified_mail", usual).astype(object),
        "language_code": _languages(sending, stint),
        "delivery_outcome": choose(rng, {"delivered": 86, "returned": 6, "unknown": 8}, rows),
        "updated_at": sent + constant("T16:00:00", rows),
    }


def _cases_file(rng: np.random.Generator, sending: Sending, board: str, cases: Cases) -> dict[str, Column]:
    stint, rows = cases.stint, len(cases.stint)
    meeting = _dates(sending, stint, cases.meeting)
    is_team, took_place, is_closed = board == "sart", cases.meeting >= 0, cases.outcome != ""
    touched = np.where(is_closed, cases.ended, np.maximum(cases.referral, cases.meeting))
    return {
        **_keys(sending, "case_id", "R" if is_team else "B", stint),
        "board": constant(board, rows),
        "referral_date": _dates(sending, stint, cases.referral),
        "referral_reason": choose(rng, {"habitual_truant": 85, "irregular_attendance": 15}, rows),
        "meeting_date": meeting if is_team else constant("", rows),
        "contract_date": np.where(cases.family, meeting, "").astype(object) if is_team else constant("", rows),
        "hearing_date": constant("", rows) if is_team else meeting,
        "family_attended": np.where(took_place, pick(cases.family, "Y", "N"), "").astype(object),
        "case_status": pick(is_closed, "closed", "open"),
        "outcome_code": cases.outcome,
        "outcome_date": _dates(sending, stint, cases.ended),
        "updated_at": _dates(sending, stint, touched) + constant("T16:00:00", rows),
    }


def _visits_file(rng: np.random.Generator, sending: Sending, visits: Visits) -> dict[str, Column]:
    stint, rows, met = visits.stint, len(visits.stint), visits.is_met
    day = _dates(sending, stint, visits.day)
    somebody = choose(rng, {"guardian": 55, "guardian_and_student": 30, "student": 5, "other_adult": 10}, rows)
    outcome = choose(rng, {"plan_made": 45, "barrier_found": 30, "referred_to_services": 15, "no_change": 10}, rows)
    roles = {"community_liaison": 40, "social_worker": 20, "attendance_officer": 20, "counselor": 20}
    return {
        **_keys(sending, "visit_id", "V", stint),
        "visit_date": day,
        "visit_reason": choose(rng, {"attendance": 75, "re_engagement": 15, "welfare": 10}, rows),
        "visitor_role": choose(rng, roles, rows),
        "person_met": np.where(met, somebody, "nobody").astype(object),
        "minutes": numbers_as_text(np.where(met, rng.integers(15, 61, rows), rng.integers(2, 8, rows))),
        "outcome_code": np.where(met, outcome, "no_contact").astype(object),
        "language_code": np.where(met, _languages(sending, stint), "").astype(object),
        "updated_at": day + constant("T17:30:00", rows),
    }


def _below(parts: list[dict[str, Column]]) -> dict[str, Column]:
    """Columns of several kinds of rows, one below the other."""
    rows = [len(part["school_code"]) for part in parts]
    return {
        name: np.concatenate(
            [
                constant(column, count) if isinstance(column := part[name], str) else column
                for part, count in zip(parts, rows, strict=True)
            ]
        )
        for name in parts[0]
    }


def _follow_ups(sending: Sending, reviewed: Mapping[str, Cases]) -> Visits:
    """Visits by which some of the follow-ups of reviews are done, and others are not: nobody thinks of them.

    Due by the calendar, FOLLOWED_UP_AFTER days after the meeting; done on a school day near it, while the student is
    still there and the case is open.
    """
    rng = stream(sending.seed, "follow-ups", sending.lea.code, sending.year.school_year)
    last = _last_days(sending)
    found = [Visits(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_))]
    for cases in reviewed.values():
        held = take(cases, cases.meeting >= 0)
        dates = sending.year.days[sending.stints.place[held.stint]]
        meeting = dates[np.arange(len(held.stint)), held.meeting]
        for days in FOLLOWED_UP_AFTER:
            wanted = meeting + np.timedelta64(days, "D") + rng.integers(-5, 6, len(meeting)).astype("timedelta64[D]")
            day = (dates < wanted[:, None]).sum(axis=1)
            is_open = (held.ended < 0) | (held.ended >= day)
            done = (day <= last[held.stint]) & is_open & (rng.random(len(day)) < SHARE_FOLLOWED_UP)
            found.append(Visits(held.stint[done], day[done].astype(np.int64), np.ones(int(done.sum()), dtype=np.bool_)))
    return stack(found)


def write_ladder(root: Path, sending: Sending, *, is_followed_up: bool = False) -> list[Written]:
    """Write the ladder of a district's school year, if it logs interventions; a file without rows is not sent.

    is_followed_up: whether some of the reviews are followed up by home visits
    """
    year, lea = sending.year, sending.lea
    if "interventions" not in lea.sends:
        return []
    rng = stream(sending.seed, "ladder", lea.code, year.school_year)
    notices = _letters(rng, sending, TRUANCY, OCCASIONS)
    excused = _letters(rng, sending, EXCUSED, (State.EXCUSED,))
    reviewed = _reviewed(rng, sending, notices)
    visits = _visits(rng, sending)
    if is_followed_up:
        visits = stack([visits, _follow_ups(sending, reviewed)])
        visits = take(visits, np.lexsort((visits.stint, visits.day)))
    files: dict[str, list[dict[str, Column]]] = {
        "letters": [_letters_file(rng, sending, TRUANCY, notices), _letters_file(rng, sending, EXCUSED, excused)],
        "sart_sarb": [_cases_file(rng, sending, board, cases) for board, cases in reviewed.items()],
        "home_visits": [_visits_file(rng, sending, visits)],
    }
    folder = lea.sends["interventions"].folder.format(school_year=year.school_year)
    written = []
    for file, parts in files.items():
        columns = _below(parts)
        rows = len(columns["school_code"])
        path = f"{folder}/{file}_{year.start_year + 1}0627.csv"
        if rows:
            write_csv(root / path, columns, rows)
            written.append(Written(path, f"interventions/{file}", rows))
    return written
