"""Airflow as a child of a command: its settings, one at a time, no process left behind, failures told."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from attendance.airflow import running as airflow
from attendance.airflow.client import Task
from attendance.airflow.names import POOLS, SLOW_SENDERS
from attendance.airflow.running import (
    AirflowError,
    RunReport,
    TaskFailure,
    TasksFailedError,
    airflow_environment,
    password,
)
from attendance.airflow.stamp import changed_since_build, mark_built
from attendance.settings import PROJECT, TARGETS, Settings


def test_nothing_is_told_to_anybody(settings: Settings) -> None:
    environment = airflow_environment(settings)
    off = {
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__METRICS__STATSD_ON": "False",
        "AIRFLOW__METRICS__OTEL_ON": "False",
        "AIRFLOW__TRACES__OTEL_ON": "False",
        "AIRFLOW__SENTRY__SENTRY_ON": "False",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    assert {name: environment.get(name) for name in off} == off


def test_airflow_listens_to_this_machine_only(settings: Settings) -> None:
    environment = airflow_environment(settings, port=8123, tasks_port=8124)
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8123"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8124/execution/"
    for component, arguments in airflow.COMPONENTS.items():
        if "api-server" in arguments:
            assert arguments[arguments.index("--host") + 1] == "127.0.0.1", component
        elif component in {"scheduler", "triggerer"}:
            assert "--skip-serve-logs" in arguments, f"{component} would serve its logs to the network"


def test_another_airflows_settings_do_not_reach_ours(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://somewhere.else/production")
    monkeypatch.setenv("AIRFLOW_CONFIG", "/somewhere/else/airflow.cfg")
    monkeypatch.setenv("AIRFLOW_CONN_ALDER_SFTP", "sftp://planted@")
    environment = airflow_environment(settings)
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith(f"sqlite:///{settings.airflow}/")
    assert environment["AIRFLOW_HOME"] == str(settings.airflow)
    assert "AIRFLOW_CONFIG" not in environment
    assert environment["AIRFLOW_CONN_ALDER_SFTP"] == "sftp://planted@"


def test_the_tasks_find_the_places_of_the_command(settings: Settings) -> None:
    environment = airflow_environment(settings)
    assert settings.environment().items() <= environment.items()
    assert str(settings.project) in environment["PYTHONPATH"].split(os.pathsep)


def test_keys_and_password_are_made_once_and_kept_for_their_owner(settings: Settings) -> None:
    first = airflow_environment(settings)
    secret = {name: first[name] for name in first if name.endswith(("JWT_SECRET", "SECRET_KEY", "FERNET_KEY"))}
    assert len({*secret.values(), password(settings)}) == 4
    again = airflow_environment(settings)
    assert {name: again[name] for name in secret} == secret
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in settings.airflow.glob("*.json")}
    assert modes == {"keys.json": "0o600", "password.json": "0o600"}


def test_a_person_who_waits_does_not_wait_for_a_retry_and_starts_nothing_else(settings: Settings) -> None:
    waiting, at_night = airflow_environment(settings, hurry=True), airflow_environment(settings)
    assert waiting["AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY"] == "1"
    assert int(at_night["AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY"]) >= 60
    assert waiting["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "False"
    assert at_night["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "True"


def test_a_taken_port_is_left_to_who_has_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = airflow._free_ports(port)
    assert port not in found
    assert len(set(found)) == 2


def test_a_second_run_at_once_is_refused_and_says_who_runs(settings: Settings) -> None:
    told = rf"`attendance up` runs already \(process {os.getpid()}\)"
    with airflow._alone(settings, "up"), pytest.raises(AirflowError, match=told), airflow._alone(settings, "run"):
        pass
    with airflow._alone(settings, "run"):
        pass


def test_a_run_after_a_killed_one_waits_for_its_last_process(settings: Settings) -> None:
    with airflow._alone(settings, "run") as lock:
        child = subprocess.Popen(["sleep", "1.5"], pass_fds=(lock,))
    # as if the command had been killed, and one of its processes were still there
    (settings.airflow / "lock").write_text(json.dumps({"pid": _gone(), "command": "run"}))
    began = time.monotonic()
    with airflow._alone(settings, "run"):
        assert child.poll() is not None
    assert time.monotonic() - began > 0.3


def _gone() -> int:
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_no_process_outlives_the_command_that_started_it(tmp_path: Path) -> None:
    # a child that has a child in a group of its own, as Airflow gives to each task
    script = (
        "import os, subprocess, sys, threading, time\n"
        "from attendance.airflow.process import _end_with_parent\n"
        "task = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "print(task.pid, flush=True)\n"
        "threading.Thread(target=_end_with_parent, args=(int(sys.argv[1]),), daemon=True).start()\n"
        "time.sleep(60)\n"
    )
    lifeline, held = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(lifeline)],
        pass_fds=(lifeline,),
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        text=True,
    )
    assert child.stdout is not None
    task = int(child.stdout.readline())
    os.close(held)  # what the end of the parent does, however it ends
    assert child.wait(timeout=20) == -9
    deadline = time.monotonic() + 10
    while _runs(task) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(task)
    os.close(lifeline)


def _runs(pid: int) -> bool:
    """Whether it does anything still; in a container nobody may take leave of an ended orphan."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def test_a_new_home_needs_a_database_and_a_finished_one_does_not(settings: Settings) -> None:
    made_by = settings.airflow / "database"
    assert not airflow._database_is_ready(settings, made_by, forget_changes=True)
    settings.airflow.mkdir(parents=True)
    made_by.write_text(airflow._made_for())
    with sqlite3.connect(settings.airflow / "airflow.db") as database:
        database.execute("create table dag_run (state text)")
        database.execute("create table asset_dag_run_queue (asset_id int)")
        database.execute("insert into dag_run values ('success'), ('failed')")
        database.commit()
        assert airflow._database_is_ready(settings, made_by, forget_changes=True)
        database.execute("insert into asset_dag_run_queue values (1)")
        database.commit()
        assert not airflow._database_is_ready(settings, made_by, forget_changes=True)
        assert airflow._database_is_ready(settings, made_by, forget_changes=False)
        database.execute("insert into dag_run values ('running')")
        database.commit()
        assert not airflow._database_is_ready(settings, made_by, forget_changes=False)
        database.execute("delete from dag_run where state = 'running'")
        database.commit()
        assert airflow._database_is_ready(settings, made_by, forget_changes=False)
    # one that was made before a pool was named has no such pool, and the tasks in it would never start
    made_by.write_text(version("apache-airflow-core"))
    assert not airflow._database_is_ready(settings, made_by, forget_changes=False)
    made_by.write_text("2.0.0")
    assert not airflow._database_is_ready(settings, made_by, forget_changes=False)


