"""Nothing undocumented, nothing that only works here: what the repository says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from attendance.cli import app
from attendance.settings import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def test_every_command_stands_in_the_readme() -> None:
    commands = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    assert len(commands) >= 10
    assert [name for name in commands if f"`attendance {name}" not in README] == []


def test_every_setting_stands_in_the_readme() -> None:
    named = re.compile(r"ATTENDANCE_[A-Z_]+")
    rooms = ("attendance", "ingestion", "publishing", "simulation", "dags")
    used = {
        name
        for room in rooms
        for path in (PROJECT / room).rglob("*.py")
        for name in named.findall(path.read_text(encoding="utf-8"))
    }
    # what dbt's profile reads is set by the command line, not by a person
    used -= {"ATTENDANCE_LAKE", "ATTENDANCE_BUILDING", "ATTENDANCE_SPARK_HOST", "ATTENDANCE_SPARK_PORT"}
    assert {name for name in used if f"`{name}`" not in README} == set()


def test_every_make_target_describes_itself() -> None:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"^\.PHONY: (\S+)", text, re.MULTILINE)) == set(
        re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE)
    )
    said = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert "make run" in said
    assert "make test" in said


def test_every_room_stands_in_the_readme() -> None:
    rooms = {path.relative_to(PROJECT).parts[0] for path in tracked() if len(path.relative_to(PROJECT).parts) > 1}
    assert {room for room in rooms if not room.startswith(".") and f"{room}/" not in README} == set()


def test_what_a_county_must_have_at_the_top_level_is_there() -> None:
    for name in ("dags", "dbt_project/models", "ingestion", "seeds", "tests", "docker-compose.yml", "README.md"):
        assert (PROJECT / name).exists(), name


def read_locks() -> str:
    """What everybody installs, and what is added for Spark."""
    return "".join((PROJECT / f"requirements{extra}.lock").read_text(encoding="utf-8") for extra in ("", "-spark"))


def test_the_locks_carry_versions_and_no_addresses() -> None:
    lock = read_locks()
    lines = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert len(lines) > 150
    assert [line for line in lines if not re.match(r"^[a-z0-9._-]+==[\w.+!]+( |$)", line)] == []
    assert "://" not in lock


def test_every_dependency_is_in_the_lock() -> None:
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'^    "([A-Za-z0-9_-]+)(?:[\[<>=!].*)?",$', text, re.MULTILINE)
    locked = {line.split("==")[0] for line in read_locks().splitlines()}
    assert len(named) > 20
    assert {name for name in named if name.lower().replace("_", "-") not in locked} == set()


def test_no_file_names_a_path_of_some_machine() -> None:
    elsewhere = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w")
    mine = Path(__file__)
    text = {path: path.read_bytes().decode("utf-8", errors="replace") for path in tracked() if path != mine}
    assert [str(path) for path, content in text.items() if elsewhere.search(content)] == []


def test_the_workflow_has_at_least_a_valid_form() -> None:
    tool = Path(sys.executable).parent / "check-jsonschema"
    command = [tool, "--builtin-schema", "vendor.github-workflows", PROJECT / ".github" / "workflows" / "test.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_absence_by_reason_has_the_names_of_the_published_layout() -> None:
    marts = PROJECT / "dbt_project/models/marts"
    columns = {}
    for name in ("absence_by_reason", "published_absence_by_reason"):
        (model,) = yaml.safe_load((marts / f"{name}.yml").read_text(encoding="utf-8"))["models"]
        columns[name] = [column["name"] for column in model["columns"]]
    of_the_file = {"entity_name", "charter", "dass", "suppression_reason"}
    published = [name for name in columns["published_absence_by_reason"] if name not in of_the_file]
    assert [*published, "submission_status"] == columns["absence_by_reason"]
