"""``attendance publish`` still publishes; ``attendance publish metabase`` is beside it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from attendance.cli import app
from tests.metabase.conftest import World


def test_published_bare_it_publishes_the_warehouse(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.settings
    report = SimpleNamespace(verdict="Nothing can be told.", copies=None)
    monkeypatch.setattr("attendance.cli.read_settings", lambda: settings)
    monkeypatch.setattr("publishing.publish.publish", lambda _settings, _progress: report)
    said = CliRunner().invoke(app, ["publish"])
    assert said.exit_code == 0, said.output
    assert f"Published {settings.warehouse}" in said.output.replace("\n", "")
    assert world.stand_in.calls == []


def test_published_to_metabase_the_warehouse_stays_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError("the warehouse was published")

    monkeypatch.setattr("attendance.cli.read_settings", lambda: world.settings)
    monkeypatch.setattr("publishing.publish.publish", never)
    said = CliRunner().invoke(app, ["publish", "metabase"])
    assert said.exit_code == 0, said.output
    assert "made, 0 changed" in said.output
    assert "not-told" not in said.output
    assert "of public_reader" not in said.output


def test_the_key_is_no_part_of_what_the_settings_show(world: World) -> None:
    assert world.settings.metabase_key not in repr(world.settings)
