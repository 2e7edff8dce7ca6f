"""A small county, and a stand-in for Metabase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attendance.project import DbtProject, read_project
from attendance.settings import PROJECT, Settings
from publishing.metabase import publish
from publishing.metabase.passwords import Password
from publishing.metabase.transport import Metabase
from publishing.serving.rights import Rights, read_rights
from tests.metabase import county
from tests.metabase.stand_in import Call, StandIn, standing_in


@dataclass
class World:
    """A county, its dashboards, and the stand-in that they are published to."""

    settings: Settings
    stand_in: StandIn

    def publish(self, **options: Any) -> list[str]:
        """Publish, and say what was done."""
        return publish.publish_to_metabase(self.settings, **options)

    def plan(self) -> list[str]:
        """What a publication would do; it is an error where that changes something."""
        before = len(self.stand_in.writes())
        lines = publish.plan_publication(self.settings)
        assert len(self.stand_in.writes()) == before
        return lines

    def drift(self) -> tuple[list[str], bool]:
        """What was changed by hand; it is an error where that changes something."""
        before = len(self.stand_in.writes())
        found = publish.report_drift(self.settings)
        assert len(self.stand_in.writes()) == before
        return found

    def writes_of(self, **options: Any) -> list[Call]:
        """The calls that one publication makes to change something."""
        self.stand_in.forget_calls()
        self.publish(**options)
        return self.stand_in.writes()


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small county's file; never write to it."""
    return county.build(tmp_path_factory.mktemp("metabase") / "attendance.duckdb")


@pytest.fixture(scope="session")
def read_once(warehouse: Path) -> tuple[DbtProject, Rights]:
    """What dbt's files say and who may read what: the same for every test."""
    home = warehouse.parent
    settings = Settings(home=home / "none", config=PROJECT / "config", extracts=home, public=home)
    return read_project(PROJECT / "dbt_project"), read_rights(settings, warehouse)


@pytest.fixture
def stand_in() -> Iterator[tuple[str, StandIn]]:
    """A stand-in for Metabase: its address and what it remembers."""
    with standing_in() as found:
        yield found


@pytest.fixture
def world(
    tmp_path: Path,
    warehouse: Path,
    read_once: tuple[DbtProject, Rights],
    stand_in: tuple[str, StandIn],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """The small county before its first publication to Metabase. No PostgreSQL is there: nobody gives passwords."""

    def given(_settings: Settings, roles: Sequence[str], *, anew: bool) -> dict[str, Password]:
        return {role: Password(f"of {role}{' anew' if anew else ''}") for role in roles}

    def impatient(url: str, key: str) -> Metabase:
        return Metabase(url, key, (5, 5), pause=lambda _seconds: None)

    project, rights = read_once
    monkeypatch.setattr(publish, "give_passwords", given)
    monkeypatch.setattr(publish, "locked_out", lambda _settings, _roles: [])
    monkeypatch.setattr(publish, "open_metabase", impatient)
    monkeypatch.setattr(publish, "read_project", lambda _folder: project)
    monkeypatch.setattr(publish, "read_rights", lambda _settings, _database: rights)
    url, standing = stand_in
    tables = county.tables(warehouse, project)
    standing.looks_at = lambda details: [
        table for schema in details["schema-filters-patterns"].split(",") for table in tables[schema]
    ]
    return World(county.settle(tmp_path, warehouse, url), standing)
