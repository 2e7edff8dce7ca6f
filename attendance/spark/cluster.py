"""A real Spark standalone cluster on this machine: a master, workers, and a Thrift server that dbt speaks to.

It is for trying, testing and measuring. A county that needs more than one machine has a cluster already, or rents one:
``ATTENDANCE_SPARK`` names its Thrift server, and nothing is started here.

Everything listens on loopback only and ends with the process that started it. Master and workers trust only who knows
a secret made for this run; the Thrift server, like every Thrift server without Kerberos or LDAP, lets in whoever is
logged in on this machine as long as it runs (docs/spark.md).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attendance.errors import MendableError
from attendance.settings import Settings

HOST = "127.0.0.1"
JAVA = 17
SECONDS_TO_START = 120
# Of the master, and of a worker beside its executor.
DAEMON_MEMORY = "256m"
# Partitions of a shuffle before Spark merges small ones by what it has seen of their size.
SHUFFLE_PARTITIONS = 32
# For code that runs once. Java keeps a fifth of its usual room for compiled code then, and a build fills that.
COMPILE_LITTLE = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=512m"
# What Spark tells of each task would fill the disk of a machine that builds every night.
LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{ISO8601} %p %c{1}: %m%n%ex
"""
# What any cluster must be set to, this one, Compose's or a county's own (docs/spark.md): as in the lake and in DuckDB,
# a timestamp has no time zone.
OF_ANY_CLUSTER = {
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
}
# By Linux: the signal that a process gets when its parent is gone.
_PR_SET_PDEATHSIG = 1


class ClusterError(MendableError):
    """There is no cluster to build on; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Shape:
    """What a cluster on this machine is made of.

    workers: processes that take work, each with one executor
    cores:   tasks that a worker runs at a time
    memory:  of a worker, and of the driver, as Java writes it, such as ``3g``
    properties: of Spark, over those that every cluster here has
    """

    workers: int = 2
    cores: int = 1
    memory: str = "2g"
    properties: Mapping[str, str] = field(default_factory=dict)


# For some hundred thousand rows and statements that run once, for a blink: what takes long is to plan them, to compile
# them and to begin tasks. So each stage is one task, nothing is compiled twice, and no filter is derived from another.
SMALL = Shape(
    memory="1g",
    properties={
        "spark.executor.extraJavaOptions": COMPILE_LITTLE,
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.constraintPropagation.enabled": "false",
        "spark.sql.files.maxPartitionBytes": "1g",
        "spark.sql.files.minPartitionNum": "1",
        "spark.sql.leafNodeDefaultParallelism": "1",
        "spark.sql.shuffle.partitions": "1",
    },
)


@dataclass(frozen=True)
class Server:
    """Where a Thrift server listens."""

    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> Server:
        """``host:port``; ClusterError for anything else."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise ClusterError(f"ATTENDANCE_SPARK is {address!r}: write the Thrift server as host:port.")
        return cls(host, int(port))

    def answers(self) -> bool:
        """Whether anything listens there."""
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=5):
            return True
        return False

    def variables(self) -> dict[str, str]:
        """What the profile of dbt reads."""
        return {"ATTENDANCE_SPARK_HOST": self.host, "ATTENDANCE_SPARK_PORT": str(self.port)}


@dataclass(frozen=True)
class Work:
    """What the executors of a cluster have done since it started. Bytes, and seconds of tasks summed over all cores."""

    input_bytes: int
    shuffle_bytes: int
    spilled_bytes: int
    task_seconds: float
    collection_seconds: float


@dataclass
class Cluster:
    """A cluster that runs: its processes (``master``, ``worker-1``, ..., ``driver``), and where dbt finds it."""

    server: Server
    interface: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def kill(self, name: str) -> None:
        """End a process and its children at once, as a machine ends that loses its power."""
        process = self.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        with urllib.request.urlopen(f"{self.interface}/api/v1/{path}", timeout=30) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def work(self) -> Work:
        """What its executors have done so far, those that are gone included, as Spark's own interface tells it."""
        application = self._ask("applications")[0]["id"]
        stages = self._ask(f"applications/{application}/stages")

        def summed(name: str) -> int:
            return sum(stage[name] for stage in stages)

        return Work(
            input_bytes=summed("inputBytes"),
            shuffle_bytes=summed("shuffleWriteBytes"),
            spilled_bytes=summed("diskBytesSpilled"),
            task_seconds=summed("executorRunTime") / 1000,
            collection_seconds=summed("jvmGcTime") / 1000,
        )


def _spark_home() -> Path:
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise ClusterError(
            "Spark is not installed: it is an extra, for those who ask for it. `make setup-spark` installs it "
            "(400 MB), or: pip install -r requirements-spark.lock"
        )
    return Path(found.origin).parent


