"""The same county on a real Spark cluster of this machine: every model, through two faults, row by row.

First the driver is killed in the middle of a build, then, in a build that begins anew, a worker. What that second build
made is what DuckDB made, and so are the pages. It leaves dbt's own tests out, as each table has to be that of DuckDB,
which they have tested: ``make spark`` runs them there too.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from attendance.compare_warehouses import compare_warehouses
from attendance.settings import PROJECT, SPARK
from attendance.spark.cluster import SMALL, Cluster, run_cluster
from attendance.spark.collect import cursor
from tests.end_to_end.conftest import County

pytestmark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="Spark is not installed: make setup-spark"),
    pytest.mark.skipif(
        shutil.which("java") is None, reason="Spark needs Java: apt-get install openjdk-17-jre-headless"
    ),
]

# The county has as many schools and years that something stands in every table that people ask for most.
COMMAND = ("-m", "attendance.cli", "build", "--target", SPARK)
MODELS_ALONE = (
    "-c",
    "from attendance.dbt import WITHOUT_TESTS, build; from attendance.settings import read_settings; "
    "print(build(read_settings(), print, arguments=WITHOUT_TESTS).models, 'models')",
)
FULL = {"marts.student_attendance", "marts.chronic_absence", "marts.intervention_outcomes", "open_data.chronic_absence"}


@dataclass(frozen=True)
class Built:
    """What a build on Spark said and left, and what had been there before it."""

    code: int
    said: str
    published_before: str
    published_after: str
    left: tuple[str, ...]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _in_a_metastore_of_others(county: County, cluster: Cluster) -> tuple[str, list[tuple[str, ...]]]:
    """What a build says, and what is left, where somebody else has a schema ``marts`` with a table."""
    with cursor(cluster.server) as spark:
        spark.execute("create schema marts comment 'of somebody else'")
        spark.execute("create table marts.theirs as select 1 as n")
        environment = {**county.environment, "ATTENDANCE_SPARK": f"{cluster.server.host}:{cluster.server.port}"}
        said = replace(county, environment=environment).attendance("build", "--target", SPARK, code=1).stderr
        spark.execute("select n from marts.theirs")
        left = spark.fetchall()
        spark.execute("drop schema marts cascade")
    return said, left


def _build(
    county: County, cluster: Cluster, command: Sequence[str], fault: Callable[[str], bool], victim: str
) -> Built:
    """Run a build on Spark and kill the victim as soon as a line of progress asks for it."""
    before = _digest(county.settings.warehouse)
    address = f"{cluster.server.host}:{cluster.server.port}"
    process = subprocess.Popen(
        [sys.executable, "-u", *command],
        cwd=PROJECT,
        env={**county.environment, "ATTENDANCE_TARGET": SPARK, "ATTENDANCE_SPARK": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if victim and fault(line):
            cluster.kill(victim)
            victim = ""
    assert not victim, "".join(said)
    code = process.wait(timeout=60)
    left = tuple(path.name for path in county.settings.building.parent.glob("*"))
    return Built(code, "".join(said), before, _digest(county.settings.warehouse), left)


@dataclass(frozen=True)
class OnSpark:
    """The county, published from DuckDB, and what became of it on Spark."""

    county: County
    on_duckdb: Path
    pages: str
    in_a_metastore_of_others: tuple[str, list[tuple[str, ...]]]
    without_driver: Built
    without_worker: Built


@pytest.fixture(scope="module")
def on_spark(hundredth: County) -> OnSpark:
    """Build twice: without a driver from the middle on, and without a worker."""
    places = hundredth.settings
    beside = places.home / "duckdb" / "attendance.duckdb"
    beside.parent.mkdir()
    # the audit may hide more before it lets this out, and both engines read what it asked for
    hundredth.attendance("publish")
    shutil.copy(places.warehouse, beside)
    # what a release held back is read by the next build, and would set the two apart
    shutil.rmtree(places.home / "released")
    pages = places.site.readlink().name
    settings = replace(places, target=SPARK)
    with run_cluster(settings, SMALL) as cluster:
        others = _in_a_metastore_of_others(hundredth, cluster)
        first = _build(hundredth, cluster, COMMAND, lambda line: " success  model" in line, "driver")
    with run_cluster(settings, SMALL) as cluster:
        second = _build(
            hundredth, cluster, MODELS_ALONE, lambda line: line.rstrip().endswith(" int_student_keys"), "worker-1"
        )
    return OnSpark(hundredth, beside, pages, others, first, second)


def test_a_schema_that_somebody_else_made_is_left_alone_and_stops_the_build(on_spark: OnSpark) -> None:
    said, left = on_spark.in_a_metastore_of_others
    assert "a schema marts that is not ours" in said
    assert "Traceback" not in said
    assert left == [(1,)]


def test_a_driver_killed_in_the_middle_leaves_what_is_published_and_nothing_half_made(on_spark: OnSpark) -> None:
    built = on_spark.without_driver
    assert built.code == 1
    assert built.published_after == built.published_before
    assert built.left == ()


def test_a_driver_killed_in_the_middle_is_told_in_a_few_words(on_spark: OnSpark) -> None:
    said = on_spark.without_driver.said
    assert "Traceback" not in said
    assert "Spark's Thrift server" in said
    assert "the published warehouse stays as it was" in said
    assert "attendance build --target spark" in said
    told = said.partition("Spark's Thrift server")[2].splitlines()
    assert len(told) < 5, told


def test_a_build_goes_on_without_a_worker_that_was_killed_in_the_middle(on_spark: OnSpark) -> None:
    built = on_spark.without_worker
    assert built.code == 0, built.said[-4000:]
    # none is left out
    counted = re.search(r"\d+ models", on_spark.county.said)
    assert counted is not None
    assert counted[0] in built.said


def test_every_table_that_people_read_is_the_same_on_both_engines_row_by_row(on_spark: OnSpark) -> None:
    tables = compare_warehouses(on_spark.on_duckdb, on_spark.county.settings.building)
    assert {table.name for table in tables if table.rows} >= FULL
    assert [table for table in tables if not table.is_equal] == []


def test_the_pages_from_spark_are_those_from_duckdb(on_spark: OnSpark) -> None:
    on_spark.county.attendance("publish")
    assert on_spark.county.settings.site.readlink().name == on_spark.pages
    assert on_spark.county.ask("select count(*) as tables from duckdb_tables() where schema_name = 'marts'")


def test_no_process_of_spark_outlives_the_cluster(on_spark: OnSpark) -> None:
    home = str(on_spark.county.settings.home)
    running = [process.cmdline() for process in psutil.process_iter() if process.name() == "java"]
    assert [command for command in running if any(home in word for word in command)] == []
