"""Run the DAGs of ``dags/`` on this machine: all of them to their end at once, or Airflow itself for people.

Airflow runs here as it does anywhere, a scheduler, a DAG processor, a triggerer and its servers, all of them children
of the command that started them and all of them on loopback. Its settings come from here alone: neither the files nor
the variables of another Airflow on the machine are looked at.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

from attendance.airflow.client import AirflowRefusalError, Client, Task, call, log_in
from attendance.airflow.names import (
    BUILD,
    BUILDING,
    COLLECTING,
    INGESTION,
    ON_SPARK,
    POOLS,
    PUBLISHING,
    SENDERS_OF,
    STEPS,
    TO_METABASE,
)
from attendance.airflow.process import family, kill
from attendance.dbt import dbt_environment
from attendance.errors import MendableError
from attendance.settings import SPARK, Settings

HOST = "127.0.0.1"
PORT = 8080
USER = "admin"
CONNECTION = "AIRFLOW_CONN_"
# Two servers, not one: Airflow writes its audit log from the event loop. On SQLite a click in the interface and the
# report of a task would wait for each other there until one of them times out.
COMPONENTS: dict[str, tuple[str, ...]] = {
    "web": ("api-server", "--apps", "core", "--host", HOST, "--port", "{port}"),
    "tasks": ("api-server", "--apps", "execution", "--host", HOST, "--port", "{tasks_port}"),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}

# What nearly every task of ours needs. Not where Airflow stays: its tasks would not see these files change.
LOADED_IN_A_HURRY = ("ingestion.pull", "ingestion.load", "attendance.airflow.triggers")

SECONDS_TO_START = 180
SECONDS_BETWEEN_LOOKS = 0.4

Progress = Callable[[str], None]


class AirflowError(MendableError):
    """Airflow cannot do its work here; the message says why, where its log is, and what to do."""


@dataclass(frozen=True)
class TaskFailure:
    """One task that failed after its last try.

    sender: the LEA or other sender, empty where the task is not one of several
    log:    the file of its last try
    lines:  the last errors in it
    """

    dag: str
    task: str
    sender: str
    log: Path
    lines: tuple[str, ...]

    def __str__(self) -> str:
        where = "  ".join(part for part in (self.dag, self.sender, self.task) if part)
        return "\n".join([where, *(f"  {line}" for line in self.lines), f"  its log: {self.log}"])


@dataclass(frozen=True)
class RunReport:
    """What a run of all DAGs came to. Unit of ``seconds``, from the call to Airflow's end, seconds.

    tasks:     how many tasks succeeded
    published: whether the warehouse was built, tested and put in place
    failures:  every task that failed by itself; those behind it are not listed
    """

    seconds: float
    tasks: int
    published: bool
    failures: tuple[TaskFailure, ...]

    @property
    def succeeded(self) -> bool:
        """Whether nothing failed. A refused file is no failure: the ledger has it."""
        return self.published and not self.failures

    def explain(self) -> str:
        """The failures, and what became of the warehouse, for people."""
        lines = [str(failure) for failure in self.failures]
        if not self.published:
            lines.append("The published warehouse and the pages stay as they were.")
        elif self.failures:
            lines.append("The warehouse was built with what is there; of those that failed the last good data stays.")
        return "\n".join(lines)


class TasksFailedError(MendableError):
    """Airflow ran to its end and tasks failed; the message names each of them, its last errors and its log."""

    def __init__(self, report: RunReport) -> None:
        super().__init__(report.explain())
        self.report = report


# --- Settings ---------------------------------------------------------------------------------------------------------


def keep_secret(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)


def _keys(settings: Settings) -> dict[str, str]:
    """Airflow's keys, made once for this home and kept for their owner only."""
    path = settings.airflow / "keys.json"
    if not path.exists():
        keys = {
            "fernet": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "jwt": secrets.token_urlsafe(64),
            "session": secrets.token_urlsafe(32),
        }
        keep_secret(path, json.dumps(keys))
    keys = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(keys, dict):
        raise AirflowError(f"{path} holds no keys. Delete it: new ones are made.")
    return keys


