"""Run dbt as one process: from the lake to a warehouse file under a new name, tested, not yet published.

On DuckDB dbt writes that file itself. On Spark it builds the same models on a cluster, and what is read by people is
brought from there into the file, so that everything behind it is the same.
"""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attendance.errors import MendableError
from attendance.settings import SPARK, Settings
from attendance.spark.cluster import Server, Shape, run_cluster
from attendance.spark.collect import collect

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

GOOD = {"success", "pass", "no-op"}
# For a benchmark: nothing that is built so is to be published.
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What is hidden, and what is then shown.
PUBLIC = ("--select", "stg_suppression__company+")
# Failures told one by one: where a cluster goes away, everything behind it fails.
SHOWN = 20


@dataclass(frozen=True)
class Failure:
    """One model or test that failed: its name, what dbt says, where its compiled SQL lies."""

    name: str
    message: str
    compiled: str | None


@dataclass(frozen=True)
class BuildReport:
    """What a build made. ``skipped`` counts what stood behind a failure. Unit of ``seconds``, seconds."""

    models: int
    tests: int
    skipped: int
    failures: tuple[Failure, ...]
    seconds: float


class BuildError(MendableError):
    """dbt could not build: the message names each failed model or test and what to do next."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The variables that dbt's project and profile read."""
    folder = "dbt" if settings.target != SPARK else f"dbt-{settings.target}"
    return {
        **settings.environment(),
        **(Server.of(settings.spark).variables() if settings.spark else {}),
        "ATTENDANCE_LAKE": str(settings.lake),
        "ATTENDANCE_BUILDING": str(settings.building),
        "DBT_PROJECT_DIR": str(settings.dbt_project),
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_TARGET_PATH": str(settings.home / folder),
        "DBT_LOG_PATH": str(settings.logs),
        # dbt's debug log is a tenth of its time, and what failed is told without it
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def begin_building(settings: Settings) -> None:
    """Make room for a new warehouse file: what an earlier, failed build left is removed."""
    settings.building.parent.mkdir(parents=True, exist_ok=True)
    for leftover in settings.building.parent.glob(f"{settings.building.name}*"):
        # a build that was killed while it spilled to disk leaves a folder beside the file
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def invoke(settings: Settings, *arguments: str, on_event: Callable[[object], None] | None = None) -> dbtRunnerResult:
    """Invoke dbt in this process with the project's paths; returns dbt's own result."""
    os.environ.update(dbt_environment(settings))
    with _without_collecting():
        # dbt takes seconds to import: only those pay who build
        from dbt.cli.main import dbtRunner

        return dbtRunner(callbacks=[on_event] if on_event else []).invoke(list(arguments))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: what dbt makes of a project stays to the end, and to look costs a tenth of it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def build(
    settings: Settings,
    progress: Callable[[str], None] = lambda _line: None,
    on_event: Callable[[object], None] = lambda _event: None,
    arguments: Sequence[str] = (),
) -> BuildReport:
    """Build and test every seed, model and test into ``settings.building``, by the engine of ``settings.target``.

    progress: called with a line for each seed and model, and for each test that is not good
    on_event: called with each of dbt's own events
    arguments: more of ``dbt build``, such as ``WITHOUT_TESTS``

    Raises BuildError where a model or a test failed, and ClusterError where there is no cluster to build on; the
    published warehouse is not touched either way.
    """
    begin_building(settings)
    if settings.target != SPARK:
        return _build(settings, progress, on_event, arguments)
    started = time.monotonic()
    with on_cluster(settings, progress) as there:
        try:
            begin_on_spark(there)
            report = _build(there, progress, on_event, arguments)
        except BuildError as error:
            if Server.of(there.spark).answers():
                raise
            raise BuildError(
                f"Spark's Thrift server at {there.spark} does not answer; the published warehouse stays as it was. If "
                "it ended in the middle of the build, its log says why (of a cluster on this machine: "
                f"{settings.logs}/spark-driver.log). The build can be run again: attendance build --target spark"
            ) from error
        collect(there, progress)
    return replace(report, seconds=time.monotonic() - started)


def rebuild_public(settings: Settings, progress: Callable[[str], None] = lambda _line: None) -> BuildReport:
    """Build and test anew what follows from the company that the audit asked for, in the file that was built last.

    Raises BuildError as ``build`` does, and where nothing was built yet.
    """
    if not settings.building.is_file():
        raise BuildError(f"{settings.building} is not there. Build the warehouse first: attendance build")
    if settings.target != SPARK:
        return _build(settings, progress, lambda _event: None, PUBLIC)
    with on_cluster(settings, progress) as there:
        report = _build(there, progress, lambda _event: None, PUBLIC)
        collect(there, progress)
    return report


@contextmanager
def on_cluster(settings: Settings, progress: Callable[[str], None]) -> Iterator[Settings]:
    """Settings that name a Thrift server: the county's own, or that of a cluster on this machine meanwhile."""
    if settings.spark:
        yield settings
        return
    progress("Starting Spark on this machine: a master, two workers, a Thrift server.")
    with run_cluster(settings, Shape(memory=settings.spark_memory)) as cluster:
        yield replace(settings, spark=f"{cluster.server.host}:{cluster.server.port}")
    progress("Spark is stopped.")


def begin_on_spark(settings: Settings) -> None:
    """Empty the warehouse on Spark and name the lake's files there as tables; raises BuildError where it cannot be."""
    said: list[str] = []

    def hear(event: object) -> None:
        # dbt tells why an operation failed in its events alone
        info = getattr(event, "info", None)
        if getattr(info, "level", "") == "error":
            said.append(" ".join(str(info.msg).split()))  # type: ignore[union-attr]

    result = invoke(settings, "run-operation", "--quiet", "begin_building", on_event=hear)
    if not result.success:
        raise BuildError(f"The build on Spark could not begin. {' '.join(said) or result.exception}")


def _build(
    settings: Settings,
    progress: Callable[[str], None],
    on_event: Callable[[object], None],
    arguments: Sequence[str],
) -> BuildReport:
    started = time.monotonic()
    done = 0

    def tell(event: object) -> None:
        nonlocal done
        on_event(event)
        info = getattr(event, "info", None)
        if getattr(info, "name", "") == "NodeFinished":
            node = event.data.node_info  # type: ignore[attr-defined]
            done += 1
            if node.resource_type in {"model", "seed"} or node.node_status not in GOOD:
                progress(f"{done:>4}  {node.node_status:<8} {node.resource_type:<10} {node.node_name}")

    result = invoke(settings, "build", "--quiet", *arguments, on_event=tell)
    report = _report(result, time.monotonic() - started, settings.target)
    if report.failures:
        raise BuildError(_explain(report, settings))
    if not result.success:
        raise BuildError(f"dbt stopped before it built anything: {result.exception}")
    return report


def _null_in(node: object, target: str) -> str:
    """Which columns a failed ``never_null`` found empty, as words behind dbt's message; nothing for other tests."""
    tested = getattr(node, "test_metadata", None)
    if tested is None or tested.name != "never_null":
        return ""
    # dbt holds a DuckDB file still: its own connection asks
    from dbt.adapters.factory import get_adapter_by_type

    adapter = get_adapter_by_type(target)  # type: ignore[no-untyped-call]
    with adapter.connection_named("null_in"):
        _, found = adapter.execute(node.compiled_code, fetch=True)  # type: ignore[attr-defined]
    return "".join(f" (null in {row[0]})" for row in found.rows)


def _report(result: dbtRunnerResult, seconds: float, target: str) -> BuildReport:
    results = list(getattr(result.result, "results", []) or [])
    failures = tuple(
        Failure(
            name=outcome.node.name,
            # without the steps of Java that led there
            message=" ".join(str(outcome.message or outcome.status).split()).partition(" at org.apache.")[0]
            + (_null_in(outcome.node, target) if str(outcome.status) == "fail" else ""),
            compiled=getattr(outcome.node, "compiled_path", None),
        )
        for outcome in results
        if str(outcome.status) in {"error", "fail", "runtime error", "partial success"}
    )
    kinds = [str(outcome.node.resource_type) for outcome in results if str(outcome.status) in GOOD]
    return BuildReport(
        models=kinds.count("model"),
        tests=kinds.count("test") + kinds.count("unit_test"),
        skipped=sum(str(outcome.status) == "skipped" for outcome in results),
        failures=failures,
        seconds=seconds,
    )


def _explain(report: BuildReport, settings: Settings) -> str:
    lines = [f"{len(report.failures)} of dbt's models and tests failed; the published warehouse stays as it was."]
    for failure in report.failures[:SHOWN]:
        lines.append(f"  {failure.name}: {failure.message}")
        if failure.compiled:
            lines.append(f"    its SQL: {failure.compiled}")
    if len(report.failures) > SHOWN:
        lines.append(f"  and {len(report.failures) - SHOWN} more.")
    if report.skipped:
        lines.append(f"  {report.skipped} that depend on them were skipped.")
    if settings.target == SPARK:
        lines.append(f"  What Spark itself said, of a cluster on this machine: {settings.logs}/spark-*.log")
    else:
        lines.append(f"  The warehouse as far as it was built, to look into: {settings.building}")
    lines.append("  A test's first lines say when it matters and how to resolve it: dbt_project/tests/")
    return "\n".join(lines)
