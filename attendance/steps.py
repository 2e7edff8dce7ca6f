"""What a command does when it takes more than one room: the same steps that the DAGs take, in the same order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from attendance.dbt import BuildError, BuildReport
from attendance.settings import DUCKDB, NO_POSTGRES, SPARK, Settings
from ingestion.errors import IngestionError
from ingestion.registry import KINDS, Lea, Registry, Sender, read_registry

if TYPE_CHECKING:
    from attendance.compare_warehouses import TableComparison
    from ingestion.backfill import Backfill
    from ingestion.ledger import Record

Progress = Callable[[str], None]
# Each turn hides what the attack before it asked for; a county has never needed more than a few.
MENDINGS = 8


def load_all(settings: Settings, progress: Progress, *, again: bool = False) -> list[str]:
    """Pull and load what every sender sends; returns the outcome of each delivery that was looked at.

    again: also what was refused before, because a contract or the registry was mended
    """
    from ingestion.landing import empty_landing

    registry = read_registry(settings.config)
    load = partial(_load_sender, settings, registry, again=again)
    outcomes, faults = _side_by_side(settings, registry.senders(), load, progress)
    for line in write_all_outboxes(settings, failures_only=True):
        progress(line)
    try:
        empty_landing(settings, datetime.now(tz=UTC).date())
    except IngestionError as error:
        faults.append(str(error))
    _raise_all(faults)
    return outcomes


@dataclass(frozen=True)
class _Loaded:
    """What became of one sender: the outcome of each delivery, what to tell of it, and what could not be loaded."""

    outcomes: tuple[str, ...]
    lines: tuple[str, ...]
    faults: tuple[str, ...] = ()


def _side_by_side(
    settings: Settings, senders: Iterable[Sender], load: Callable[[Sender], _Loaded], progress: Progress
) -> tuple[list[str], list[str]]:
    """Load as many senders at a time as the settings say, and tell of each as it is done; returns outcomes and faults.

    Where this is interrupted, nobody waits for the senders at work: the next run makes good what they leave undone.
    """
    outcomes: list[str] = []
    faults: list[str] = []
    # the LEA with the most schools takes longest, and must not be the last to begin
    ordered = sorted(senders, key=lambda sender: -len(sender.schools) if isinstance(sender, Lea) else 0)
    for loaded in _in_processes(min(settings.senders, len(ordered)), load, ordered):
        outcomes += loaded.outcomes
        faults += loaded.faults
        for line in loaded.lines:
            progress(line)
    return outcomes, faults


def _in_processes(at_a_time: int, load: Callable[[Sender], _Loaded], senders: Sequence[Sender]) -> Iterator[_Loaded]:
    """What became of each sender, as soon as it is known; one after the other, here, where only one goes at a time."""
    if at_a_time < 2:
        yield from map(load, senders)
        return
    # a process that began with DuckDB's threads in it could not be forked
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(at_a_time, mp_context=context, initializer=_end_with_the_command)
    try:
        for done in as_completed([pool.submit(load, sender) for sender in senders]):
            yield done.result()
    except BaseException as fault:
        pool.shutdown(wait=not isinstance(fault, KeyboardInterrupt | GeneratorExit), cancel_futures=True)
        raise
    pool.shutdown()


def _end_with_the_command() -> None:
    """In a process of the pool: Ctrl-C is for the command, and when the command is gone so is this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = multiprocessing.parent_process()

    def watch() -> None:
        if command is not None:
            command.join()
        # in the middle of whatever it does: a kill at any moment does no harm
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _told(sender: Sender, kind: str, loaded: Sequence[Record], *, failed: bool = False) -> str:
    rows = sum(outcome.rows_loaded for outcome in loaded)
    return f"{sender.name:<40} {kind:<14} {len(loaded):>3} files {rows:>12,} rows{'  FAILED' if failed else ''}"


def _load_sender(settings: Settings, registry: Registry, sender: Sender, *, again: bool) -> _Loaded:
    """Pull and load, kind by kind, what one sender sends: its faults are told at the end and stop nobody else."""
    from ingestion.load import load_sender
    from ingestion.pull import PullError, pull_new_files

    outcomes: list[str] = []
    lines: list[str] = []
    faults: list[str] = []
    for kind in (kind for kind in KINDS if sender in registry.sending(kind)):
        told = len(faults)
        loaded: list[Record] = []
        try:
            try:
                found = pull_new_files(settings, registry, sender.code, kind)
            except PullError as error:
                # what of this sender's could be had is loaded all the same
                faults.append(f"{sender.name}: {error}")
                found = error.waiting
            loaded = load_sender(settings, registry, sender.code, found)
        except IngestionError as error:
            faults.append(f"{sender.name}: {error}")
        outcomes += [outcome.outcome for outcome in loaded]
        lines.append(_told(sender, kind, loaded, failed=len(faults) > told))
    if again:
        try:
            outcomes += [outcome.outcome for outcome in load_sender(settings, registry, sender.code)]
        except IngestionError as error:
            faults.append(f"{sender.name}: {error}")
    return _Loaded(tuple(outcomes), tuple(lines), tuple(faults))


