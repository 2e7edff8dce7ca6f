"""The truancy ladder and the goals: what a district sends follows from the days as lived, and the loader takes it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attendance.settings import Settings
from ingestion.contract import read_contracts
from ingestion.ledger import Record
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.registry import Delivery, Lea, Registry
from simulation.codes import State
from simulation.goals import write_goals
from simulation.ladder import write_ladder
from simulation.places import ALDER, BIRCH, places_of
from simulation.sending import Sending
from simulation.text import Written
from simulation.words import MINERALS, TREES
from simulation.world import World, simulate_world
from tests.simulation.raw_files import read_table

SEED = 20240614
YEARS = ("2022-23", "2023-24")
FILES = ("letters", "sart_sarb", "home_visits")
LABELS = {*(f"interventions/{file}" for file in FILES), "goals/goals"}
OCCASIONS = [State.UNEXCUSED, State.UNVERIFIED, State.UNEXCUSED_TARDY]
MISSED = [
    State.EXCUSED,
    State.UNEXCUSED,
    State.UNVERIFIED,
    State.OUT_OF_SCHOOL_SUSPENSION,
    State.INCOMPLETE_INDEPENDENT_STUDY,
]
STUDENT = ["lea_code", "local_student_id"]


@dataclass(frozen=True)
class Sent:
    """What two districts sent of two years, below ``root``; one with more schools, one with records left open."""

    registry: Registry
    world: World
    root: Path
    written: tuple[Written, ...]

    def rows(self, file: str, year: str = YEARS[1]) -> pd.DataFrame:
        """The rows of one year's files of both districts."""
        paths = [self.root / each.path for each in self.written if each.kind.endswith(f"/{file}")]
        chosen = [path for path in paths if path.stem[-8:-4] == f"20{year[5:]}"]
        return pd.concat([read_table(path) for path in chosen], ignore_index=True)

    def days(self, year: str = YEARS[1]) -> pd.DataFrame:
        """One row per student and school day at the school where they are: stint, its last day, and the day's state."""
        index = YEARS.index(year)
        lived, identity = self.world.years[index], self.world.identity.local_id[index]
        stints = lived.stints
        last = np.minimum(stints.last, stints.superseded - 1)
        there = (lived.daily.states != State.NOT_EXPECTED) & (np.arange(180) <= last[:, None])
        there &= (stints.status != "20")[:, None]
        stint, day = np.nonzero(there)
        place = stints.place[stint]
        dates = np.datetime_as_string(lived.days[place, day].astype("datetime64[D]"))
        return pd.DataFrame(
            {
                "lea_code": [self.world.places[each].lea for each in place.tolist()],
                "school_code": [self.world.places[each].code for each in place.tolist()],
                "local_student_id": identity[stint],
                "stint": stint,
                "day": day,
                "first": stints.first[stint],
                "last": last[stint],
                "date": dates,
                "state": lived.daily.states[stint, day].astype(np.int64),
            }
        )


def sending_all(lea: Lea) -> Lea:
    """A district that sends what a ladder writes."""
    more = {source: Delivery(folder=f"{lea.code}/{source}") for source in ("interventions", "goals")}
    return lea.model_copy(update={"sends": {**lea.sends, **more}})


def all_of(root: Path, sending: Sending) -> list[Written]:
    """The ladder and the goals of a district's year."""
    return write_ladder(root, sending) + write_goals(root, sending)


