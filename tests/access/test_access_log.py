"""Who read which student-level mart: every way to read is noted, and no word of what was asked is kept."""

from __future__ import annotations

import json
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from publishing.serving.access_log import AccessLogError, harvest, readers, reads_in
from tests.access.county import STAYER
from tests.access.server import Served
from tests.access.test_attempts import as_superuser, run

TABLE = "marts.student_attendance"
READS = {
    "a query": f"select count(*) from {TABLE} where student_key = '{STAYER}'",
    "a sub-query": f"select 1 where exists (select from {TABLE})",
    "a condition that no row meets": f"select * from {TABLE} where grade = 'no such'",
    "copy": f"copy {TABLE} to stdout",
    "copy of a query": f"copy (select student_key from {TABLE}) to stdout",
    "explain analyze": f"explain analyze select * from {TABLE} where student_key = '{STAYER}'",
    "a cursor": f"begin; declare c cursor for table {TABLE}; fetch all from c; rollback",
    "a transaction that is taken back": f"begin; select count(*) from {TABLE}; rollback",
    "a query that fails after it read": f"select 1 / (count(*) - count(*)) from {TABLE}",
    "a statistic of words": f"select count(*) from ts_stat('select array_to_tsvector(array[grade]) from {TABLE}')",
}


def logged(served: Served) -> list[str]:
    """The relations of the reads so far; the server writes its log a moment later."""
    time.sleep(0.2)
    return [
        f"{read.role} {read.relation}"
        for path in sorted(served.log.glob("*.json"))
        for read in reads_in(iter(path.read_text(encoding="utf-8").splitlines(keepends=True)))
    ]


def attempt(connection: psycopg.Connection[Any], sql: str) -> None:
    """Run a statement, whatever becomes of it."""
    try:
        if sql.startswith("copy"):
            with connection.cursor().copy(sql) as copy:
                list(copy)
        else:
            run(connection, sql)
    except psycopg.errors.DivisionByZero:
        pass


@pytest.mark.parametrize("way", READS)
@pytest.mark.parametrize("role", ["county_analyst", "district_00001", "school_0000021"])
def test_every_way_to_read_students_is_noted_once(served: Served, role: str, way: str) -> None:
    before = logged(served)
    with served.connect(role) as connection:
        attempt(connection, READS[way])
    assert logged(served)[len(before) :] == [f"{role} {TABLE}"]


def test_each_execution_of_a_prepared_statement_is_noted(served: Served) -> None:
    before = logged(served)
    with served.connect("district_00001") as connection:
        run(connection, f"prepare reading (text) as select count(*) from {TABLE} where grade = $1")
        for _ in range(8):  # after five, a plan is kept
            run(connection, "execute reading ('grade-1')")
    assert len(logged(served)) == len(before) + 8


def test_a_read_through_a_view_or_a_function_is_of_what_lies_below(served: Served) -> None:
    before = logged(served)
    with as_superuser(
        served,
        "create view public.listed with (security_invoker = true) as select * from marts.team_list",
        "create function public.listing() returns bigint language sql as 'select count(*) from marts.early_warning'",
        "grant usage on schema public to attendance_district",
        "grant select on public.listed to attendance_district",
        undo="drop view public.listed; drop function public.listing(); "
        "revoke usage on schema public from attendance_district",
    ):
        served.ask("select count(*) from public.listed", "district_00002")
        served.ask("select public.listing()", "district_00002")
    assert logged(served)[len(before) :] == ["district_00002 marts.team_list", "district_00002 marts.early_warning"]


