"""Follow-ups of attendance reviews: those that were done are found, those that nobody did are overdue, and no others.

Counted again from the files as sent and the days as lived, case by case, by code that shares nothing with the models:
docs/rules.md E.10 in pandas. Left out are students at more than one school, whose days two schools tell, and the school
that submits no attendance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from tests.truths.checks import Asked, Check, Row, compared, counted

SILENT_SCHOOL = "9920104"
# ladder: days after, days early, days of grace
LADDERS = {"regular": ((30, 60, 90), 7, 7), "regression": ((5, 10, 15), 2, 2)}
REGRESSION_DAYS = 3
REACHES_NOBODY = {"attendance_recovery", "sarb_referral", "independent_study", "campaign", "other"}
UNEXCUSED, STUDY = {"unexcused", "unverified"}, {"independent_study", "incomplete_independent_study"}
STUDENT = ["lea_code", "local_student_id"]
Student = tuple[str, str]
Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Life:
    """A student's year: the last school day, days missed without excuse and of independent study, contacts, letters."""

    last_day: date
    unexcused: tuple[date, ...]
    study_days: int
    contacts: tuple[date, ...]
    notices: tuple[tuple[int, date], ...]
    efforts: tuple[date, ...]


def _sent(extracts: Path, file: str) -> pd.DataFrame:
    """All districts' rows of a file, as text."""
    paths = sorted(extracts.glob(f"*/interventions/{file}_*.csv"))
    return pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths], ignore_index=True)


def _dates(rows: pd.DataFrame, column: str) -> dict[Student, list[date]]:
    days = pd.to_datetime(rows[column]).dt.date
    found: dict[Student, list[date]] = {}
    for lea, student, day in zip(*(rows[name] for name in STUDENT), days, strict=True):
        found.setdefault((str(lea), str(student)), []).append(day)
    return found


def _lives(county: Asked) -> dict[Student, Life]:
    """The students of one school each, which submits."""
    truth = pd.read_parquet(county.truth)
    truth = truth.astype(dict.fromkeys((*STUDENT, "school_code", "ssid", "state"), str))
    alone = truth.groupby("ssid")["school_code"].nunique()
    truth = truth[truth["ssid"].isin(alone[alone == 1].index) & (truth["school_code"] != SILENT_SCHOOL)]
    ends = truth.groupby("school_code")["school_date"].max().dt.date
    schools = dict(
        zip(zip(truth["lea_code"], truth["local_student_id"], strict=True), truth["school_code"], strict=True)
    )
    missed = _dates(truth[truth["state"].isin(UNEXCUSED)], "school_date")
    study = Counter(
        {student: len(days) for student, days in _dates(truth[truth["state"].isin(STUDY)], "school_date").items()}
    )
    log, visits, letters = (_sent(county.extracts, file) for file in ("interventions", "home_visits", "letters"))
    reaching = (
        _dates(log[~log["type_code"].isin(REACHES_NOBODY)], "start_date"),
        _dates(visits[visits["person_met"] != "nobody"], "visit_date"),
        _dates(letters[letters["delivery_outcome"] != "returned"], "sent_date"),
    )
    efforts = (
        _dates(log[log["type_code"].isin({"conference", "home_visit", "student_success_team"})], "start_date"),
        _dates(visits, "visit_date"),
    )
    notices: dict[Student, list[tuple[int, date]]] = {}
    for row in letters[letters["letter_type"] == "truancy_notice"].itertuples():
        sent = (int(str(row.letter_number)), date.fromisoformat(str(row.sent_date)))
        notices.setdefault((str(row.lea_code), str(row.local_student_id)), []).append(sent)
    return {
        student: Life(
            last_day=ends[school],
            unexcused=tuple(sorted(missed.get(student, []))),
            study_days=study[student],
            contacts=tuple(sorted(day for each in reaching for day in each.get(student, []))),
            notices=tuple(notices.get(student, [])),
            efforts=tuple(day for each in efforts for day in each.get(student, [])),
        )
        for student, school in schools.items()
    }