def password_file(settings: Settings) -> Path:
    """Where the password of Airflow's web interface stands, for this home's owner only."""
    return settings.airflow / "password.json"


def password(settings: Settings) -> str:
    """The password of Airflow's web interface, made once for this home."""
    path = password_file(settings)
    if not path.exists():
        keep_secret(path, json.dumps({USER: secrets.token_urlsafe(12)}))
    return str(json.loads(path.read_text(encoding="utf-8"))[USER])


def airflow_environment(
    settings: Settings, *, port: int = PORT, tasks_port: int = PORT + 1, hurry: bool = False
) -> dict[str, str]:
    """The variables under which Airflow and its tasks run.

    port:       where people find Airflow
    tasks_port: where its tasks report
    hurry:      a person waits for the end: look more often, try again after a second instead of minutes, and start
                nothing but what the person started
    """
    keys = _keys(settings)
    password(settings)
    address = f"http://{HOST}:{port}"
    chosen: dict[str, dict[str, object]] = {
        "CORE": {
            "DAGS_FOLDER": settings.project / "dags",
            "LOAD_EXAMPLES": False,
            "EXECUTOR": "LocalExecutor",
            "PARALLELISM": 8,
            "DAGS_ARE_PAUSED_AT_CREATION": False,
            "DEFAULT_TASK_RETRY_DELAY": 1 if hurry else 300,
            "EXECUTION_API_SERVER_URL": f"http://{HOST}:{tasks_port}/execution/",
            "FERNET_KEY": keys["fernet"],
            # a machine without a name server would wait for one
            "HOSTNAME_CALLABLE": "socket.gethostname",
            "SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": password_file(settings),
        },
        "DATABASE": {"SQL_ALCHEMY_CONN": f"sqlite:///{settings.airflow / 'airflow.db'}?timeout=30"},
        "LOGGING": {
            "BASE_LOG_FOLDER": settings.airflow / "logs",
            "DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": settings.airflow / "logs" / "dag_processor",
            "COLORED_CONSOLE_LOG": False,
            # what tasks log is the county's own business
            "FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
            "FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        },
        "API": {"BASE_URL": address, "HOST": HOST, "PORT": port, "SECRET_KEY": keys["session"], "WORKERS": 1},
        "API_AUTH": {"JWT_SECRET": keys["jwt"]},
        # a worker that misses the end of its task looks again after this many seconds
        "WORKERS": {"MIN_HEARTBEAT_INTERVAL": 1},
        "SCHEDULER": {
            # each look goes through all tasks of the build, and takes the processor from the work that it waits for
            "SCHEDULER_IDLE_SLEEP_TIME": 1,
            "USE_JOB_SCHEDULE": not hurry,
            "ENABLE_HEALTH_CHECK": False,
        },
        "DAG_PROCESSOR": {
            "MIN_FILE_PROCESS_INTERVAL": 3600 if hurry else 30,
            "REFRESH_INTERVAL": 3600 if hurry else 60,
            "PARSING_PROCESSES": 1,
        },
        "USAGE_DATA_COLLECTION": {"ENABLED": False},
        "METRICS": {"STATSD_ON": False, "OTEL_ON": False},
        "TRACES": {"OTEL_ON": False},
        "SENTRY": {"SENTRY_ON": False},
    }
    # a connection, unlike a setting, is meant for whoever runs the DAGs: it holds what a transport logs in with
    of_others = {name for name in os.environ if name.startswith("AIRFLOW") and not name.startswith(CONNECTION)}
    return {
        **{name: value for name, value in os.environ.items() if name not in of_others},
        **dbt_environment(settings),
        "AIRFLOW_HOME": str(settings.airflow),
        **{
            f"AIRFLOW__{section}__{name}": str(value)
            for section, options in chosen.items()
            for name, value in options.items()
        },
        "PYTHONPATH": os.pathsep.join(part for part in (str(settings.project), os.environ.get("PYTHONPATH")) if part),
        "SCARF_ANALYTICS": "false",
        "SCARF_NO_ANALYTICS": "true",
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
    }


def _free_ports(wanted: int) -> tuple[int, int]:
    """Two ports on which nobody listens, the wanted one first if it is free."""
    with contextlib.ExitStack() as held:
        found = []
        for choices in ((wanted, 0), (0,)):
            for port in choices:
                probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with contextlib.suppress(OSError):
                    probe.bind((HOST, port))
                    found.append(int(probe.getsockname()[1]))
                    break
        if len(found) == 2:
            return found[0], found[1]
    raise AirflowError(f"No port is free on {HOST}.")


# --- One at a time ----------------------------------------------------------------------------------------------------


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def _alone(settings: Settings, what: str) -> Iterator[int]:
    """Hold this home's Airflow; yields the lock's file descriptor, which every process of Airflow's is to inherit.

    So the lock is free only when the last of them is gone. Raises AirflowError where another command holds it.
    """
    settings.airflow.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.airflow / "lock"
    with path.open("a+") as file:
        deadline = time.monotonic() + 20
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                holder = {}
                with contextlib.suppress(json.JSONDecodeError):  # it is being written just now
                    holder = json.loads(file.read())
                pid = int(holder.get("pid", 0))
                if pid and _is_alive(pid):
                    raise AirflowError(
                        f"`attendance {holder.get('command', '')}` runs already (process {pid}) with {settings.home}. "
                        "Wait for its end or stop it (Ctrl-C there), then start again."
                    ) from None
                if time.monotonic() > deadline:
                    raise AirflowError(
                        f"Processes of an Airflow whose command is gone still hold {path}. "
                        "End them (they are named airflow and python -m attendance.airflow.process) and start again."
                    ) from None
                # its command was killed: its processes are about to follow
                time.sleep(0.2)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "command": what}))
        file.flush()
        try:
            yield file.fileno()
        finally:
            file.truncate(0)