def _task(state: str, task_id: str = "lea.load", attempt: int = 1, label: str = "Alder Unified") -> Task:
    return Task("sis_nightly", "run", task_id, 0, label, state, attempt, "2026-11-21T10:00:00Z")


@pytest.mark.parametrize(
    ("task_id", "state", "is_told_on"),
    [
        ("stg_registry__leas", "skipped", {"duckdb"}),
        ("dbt_build", "skipped", {"duckdb"}),
        ("on_spark.stg_registry", "skipped", {"spark"}),
        ("begin_on_spark", "skipped", {"spark"}),
        ("collect_from_spark", "skipped", {"spark"}),
        ("on_spark.stg_registry", "failed", {"duckdb", "spark"}),
        ("dbt_build", "success", {"duckdb", "spark"}),
        ("publish_to_metabase", "skipped", set()),
        ("publish_to_metabase", "success", {"duckdb", "spark"}),
    ],
)
def test_what_the_settings_do_not_ask_for_is_no_news(
    settings: Settings, task_id: str, state: str, is_told_on: set[str]
) -> None:
    task = Task("warehouse", "run", task_id, -1, "", state, 0, "")
    told = {target for target in TARGETS if not airflow._is_no_news(task, replace(settings, target=target))}
    assert told == is_told_on


@pytest.mark.parametrize(
    ("task", "line"),
    [
        (_task("success"), "sis_nightly            Alder Unified           load  done"),
        (_task("skipped"), "sis_nightly            Alder Unified           load  nothing new"),
        (_task("failed"), "sis_nightly            Alder Unified           load  FAILED"),
        (_task("success", "senders", label=""), "sis_nightly            senders  done"),
    ],
)
def test_each_task_that_ends_is_told_in_a_line(task: Task, line: str) -> None:
    assert airflow._line(task) == line


def test_a_task_that_came_good_at_its_second_try_did_not_fail() -> None:
    last = airflow._last_words([_task("up_for_retry"), _task("success", attempt=2)])
    assert [task.state for task in last] == ["success"]


def test_a_group_without_senders_is_not_told_of() -> None:
    nobody = Task("sis_nightly", "run", "slow_lea.pull", -1, "", "skipped", 0, "2026-11-21T10:00:00Z")
    assert nobody.stands_for_nobody
    assert not _task("skipped").stands_for_nobody
    assert not Task("warehouse", "run", "stg_registry__leas", -1, "", "skipped", 0, "").stands_for_nobody