def test_what_reads_no_student_is_not_noted(served: Served) -> None:
    before = logged(served)
    for role in ("county_analyst", "district_00001"):
        served.ask("select count(*) from marts.chronic_absence", role)
        served.ask("select count(*) from open_data.chronic_absence", role)
        served.ask(f"explain select * from {TABLE}", role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        served.ask(f"select count(*) from {TABLE}", "support_team")
    assert logged(served) == before


def test_no_literal_reaches_the_access_log_and_of_readers_not_even_the_server_s(served: Served, tmp_path: Path) -> None:
    secret = "key-of-a-student-4711"
    with served.connect("district_00001") as connection:
        run(connection, f"select * from {TABLE} where student_key = '{secret}'")
        connection.execute(f"select * from {TABLE} where student_key = %s", [secret])
        for failing in (f"select '{secret}'::integer", f"select * from nowhere.{secret.replace('-', '_')}"):
            with pytest.raises(psycopg.Error):
                run(connection, failing)
        with pytest.raises(psycopg.Error):
            connection.execute("select %s::integer", [secret])
    time.sleep(0.2)
    raw = "".join(path.read_text(encoding="utf-8") for path in served.log.iterdir())
    assert "district_00001" in raw
    assert secret not in raw
    assert secret.replace("-", "_") not in raw
    kept = tmp_path / "access"
    assert harvest(served.log, kept, delete=False).reads > 0
    assert all(secret.encode() not in path.read_bytes() for path in kept.iterdir())


def line(role: str, at: str, relation: str = "marts.team_list", code: str = "AR001") -> str:
    """A line as the server writes it."""
    entry = {
        "timestamp": f"{at} UTC",
        "user": role,
        "session_id": "6b087895.6046",
        "remote_host": "[local]",
        "error_severity": "LOG",
        "state_code": code,
        "message": f"attendance read: {relation}",
        "statement": "select 'a key'",
    }
    return json.dumps(entry) + "\n"


@pytest.fixture
def server_log(tmp_path: Path) -> Path:
    """Two files of a server's log; the second is being written, and its last line is cut short."""
    folder = tmp_path / "reads"
    folder.mkdir()
    (folder / "postgresql-1.json").write_text(
        line("a", "2024-05-01 08:00:00.123") + line("a", "2024-05-01 09:00:00.000", code="00000"), encoding="utf-8"
    )
    (folder / "postgresql-2.json").write_text(
        line("a", "2024-05-02 08:00:00.000")
        + line("b", "2024-05-02 09:00:00.000")
        + line("b", "2024-05-02 10:00:00.000")[:50],
        encoding="utf-8",
    )
    return folder


def test_a_harvest_keeps_reads_once_however_often_it_runs_and_lets_the_server_s_log_go(
    server_log: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "access"
    for _ in range(2):
        done = harvest(server_log, kept, delete=False)
        assert (done.reads, done.files, done.deleted) == (3, 2, 0)
    assert harvest(server_log, kept, delete=True).deleted == 1
    assert [path.name for path in server_log.iterdir()] == ["postgresql-2.json"]
    with (server_log / "postgresql-2.json").open("a", encoding="utf-8") as file:
        file.write(line("b", "2024-05-02 10:00:00.000")[50:])
    harvest(server_log, kept, delete=True)
    told = [(reader.role, reader.reads, reader.sessions) for reader in readers(kept)]
    assert told == [("b", 2, 1), ("a", 2, 1)]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept.iterdir())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700


def test_readers_are_told_by_role_relation_and_since_when(server_log: Path, tmp_path: Path) -> None:
    kept = tmp_path / "access"
    harvest(server_log, kept, delete=False)
    assert [reader.role for reader in readers(kept, role="b")] == ["b"]
    assert readers(kept, relation="marts.transitions") == ()
    since = datetime(2024, 5, 2, tzinfo=UTC)
    assert [(reader.role, reader.reads) for reader in readers(kept, since=since)] == [("b", 1), ("a", 1)]
    assert readers(kept, since=since + timedelta(days=2)) == ()
    assert readers(tmp_path / "nothing") == ()


def test_a_server_that_keeps_no_such_log_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(AccessLogError, match="logging_collector"):
        harvest(tmp_path / "missing", tmp_path / "access", delete=False)
