"""What dashboards show is there in the example county: each kind of row that a page tells apart.

When it matters: a newcomer's first pages would have empty places, and nobody would see whether they work. How to
resolve it: let the simulation send what is missing (``simulation/``), or look why the mart no longer finds it.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.end_to_end.conftest import County

# Each mart, what it is asked for, and what must be among the answers.
ASKED = (
    ("early_warning", "'tier ' || tier", "probability is not null", {"tier 2", "tier 3"}),
    (
        "case_followups",
        "ladder || ' ' || followup_status",
        "true",
        {
            f"{ladder} {status}"
            for ladder, statuses in {
                "meeting": ("documented", "due"),
                "regular": ("documented", "due", "overdue", "upcoming", "closed_before"),
                "regression": ("documented", "due", "overdue", "closed_before"),
            }.items()
            for status in statuses
        },
    ),
    ("attendance_day", "'dip of a ' || entity_level", "is_dip", {"dip of a school", "dip of a district"}),
    (
        "attendance_day",
        "day_kind",
        "entity_level = 'district'",
        {"ordinary", "before_break", "after_break", "before_long_weekend", "closed_alone"},
    ),
    ("school_climate", "school_year", "value_percent is not null", {"2022-23", "2023-24"}),
    (
        "intervention_outcomes",
        "type_code",
        "entity_level = 'county' and matched_lower is not null",
        {"attendance_recovery", "home_visit", "letter", "mentoring", "phone_call", "sart_meeting"},
    ),
    (
        "transitions",
        "arrival_kind",
        "last_year_rate is not null or arrival_kind = 'new_to_county'",
        {"entry_grade", "from_another_district", "from_another_school", "new_to_county"},
    ),
    (
        "reconciliation",
        "check_code",
        "compared > 0",
        {"stas_days_expected", "stas_days_absent", "dashboard_eligible", "dashboard_chronic"},
    ),
    ("reconciliation_differences", "cause", "true", {"partial_days"}),
    (
        "goals",
        "entity_level || ' ' || goal_status",
        "true",
        {
            *(f"district {status}" for status in ("reached", "on_track", "off_track", "no_value")),
            *(f"school {status}" for status in ("reached", "off_track", "no_value")),
        },
    ),
    ("goals", "reporting_category || ' ' || goal_status", "true", {"SS reached", "SS on_track", "SS off_track"}),
    ("accountability", "color_name", "true", {"Red", "Orange", "Yellow", "Green", "Blue"}),
    ("concentration", "place_kind", "true", {"school", "zip"}),
    ("data_quality", "case when score < 100 then 'less' else 'whole' end", "true", {"less", "whole"}),
)  # fmt: skip


@pytest.fixture(scope="session")
def found(county: County) -> dict[tuple[str, str], set[str]]:
    """The answers to what is asked, by mart and question; all in one query."""
    asked = " union ".join(
        f"select {number} as question, {what} as what from marts.{mart} where {where}"
        for number, (mart, what, where, _) in enumerate(ASKED)
    )
    answers = defaultdict(set)
    for row in county.ask(asked):
        mart, what, *_ = ASKED[row["question"]]
        answers[mart, what].add(row["what"])
    return answers


@pytest.mark.parametrize(("mart", "what", "wanted"), [(mart, what, wanted) for mart, what, _, wanted in ASKED])
def test_the_example_county_has_what_dashboards_tell_apart(
    found: dict[tuple[str, str], set[str]], mart: str, what: str, wanted: set[str]
) -> None:
    assert wanted - found[mart, what] == set()


def test_every_district_and_school_has_a_place_on_the_map(county: County) -> None:
    rows = county.ask(
        "select entity_level, count(*) as entities, count(latitude) as north, count(longitude) as east,"
        " count(zip_code) as zips, count(city) as cities from marts.dim_entities group by 1 order by 1"
    )
    of_districts, of_schools = rows[1:]
    assert set(list(of_districts.values())[1:]) == {10}
    assert set(list(of_schools.values())[1:]) == {32}


def test_the_states_dashboard_of_the_invented_schools_comes_out_of_the_rule_and_of_our_days(county: County) -> None:
    rows = county.ask(
        "select entity_level, student_group, is_recomputed, students, our_students,"
        " coalesce(chronic_count, 0) as chronic, coalesce(our_chronic_count, 0) as ours"
        " from marts.dashboard_recomputed where district_code between '99001' and '99010'"
    )
    assert len(rows) > 400
    assert all(row["is_recomputed"] for row in rows)
    whole = [row for row in rows if row["entity_level"] == "district" and row["student_group"] == "ALL"]
    assert [row for row in whole if (row["students"], row["chronic"]) != (row["our_students"], row["ours"])] == []
    # a programme may begin after a student has left, of which the state's file is not told
    assert all(abs(row["students"] - row["our_students"]) <= 2 for row in rows)
