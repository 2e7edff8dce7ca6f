"""One simulated county for all tests of the room."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd
import pytest

from attendance.settings import PROJECT
from ingestion.registry import Registry, read_registry
from simulation.county import simulate
from tests.simulation.raw_files import (
    County,
    read_aeries,
    read_attendance,
    read_calpads,
    read_sis,
    read_stas,
    recompute_daily_life,
)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The project's own registry."""
    return read_registry(PROJECT / "config")


@pytest.fixture(scope="session")
def county(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> County:
    """The county with the default seed and years."""
    folder = tmp_path_factory.mktemp("simulation")
    truth = folder / "truth.parquet"
    return County(simulate(registry, folder / "county", truth=truth), folder / "county", truth)


@pytest.fixture(scope="session")
def aeries(county: County) -> Callable[[str, str, str], pd.DataFrame]:
    """Read a yearly Aeries table: LEA, school year, table."""
    return cache(lambda lea, year, table: read_aeries(county.root, lea, year, table))


@pytest.fixture(scope="session")
def sis(county: County) -> Callable[[str, str, str], pd.DataFrame]:
    """Read a table of PowerSchool, Infinite Campus or Synergy: LEA, school year, table."""
    return cache(lambda lea, year, table: read_sis(county.root, lea, year, table))


@pytest.fixture(scope="session")
def attendance(county: County) -> Callable[..., pd.DataFrame]:
    """Read ATT of a year: LEA, school year."""
    return cache(lambda lea, year, **first: read_attendance(county.root, lea, year, **first))


@pytest.fixture(scope="session")
def calpads(county: County) -> Callable[[str, str, str], pd.DataFrame]:
    """Read a CALPADS file: LEA, school year, record type."""
    return cache(lambda lea, year, record_type: read_calpads(county.root, lea, year, record_type))


@pytest.fixture(scope="session")
def stas(county: County) -> Callable[[str, str], pd.DataFrame]:
    """Read STAS: LEA, school year."""
    return cache(lambda lea, year: read_stas(county.root, lea, year))


@pytest.fixture(scope="session")
def daily_life(county: County) -> Callable[..., pd.DataFrame]:
    """Recompute the days of each stint of a district on Aeries: LEA, school year."""
    return cache(lambda lea, year, **first: recompute_daily_life(county.root, lea, year, **first))