# --- Airflow's processes ----------------------------------------------------------------------------------------------


@dataclass
class Airflow:
    """A running Airflow."""

    settings: Settings
    address: str
    tasks_address: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def log(self, component: str) -> Path:
        """What a component has printed."""
        return self.settings.logs / f"airflow-{component}.log"

    def check(self) -> None:
        """Raise AirflowError if one of the processes has ended."""
        for component, process in self.processes.items():
            if process.poll() is not None:
                raise AirflowError(
                    f"Airflow's {component} ended by itself (exit code {process.returncode}). The end of its log:\n"
                    f"{_tail(self.log(component))}\n  all of it: {self.log(component)}"
                )


def _tail(path: Path, lines: int = 12) -> str:
    if not path.exists():
        return "  (nothing)"
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        text = file.read().decode(errors="replace")
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def _made_for() -> str:
    """What Airflow's database is made for: another version, or another pool, and it is made ready anew."""
    return " ".join((version("apache-airflow-core"), *sorted(POOLS)))


def _database_is_ready(settings: Settings, made_by: Path, *, forget_changes: bool) -> bool:
    """Whether Airflow may start on the database as it is: of its version, with our pools, nothing left unfinished."""
    database = settings.airflow / "airflow.db"
    if not database.exists() or not made_by.exists():
        return False
    if made_by.read_text(encoding="utf-8") != _made_for():
        return False
    left = ["select 1 from dag_run where state in ('running', 'queued')"]
    if forget_changes:
        left.append("select 1 from asset_dag_run_queue")
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return not any(connection.execute(question).fetchone() for question in left)
    except sqlite3.Error:
        return False