@pytest.fixture(scope="module")
def sent(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    root = tmp_path_factory.mktemp("ladder")
    leas = tuple(sending_all(lea) if lea.code in {ALDER, BIRCH} else lea for lea in registry.leas)
    world = simulate_world(places_of(registry), SEED, YEARS, lambda _message: None)
    written = [
        each
        for lea in leas
        if lea.code in {ALDER, BIRCH}
        for index in range(len(YEARS))
        for each in all_of(root, Sending(world, lea, index, SEED))
    ]
    return Sent(registry.model_copy(update={"leas": leas}), world, root, tuple(written))


@pytest.fixture(scope="module")
def days(sent: Sent) -> pd.DataFrame:
    """The days of the last year as lived in the two districts."""
    lived = sent.days()
    return lived[lived["lea_code"].isin([ALDER, BIRCH])]


@pytest.fixture(scope="module")
def records(sent: Sent, tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    """What became of the files when they were loaded for real."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, config=home / "config", extracts=sent.root, public=home / "public")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTENDANCE_SECRET", "an invented key, only for tests")
        return tuple(
            record
            for lea in (ALDER, BIRCH)
            for record in load_landed(
                settings, sent.registry, pull_new_files(settings, sent.registry, lea, "interventions")
            )
        )


def notices(sent: Sent) -> pd.DataFrame:
    """Truancy notices by student, in order."""
    rows = sent.rows("letters")
    rows = rows[rows["letter_type"] == "truancy_notice"].astype({"letter_number": int, "trigger_count": int})
    return rows.sort_values([*STUDENT, "letter_number"], ignore_index=True)


def marked_through(rows: pd.DataFrame, days: pd.DataFrame, kinds: list[State], date: str) -> pd.DataFrame:
    """For each row the student's days of those kinds through the date in a column, and whether that date is one."""
    marked = days.loc[days["state"].isin(kinds), [*STUDENT, "date"]]
    both = rows.reset_index()[["index", *STUDENT, date]].merge(marked, on=STUDENT)
    both = both[both["date"] <= both[date]].assign(same=lambda each: each["date"] == each[date])
    return both.groupby("index").agg(marked=("date", "size"), on_the_day=("same", "any")).reindex(rows.index)


def test_every_file_of_the_ladder_and_of_goals_is_loaded_without_a_rejected_row(
    sent: Sent, records: tuple[Record, ...]
) -> None:
    assert {each.kind for each in sent.written} == LABELS
    assert {(each.outcome, each.rows_rejected) for each in records} == {("loaded", 0)}
    assert sorted((f"{each.source}/{each.file}", each.rows_loaded) for each in records) == sorted(
        (each.kind, each.rows) for each in sent.written
    )


def test_the_first_notice_follows_the_third_occasion_of_the_year(sent: Sent, days: pd.DataFrame) -> None:
    first = notices(sent).query("letter_number == 1").reset_index(drop=True)
    found = marked_through(first, days, OCCASIONS, "counted_through")
    assert len(first) > 1_000
    assert found["on_the_day"].all()
    assert (found["marked"] == first["trigger_count"]).all()
    # a fourth is counted only of those who left their first school before the notice was sent
    assert (first["trigger_count"] == 3).mean() > 0.98
    assert (first["sent_date"] > first["counted_through"]).all()


def test_who_has_a_third_occasion_and_stays_gets_a_notice_and_nobody_else_does(sent: Sent, days: pd.DataFrame) -> None:
    marked = days[days["state"].isin(OCCASIONS)].sort_values([*STUDENT, "date"])
    third = marked[marked.groupby(STUDENT).cumcount() == 2]
    stays = third[third["day"] + 7 <= third["last"]]
    got = set(notices(sent)[STUDENT].itertuples(index=False, name=None))
    assert set(stays[STUDENT].itertuples(index=False, name=None)) <= got
    assert got <= set(third[STUDENT].itertuples(index=False, name=None))


def test_a_further_notice_follows_the_first_occasion_after_the_notice_before(sent: Sent, days: pd.DataFrame) -> None:
    rows = notices(sent)
    before = rows.assign(letter_number=rows["letter_number"] + 1)[[*STUDENT, "letter_number", "sent_date"]]
    further = rows.merge(before, on=[*STUDENT, "letter_number"], suffixes=("", "_before"))
    assert len(further) == (rows["letter_number"] > 1).sum() > 1_000
    again = marked_through(further, days, OCCASIONS, "counted_through")["marked"]
    until_then = marked_through(further, days, OCCASIONS, "sent_date_before")["marked"]
    assert (again == further["trigger_count"]).all()
    # of who came to another school meanwhile, more may have been counted there
    assert (again - until_then == 1).mean() > 0.98
    assert (again - until_then >= 1).all()
    assert set(further["letter_number"]) == {2, 3}


def test_a_letter_about_excused_absences_counts_excused_days(sent: Sent, days: pd.DataFrame) -> None:
    rows = sent.rows("letters")
    rows = rows[rows["letter_type"] == "excused_absences"].reset_index(drop=True)
    found = marked_through(rows, days, [State.EXCUSED], "counted_through")
    assert found["on_the_day"].all()
    assert (found["marked"] == rows["trigger_count"].astype(int)).all()
    assert (rows["trigger_count"].astype(int) >= rows["letter_number"].map({"1": 10, "2": 15, "3": 20})).all()


def test_a_letter_is_numbered_once_for_each_student_and_type(sent: Sent) -> None:
    for year in YEARS:
        assert not sent.rows("letters", year).duplicated([*STUDENT, "letter_type", "letter_number"]).any()


def test_a_case_comes_after_the_third_notice_and_its_dates_in_order(sent: Sent) -> None:
    cases = sent.rows("sart_sarb")
    third = notices(sent).query("letter_number == 3")[[*STUDENT, "sent_date"]]
    both = cases.merge(third, on=STUDENT, how="left")
    assert (both["sent_date"] < both["referral_date"]).all()
    for earlier, later in [
        ("referral_date", "meeting_date"),
        ("referral_date", "hearing_date"),
        ("meeting_date", "outcome_date"),
        ("hearing_date", "outcome_date"),
    ]:
        known = cases[(cases[earlier] != "") & (cases[later] != "")]
        assert len(known) > 50
        assert (known[earlier] < known[later]).all(), (earlier, later)
    assert (cases.loc[cases["contract_date"] != "", "family_attended"] == "Y").all()
    assert ((cases["case_status"] == "closed") == (cases["outcome_code"] != "")).all()
    assert ((cases["outcome_date"] != "") == (cases["outcome_code"] != "")).all()


def test_the_board_hears_only_whom_the_team_referred(sent: Sent) -> None:
    cases = sent.rows("sart_sarb")
    team = cases[(cases["board"] == "sart") & (cases["outcome_code"] == "referred_to_sarb")]
    board = cases[cases["board"] == "sarb"].merge(team, on=STUDENT, suffixes=("", "_team"))
    assert len(board) == (cases["board"] == "sarb").sum() > 50
    assert (board["referral_date"] > board["outcome_date_team"]).all()


def test_a_family_is_visited_after_a_fifth_of_the_days_was_missed(sent: Sent, days: pd.DataFrame) -> None:
    visits = sent.rows("home_visits")
    here = days[days["local_student_id"].isin(visits["local_student_id"])].sort_values(["stint", "day"])
    so_far = here["state"].isin(MISSED).groupby(here["stint"]).cumsum()
    known = here["day"] - here["first"] + 1
    severe = here[(so_far * 5 >= known) & (known >= 15)].groupby(STUDENT)["date"].min().rename("since").reset_index()
    both = visits.merge(severe, on=STUDENT, how="left")
    assert len(visits) > 200
    assert (both["since"] < both["visit_date"]).all()
    assert {"nobody", "guardian"} <= set(visits["person_met"])


@pytest.mark.parametrize("file", FILES)
def test_all_that_happens_happens_on_a_school_day_while_the_student_is_there(
    sent: Sent, days: pd.DataFrame, file: str
) -> None:
    rows = sent.rows(file)
    inside = days[[*STUDENT, "school_code", "date"]]
    for column in (name for name in map(str, rows) if name.endswith("_date") or name == "counted_through"):
        told = rows.loc[rows[column] != "", [*STUDENT, "school_code", column]].rename(columns={column: "date"})
        assert len(told.drop_duplicates().merge(inside)) == len(told.drop_duplicates()) > 0, column


def test_no_column_that_the_contracts_do_not_keep_is_sent_and_no_name_stands_in_any(sent: Sent) -> None:
    kept = {
        each.label: {name for name, column in each.columns.items() if not column.private} for each in read_contracts()
    }
    names = {*TREES, *MINERALS}
    for each in sent.written:
        rows = read_table(sent.root / each.path)
        assert set(rows) == kept[each.kind]
        values = pd.unique(rows.to_numpy().ravel())
        assert not names & {word for value in values for word in str(value).split()}


def test_goals_are_set_from_the_year_before_and_ask_for_better(sent: Sent) -> None:
    goals = sent.rows("goals", "2022-23").astype({"baseline_value": float, "target_value": float})
    # the file is named for the summer in which the board adopted it
    assert set(goals["school_year"]) == {"2023-24"}
    assert set(goals["baseline_school_year"]) == {"2022-23"}
    rises = goals["measure_code"] == "attendance_rate"
    assert ((goals["target_value"] > goals["baseline_value"]) == rises).all()
    lived = sent.days("2022-23")
    exempt = set(np.flatnonzero(sent.world.years[0].stints.is_exempt).tolist())
    lived = lived[(lived["lea_code"] == ALDER) & ~lived["stint"].isin(exempt)]
    per = lived.groupby("local_student_id")["state"].agg(expected="size", absent=lambda day: day.isin(MISSED).sum())
    per = per[(per["expected"] >= 31) & (per["absent"] < per["expected"])]
    district = goals[(goals["lea_code"] == ALDER) & (goals["school_code"] == "")]
    baseline = district[district["reporting_category"] == "TA"].set_index("measure_code")["baseline_value"]
    # days after an unnoticed move are the district's too there, so a few students differ
    assert baseline["chronic_absence_rate"] == pytest.approx(
        100 * (per["absent"] * 10 >= per["expected"]).mean(), abs=0.3
    )
    assert baseline["average_days_absent"] == pytest.approx(per["absent"].mean(), abs=0.1)


def test_who_sends_no_goals_or_logs_no_interventions_gets_none_written(
    sent: Sent, registry: Registry, tmp_path: Path
) -> None:
    by_code = {lea.code: lea for lea in registry.leas}
    only_log = by_code[ALDER].model_copy(update={"sends": {"interventions": Delivery(folder="log")}})
    assert {each.kind for each in all_of(tmp_path, Sending(sent.world, only_log, 1, SEED))} == LABELS - {"goals/goals"}
    only_goals = by_code[BIRCH].model_copy(update={"sends": {"goals": Delivery(folder="goals")}})
    assert {each.kind for each in all_of(tmp_path, Sending(sent.world, only_goals, 1, SEED))} == {"goals/goals"}


def test_the_same_seed_writes_the_same_ladder_and_another_seed_another_one(sent: Sent, tmp_path: Path) -> None:
    (alder,) = [lea for lea in sent.registry.leas if lea.code == ALDER]

    def digests(folder: Path, written: list[Written]) -> dict[str, str]:
        return {each.path: sha256((folder / each.path).read_bytes()).hexdigest() for each in written}

    before = digests(sent.root, [each for each in sent.written if each.path.startswith(ALDER)])
    again, other = tmp_path / "again", tmp_path / "other"
    same = [each for index in (0, 1) for each in all_of(again, Sending(sent.world, alder, index, SEED))]
    changed = [each for index in (0, 1) for each in all_of(other, Sending(sent.world, alder, index, 7))]
    assert digests(again, same) == before
    differs = digests(other, changed)
    assert {path for path in before if before[path] != differs[path]} == {
        path for path in before if "goals" not in path
    }