def backfill(settings: Settings, asked: Backfill, progress: Progress) -> list[str]:
    """Have a stretch of time again from one sender of a source or from all; returns the outcome of each delivery."""
    registry = read_registry(settings.config)
    senders = asked.senders(registry, asked.kind)
    outcomes, faults = _side_by_side(settings, senders, partial(_have_again, settings, registry, asked), progress)
    _raise_all(faults)
    return outcomes


def _have_again(settings: Settings, registry: Registry, asked: Backfill, sender: Sender) -> _Loaded:
    from ingestion.backfill import find_again, reload

    try:
        loaded = reload(settings, registry, find_again(settings, registry, sender.code, asked))
    except IngestionError as error:
        return _Loaded((), (_told(sender, asked.source, [], failed=True),), (f"{sender.name}: {error}",))
    return _Loaded(tuple(outcome.outcome for outcome in loaded), (_told(sender, asked.source, loaded),))


def _raise_all(faults: Sequence[str]) -> None:
    if faults:
        raise IngestionError("\n".join(["Loaded what could be loaded. These could not be:", *sorted(faults)]))


def request_data(
    settings: Settings, lea: str | None, system: str | None, *, everything: bool, progress: Progress
) -> str | None:
    """The data request for an LEA, for a system, or for both together; None where ``everything`` rewrote the documents.

    Raises DataRequestError where neither is named, or where there is no such request.
    """
    from ingestion.data_request import DataRequestError, render_lea, render_source, sources, write_documents

    if everything:
        changed = write_documents(settings)
        for path in changed:
            progress(f"Wrote {path.relative_to(settings.project)}")
        progress(f"{len(changed)} documents changed.")
        return None
    if lea is not None:
        return render_lea(settings, read_registry(settings.config), lea, system)
    if system is None:
        raise DataRequestError(
            "Say for whom: --lea CODE for a district of the registry, --system NAME for any district with that system "
            f"({', '.join(sources())}), or --all to rewrite docs/data-request."
        )
    return render_source(settings, system)


def write_all_outboxes(
    settings: Settings, senders: list[str] | None = None, *, failures_only: bool = False
) -> list[str]:
    """Write, and send where the registry says so, what goes back to each sender; returns a line for each in words."""
    from ingestion.outbox import write_outboxes

    return [
        outbox.told()
        for outbox in write_outboxes(settings, read_registry(settings.config), senders)
        if outbox.failure is not None or not failures_only
    ]


def build_all(settings: Settings, progress: Progress) -> BuildReport:
    """Hand registry and ledger to dbt, then build and test the next warehouse file."""
    from attendance.dbt import build

    prepare(settings)
    return build(settings, progress)


def audit_and_mend(settings: Settings, progress: Progress) -> str:
    """Audit what was built; where a hidden count is not safe, hide company for it and build the public tables again.

    Returns the audit's verdict in a line. Raises UnsafeError where that does not help, or not in a few turns.
    """
    from publishing.audit.company import add_company
    from publishing.audit.releases import releases
    from publishing.audit.report import mend
    from publishing.publish import UnsafeError, audit_built

    for _ in range(MENDINGS):
        try:
            return audit_built(settings, progress)
        except UnsafeError as error:
            audited = error.audited
            mendable = audited.is_mendable
            more = mend(settings.building, audited, releases(settings), progress) if mendable else ()
            added = add_company(settings, more)
            if not added:
                raise
            progress(
                f"{len(audited.findings) + len(audited.exposed_cells):,} hidden counts could be told too closely. "
                f"{added:,} more are hidden with them; the public tables are built again."
            )
        # in a process of its own: dbt holds the file that it built until its process ends
        command = [sys.executable, "-m", "attendance.cli", "build", "--public", "--target", settings.target]
        environment = {**os.environ, **settings.environment()}
        done = subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        if done.returncode:
            raise BuildError(
                "The public tables could not be built again: the lines above say why. Nothing was published."
            )
    return audit_built(settings, progress)