def _prepare_database(settings: Settings, environment: dict[str, str], lock: int, *, forget_changes: bool) -> None:
    """Make or upgrade Airflow's database, and close what a stopped Airflow left open, where there is need."""
    made_by = settings.airflow / "database"
    if _database_is_ready(settings, made_by, forget_changes=forget_changes):
        return
    log = settings.logs / "airflow-database.log"
    arguments = ["--forget-changes"] if forget_changes else []
    with log.open("wb") as output:
        ended = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "attendance.airflow.database", *arguments],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
            check=False,
        )
    if ended.returncode:
        raise AirflowError(
            f"Airflow's database could not be made ready:\n{_tail(log)}\n  all of it: {log}\n"
            f"It holds only the history of runs: `rm -r {settings.airflow}` makes a new one."
        )
    made_by.write_text(_made_for(), encoding="utf-8")


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a request to terminate end the command as Ctrl-C does, so that it takes its children with it."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        # a shell that starts a command in the background lets it ignore Ctrl-C
        before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not in the main thread: whoever runs it there looks after signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _started(settings: Settings, command: str, *, port: int, hurry: bool, forget_changes: bool) -> Iterator[Airflow]:
    """A running Airflow, stopped at the end whatever that is."""
    with _ended_by_signals(), _alone(settings, command) as lock, contextlib.ExitStack() as stack:
        settings.logs.mkdir(parents=True, exist_ok=True)
        port, tasks_port = _free_ports(port)
        environment = airflow_environment(settings, port=port, tasks_port=tasks_port, hurry=hurry)
        _prepare_database(settings, environment, lock, forget_changes=forget_changes)
        airflow = Airflow(settings, f"http://{HOST}:{port}", f"http://{HOST}:{tasks_port}")
        lifeline, held = os.pipe()
        stack.callback(os.close, held)
        stack.callback(os.close, lifeline)
        stack.callback(_stop, airflow, seconds=1.0 if hurry else 5.0)
        modules = ",".join(LOADED_IN_A_HURRY) if hurry else ""
        for component, arguments in COMPONENTS.items():
            with airflow.log(component).open("wb") as output:
                airflow.processes[component] = subprocess.Popen(  # noqa: S603 - our own module
                    [
                        *(sys.executable, "-m", "attendance.airflow.process", str(lifeline), modules),
                        *(argument.format(port=port, tasks_port=tasks_port) for argument in arguments),
                    ],
                    env=environment,
                    cwd=settings.airflow,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(lifeline, lock),
                    # Ctrl-C is for the command, which then stops its children in order
                    start_new_session=True,
                )
        yield airflow


def _stop(airflow: Airflow, *, seconds: float) -> None:
    """Ask all processes to end, and after so many seconds end them. What they write is whole at any moment."""
    running = [process for process in airflow.processes.values() if process.poll() is None]
    families = [member for process in running for member in family(process.pid)]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + seconds
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
    kill(families)
    for process in running:
        process.wait()


def _wait_until_ready(airflow: Airflow, since: datetime) -> Client:
    """A client, as soon as Airflow answers and has read every DAG anew."""
    deadline = time.monotonic() + SECONDS_TO_START
    client: Client | None = None
    wanted = {*INGESTION.values(), BUILD}
    earliest = since.strftime("%Y-%m-%dT%H:%M:%S")
    while time.monotonic() < deadline:
        airflow.check()
        try:
            client = client or log_in(airflow.address, USER, password(airflow.settings))
            # the first question takes it some seconds: better now than when the first tasks report
            call(airflow.tasks_address, "GET", "/execution/health")
            read = client.parsed()
            if all(read.get(dag, "") >= earliest for dag in wanted):
                return client
            if errors := client.import_errors(earliest):
                raise AirflowError("A file of the DAG folder cannot be read.\n" + "\n".join(errors))
        except OSError:
            pass  # not yet
        except AirflowRefusalError as refusal:
            if not refusal.is_passing:
                raise
        time.sleep(0.2)
    raise AirflowError(
        f"Airflow was not ready after {SECONDS_TO_START} seconds. Its logs: {airflow.log('*')}\n"
        f"The end of its DAG processor's:\n{_tail(airflow.log('dag-processor'))}"
    )


