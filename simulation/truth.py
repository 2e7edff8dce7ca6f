"""What truly happened, for tests: days as lived, and what interventions changed. No sender knows it or sends it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulation.arrays import Ints, Texts
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import State
from simulation.intervention_log import in_order
from simulation.interventions import KINDS
from simulation.places import numbers_of, texts_of
from simulation.stints import SECONDARY
from simulation.world import World


def _category(codes: Ints, names: list[str]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(codes, pd.Index(names))


def _year(world: World, index: int, local_ids: Texts) -> pd.DataFrame:
    """Columns: school_year, lea_code, school_code, ssid, local_student_id, school_date, state (lower case), is_exempt.

    Secondary enrolments and no-shows expect no days. Where two stints overlap, both days stand.
    """
    year = world.years[index]
    stints, everybody = year.stints, world.years[-1].people.ssid.tolist()
    primary = (stints.status != SECONDARY)[:, None]
    stint, day = np.nonzero((year.daily.states != State.NOT_EXPECTED) & primary)
    place = stints.place[stint]
    leas = sorted({each.lea for each in world.places})
    lea = numbers_of(world.places, lambda each: leas.index(each.lea))
    codes = texts_of(world.places, lambda each: each.code).tolist()
    states = [state.name.lower() for state in State if state is not State.NOT_EXPECTED]
    local = np.searchsorted(local_ids.astype(str), world.identity.local_id[index].astype(str))
    years = [each.school_year for each in world.years]
    return pd.DataFrame(
        {
            "school_year": _category(np.full(len(stint), index), years),
            "lea_code": _category(lea[place], leas),
            "school_code": _category(place, codes),
            "ssid": _category(stints.person[stint], everybody),
            "local_student_id": _category(local[stint], local_ids.tolist()),
            "school_date": year.days[place, day],
            "state": _category(year.daily.states[stint, day].astype(np.int64), states),
            "is_exempt": stints.is_exempt[stint],
        }
    )


def write_truth(path: Path, world: World) -> None:
    """Write the Parquet file, replacing an earlier one; its texts are dictionaries, which a reader sees as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    local_ids = np.unique(np.concatenate(world.identity.local_id).astype(str)).astype(object)
    years = [_year(world, index, local_ids) for index in range(len(world.years))]
    pd.concat(years, ignore_index=True).to_parquet(path, index=False)


def beside(path: Path) -> Path:
    """Where the truth of the interventions stands: next to that of the days."""
    return path.with_name(f"{path.stem}_interventions{path.suffix}")


def _changed(world: World, index: int) -> list[pd.DataFrame]:
    """Columns: school_year, lea_code, intervention_id, type_code, planted_effect, school_date, with_it, without.

    A row per intervention and expected day from its first one on. with_it, without: how likely the student was absent
    on that day, seen from the day before it began; their difference is what it changed.
    """
    year = world.years[index]
    offers, chances, stints = year.daily.offers, year.daily.chances, year.stints
    tables = []
    for lea in sorted({place.lea for place in world.places if place.logs_interventions}):
        order, number = in_order(world, year, lea)
        if chances is None or not len(order):
            continue
        stint, start = offers.stint[order], offers.start[order]
        days = np.arange(SCHOOL_DAYS)
        row, day = np.nonzero((days >= start[:, None]) & (days <= stints.last[stint][:, None]))
        kinds = offers.kind[order][row]
        tables.append(
            pd.DataFrame(
                {
                    "school_year": year.school_year,
                    "lea_code": lea,
                    "intervention_id": _category(row, number.tolist()),
                    "type_code": _category(kinds, [kind.code for kind in KINDS]),
                    "planted_effect": np.array([kind.effect for kind in KINDS])[kinds],
                    "school_date": year.days[stints.place[stint[row]], day],
                    "with_it": chances.with_it[order][row, day],
                    "without": chances.without[order][row, day],
                }
            )
        )
    return tables


def write_changes(path: Path, world: World) -> None:
    """Write what interventions changed as a Parquet file, replacing an earlier one; none where nobody offers any."""
    tables = [table for index in range(len(world.years)) for table in _changed(world, index)]
    if tables:
        pd.concat([table.astype({"intervention_id": str}) for table in tables], ignore_index=True).to_parquet(
            path, index=False
        )
