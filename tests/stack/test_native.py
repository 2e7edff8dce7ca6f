"""The stack as ``docker-compose.yml`` has it, started by its own commands: is every service well, and does it work?

One story in order, because a start is dear: PostgreSQL with its roles and databases, Airflow made ready and started, a
district's file fetched over SFTP and loaded by the schedule, a publication, the site, a reader, the access log.
"""

from __future__ import annotations

import http.client
import os
import re
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil
import psycopg
import pytest
import yaml

from attendance.airflow.client import AirflowRefusalError, Client, log_in
from attendance.airflow.names import BUILD, INGESTION
from attendance.airflow.running import USER
from attendance.settings import PROJECT
from attendance.stack.demo_sftp import USER as SFTP_USER
from tests.publishing.conftest import build_database
from tests.serving.conftest import DASHBOARD, MARTS, describe, set_stamp
from tests.stack.conftest import Place
from tests.stack.containers import Stack

LEA = "1999001"
AIRFLOW = "http://api-server:8080"
SERVICES = ("postgres", "api-server", "scheduler", "dag-processor", "triggerer", "access-log", "site", "sftp")
READER = "district_99002"
# In the stack's own image, by its own user: a publication of a warehouse that was invented to be small, not to be safe.
PUBLISH = """
from dataclasses import replace
from pathlib import Path
from attendance.settings import read_settings
from publishing import publish as publication
publication._audit = lambda *_: "not asked"
publication.publish(replace(read_settings(), project=Path("/var/attendance/project")), print)
"""


@dataclass
class Started:
    """The stack with all of its services, and what was said while it was made."""

    place: Place
    ready: str
    published: Future[str]

    @property
    def stack(self) -> Stack:
        """Its services."""
        return self.place.stack

    def connect(self, user: str, password: str, database: str = "attendance") -> psycopg.Connection[Any]:
        """A connection over the stack's network."""
        address = {"host": "127.0.0.1", "port": 5432, "connect_timeout": 5}
        return self.stack.within(
            lambda: psycopg.connect(user=user, password=password, dbname=database, autocommit=True, **address)
        )

    def airflow(self) -> Client:
        """Airflow's interface, as its administrator."""
        password = self.place.secret("airflow_admin_password")
        return self.stack.within(lambda: log_in("http://127.0.0.1:8080", USER, password))

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """What the site answers."""

        def ask() -> tuple[int, dict[str, str], bytes]:
            line = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

        return self.stack.within(ask)


def write_registry(place: Place, delivery: dict[str, Any]) -> None:
    """A county of one LEA that sends its log of interventions in that way."""
    folder = place.config
    (folder / "leas").mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "config" / "roles.yml", folder)
    county = {"county": {"code": "19", "name": "A county"}, "state": {"code": "00", "name": "State", "sends": {}}}
    (folder / "county.yml").write_text(yaml.safe_dump(county), encoding="utf-8")
    lea = yaml.safe_load((PROJECT / "config" / "leas" / "alder.yml").read_text(encoding="utf-8"))
    lea["sends"] = {"interventions": delivery}
    (folder / "leas" / "alder.yml").write_text(yaml.safe_dump(lea), encoding="utf-8")


def hand_over(folder: Path) -> None:
    """Give to the stack's user what was put into one of its volumes from here."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 185, 185)


def put_extracts(stack: Stack) -> None:
    """What the district has sent."""
    list(stack.mounts("ready"))
    there = stack.volume("extracts") / LEA / "interventions"
    there.mkdir(parents=True)
    example = PROJECT / "ingestion" / "contracts" / "interventions" / "log.example.csv"
    shutil.copy(example, there / "interventions_20231120.csv")
    hand_over(stack.volume("extracts"))


def put_warehouse(stack: Stack, scratch: Path) -> None:
    """A warehouse that waits to be published, and the project that describes it."""
    state = stack.volume("state")
    made = build_database(scratch / "attendance.duckdb")
    with duckdb.connect(str(made)) as writer:
        writer.execute(MARTS)
    set_stamp(made, 1)
    describe(made, state / "project")
    (state / "project" / "dashboards").mkdir()
    (state / "project" / "dashboards" / "county.yml").write_text(DASHBOARD, encoding="utf-8")
    (state / "warehouse" / "next").mkdir(parents=True)
    shutil.move(made, state / "warehouse" / "next")
    hand_over(state / "project")
    hand_over(state / "warehouse")


def until(what: Callable[[], Any], seconds: float = 180.0) -> Any:
    """What it returns as soon as that is something."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := what():
            return found
        time.sleep(0.3)
    raise AssertionError(f"nothing came of {what} in {seconds} s")