# --- Everything, to its end -------------------------------------------------------------------------------------------

_WORDS = {
    "success": "done",
    "failed": "FAILED",
    "up_for_retry": "failed, is tried again",
    "upstream_failed": "not run: what it needs has failed",
}


def _line(task: Task) -> str:
    skipped = "not built" if task.dag_id == BUILD else "nothing new"
    label = f"{task.label:<22}" if task.label else ""
    words = _WORDS.get(task.state, skipped)
    return "  ".join(part for part in (f"{task.dag_id:<21}", label, task.name, words) if part)


def _log_of(settings: Settings, task: Task) -> Path:
    """The file of a task's last try; a task that ran in the triggerer has one with a longer name."""
    folder = settings.airflow / "logs" / f"dag_id={task.dag_id}" / f"run_id={task.run_id}" / f"task_id={task.task_id}"
    if task.map_index >= 0:
        folder /= f"map_index={task.map_index}"
    wanted = f"attempt={task.attempt}.log"
    found = sorted(folder.glob(f"{wanted}*"))
    return found[0] if found else folder / wanted


def _last_errors(log: Path, most: int = 12) -> tuple[str, ...]:
    """Why a task failed, from its log of one JSON object per line: what was raised last, else the last errors told."""
    if not log.exists():
        return ("(it has no log: its worker was ended)",)
    told: list[dict[str, Any]] = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            told.append(json.loads(line))
    raised = [item["error_detail"][0] for item in told if item.get("error_detail")]
    if raised:
        return tuple(f"{raised[-1]['exc_type']}: {raised[-1]['exc_value']}".splitlines()[:most])
    errors = [str(item["event"]) for item in told if item.get("level") in {"error", "critical"}]
    return tuple(line for error in errors for line in error.splitlines())[-most:]


def _failed_by_themselves(tasks: Iterable[Task]) -> list[Task]:
    """The tasks that failed, without the models and seeds: what dbt's own task says names them."""
    failed = [task for task in tasks if task.state == "failed"]
    if any(task.name == BUILDING for task in failed):
        return [task for task in failed if task.dag_id != BUILD or task.name == BUILDING]
    return failed


def run_everything(settings: Settings, *, progress: Progress = lambda _line: None) -> RunReport:
    """Run every DAG of ``dags/`` once, to the end of the warehouse's: pull, load, build, test, publish.

    The warehouse's first task waits until nothing arrives any more, as it does at night. ``progress`` is given a line
    for each task that ends.

    Raises AirflowError where Airflow does not start, ends by itself, or is in use, and TasksFailedError at the end,
    when all that could be done is done, where tasks failed. A refused file is no failure: the ledger has it.
    """
    began = time.monotonic()
    since = datetime.now(tz=UTC)
    progress("Airflow starts")
    with _started(settings, "run", port=PORT, hurry=True, forget_changes=True) as airflow:
        client = _wait_until_ready(airflow, since)
        progress(f"Airflow is ready ({time.monotonic() - began:.0f} s)  {airflow.address}")
        paused = client.paused() & {*INGESTION.values(), BUILD}
        for dag_id in paused:
            client.pause(dag_id, is_paused=False)
        try:
            tasks, published = _follow(airflow, client, since, progress, settings)
        finally:
            for dag_id in paused:
                with contextlib.suppress(OSError, AirflowRefusalError):
                    client.pause(dag_id, is_paused=True)
    logs = [(task, _log_of(settings, task)) for task in _failed_by_themselves(tasks)]
    report = RunReport(
        seconds=time.monotonic() - began,
        tasks=sum(task.state == "success" for task in tasks),
        published=published,
        failures=tuple(TaskFailure(task.dag_id, task.name, task.label, log, _last_errors(log)) for task, log in logs),
    )
    if not report.succeeded:
        raise TasksFailedError(report)
    return report