def compare_engines(settings: Settings, progress: Progress) -> list[TableComparison]:
    """Load what is new, build on DuckDB and on Spark, and compare every table that people read, row by row.

    What was built last, and waits to be published, is Spark's.
    """
    from attendance.compare import CompareError
    from attendance.compare_warehouses import compare_warehouses

    make_sure_of_extracts(settings, read_registry(settings.config), progress)
    load_all(settings, progress)
    beside = settings.building.with_name("duckdb.duckdb")
    for target in (DUCKDB, SPARK):
        # each in a process of its own: dbt holds the file that it built until its process ends
        command = [sys.executable, "-m", "attendance.cli", "build", "--target", target]
        environment = {**os.environ, **settings.environment()}
        if subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603 - our own command
            raise CompareError(f"The build on {target} failed: the lines above say why. There is nothing to compare.")
        if target == DUCKDB:
            # the next build begins by clearing away what is named like the warehouse
            settings.building.replace(beside)
    return compare_warehouses(beside, settings.building)


def prepare(settings: Settings) -> None:
    """Write what the models read beside the deliveries: registry, ledger, and what the last release hid."""
    from ingestion.reference import prepare_lake, write_held, write_reference
    from publishing.held import held_cells

    prepare_lake(settings)
    write_reference(settings, read_registry(settings.config))
    write_held(settings, held_cells(settings))


def run_all(settings: Settings, progress: Progress) -> None:
    """From extracts to pages by Airflow's DAGs; what is missing is simulated, fetched or said."""
    from attendance.airflow.running import run_everything

    started = time.monotonic()
    registry = read_registry(settings.config)
    make_sure_of_extracts(settings, registry, progress)
    make_sure_of_public(settings, registry, progress)
    start_postgres(settings, progress)
    with _where_it_is_built(settings, progress) as there:
        run_everything(there, progress=progress)
    progress(
        f"Done in {time.monotonic() - started:.0f} s. The pages: {settings.site / 'index.html'}  (or: attendance serve)"
    )


@contextmanager
def _where_it_is_built(settings: Settings, progress: Progress) -> Iterator[Settings]:
    """On Spark, a cluster for all of Airflow's tasks; on DuckDB nothing has to be there before."""
    if settings.target != SPARK:
        yield settings
        return
    from attendance.dbt import on_cluster

    with on_cluster(settings, progress) as there:
        yield there


def up_all(settings: Settings, progress: Progress) -> None:
    """Airflow's web interface and scheduler, and the site, until Ctrl-C."""
    from attendance.airflow.running import up

    registry = read_registry(settings.config)
    make_sure_of_extracts(settings, registry, progress)
    start_postgres(settings, progress)
    Thread(target=serve_when_there_are_pages, args=(settings, progress), daemon=True).start()
    with _where_it_is_built(settings, progress) as there:
        up(there, progress=progress)


def start_postgres(settings: Settings, progress: Progress) -> None:
    """Start the server that people are served from, or look whether theirs answers; it goes on when we end."""
    from publishing.serving.server import how_to_connect, open_server

    if settings.postgres != NO_POSTGRES:
        open_server(settings)
        progress(how_to_connect(settings))


def serve_when_there_are_pages(settings: Settings, progress: Progress, port: int = 8000) -> None:
    """Serve the site on loopback as soon as it has been published; never returns."""
    from publishing.serve import PortTakenError, address, make_server

    while not (settings.site / "index.html").is_file():
        time.sleep(1)
    try:
        server = make_server(settings.site, port)
    except PortTakenError:
        server = make_server(settings.site, 0)
    with server:
        progress(f"The pages: {address(server)}")
        server.serve_forever()


def make_sure_of_extracts(settings: Settings, registry: Registry, progress: Progress) -> None:
    """Simulate where the registry is the simulated county's and nothing has arrived yet."""
    if settings.extracts.is_dir() and any(settings.extracts.iterdir()):
        return
    if not registry.county.simulated:
        raise IngestionError(
            f"No extracts at {settings.extracts}. Put each sender's files into a folder below it, as config/ says, or "
            "name another folder: attendance run --extracts DIR (or ATTENDANCE_EXTRACTS)."
        )
    from simulation.county import simulate

    progress("No extracts yet: simulating what the example county's districts would send.")
    simulate(registry, settings.extracts, with_ladder=True, progress=progress)


def make_sure_of_public(settings: Settings, registry: Registry, progress: Progress) -> None:
    """Fetch what the state publishes where it is not here; without a network, say what will be missing and go on."""
    from ingestion.fetch import fetch_public

    report = fetch_public(settings, registry)
    for line in report.lines():
        progress(line)
    if report.failed:
        progress("Going on without: the pages will say that the state's published figures are missing.")