def test_a_failure_is_told_by_what_was_raised_last_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "attempt=2.log"
    told = [
        {"level": "info", "event": "begun"},
        {"level": "error", "event": "a warning of some library", "logger": "task.stderr"},
        {
            "level": "error",
            "event": "Task failed with exception",
            "error_detail": [
                {"exc_type": "PullError", "exc_value": "No folder\nCreate it"},
                {"exc_type": "OSError", "exc_value": "deeper"},
            ],
        },
    ]
    log.write_text("\n".join([*(json.dumps(line) for line in told), "not json"]))
    assert airflow._last_errors(log) == ("PullError: No folder", "Create it")
    log.write_text("\n".join(json.dumps(line) for line in told[:2]))
    assert airflow._last_errors(log) == ("a warning of some library",)
    assert "no log" in airflow._last_errors(tmp_path / "none.log")[0]


def test_a_run_with_failures_names_task_sender_reason_and_log() -> None:
    failure = TaskFailure(
        "sis_nightly", "pull", "Alder Unified", Path("/logs/attempt=4.log"), ("PullError: no folder",)
    )
    built = TasksFailedError(RunReport(seconds=1, tasks=5, published=True, failures=(failure,)))
    for words in ("sis_nightly", "Alder Unified", "pull", "PullError: no folder", "/logs/attempt=4.log"):
        assert words in str(built)
    assert "with what is there" in str(built)
    not_built = RunReport(seconds=1, tasks=5, published=False, failures=(failure,))
    assert not not_built.succeeded
    assert "stay as they were" in not_built.explain()


def test_of_a_failed_build_dbts_own_task_speaks() -> None:
    tasks = [
        Task("warehouse", "run", "students", -1, "", "failed", 1, ""),
        Task("warehouse", "run", "dbt_build", -1, "", "failed", 1, ""),
        _task("failed", "lea.pull"),
    ]
    assert [task.name for task in airflow._failed_by_themselves(tasks)] == ["dbt_build", "pull"]


def test_a_build_is_needed_when_something_changed_since_the_last_good_one(settings: Settings) -> None:
    assert changed_since_build(settings)
    loaded = settings.lake / "aeries" / "students" / "1999001" / "2023-24.parquet"
    derived = settings.lake / "ledger" / "deliveries" / "all.parquet"
    for path in (loaded, derived, settings.warehouse):
        path.parent.mkdir(parents=True)
        path.touch()
    mark_built(settings, time.time() + 10)
    assert not changed_since_build(settings)
    later = time.time() + 20
    os.utime(derived, (later, later))
    assert not changed_since_build(settings), "what each build writes anew is no reason for another"
    os.utime(loaded, (later, later))
    assert changed_since_build(settings)


def test_a_build_is_needed_when_the_warehouse_is_gone(settings: Settings) -> None:
    mark_built(settings, time.time() + 10)
    assert changed_since_build(settings)


def _database(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "attendance.airflow.database"],
        env=airflow_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def _insert(database: sqlite3.Connection, table: str, **values: object) -> None:
    """Insert a row of Airflow's; what is not given and must not be empty becomes something of its type."""
    for _, name, kind, must, default, _ in database.execute(f"pragma table_info({table})").fetchall():
        if must and default is None and name not in values:
            values[name] = f"{len(values):032d}" if kind.startswith(("VARCHAR", "CHAR", "TEXT")) else 1
    marks = ", ".join("?" * len(values))
    database.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", tuple(values.values()))


def test_what_was_under_way_when_airflow_was_killed_is_closed_before_it_starts_again(settings: Settings) -> None:
    _database(settings)
    states = {"working": "running", "again": "up_for_retry", "waiting": "deferred", "later": None, "good": "success"}
    path = settings.airflow / "airflow.db"
    with sqlite3.connect(path) as database:
        for number, state in enumerate(("running", "success")):
            when = f"2026-11-2{number} 00:00:00"
            _insert(
                database,
                "dag_run",
                id=number,
                dag_id="a",
                run_id=f"r{number}",
                state=state,
                run_type="manual",
                run_after=when,
                logical_date=when,
            )
        for number, (task, left) in enumerate(states.items()):
            _insert(database, "task_instance", id=f"{number:032x}", dag_id="a", run_id="r0", task_id=task, state=left)
        slots = database.execute("select slots from slot_pool where pool = ?", (SLOW_SENDERS,)).fetchall()
        assert slots == [(POOLS[SLOW_SENDERS][0],)]
        database.execute("update slot_pool set slots = 5 where pool = ?", (SLOW_SENDERS,))
        database.commit()
    database.close()
    _database(settings)
    with sqlite3.connect(path) as database:
        # what somebody set in the interface stays
        assert database.execute("select slots from slot_pool where pool = ?", (SLOW_SENDERS,)).fetchall() == [(5,)]
        assert dict(database.execute("select run_id, state from dag_run")) == {"r0": "failed", "r1": "success"}
        assert dict(database.execute("select task_id, state from task_instance")) == {
            "working": "failed",
            "again": "failed",
            "waiting": "skipped",
            "later": "skipped",
            "good": "success",
        }
    database.close()