def _is_no_news(task: Task, settings: Settings) -> bool:
    """Whether it was skipped because the settings say so: the other engine builds, or there is no Metabase."""
    on_spark = task.task_id in {ON_SPARK, COLLECTING} or task.task_id.startswith(f"{STEPS}.")
    unasked = task.task_id == TO_METABASE or on_spark != (settings.target == SPARK)
    return task.dag_id == BUILD and task.state == "skipped" and unasked


def _follow(
    airflow: Airflow, client: Client, since: datetime, progress: Progress, settings: Settings
) -> tuple[list[Task], bool]:
    """Start the DAGs and tell each task's end; returns the last word on each task, and whether it was published."""
    # the build waits by itself until nothing arrives any more
    started = {client.trigger(dag_id).run_id: dag_id for dag_id in (*INGESTION.values(), BUILD)}
    ended: dict[tuple[str, str, str, int, int, str], Task] = {}
    senders: dict[tuple[str, str, str], Any] = {}
    look_from = since - timedelta(seconds=1)
    while True:
        airflow.check()
        runs = [run for run in client.runs(since.isoformat()) if run.run_id in started]
        for task in client.ended(look_from.isoformat()):
            if task.run_id in started and task.key not in ended:
                by = (task.dag_id, task.run_id, task.group)
                if task.map_index >= 0 and by not in senders:
                    senders[by] = client.returned(task.dag_id, task.run_id, SENDERS_OF[task.group])
                ended[task.key] = _labelled(task, senders)
                # an end may be written down a little after a later one
                look_from = max(look_from, datetime.fromisoformat(task.ended_at) - timedelta(seconds=10))
                if not (task.stands_for_nobody or _is_no_news(task, settings)):
                    progress(_line(ended[task.key]))
        if len(runs) == len(started) and all(run.is_over for run in runs):
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    last = _last_words(ended.values())
    if any(task.task_id.endswith("load") and task.state == "success" for task in last):
        if not client.has_queued_events(BUILD):
            raise AirflowError(
                f"Files were loaded, and the DAG {BUILD} was not told: it would not start by itself at night. "
                "Each asset that a load brings up to date must stand in its schedule (dags/wiring.py)."
            )
        # what has changed is built: it is no reason for another build when Airflow starts again
        client.forget_queued_events(BUILD)
    return last, any(task.dag_id == BUILD and task.name == PUBLISHING and task.state == "success" for task in last)


def _labelled(task: Task, senders: Mapping[tuple[str, str, str], Any]) -> Task:
    """The task with its sender's name; Airflow tells it only of tasks that came to their code."""
    if task.label or task.map_index < 0:
        return task
    return replace(task, label=senders[task.dag_id, task.run_id, task.group][task.map_index]["name"])


def _last_words(tasks: Iterable[Task]) -> list[Task]:
    """Of each task what it came to in the end."""
    last: dict[tuple[str, str, str, int], Task] = {}
    for task in tasks:
        key = (task.dag_id, task.run_id, task.task_id, task.map_index)
        if key not in last or task.attempt >= last[key].attempt:
            last[key] = task
    return list(last.values())


# --- Airflow for people -----------------------------------------------------------------------------------------------


def up(settings: Settings, *, port: int = PORT, progress: Progress = print) -> None:
    """Start Airflow and its web interface, say where it is, and keep it until Ctrl-C.

    Raises AirflowError where it does not start, ends by itself, or is in use.
    """
    since = datetime.now(tz=UTC)
    progress("Airflow starts; the first time takes a little longer.")
    with (
        contextlib.suppress(KeyboardInterrupt),
        _started(settings, "up", port=port, hurry=False, forget_changes=False) as airflow,
    ):
        try:
            _wait_until_ready(airflow, since)
            progress(f"Airflow is ready: {airflow.address}")
            progress(f"  log in as {USER}, password {password(settings)}  (kept in {password_file(settings)})")
            progress("  The DAGs run at their times, and now if they missed one. Ctrl-C stops Airflow.")
            while True:
                airflow.check()
                time.sleep(1)
        finally:
            progress("Airflow stops")
