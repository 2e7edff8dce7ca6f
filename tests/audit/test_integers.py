"""The second attack: what only whole numbers tell."""

from __future__ import annotations

import duckdb
import numpy as np

from publishing.audit.attack import System, attack
from publishing.audit.integers import Whole, attack_integers, settle
from publishing.audit.knowledge import Knowledge
from publishing.audit.public import Rules
from tests.audit.conftest import Attacked
from tests.audit.county import BIRCH, CEDAR, safe_county

WIDTH = 3


def _asked(counts: int, upper: list[float], relations: list[tuple[dict[int, float], float]]) -> dict[int, object]:
    """Head-counts of as many small groups of one family, asked by whole numbers what linear programs take for safe."""
    highest = np.zeros(2 * counts)
    highest[0::2] = upper
    system = System(
        lower=np.zeros(2 * counts),
        upper=highest,
        judged=np.arange(2 * counts) % 2 == 0,
        start=np.cumsum([0, *(len(terms) for terms, _ in relations)]),
        column=np.array([2 * figure for terms, _ in relations for figure in terms], dtype=np.int64),
        value=np.array([value for terms, _ in relations for value in terms.values()], dtype=float),
        row_lower=np.array([total for _, total in relations], dtype=float),
        row_upper=np.array([total for _, total in relations], dtype=float),
        soft=np.zeros(len(relations), dtype=bool),
        far=np.zeros(len(relations), dtype=bool),
    )
    connection = duckdb.connect(":memory:")
    connection.execute(
        "create table figures as select range as f, '' as school_year, '' as cds_code, '' as topic, '' as family, "
        "'small_group' as reason, 0 as n_lower, null::integer as n from range(?)",
        [counts],
    )
    found = attack(system, WIDTH)
    assert 0 not in found.unsafe
    own = np.ones(2 * counts, dtype=bool)
    whole = Whole(Knowledge(connection, system, Rules(10, 20, 8, WIDTH)), found, own)
    unsafe, undecided = settle(whole, np.array([0]), WIDTH, np.random.default_rng(7), lambda _: None)
    assert not undecided
    return {cell: (low, high) for cell, low, high in unsafe}


def test_that_a_count_is_odd_is_found_by_whole_numbers_only() -> None:
    # twice the second (which the third equals) and the first are seven, the first is at most three: one or three
    assert _asked(3, [3, 9, 9], [({1: 1, 2: -1}, 0), ({0: 1, 1: 1, 2: 1}, 7)]) == {0: (1, 3)}


def test_that_a_cover_and_the_only_other_group_are_not_both_empty_is_found_by_whole_numbers_only() -> None:
    assert _asked(2, [3, 3], [({0: 1, 1: -1}, 0)]) == {0: (1, 3)}


def test_a_safe_county_is_safe_from_integer_programs_too(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    found = attack_integers(audited.knowledge, audited.attack, 5)
    assert (found.districts, found.unsafe, found.undecided) == ((BIRCH, CEDAR), (), ())
    assert found.cells > 300


def test_a_sample_is_the_same_each_time(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    once, again = (attack_integers(audited.knowledge, audited.attack, 1, seed=3) for _ in range(2))
    assert once == again
    assert len(once.districts) == 1
