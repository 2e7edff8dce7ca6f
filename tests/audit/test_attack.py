"""The attack on small systems of whole numbers, set beside every solution that there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from publishing.audit.attack import NEAR, System, attack, pass_bounds
from publishing.audit.explain import bounds_by

WIDTH = 3


def _system(
    lower: list[float],
    upper: list[float],
    relations: list[tuple[dict[int, float], float, float]],
    soft: tuple[int, ...] = (),
    far: tuple[int, ...] = (),
) -> System:
    return System(
        np.array(lower, dtype=float),
        np.array(upper, dtype=float),
        np.ones(len(lower), dtype=bool),
        np.cumsum([0, *(len(terms) for terms, _, _ in relations)]),
        np.array([cell for terms, _, _ in relations for cell in terms], dtype=np.int64),
        np.array([value for terms, _, _ in relations for value in terms.values()], dtype=float),
        np.array([low for _, low, _ in relations], dtype=float),
        np.array([high for _, _, high in relations], dtype=float),
        np.isin(np.arange(len(relations)), soft),
        np.isin(np.arange(len(relations)), far),
    )


def _solutions(system: System) -> np.ndarray:
    """Every whole solution."""
    ranges = [range(int(low), int(high) + 1) for low, high in zip(system.lower, system.upper, strict=True)]
    points = np.array(list(itertools.product(*ranges)), dtype=float)
    for row in range(len(system.row_lower)):
        at = slice(system.start[row], system.start[row + 1])
        total = points[:, system.column[at]] @ system.value[at]
        points = points[(total >= system.row_lower[row] - NEAR) & (total <= system.row_upper[row] + NEAR)]
    return points


def _drawn(seed: int) -> System:
    """A few counts with sums, parts and inequalities, around a solution so that there is one."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 7))
    truth = random.integers(0, 7, count)
    relations = []
    for _ in range(int(random.integers(1, 5))):
        cells = random.choice(count, int(random.integers(2, count + 1)), replace=False)
        values = random.choice([1.0, 1.0, 1.0, -1.0, 2.0], len(cells))
        total = float(truth[cells] @ values)
        slack = random.choice([0, 0, 1, 2], 2)
        relations.append(
            (
                {int(cell): float(value) for cell, value in zip(cells, values, strict=True)},
                total - slack[0],
                total + slack[1],
            )
        )
    # some of them are asked late
    late = [tuple(np.flatnonzero(random.random(len(relations)) < 0.4).tolist()) for _ in range(2)]
    return _system([0.0] * count, [7.0] * count, relations, soft=late[0], far=late[1])


def _sums(seed: int) -> System:
    """A table whose rows and columns add up to shown totals: its linear bounds are those of whole numbers."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 5, (2, 3))
    relations = [
        ({3 * row + column: 1.0 for column in range(3)}, float(truth[row].sum()), float(truth[row].sum()))
        for row in range(2)
    ]
    for column in range(3):
        total = truth[:, column].sum()
        relations.append(({3 * row + column: 1.0 for row in range(2)}, total, total))
    return _system([0.0] * 6, [6.0] * 6, relations)


@pytest.mark.parametrize("seed", range(25))
def test_bounds_hold_of_every_solution_and_safe_is_only_said_of_what_linear_programs_find_wide(seed: int) -> None:
    system = _drawn(seed)
    solutions = _solutions(system)
    assert len(solutions)
    found = attack(system, WIDTH, seed=seed)
    assert not len(found.dropped)
    assert not len(found.contradictory)
    assert (found.lower <= solutions.min(axis=0)).all()
    assert (found.upper >= solutions.max(axis=0)).all()
    everything = np.arange(len(system.row_lower))
    exact = np.array([bounds_by(system, everything, cell) for cell in range(len(system.lower))])
    # what a program for the cell alone finds closer than the width must be among the unsafe
    closer = np.flatnonzero(exact[:, 1] - exact[:, 0] < WIDTH)
    assert set(closer) <= set(found.unsafe.tolist())
    # and what is called unsafe is closer than the width in truth
    spans = solutions.max(axis=0) - solutions.min(axis=0)
    assert (spans[found.unsafe] < WIDTH).all()


@pytest.mark.parametrize("seed", range(20))
def test_in_a_table_of_sums_the_bounds_of_what_is_unsafe_are_those_of_whole_numbers(seed: int) -> None:
    system = _sums(seed)
    solutions = _solutions(system)
    found = attack(system, WIDTH, exact=True, seed=seed)
    spans = solutions.max(axis=0) - solutions.min(axis=0)
    assert set(found.unsafe.tolist()) == set(np.flatnonzero(spans < WIDTH).tolist())
    for cell in found.unsafe:
        assert found.lower[cell] == solutions[:, cell].min()
        assert found.upper[cell] == solutions[:, cell].max()


@pytest.mark.parametrize("seed", range(25))
def test_bounds_that_are_passed_along_hold_of_every_solution(seed: int) -> None:
    system = _drawn(seed)
    solutions = _solutions(system)
    passed = pass_bounds(system)
    assert (passed.lower <= solutions.min(axis=0)).all()
    assert (passed.upper >= solutions.max(axis=0)).all()
    assert not len(passed.crossed)


def test_a_soft_relation_that_is_contradicted_is_dropped_and_the_others_are_used() -> None:
    # two counts that add up to 10; soft: the first is at least 12 (false), the second at most 1 (true)
    system = _system(
        [0, 0], [10, 10], [({0: 1, 1: 1}, 10, 10), ({0: 1}, 12, np.inf), ({1: 1}, -np.inf, 1)], soft=(1, 2)
    )
    found = attack(system, WIDTH)
    assert found.dropped.tolist() == [1]
    assert (found.lower.tolist(), found.upper.tolist()) == ([9, 0], [10, 1])


def test_a_hard_relation_is_never_dropped_for_a_soft_one() -> None:
    # the soft one gives the second count a bound that only the sum contradicts, two relations away
    system = _system(
        [0, 0, 0],
        [10, 10, 10],
        [({0: 1, 1: 1}, 6, 6), ({1: 1, 2: -1}, 0, 0), ({0: 1}, 4, np.inf), ({2: 1}, 4, np.inf)],
        soft=(3,),
    )
    found = attack(system, WIDTH)
    assert not len(found.contradictory)
    assert found.dropped.tolist() == [3]


def test_soft_relations_that_only_together_are_contradicted_cost_the_fewest() -> None:
    # three soft lower limits of which two fit under the sum
    system = _system(
        [0, 0, 0],
        [10, 10, 10],
        [({0: 1, 1: 1, 2: 1}, 12, 12), ({0: 1, 1: 1}, 9, np.inf), ({1: 1, 2: 1}, 9, np.inf), ({0: 1, 2: 1}, 9, np.inf)],
        soft=(1, 2, 3),
    )
    found = attack(system, WIDTH)
    assert len(found.dropped) == 1
    assert not len(found.contradictory)


def test_hard_relations_that_contradict_each_other_are_named_and_the_rest_is_still_judged() -> None:
    system = _system([0, 0, 0, 0], [9, 9, 9, 9], [({0: 1, 1: 1}, 4, 4), ({0: 1, 1: 1}, 7, 7), ({2: 1, 3: 1}, 2, 2)])
    found = attack(system, WIDTH)
    assert set(found.contradictory.tolist()) & {0, 1}
    assert {2, 3} <= set(found.unsafe.tolist())


def test_a_count_without_an_upper_bound_is_safe() -> None:
    found = attack(_system([0, 0], [np.inf, np.inf], [({0: 1, 1: -1}, 0, np.inf)]), WIDTH)
    assert not len(found.unsafe)