def _steps(held: date, closed: date | None, life: Life) -> Iterator[tuple[str, int, str]]:
    """Ladder, number and status of every follow-up of a case that was held on a day."""
    after = [day for day in life.unexcused if day > held]
    begins = {"regular": held}
    if len(after) >= REGRESSION_DAYS:
        begins["regression"] = after[REGRESSION_DAYS - 1]
    for ladder, begin in begins.items():
        steps, early, late = LADDERS[ladder]
        for number, days in enumerate(steps, 1):
            due = begin + timedelta(days)
            first, last = due - timedelta(early), due + timedelta(late)
            if any(max(first, begin + timedelta(1)) <= day <= min(last, life.last_day) for day in life.contacts):
                yield ladder, number, "documented"
            elif closed is not None and closed < due:
                yield ladder, number, "closed_before"
            elif last < life.last_day:
                yield ladder, number, "overdue"
            else:
                yield ladder, number, "due" if first <= life.last_day else "upcoming"


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _planted(county: Asked) -> tuple[dict[Key, str], dict[tuple[str, str], tuple[int, int]]]:
    """Status by LEA, case, ladder and step; and by case, steps missing before it and days of independent study."""
    lives = _lives(county)
    statuses: dict[Key, str] = {}
    figures: dict[tuple[str, str], tuple[int, int]] = {}
    for case in _sent(county.extracts, "sart_sarb").to_dict("records"):
        life = lives.get((case["lea_code"], case["local_student_id"]))
        if life is None:
            continue
        key, referral = (case["lea_code"], case["case_id"]), date.fromisoformat(case["referral_date"])
        before = {number for number, sent in life.notices if sent <= referral}
        effort = any(day <= referral for day in life.efforts)
        figures[key] = len({1, 2, 3} - before) + (not effort), life.study_days
        held = [day for name in ("meeting_date", "contract_date", "hearing_date") if (day := _day(case[name]))]
        if held:
            closed = _day(case["outcome_date"]) if case["case_status"] == "closed" else None
            for ladder, number, status in _steps(max(held), closed, life):
                statuses[*key, ladder, number] = status
    return statuses, figures


def ask(county: Asked) -> list[Row]:
    """A row per kind of finding: how often it was planted, found, missed and wrongly found."""
    statuses, figures = _planted(county)
    keys = "|".join
    known = {
        case["case_key"]: case
        for case in county.rows(
            "select case_key, any_value(presart_steps_missing) as missing, any_value(independent_study_days) as study"
            " from marts.case_followups group by case_key"
        )
    }
    hashed = {row["key"]: row["hash"] for row in _hashes(county, {keys(case) for case in figures})}
    told = {
        (row["case_key"], row["ladder"], row["step"]): row["followup_status"]
        for row in county.rows(
            "select case_key, ladder, step, followup_status from marts.case_followups where ladder <> 'meeting'"
        )
    }
    rows = []
    planted = {
        (hashed[keys((lea, case))], ladder, step): status for (lea, case, ladder, step), status in statuses.items()
    }
    mine = {hashed[keys(case)] for case in figures}
    for status in ("documented", "overdue", "due", "upcoming", "closed_before"):
        wanted = {key for key, each in planted.items() if each == status}
        found = {key for key, each in told.items() if each == status and key[0] in mine}
        rows.append(compared(f"follow-up {status.replace('_', ' ')}", wanted, found))
    begun = {key[0] for key in planted if key[1] == "regression"}
    rows.append(compared("absences begun again", begun, {key[0] for key in told if key[1] == "regression"} & mine))
    for name, place in (("missing", 0), ("study", 1)):
        wanted_pairs = {(hashed[keys(case)], each[place]) for case, each in figures.items() if each[place]}
        found_pairs = {(key, case[name]) for key, case in known.items() if case[name] and key in mine}
        what = "steps missing before a review" if name == "missing" else "days of independent study"
        rows.append(compared(what, wanted_pairs, found_pairs))
    return rows


def _hashes(county: Asked, texts: set[str]) -> list[Row]:
    """The keys by which the warehouse knows LEA and case."""
    listed = ", ".join(f"('{text}')" for text in sorted(texts)) or "('')"
    return county.rows(f"select text as key, md5(text) as hash from (values {listed}) as given(text)")


CHECK = Check("follow-ups", ("case_followups",), ask, counted)
