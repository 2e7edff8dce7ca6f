"""The parts of the stack that are ours, each alone: what makes ready, what asks for health."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType

import pytest

from attendance.airflow import database
from attendance.airflow.running import password
from attendance.errors import MendableError
from attendance.settings import PROJECT, Settings, read_settings
from attendance.stack import healthy, ready
from ingestion.secret import SecretError, read_secret


@contextmanager
def airflow_that_says(told: object) -> Iterator[str]:
    """A web server that answers as Airflow's does."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_part_of_airflow_is_well_when_airflow_says_so_of_that_part() -> None:
    told = {"scheduler": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}, "dag_processor": None}
    with airflow_that_says(told) as address:
        answers = {
            part: healthy.ask("airflow", [address, part]) for part in ("scheduler", "triggerer", "dag_processor")
        }
    assert answers == {"scheduler": "healthy", "triggerer": "unhealthy", "dag_processor": "None"}


def test_a_server_is_well_when_it_says_what_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        def greet() -> None:
            for _ in range(2):
                line, _ = server.accept()
                line.sendall(b"SSH-2.0-x\r\n")
                line.close()

        threading.Thread(target=greet, daemon=True).start()
        assert healthy.ask("port", ["127.0.0.1", port, "SSH-"]) == "healthy"
        assert healthy.ask("port", ["127.0.0.1", port, "HTTP"]) == "it said 'SSH-'"
    with pytest.raises(OSError, match="refused"):
        healthy.ask("port", ["127.0.0.1", port])


def test_what_is_to_be_written_again_and_again_is_well_while_it_is(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.touch()
    assert healthy.ask("fresh", [str(file), "60"]) == "healthy"
    os.utime(file, (0, 0))
    assert "seconds old" in healthy.ask("fresh", [str(file), "60"])


def test_the_answer_is_an_exit_code(tmp_path: Path) -> None:
    ask = [sys.executable, "-m", "attendance.stack.healthy", "fresh", str(tmp_path / "kept"), "60"]
    assert subprocess.run(ask, cwd=PROJECT, check=False, capture_output=True).returncode == 1
    (tmp_path / "kept").touch()
    assert subprocess.run(ask, cwd=PROJECT, check=False, capture_output=True).returncode == 0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return Settings(home=tmp_path, config=tmp_path, extracts=tmp_path, public=tmp_path)


def test_the_administrators_password_is_handed_on_to_airflow_alone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    monkeypatch.setenv(ready.ADMIN_PASSWORD, str(file))
    with pytest.raises(ready.NotReadyError, match="cannot be read"):
        ready.write_password(settings)
    file.write_text("short\n")
    with pytest.raises(ready.NotReadyError, match="fewer than 12 characters"):
        ready.write_password(settings)
    file.write_text("a password of the county\n")
    ready.write_password(settings)
    assert password(settings) == "a password of the county"
    assert oct((settings.airflow / "password.json").stat().st_mode & 0o777) == "0o600"
    monkeypatch.delenv(ready.ADMIN_PASSWORD)
    with pytest.raises(ready.NotReadyError, match="make-secrets"):
        ready.write_password(settings)


def test_what_makes_ready_takes_no_run_away_that_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def close(*_: object, **__: object) -> None:
        raise AssertionError("it runs beside a scheduler that was started before")

    made: list[str] = []
    # Airflow itself is not loaded here: it would make a home of its own
    for name, parts in {
        "airflow": {},
        "airflow.utils": {},
        "airflow.utils.db": {"upgradedb": lambda: made.append("database")},
        "airflow.utils.session": {"create_session": nullcontext},
    }.items():
        module = ModuleType(name)
        vars(module).update(parts)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(database, "close_leftovers", close)
    monkeypatch.setattr(database, "make_pools", lambda _: made.append("pools"))
    ready.migrate()
    assert made == ["database", "pools"]


def test_the_key_of_the_pseudonyms_is_read_from_the_file_that_is_named_and_never_made_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTENDANCE_SECRET", raising=False)
    file = tmp_path / "key"
    monkeypatch.setenv("ATTENDANCE_SECRET_FILE", str(file))
    with pytest.raises(SecretError, match="cannot be read"):
        read_secret(settings)
    assert not settings.secret_file.exists()
    file.write_text("an invented key, only for tests\n")
    assert read_secret(settings) == b"an invented key, only for tests"
    monkeypatch.setenv("ATTENDANCE_SECRET", "one of the environment goes first")
    assert read_secret(settings) == b"one of the environment goes first"


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("postgresql://who@host:5432/name", "postgresql://who:p%40ss%2Fword@host:5432/name"),
        # a child of a process that has put them together
        ("postgresql://who:other@host/name", "postgresql://who:other@host/name"),
        ("postgresql://host/name", "postgresql://host/name"),
        ("off", "off"),
        ("", ""),
    ],
)
def test_the_password_of_the_server_may_stand_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, read: str
) -> None:
    (tmp_path / "password").write_text("p@ss/word\n")
    monkeypatch.setenv("ATTENDANCE_POSTGRES", address)
    monkeypatch.setenv("ATTENDANCE_POSTGRES_PASSWORD_FILE", str(tmp_path / "password"))
    assert read_settings().postgres == read


def test_a_password_file_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_POSTGRES", "postgresql://who@host/name")
    monkeypatch.setenv("ATTENDANCE_POSTGRES_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(MendableError, match=r"ATTENDANCE_POSTGRES_PASSWORD_FILE is .*none, which cannot be read"):
        read_settings()


def test_the_key_of_metabase_may_stand_in_a_file_which_is_empty_until_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("METABASE_API_KEY", raising=False)
    monkeypatch.setenv("METABASE_API_KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "key").write_text("")
    assert read_settings().metabase_key == ""
    (tmp_path / "key").write_text("mb_invented\n")
    assert read_settings().metabase_key == "mb_invented"
    monkeypatch.setenv("METABASE_API_KEY", "mb_of_the_environment")
    assert read_settings().metabase_key == "mb_of_the_environment"


def test_pages_may_lie_in_a_folder_apart_and_children_find_them_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_HOME", str(tmp_path / "home"))
    assert read_settings().site == tmp_path / "home" / "site"
    monkeypatch.setenv("ATTENDANCE_PAGES", str(tmp_path / "pages"))
    settings = read_settings()
    assert settings.site == tmp_path / "pages" / "site"
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == settings
