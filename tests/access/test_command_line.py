"""``attendance roles`` and ``attendance access-log``, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from attendance.cli import app
from attendance.errors import MendableError
from tests.access.server import PASSWORD, WITH_PASSWORD, Served


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    monkeypatch.setenv("ATTENDANCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def attendance(served: Served, *arguments: str) -> Result:
    """Run a command on the server of the test."""
    where = ("--server", served.uri) if arguments[0] == "roles" else ()
    return CliRunner().invoke(app, [*arguments, *where])


def test_roles_are_listed(served: Served, home: Path) -> None:
    said = attendance(served, "roles")
    assert said.exit_code == 0, said.output
    lines = {line.split()[0]: line for line in said.stdout.splitlines()}
    assert lines.keys() == {role.name for role in served.roles}
    assert "00002 0000021" in lines["school_0000021"]
    assert "cannot log in: no password" in lines["school_0000021"]
    assert "has a password" in lines[WITH_PASSWORD]
    assert not home.exists()


def test_a_password_is_printed_once_or_taken_from_a_file(served: Served, tmp_path: Path) -> None:
    said = attendance(served, "roles", "--password", WITH_PASSWORD)
    assert said.exit_code == 0, said.output
    password = said.stdout.strip()
    with served.connect(WITH_PASSWORD, password=password):
        pass
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    said = attendance(served, "roles", "--password", WITH_PASSWORD, "--password-file", str(file))
    assert said.exit_code == 0, said.output
    assert PASSWORD not in said.output
    with served.connect(WITH_PASSWORD):
        pass


def test_queries_that_run_too_long_are_cancelled(served: Served) -> None:
    said = attendance(served, "roles", "--cancel")
    assert said.exit_code == 0, said.output
    assert "0 cancelled" in said.stdout


def test_a_server_that_does_not_answer_is_said_in_words() -> None:
    said = CliRunner().invoke(app, ["roles", "--server", "postgresql://nobody@localhost:1/none"])
    assert isinstance(said.exception, MendableError)
    assert "does not let us in" in str(said.exception)


def test_the_access_log_tells_who_read_what(served: Served, home: Path) -> None:
    served.ask("select count(*) from marts.transitions", "district_00003")
    log = ("access-log", "--server-log", str(served.log))
    said = attendance(served, *log, "--role", "district_00003", "--relation", "marts.transitions")
    assert said.exit_code == 0, said.output
    (line,) = said.stdout.splitlines()
    assert line.split()[:2] == ["district_00003", "marts.transitions"]
    assert "reads in" in line
    assert list((home / "access-log").glob("*.jsonl"))
    said = attendance(served, *log, "--role", "district_00003", "--since", "2999-01-01")
    assert said.stdout == ""
    assert attendance(served, *log, "--since", "yesterday").exit_code == 2
