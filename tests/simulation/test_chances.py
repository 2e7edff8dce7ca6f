"""What an intervention truly changes, as the simulation tells it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ingestion.registry import Delivery, Registry
from simulation.codes import State
from simulation.interventions import KINDS
from simulation.places import places_of
from simulation.truth import beside
from simulation.world import World, Year, simulate_world
from tests.simulation.raw_files import County, read_table


@pytest.fixture(scope="module")
def world(registry: Registry) -> World:
    """A year in which every district offers interventions."""
    leas = tuple(
        lea.model_copy(update={"sends": {**lea.sends, "interventions": Delivery(folder="log")}})
        for lea in registry.leas
    )
    return simulate_world(places_of(registry.model_copy(update={"leas": leas})), 7, ("2023-24",), lambda _message: None)


def absent_after(year: Year) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Days missed of each offer's student from its first day on, but for those that something else decided."""
    offers = year.daily.offers
    missed = np.isin(year.daily.states[offers.stint], [State.EXCUSED, State.UNEXCUSED, State.UNVERIFIED])
    return missed & (np.arange(180) >= offers.start[:, None])


def test_as_much_is_missed_with_an_intervention_as_its_chances_say(world: World) -> None:
    (year,) = world.years
    assert year.daily.chances is not None
    offers, chances = year.daily.offers, year.daily.chances
    there = (year.stints.superseded == 180)[offers.stint]
    told, missed = chances.with_it[there].sum(), absent_after(year)[there].sum()
    assert len(offers.stint) > 4000
    assert abs(missed / told - 1) < 0.03


def test_an_intervention_takes_away_its_share_of_the_days_and_nothing_before_its_first_one(world: World) -> None:
    (year,) = world.years
    assert year.daily.chances is not None
    offers, chances = year.daily.offers, year.daily.chances
    before = np.arange(180) < offers.start[:, None]
    assert not chances.with_it[before].any()
    assert not chances.without[before].any()
    for index, kind in enumerate(KINDS):
        rows = offers.kind == index
        share = chances.with_it[rows].sum() / chances.without[rows].sum()
        # the first days still carry on the absence of the day before
        assert abs(share - kind.effect) < 0.02, kind.code
    assert (chances.with_it[offers.kind == 1] == chances.without[offers.kind == 1]).all()


def test_the_truth_has_the_numbers_of_the_log_and_lies_outside_what_is_sent(county: County) -> None:
    truth = pd.read_parquet(beside(county.truth))
    (path,) = county.root.glob("1999001/interventions/*.csv")
    log = read_table(path)
    told = truth.groupby("intervention_id").agg(kind=("type_code", "first"), first=("school_date", "min"))
    both = log.set_index("intervention_id").join(told, how="outer")
    assert (both["kind"].astype(str) == both["type_code"]).all()
    assert (both["first"].dt.strftime("%Y-%m-%d") == both["start_date"]).all()
    assert not list(county.root.rglob("*truth*"))