@pytest.fixture(scope="session")
def started(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Everything, in the order in which the file says that one waits for another."""
    stack = place.stack
    write_registry(place, {"folder": f"{LEA}/interventions"})
    put_extracts(stack)
    with ThreadPoolExecutor(2) as pool:
        stack.start("postgres")
        warehouse = pool.submit(put_warehouse, stack, tmp_path_factory.mktemp("warehouse"))
        stack.wait_healthy("postgres")
        # before anybody asks: a volume begins as the image's folder whoever comes first
        made_ready = stack.run("ready")
        assert made_ready.returncode == 0, made_ready.stdout
        stack.start("sftp")
        stack.start("site")
        stack.start("access-log")
        stack.start("api-server")
        warehouse.result()
        published = pool.submit(lambda: stack.run("scheduler", ["python", "-c", PUBLISH]).stdout)
        told = until(lambda: [line for line in said_by(stack, "sftp") if line.startswith("host_key: ")])
        host = {"host": "sftp", "port": 2222, "path": f"/{LEA}/interventions", "connection": "alder_sftp"}
        write_registry(place, {"sftp": host | yaml.safe_load(told[0])})
        connection = {
            "alder_sftp": {"conn_type": "sftp", "login": SFTP_USER, "password": place.secret("sftp_password")}
        }
        (place.secrets / "connections").write_text(yaml.safe_dump(connection), encoding="utf-8")
        stack.wait_healthy("api-server")
        for name in ("dag-processor", "scheduler", "triggerer"):
            stack.start(name)
        yield Started(place, made_ready.stdout, published)


def said_by(stack: Stack, service: str) -> list[str]:
    """The lines that a service has printed."""
    return stack.running[service].log.read_text(encoding="utf-8", errors="replace").splitlines()


def test_each_service_says_by_its_own_health_check_that_it_is_well(started: Started) -> None:
    started.stack.wait_healthy(*SERVICES)
    by_default = {name for name, spec in started.stack.compose["services"].items() if spec.get("profiles") != ["spark"]}
    # no program here stands for Metabase's; what makes ready has ended
    assert by_default - set(SERVICES) == {"metabase", "ready"}


def test_what_makes_ready_says_what_it_found(started: Started) -> None:
    assert "A county: 1 LEAs" in started.ready
    assert "PostgreSQL: postgres:5432/attendance" in started.ready
    assert started.ready.splitlines()[-1] == "Ready."


def test_a_districts_file_is_fetched_over_sftp_and_loaded_by_the_schedule(started: Started) -> None:
    client = started.airflow()
    until(lambda: started.stack.within(client.parsed).keys() >= {BUILD, *INGESTION.values()})
    # nothing is to be built here
    started.stack.within(lambda: client.pause(BUILD, is_paused=True))
    dag = INGESTION["interventions"]

    def ended() -> list[str]:
        runs = started.stack.within(lambda: client.runs("2020-01-01T00:00:00Z"))
        return [run.state for run in runs if run.dag_id == dag and run.is_over]

    mine = started.stack.within(lambda: client.trigger(INGESTION["survey"]))
    assert until(ended) == ["success"]

    def state() -> str | None:
        runs = started.stack.within(lambda: client.runs("2020-01-01T00:00:00Z"))
        return next((run.state for run in runs if run.run_id == mine.run_id and run.is_over), None)

    # what somebody triggers runs to its end, too
    assert until(state) == "success"
    lake = started.stack.volume("state") / "lake" / "interventions" / "log" / LEA
    (file,) = lake.glob("*.parquet")
    ((loaded,),) = duckdb.sql(f"select count(*) from read_parquet('{file}')").fetchall()
    example = PROJECT / "ingestion" / "contracts" / "interventions" / "log.example.csv"
    assert loaded == len(example.read_text(encoding="utf-8").splitlines()) - 1
    assert file.stat().st_uid == 185


def test_only_the_administrators_password_opens_airflow(started: Started) -> None:
    with pytest.raises(AirflowRefusalError):
        started.stack.within(lambda: log_in("http://127.0.0.1:8080", USER, "admin"))
    assert started.airflow().token


def test_a_publication_reaches_the_readers_and_the_site_by_one_link(started: Started) -> None:
    said = started.published.result()
    assert "Loaded and compared" in said, said
    link = started.stack.volume("pages") / "site"
    assert link.is_symlink(), said
    status, headers, body = started.get("/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body == (link / "index.html").read_bytes()
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_site_has_the_pages_and_nothing_else_of_what_is_kept(started: Started) -> None:
    seen = started.stack.execute("site", ["find", "/var/attendance", "/run/secrets", "/srv", "-maxdepth", "2"])
    found = [line for line in seen.stdout.decode().splitlines() if line.count("/") == 3 and "secrets" not in line]
    assert {line.split("-")[0] for line in found} == {"/srv/pages/site"}
    assert not list((started.stack.volume("pages")).glob("*.duckdb"))


def test_a_reader_sees_the_districts_rows_and_is_in_the_access_log(started: Started) -> None:
    started.published.result()
    made = started.stack.run("scheduler", ["attendance", "roles", "--password", READER])
    assert made.returncode == 0, made.stdout
    password = next(line for line in made.stdout.splitlines() if len(line) == 32)
    with started.connect(READER, password) as connection:
        row = connection.execute("select count(*), min(district_code) from marts.student_attendance").fetchone()
        assert row == (300, "99002")
    kept = started.stack.run(
        "access-log", ["attendance", "access-log", "--server-log", "/var/lib/postgresql/reads", "--delete"]
    )
    assert READER in kept.stdout, kept.stdout
    (log,) = (started.stack.volume("state") / "access-log").glob("*.jsonl")
    assert (log.stat().st_uid, oct(log.stat().st_mode & 0o777)) == (185, "0o600")
    # the data lie beside the log, and are closed to whoever may fetch the log
    looked = started.stack.run("access-log", ["ls", "/var/lib/postgresql/18/docker"])
    assert "Permission denied" in looked.stdout


def test_three_databases_know_nothing_of_each_other(started: Started) -> None:
    airflow, metabase = (started.place.secret(f"{name}_database_password") for name in ("airflow", "metabase"))
    with started.connect("metabase", metabase, "metabase") as connection:
        connection.execute("create table mine (a int)")
    for user, password, database in (
        ("airflow", airflow, "attendance"),
        ("airflow", airflow, "metabase"),
        ("metabase", metabase, "attendance"),
        ("metabase", metabase, "airflow"),
        ("metabase", metabase, "postgres"),
        ("attendance_publisher", started.place.secret("publisher_password"), "airflow"),
        # over the network the superuser does not come in at all
        ("postgres", started.place.secret("postgres_password"), "attendance"),
        ("airflow", "wrong", "airflow"),
    ):
        with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf|password authentication failed"):
            started.connect(user, password, database)


def test_the_demos_server_is_for_reading_and_for_whoever_knows_the_password(started: Started) -> None:
    import asyncssh  # noqa: PLC0415 - takes a while

    async def log(password: str) -> bytes:
        line = await asyncssh.connect("127.0.0.1", 2222, username=SFTP_USER, password=password, known_hosts=None)
        async with line, line.start_sftp_client() as files:
            assert await files.listdir("/") == [".", "..", LEA]
            for change in (files.mkdir("/x"), files.remove(f"/{LEA}/interventions/interventions_20231120.csv")):
                with pytest.raises(asyncssh.SFTPPermissionDenied):
                    await change
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await files.open(f"/{LEA}/x", "w")
            async with files.open(f"/{LEA}/interventions/interventions_20231120.csv", "rb") as file:
                return bytes(await file.read(14))

    def ask(password: str) -> bytes:
        import asyncio  # noqa: PLC0415

        return started.stack.within(lambda: asyncio.run(log(password)))

    assert ask(started.place.secret("sftp_password")) == b"intervention_i"
    with pytest.raises(asyncssh.PermissionDenied):
        ask("wrong")


def test_each_service_is_nobody_in_particular_on_a_root_that_it_cannot_change(started: Started) -> None:
    for name in SERVICES:
        spec = started.stack.service(name)
        status = started.stack.execute(name, ["cat", "/proc/1/status"]).stdout.decode()
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert told["Uid"].split() == [spec["user"].split(":")[0]] * 4, name
        assert {told[cap] for cap in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}, name
        assert told["NoNewPrivs"] == "1", name
        assert b"Read-only" in started.stack.execute(name, ["touch", "/usr/x", "/x"]).stderr, name


def test_no_service_has_a_secret_in_its_environment_or_says_one(started: Started) -> None:
    secrets = {path.name: path.read_text(encoding="utf-8") for path in started.place.secrets.iterdir()}
    secrets |= {"connections": started.place.secret("sftp_password")}
    for name in SERVICES:
        running = started.stack.running[name]
        first = psutil.Process(running.inside())
        said = " ".join(f"{key}={value}" for key, value in first.environ().items()) + " ".join(first.cmdline())
        said += running.log.read_text(encoding="utf-8", errors="replace")
        assert [secret for secret, value in secrets.items() if value.strip() and value.strip() in said] == [], name


def documented(beginning: str) -> list[list[str]]:
    """The commands of the operator's guide that begin so, without what they begin with and where they write to."""
    guide = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.findall(rf"^{re.escape(beginning)} (.+?)(?: [<>] \S+)?$", guide, re.MULTILINE)
    return [shlex.split(one) for one in found]


def test_metabases_database_is_backed_up_and_restored_by_the_guides_commands(started: Started) -> None:
    dump, bring_back = documented("docker compose exec -T postgres")
    password = started.place.secret("metabase_database_password")
    with started.connect("metabase", password, "metabase") as connection:
        connection.execute("create table report (name text); insert into report values ('Monday')")
        dumped = started.stack.execute("postgres", dump)
        assert dumped.returncode == 0, dumped.stderr
        connection.execute("delete from report; create table later (a int)")
    restored = started.stack.execute("postgres", bring_back, dumped.stdout)
    assert restored.returncode == 0, restored.stderr
    with started.connect("metabase", password, "metabase") as connection:
        assert connection.execute("select name from report").fetchall() == [("Monday",)]
        owners = connection.execute("select tableowner from pg_tables where tablename = 'report'").fetchall()
        assert owners == [("metabase",)]


def test_a_database_password_is_changed_by_the_guides_command(started: Started) -> None:
    (change,) = documented("docker compose exec postgres")
    file = started.place.secrets / "metabase_database_password"
    old = file.read_text(encoding="utf-8")
    try:
        file.write_text("another-password-of-metabase", encoding="utf-8")
        done = started.stack.execute("postgres", change)
        assert done.returncode == 0, done.stderr
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            started.connect("metabase", old, "metabase")
        started.connect("metabase", "another-password-of-metabase", "metabase").close()
    finally:
        file.write_text(old, encoding="utf-8")
        started.stack.execute("postgres", change)


def test_what_is_stopped_as_the_file_says_ends_in_good_order(started: Started) -> None:
    for name in ("site", "sftp", "access-log", "scheduler", "postgres"):
        assert started.stack.stop(name) in {0, 143}, name
    assert not (started.stack.volume("postgres") / "18" / "docker" / "postmaster.pid").exists()
