"""Each contender counts what the county's truth holds: the oracle reads the same files and shares no code with either.

Half of the simulated districts and one school year, in every system. That the contenders equal the mart itself is seen
beside the county that ran from end to end: tests/end_to_end/test_contenders.py.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
import yaml

from attendance.settings import PROJECT
from benchmarks.contenders import CONTENDERS
from ingestion.registry import Registry, read_registry
from simulation.county import simulate
from simulation.places import WILLOW
from simulation.systems import registry_with
from tests.oracle.chronic import count
from tests.oracle.groups import OF_THIS_PROJECT

YEAR = "2023-24"
SYSTEMS = ("aeries", "powerschool", "infinite_campus", "synergy")
# A corrected month and the planted figures (Alder), a school that never submits, overlapping stays and records left
# open (Birch), summaries only (Dogwood), codes that nobody explains and halves (Ironwood), leave dates that are the day
# after (Juniper).
DISTRICTS = ("1999001", "1999002", "1999004", "1999009", "1999010")
NEVER_SUBMITS = f"1999002{WILLOW}"
# school year, level, CDS code, reporting category, eligible enrollment, chronic count
Row = tuple[str, str, str, str, int | None, int | None]


def _write(registry: Registry, config: Path) -> None:
    """The registry as files, of the chosen districts only."""
    shutil.copytree(PROJECT / "config", config)
    for path in (config / "leas").glob("*.yml"):
        path.unlink()
    for lea in registry.leas:
        if lea.code in DISTRICTS:
            entry = lea.model_dump(exclude_defaults=True)
            entry = {**entry, "schools": list(entry["schools"])}
            (config / "leas" / f"{lea.code}.yml").write_text(yaml.safe_dump(entry), encoding="utf-8")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By system a folder with ``config`` and ``extracts``: the same districts, all in that system."""
    root = tmp_path_factory.mktemp("sent")
    registry = read_registry(PROJECT / "config")
    for system in SYSTEMS:
        in_system = registry_with(registry, system)
        _write(in_system, root / system / "config")
        chosen = [lea if lea.code in DISTRICTS else lea.model_copy(update={"sends": {}}) for lea in in_system.leas]
        simulate(
            in_system.model_copy(update={"leas": tuple(chosen)}),
            root / system / "extracts",
            school_years=(YEAR,),
        )
    return {system: root / system for system in SYSTEMS}


@pytest.fixture(scope="module")
def truth(sent: dict[str, Path]) -> set[Row]:
    """What the oracle counts in the state's categories, and the school of which nothing arrives."""
    folder = sent[SYSTEMS[0]]
    counted = count(folder / "extracts", folder / "config").groups
    counted = counted[~counted["reporting_category"].isin(OF_THIS_PROJECT)]
    rows = set(counted.itertuples(index=False, name=None))
    return rows | {(YEAR, "school", NEVER_SUBMITS, "TA", None, None)}


def table(name: str, folder: Path, target: Path, school_years: Sequence[str] = ()) -> list[Row]:
    """What a contender writes of the folder's county."""
    contender = importlib.import_module(f"benchmarks.contenders.{name}")
    contender.count(folder / "config", folder / "extracts", school_years, target)
    columns = "school_year, entity_level, cds_code, reporting_category, eligible_enrollment, chronic_count"
    return duckdb.sql(f"select {columns} from '{target}'").fetchall()


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_counts_what_the_oracle_counts_in_every_system(
    name: str, system: str, sent: dict[str, Path], truth: set[Row], tmp_path: Path
) -> None:
    rows = table(name, sent[system], tmp_path / "table.parquet")
    assert set(rows) == truth
    assert len(rows) == len(truth)


@pytest.mark.parametrize("name", CONTENDERS)
def test_an_authorized_charter_is_counted_in_the_district_that_authorized_it(
    name: str, sent: dict[str, Path], truth: set[Row], tmp_path: Path
) -> None:
    charter, authorizer = "1999010", "1999001"
    folder = tmp_path / "county"
    shutil.copytree(sent["synergy"], folder)
    entry = folder / "config" / "leas" / f"{charter}.yml"
    entry.write_text(
        f'{entry.read_text(encoding="utf-8")}authorizer: {{code: "{authorizer}", name: Alder}}\n', encoding="utf-8"
    )
    rows = set(table(name, folder, tmp_path / "table.parquet"))
    elsewhere = {row for row in truth if not row[2].startswith((charter, authorizer))}
    assert {row for row in rows if not row[2].startswith(authorizer)} == elsewhere
    schools = {
        (year, level, f"{authorizer}{cds[7:]}", *figures)
        for year, level, cds, *figures in truth
        if level == "school" and cds.startswith(charter)
    }
    assert schools <= rows
    alone = {row[2][:7]: row[4] or 0 for row in truth if row[1] == "district" and row[3] == "TA"}
    (together,) = [row[4] for row in rows if row[1] == "district" and row[2][:7] == authorizer and row[3] == "TA"]
    # who moved between the two is one student of the district
    assert together is not None
    assert alone[authorizer] + 0.9 * alone[charter] < together <= alone[authorizer] + alone[charter]


@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_counts_only_the_school_years_that_are_asked_for(
    name: str, sent: dict[str, Path], truth: set[Row], tmp_path: Path
) -> None:
    assert set(table(name, sent["aeries"], tmp_path / "one.parquet", [YEAR])) == truth
    with pytest.raises(FileNotFoundError, match="2021-22"):
        table(name, sent["aeries"], tmp_path / "none.parquet", ["2021-22"])