def _java() -> str:
    """The Java to run; ClusterError where there is none, or one that is too old for Spark 4."""
    home = os.environ.get("JAVA_HOME", "").strip()
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    remedy = f"Spark needs Java {JAVA} or newer. On Debian: apt-get install openjdk-{JAVA}-jre-headless"
    if java is None:
        raise ClusterError(f"{remedy} (or set JAVA_HOME)")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = told.partition('"')[2].partition(".")[0]
    if not version.isdigit() or int(version) < JAVA:
        raise ClusterError(f"{remedy}; {java} is {told.splitlines()[0] if told else 'unknown'}.")
    return java


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        port: int = listening.getsockname()[1]
        return port


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _properties(settings: Settings, shape: Shape, interface_port: int) -> dict[str, str]:
    folder = settings.spark_home
    logging = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}"
    properties = {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(32),
        # nobody submits anything past the driver
        "spark.master.rest.enabled": "false",
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.memory": shape.memory,
        # the Thrift server keeps what it has been asked; a build asks some thousand things
        "spark.driver.maxResultSize": "1g",
        # it plans some thousand small statements: to compile much of that further takes longer than to run it
        "spark.driver.extraJavaOptions": f"{COMPILE_LITTLE} {logging}",
        "spark.executor.memory": shape.memory,
        "spark.executor.cores": str(shape.cores),
        # a worker that is lost is missed after seconds, not minutes
        "spark.network.timeout": "60s",
        "spark.executor.heartbeatInterval": "5s",
        "spark.worker.timeout": "15",
        "spark.scheduler.mode": "FAIR",
        "spark.ui.port": str(interface_port),
        "spark.ui.showConsoleProgress": "false",
        "spark.ui.retainedStages": "100000",
        "spark.ui.retainedJobs": "20000",
        "spark.sql.ui.retainedExecutions": "50",
        "spark.sql.thriftserver.ui.retainedStatements": "50",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        **OF_ANY_CLUSTER,
        "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
        # a lake has thousands of small files: one task reads many
        "spark.sql.files.openCostInBytes": "262144",
        "spark.sql.thriftServer.incrementalCollect": "false",
        # what tables there are is known to the driver alone: a new build begins with none
        "spark.sql.catalogImplementation": "in-memory",
        "spark.hadoop.hive.server2.thrift.bind.host": HOST,
        **shape.properties,
    }
    options = "spark.executor.extraJavaOptions"
    return {**properties, options: f"{properties.get(options, '')} {logging}".strip()}


def _write_properties(path: Path, properties: Mapping[str, str]) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name} {value}\n" for name, value in properties.items())


def _wait_for(cluster: Cluster, name: str, port: int, logs: Path) -> None:
    """Until something answers at the port; ClusterError where the process ends before, or takes too long."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if cluster.processes[name].poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise ClusterError(f"Spark's {name} did not start. It says why in {logs / f'spark-{name}.log'}")


@contextlib.contextmanager
def run_cluster(settings: Settings, shape: Shape = Shape()) -> Iterator[Cluster]:
    """A cluster for as long as the context lasts, over an empty warehouse below ``settings.spark_home``.

    Raises ClusterError where Spark or Java is missing, where a process does not start, or where another cluster is at
    work there. Logs: ``spark-*.log``. To be entered by the main thread: Linux ends the processes with their thread.
    """
    home, java = _spark_home(), _java()
    with _alone(settings):
        yield from _run(settings, shape, home, java)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the lock of the one cluster of a home; the system frees it with the process."""
    folder = settings.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "spark.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ClusterError(
                f"Another Spark cluster is at work in {settings.home}. Wait for its build to end."
            ) from error
        yield


def _run(settings: Settings, shape: Shape, home: Path, java: str) -> Iterator[Cluster]:
    folder, logs = settings.spark_home, settings.logs
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    logs.mkdir(parents=True, exist_ok=True)
    ports = {name: _free_port() for name in ("master", "master_interface", "server", "interface")}
    (folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    properties = folder / "spark.conf"
    _write_properties(properties, _properties(settings, shape, ports["interface"]))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "HADOOP_", "PYSPARK_"))},
        "JAVA_HOME": str(Path(java).resolve().parent.parent),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
    }
    # not for the driver: where it is set, a Thrift server takes it for its own memory
    daemon = {"SPARK_DAEMON_MEMORY": DAEMON_MEMORY}
    master = f"spark://{HOST}:{ports['master']}"
    cluster = Cluster(Server(HOST, ports["server"]), f"http://{HOST}:{ports['interface']}")

    def start(name: str, command: Sequence[str], more: Mapping[str, str] = daemon) -> None:
        with (logs / f"spark-{name}.log").open("wb") as log:
            cluster.processes[name] = subprocess.Popen(  # noqa: S603 - commands of Spark's own
                [str(home / "bin" / command[0]), *command[1:]],
                cwd=folder,
                env={**environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread holds a lock that prctl would need
            )

    deploy = "org.apache.spark.deploy"
    known = ["--properties-file", str(properties), "--host", HOST]
    try:
        own = ["--port", str(ports["master"]), "--webui-port", str(ports["master_interface"])]
        start("master", ["spark-class", f"{deploy}.master.Master", *known, *own])
        _wait_for(cluster, "master", ports["master"], logs)
        for number in range(1, shape.workers + 1):
            own = ["--cores", str(shape.cores), "--memory", shape.memory, "--webui-port", "0"]
            placed = ["--work-dir", str(folder / f"worker-{number}")]
            start(f"worker-{number}", ["spark-class", f"{deploy}.worker.Worker", *known, *own, *placed, master])
        start(
            "driver",
            [
                *("spark-submit", "--master", master, "--properties-file", str(properties)),
                *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "spark-internal"),
                *("--hiveconf", f"hive.server2.thrift.port={ports['server']}"),
            ],
            {},
        )
        _wait_for(cluster, "driver", ports["server"], logs)
        yield cluster
    finally:
        # the driver first, so that it does not look for the others
        for name in reversed(cluster.processes):
            cluster.kill(name)
        shutil.rmtree(folder / "scratch", ignore_errors=True)
        for number in range(1, shape.workers + 1):
            shutil.rmtree(folder / f"worker-{number}", ignore_errors=True)
