"""The server of our own starts when it is needed, survives being killed, and lets nobody pass for another."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from attendance.errors import MendableError
from attendance.settings import PROJECT, Settings, read_settings
from publishing.publish import publish, roll_back
from publishing.serving import server as serving
from publishing.serving.server import (
    HOST,
    Server,
    ServerError,
    address_for,
    free_port,
    how_to_connect,
    open_server,
    stop_server,
)
from tests.serving.conftest import READER, Place, let_read


@contextmanager
def new_home() -> Iterator[Settings]:
    """Settings with a server of its own that nobody has started yet."""
    folder = Path(tempfile.mkdtemp(prefix="attendance-server-"))
    path = folder / "home"
    settings = Settings(home=path, config=path, extracts=path, public=path, postgres="")
    yield settings
    if path.exists():
        stop_server(settings)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh() -> Iterator[Settings]:
    """A home in which no server was made."""
    with new_home() as settings:
        yield settings


@pytest.fixture(scope="module")
def home() -> Iterator[Settings]:
    """A home whose server each test may stop and start."""
    with new_home() as settings:
        yield settings


def postmaster(settings: Settings) -> int:
    return int((settings.postgres_home / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])


def test_it_is_made_started_found_running_stopped_and_started_again(home: Settings) -> None:
    server = open_server(home)
    first = postmaster(home)
    with server.connect() as connection:
        connection.execute("create table if not exists kept as select 1 as a")
    open_server(home)
    assert postmaster(home) == first
    assert stop_server(home)
    assert not stop_server(home)
    with open_server(home).connect() as connection:
        assert connection.execute("select a from kept").fetchall() == [(1,)]


def test_it_goes_on_when_the_command_that_started_it_is_killed(fresh: Settings) -> None:
    program = (
        "import sys, os, signal; from pathlib import Path; from attendance.settings import Settings\n"
        "from publishing.serving.server import open_server\n"
        "path = Path(sys.argv[1]); open_server(Settings(path, path, path, path, postgres=''))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(fresh.home)], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    started = postmaster(fresh)
    with open_server(fresh).connect() as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    assert postmaster(fresh) == started


def test_it_recovers_after_it_was_killed(home: Settings) -> None:
    with open_server(home).connect() as connection:
        connection.execute("create table if not exists kept as select 1 as a")
    os.kill(postmaster(home), signal.SIGKILL)
    with open_server(home).connect() as connection:
        assert connection.execute("select a from kept").fetchall() == [(1,)]


def test_a_number_that_someone_else_has_by_now_does_not_stop_it(home: Settings) -> None:
    open_server(home)
    lock = home.postgres_home / "data" / "postmaster.pid"
    lines = lock.read_text(encoding="utf-8").splitlines()
    stop_server(home)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lock.write_text("\n".join([str(other.pid), *lines[1:], ""]), encoding="utf-8")
        open_server(home)
        assert postmaster(home) != other.pid
    finally:
        other.kill()
        other.wait()


def test_two_that_start_it_at_once_start_one(fresh: Settings) -> None:
    program = (
        "import sys; from pathlib import Path; from attendance.settings import Settings\n"
        "from publishing.serving.server import open_server\n"
        "path = Path(sys.argv[1]); open_server(Settings(path, path, path, path, postgres=''))\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", program, str(fresh.home)], cwd=PROJECT) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    with open_server(fresh).connect() as connection:
        assert connection.execute("select count(*) from pg_database where datname = 'attendance'").fetchone() == (1,)


def test_it_keeps_its_port_and_takes_another_where_that_is_taken(home: Settings) -> None:
    open_server(home)
    port = address_for(home, "x", "y")
    stop_server(home)
    open_server(home)
    assert address_for(home, "x", "y") == port
    stop_server(home)
    taken = int((home.postgres_home / "port").read_text(encoding="utf-8"))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, taken))
        other.listen()
        assert free_port(taken) != taken
        open_server(home)
        assert address_for(home, "x", "y") != port


def test_a_path_that_is_too_long_for_a_socket_does_not_stop_it(fresh: Settings) -> None:
    long = fresh.home / ("a-long-name-" * 8)
    far = replace(fresh, home=long)
    with open_server(far).connect() as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    assert stop_server(far)


def test_files_and_doors_are_closed_to_others(own: tuple[Settings, Server]) -> None:
    settings, _ = own
    folder = settings.postgres_home
    rights = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("data", "socket", "password")}
    assert rights == {"data": 0o700, "socket": 0o700, "password": 0o600}


def test_nobody_comes_in_without_the_password_of_the_role(own: tuple[Settings, Server]) -> None:
    settings, server = own
    with server.connect() as connection:
        connection.execute("create role some_district login password 'right'")
        connection.execute("grant connect on database attendance to some_district")
    with psycopg.connect(address_for(settings, "some_district", "right")) as connection:
        assert connection.execute("select current_user").fetchone() == ("some_district",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address_for(settings, "some_district", "wrong"))
    password = (settings.postgres_home / "password").read_text(encoding="utf-8")
    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        psycopg.connect(address_for(settings, "postgres", password))
    with server.connect() as connection:
        methods = connection.execute("select distinct auth_method from pg_hba_file_rules order by 1").fetchall()
        assert methods == [("reject",), ("scram-sha-256",)]
        assert connection.execute("select count(*) from pg_hba_file_rules where error is not null").fetchone() == (0,)
        assert connection.execute("show listen_addresses").fetchone() == (HOST,)


def test_no_role_may_enter_a_database_by_default(own: tuple[Settings, Server]) -> None:
    settings, server = own
    with server.connect() as connection:
        connection.execute("create role stranger login password 'right'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(address_for(settings, "stranger", "right"))


def test_a_password_in_the_settings_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_POSTGRES", "postgresql://county:s3cret@127.0.0.1:1/attendance")
    settings = read_settings()
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in how_to_connect(settings)
    with pytest.raises(ServerError, match=r"127\.0\.0\.1:1/attendance does not let us in") as raised:
        open_server(settings)
    assert "s3cret" not in str(raised.value)
    monkeypatch.setenv("ATTENDANCE_POSTGRES", "s3cret")
    with pytest.raises(MendableError, match="must be a connection URI") as refused:
        read_settings()
    assert "s3cret" not in str(refused.value)
    for password in ("s3/cret", "s3@cret", "s3%zcret", "1/s3cret"):
        monkeypatch.setenv("ATTENDANCE_POSTGRES", f"postgresql://county:{password}@host/data")
        with pytest.raises(ServerError, match="is not a connection URI") as unread:
            open_server(read_settings())
        assert "cret" not in str(unread.value)


def test_a_user_who_may_not_publish_is_told_all_that_is_missing(place: Place) -> None:
    with place.connect() as connection:
        let_read(connection.cursor(), {})
        database = connection.info.dbname
        connection.execute(f"grant connect on database {database} to {READER}")
    address = place.settings.postgres.replace("postgres:", f"{READER}:", 1)
    password = address.partition(f"{READER}:")[2].partition("@")[0]
    settings = replace(place.settings, postgres=address.replace(password, "only%20for%20tests"))
    with pytest.raises(ServerError, match="cannot be published to as test_reader") as raised:
        publish(settings)
    for lacking in ("grant create on database", "pg_read_all_stats", "createrole", "bypassrls"):
        assert lacking in str(raised.value)


def test_a_user_who_is_no_superuser_can_publish_and_roll_back(place: Place) -> None:
    name = f"publisher_{os.urandom(4).hex()}"
    with place.connect() as connection:
        database = connection.info.dbname
        connection.execute(f"create role {name} login createrole bypassrls password 'right'")
        connection.execute(f"grant create, connect on database {database} to {name}")
        connection.execute(f"grant pg_read_all_stats to {name}")
    address = place.settings.postgres
    password = address.partition("postgres:")[2].partition("@")[0]
    settings = replace(place.settings, postgres=address.replace(f"postgres:{password}", f"{name}:right", 1))

    def grant(cursor: psycopg.Cursor[Any], schemas: Mapping[str, str]) -> None:
        for schema in schemas.values():
            cursor.execute(f"grant usage on schema {schema} to public")

    for version in (1, 2):
        place.build(version)
        publish(settings, grant=grant)
    roll_back(settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]
    owners = place.ask("select distinct tableowner::text from pg_tables where schemaname = 'marts'")
    assert owners == [(name,)]
    with place.connect() as connection:
        connection.execute(f"drop owned by {name} cascade")
        connection.execute(f"drop role {name}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs it as another user")
def test_where_the_user_who_runs_it_has_another_number_it_starts_all_the_same(home: Settings) -> None:
    open_server(home)
    stop_server(home)
    data = home.postgres_home / "data"
    for path in (data, *data.rglob("*")):
        os.chown(path, 54321, 54321)
    with open_server(home).connect() as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_turned_off_nothing_is_started_and_pages_are_published(place: Place) -> None:
    settings = replace(place.settings, postgres="off")
    report = publish(settings)
    assert (report.tables, report.copies) == (None, None)
    assert (settings.site / "index.html").is_file()
    assert not settings.copies.exists()
    assert not settings.postgres_home.exists()
    with pytest.raises(ServerError, match="turned off"):
        open_server(settings)


def test_a_server_of_another_version_is_left_alone(fresh: Settings) -> None:
    data = fresh.postgres_home / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n", encoding="utf-8")
    with pytest.raises(ServerError, match="was made by PostgreSQL 16"):
        open_server(fresh)
    (data / "PG_VERSION").unlink()


def test_what_stands_in_the_way_of_a_start_is_told(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    open_server(home)
    stop_server(home)
    monkeypatch.setattr(serving, "STARTS", 1)
    monkeypatch.setitem(serving.CONFIGURATION, "max_connections", "none")
    began = time.monotonic()
    with pytest.raises(ServerError, match=r"does not start(.|\n)*max_connections"):
        open_server(home)
    assert time.monotonic() - began < 30
    monkeypatch.undo()
    open_server(home)
