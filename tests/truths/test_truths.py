"""Planted truths are found in one county, and the report says so: many counties are `make truths`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from attendance.settings import PROJECT
from ingestion.registry import read_registry
from tests.oracle.warehouse import Compiled, compile_marts
from tests.truths import interventions, risk
from tests.truths.checks import Check, Finding, Row, Size, counted, report
from tests.truths.registry import CHECKS
from tests.truths.seeds import ask, fingerprint, kept, missing, offering, told

SEED = 20261


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The models that the checks read."""
    marts = sorted({mart for check in CHECKS for mart in check.marts})
    return compile_marts(tmp_path_factory.mktemp("compiled"), read_registry(PROJECT / "config"), marts)


@pytest.fixture(scope="module")
def answers(compiled: Compiled) -> Iterator[dict[str, list[Row]]]:
    """What one county answers, by check."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTENDANCE_SECRET", "an invented key, only for tests")
        checks = [check for check in CHECKS if check.size == Size()]
        yield {answer["check"]: answer["rows"] for answer in ask(SEED, compiled, checks, Size())}


def test_the_matched_comparison_holds_what_interventions_change_and_the_naive_change_does_not(
    answers: dict[str, list[Row]],
) -> None:
    rows = answers["interventions"]
    assert {row["type_code"] for row in rows} == {
        "phone_call",
        "letter",
        "sart_meeting",
        "home_visit",
        "mentoring",
        "attendance_recovery",
    }
    everything = interventions.tell(rows)[-1]
    # of six intervals of 95 percent one may miss, in one county
    assert everything.found >= 5
    by_kind = {row["type_code"]: row for row in rows}
    for kind in ("letter", "attendance_recovery"):
        assert by_kind[kind]["planted"] == 0
        assert by_kind[kind]["naive_upper"] < 0
    for kind in ("home_visit", "mentoring"):
        assert by_kind[kind]["planted"] < -3
        assert by_kind[kind]["upper"] < 0
        assert by_kind[kind]["naive_upper"] < by_kind[kind]["naive_planted"]


def test_follow_ups_that_were_done_are_found_those_that_were_not_are_overdue_and_no_others(
    answers: dict[str, list[Row]],
) -> None:
    findings = {finding.what: finding for finding in counted(answers["follow-ups"])}
    assert [each for each in findings.values() if not each.passes] == []
    assert findings["follow-up documented"].planted > 500
    assert findings["follow-up overdue"].planted > 500
    assert findings["absences begun again"].planted > 300


@pytest.mark.parametrize("check", ["days", "silence", "certified"])
def test_days_schools_and_summaries_that_were_planted_are_found_and_no_others(
    answers: dict[str, list[Row]], check: str
) -> None:
    findings = counted(answers[check])
    assert findings
    assert [each for each in findings if not each.passes] == []


def test_a_risk_is_calibrated_where_no_tenth_lies_further_than_three_points_from_what_came() -> None:
    def tenth(decile: int, month: int, chronic: int) -> Row:
        return {"seed": 1, "decile": decile, "school_month": month, "students": 1000, "students_chronic": chronic,
                "predicted": 10.0}  # fmt: skip

    lead = {"seed": 1, "school_month": 3, "lead": 0.1, "pairs": 0.9}
    good, single, ahead = risk.tell([tenth(1, 3, 70), tenth(1, 4, 130), tenth(2, 3, 100), lead])
    assert (good.planted, good.found, good.passes) == (2, 2, True)
    assert (single.planted, single.found, single.passes) == (3, 3, True)
    assert ahead.passes
    assert not risk.tell([tenth(1, 3, 69), lead])[0].passes
    assert not risk.tell([tenth(1, 3, 100), lead | {"lead": 0.0}])[2].passes
    few = tenth(1, 3, 0) | {"students": 199}
    assert risk.tell([few, tenth(2, 3, 100), lead])[0].planted == 1
    assert risk.tell([]) == []


def test_a_follow_up_that_is_told_wrongly_is_missed_in_one_line_and_wrongly_found_in_another() -> None:
    def row(what: str, planted: int, found: int, missed: int, wrongly_found: int) -> Row:
        return {"what": what, "planted": planted, "found": found, "missed": missed, "wrongly_found": wrongly_found}

    rows = [row("overdue", 2, 2, 0, 0), row("overdue", 3, 2, 1, 0), row("due", 1, 1, 0, 1), row("upcoming", 0, 0, 0, 0)]
    told_apart = counted(rows)
    assert [(each.planted, each.found, each.missed, each.wrongly_found, each.passes) for each in told_apart] == [
        (5, 4, 1, 0, False),
        (1, 1, 0, 1, False),
        (0, 0, 0, 0, False),
    ]


def row(kind: str, planted: float, lower: float | None, upper: float | None, naive: float) -> Row:
    """An answer of one county; the naive change has an interval of a tenth to each side."""
    return {
        "type_code": kind,
        "planted": planted,
        "naive_planted": planted,
        "estimate": planted,
        "lower": lower,
        "upper": upper,
        "naive": naive,
        "naive_lower": naive - 0.1,
        "naive_upper": naive + 0.1,
        "matched": 40,
        "measured": 80,
    }


def test_a_kind_passes_where_nine_of_ten_intervals_hold_the_truth_and_the_naive_ones_do_not() -> None:
    good = [row("letter", 0.0, -1.0, 1.0, -2.0)] * 9
    (kind, every) = interventions.tell([*good, row("letter", 0.0, 0.1, 1.0, -2.0)])
    assert (kind.planted, kind.found, kind.missed, kind.wrongly_found, kind.passes) == (10, 9, 1, 1, True)
    assert replace(kind, what=every.what) == every
    assert not interventions.tell([*good[1:], *[row("letter", 0.0, None, None, -2.0)] * 2])[0].passes
    assert not interventions.tell([row("letter", 0.0, -1.0, 1.0, 0.05)] * 10)[0].passes
    assert interventions.tell([]) == []


def test_a_county_is_asked_once_and_a_line_that_was_cut_off_is_asked_again(tmp_path: Path, compiled: Compiled) -> None:
    path = tmp_path / "answers.jsonl"
    assert kept(path) == []
    lines = [json.dumps({"seed": seed, "check": "interventions", "seconds": 1.0, "rows": []}) for seed in (1, 2)]
    path.write_text(lines[0] + "\n" + lines[1][:20], encoding="utf-8")
    assert missing(kept(path), [1, 2, 3], CHECKS[:1]) == [2, 3]
    assert len(fingerprint(compiled)) == 12
    assert fingerprint(replace(compiled, models=compiled.models[1:])) != fingerprint(compiled)


def test_the_report_counts_what_was_found_in_all_counties_and_says_what_does_not_pass() -> None:
    def tell(rows: list[Row]) -> list[Finding]:
        found = sum(each["found"] for each in rows)
        return [Finding("a dip", len(rows), found, len(rows) - found, 0, found == len(rows))]

    check = Check("dips", (), lambda _county: [], tell)  # type: ignore[arg-type]
    answers = [{"seed": seed, "check": "dips", "rows": [{"found": seed > 1}]} for seed in (1, 2, 3)]
    table, passes = told(answers, [1, 2], [check])
    assert not passes
    assert table.splitlines()[-1].split() == ["a", "dip", "2", "1", "1", "0", "NO"]
    assert told(answers, [2, 3], [check])[1]
    assert "wrongly found" in report([])


def test_every_district_with_a_student_information_system_offers_interventions_there() -> None:
    registry = offering(read_registry(PROJECT / "config"))
    sending = [lea.code for lea in registry.leas if "interventions" in lea.sends]
    assert len(sending) == 8
    assert all(len(lea.sends) == 3 for lea in registry.leas if lea.code in sending)
