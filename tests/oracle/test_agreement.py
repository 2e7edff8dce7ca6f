"""The warehouse and the oracle agree: on a small county of one more seed, and on tiny ones that hypothesis draws.

What hypothesis finds is printed as the county that it drew, shrunk, with the rows that differ; all of it is invented.
"""

from __future__ import annotations

import shutil
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from attendance.settings import PROJECT, Settings
from ingestion.contract import Contract, Rejects, read_contracts
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import read_registry
from tests.oracle.agreement import compare, groups_side_by_side, students_side_by_side
from tests.oracle.chronic import count
from tests.oracle.drawn import DAYS, LEAS, PLACES, SYSTEMS, County, District, Mark, Stay, Student, counties
from tests.oracle.files import write_county
from tests.oracle.seeds import KINDS, Outcome, ask
from tests.oracle.warehouse import Compiled, compile_marts, marts_of

KEY = "an invented key, only for tests"
# A second or two each; with these, every edge below was met on every system.
EXAMPLES = 5
# What the drawn counties of one system must have held together, as SQL over the students of the mart.
EDGES = {
    "30 days expected": "days_expected = 30",
    "31 days expected": "days_expected = 31",
    "a tenth of the days absent": "is_eligible and days_absent * 10 = days_expected",
    "less than a day short of it": "is_eligible and days_absent * 10 between days_expected - 10 and days_expected - 1",
    "no day attended": "days_expected = days_absent and days_expected > 0",
    "exempt": "is_exempt",
    "a code that nobody explains": "days_unmapped > 0",
    "part of a day missed": "days_partial > 0",
    "another kind of absence": "days_out_of_school_suspension > 0 or days_non_ada_independent_study > 0",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The two marts' SQL."""
    return compile_marts(tmp_path_factory.mktemp("compiled"), read_registry(PROJECT / "config"))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", KEY)


@cache
def forgiving() -> tuple[Contract, ...]:
    """The contracts without limits: of ten rows, one with an unknown code is more than a hundredth."""

    def without_limits(contract: Contract) -> Contract:
        columns = {
            name: column
            if column.refers is None
            else column.model_copy(update={"refers": column.refers.model_copy(update={"limit": Decimal(1)})})
            for name, column in contract.columns.items()
        }
        anything = Rejects.model_validate({"limit": "100%"})
        return contract.model_copy(update={"columns": columns, "rejects": anything})

    return tuple(without_limits(contract) for contract in read_contracts())


def loaded(root: Path) -> Settings:
    """The county below the root, loaded; every file of it must have been taken whole."""
    places = Settings(home=root / "home", config=root / "config", extracts=root / "extracts", public=root / "public")
    registry = read_registry(places.config)
    for kind in KINDS:
        for sender in registry.sending(kind):
            waiting = pull_new_files(places, registry, sender.code, kind, forgiving())
            for record in load_landed(places, registry, waiting, forgiving()):
                assert (record.outcome, record.rows_rejected) == ("loaded", 0), record
    prepare_lake(places)
    write_reference(places, registry)
    return places


def seen_in(marts: duckdb.DuckDBPyConnection) -> Counter[str]:
    """How many students of the mart stand at each edge."""
    counts = ", ".join(f"count(*) filter ({edge})" for edge in EDGES.values())
    found = marts.execute(f"select {counts} from marts.student_attendance").fetchone() or ()
    return Counter(dict(zip(EDGES, found, strict=True)))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_warehouse_agrees_with_the_oracle_on_every_student_that_is_drawn(
    compiled: Compiled, tmp_path: Path, system: str
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(counties(system))
    def holds(county: County) -> None:
        root = tmp_path / "county"
        shutil.rmtree(root, ignore_errors=True)
        write_county(root, county)
        places = loaded(root)
        hand = count(places.extracts, places.config)
        with marts_of(compiled, places.lake) as marts:
            seen.update(seen_in(marts))
            for both in (students_side_by_side(hand, marts, KEY.encode()), groups_side_by_side(hand, marts)):
                wrong = both[both["differs"]].dropna(axis=1, how="all")
                assert wrong.empty, wrong.T.to_string()

    holds()
    assert not [edge for edge in EDGES if not seen[edge]]


def test_the_warehouse_agrees_with_the_oracle_on_a_small_county_of_another_seed(compiled: Compiled) -> None:
    outcome = ask(20260, compiled, students=2_000, school_years=("2023-24",))
    assert outcome.agrees, str(outcome)
    assert sum(level.students for level in outcome.levels) > 5_000
    assert sum(level.groups for level in outcome.levels) > 500


def one_student() -> County:
    """A student absent on a tenth of the days of one school."""
    marks = tuple(Mark(0, day, ("excused", "excused"), "code") for day in range(7))
    stay = Stay(0, 0, len(DAYS) - 1, "10", "E155", is_open=False)
    student = Student(has_ssid=True, grade="01", stays=(stay,), marks=marks, exempt=frozenset())
    districts = tuple(District(lea, "aeries", "last_day") for lea in LEAS)
    return County(districts, PLACES, frozenset(), frozenset(), (student,))


@pytest.mark.parametrize(
    ("change", "students", "groups"),
    [
        ("update marts.student_attendance set days_absent = days_absent + 1 where days_expected > 1", 1, 0),
        ("delete from marts.student_attendance where days_expected > 1", 1, 0),
        ("update marts.chronic_absence set chronic_count = 0", 0, 5),
    ],
)
def test_a_single_student_or_group_that_differs_is_counted_and_not_named(
    compiled: Compiled, tmp_path: Path, change: str, students: int, groups: int
) -> None:
    write_county(tmp_path, one_student())
    places = loaded(tmp_path)
    hand = count(places.extracts, places.config)
    with marts_of(compiled, places.lake) as marts:
        assert Outcome(1, 0, compare(hand, marts, KEY.encode()), 0).agrees
        marts.execute(change)
        school, district, county = compare(hand, marts, KEY.encode())
    # charter, DASS and type of school are three more groups above the school
    above = groups and groups + 3
    assert [(level.students_differ, level.groups_differ) for level in (school, district, county)] == [
        (students, groups),
        (students, above),
        (students, above),
    ]
    outcome = Outcome(7, 0, (school, district, county), 0)
    assert not outcome.agrees
    assert f"seed   7  DIFFERS  school: {students} of {school.students} students and {groups} of 5 groups" in str(
        outcome
    )
    assert "99000000" not in str(outcome)


def test_a_delivery_that_was_not_taken_whole_is_no_agreement() -> None:
    outcome = Outcome(7, 2, (), 0)
    assert not outcome.agrees
    assert "2 deliveries were refused or had rejects" in str(outcome)
