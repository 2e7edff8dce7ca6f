"""What a command does when it takes more than one room: the same steps that the DAGs take, in the same order."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

from attendance.dbt import BuildReport
from attendance.settings import Settings
from ingestion.errors import IngestionError
from ingestion.registry import KINDS, Registry, read_registry

Progress = Callable[[str], None]


def load_all(settings: Settings, progress: Progress, *, again: bool = False) -> list[str]:
    """Pull and load what every sender sends; returns the outcome of each delivery that was looked at.

    again: also what was refused before, because a contract or the registry was mended
    """
    from ingestion.load import load_landed, load_sender
    from ingestion.pull import pull_new_files

    registry = read_registry(settings.config)
    outcomes: list[str] = []
    faults: list[str] = []
    for kind in KINDS:
        for sender in registry.sending(kind):
            try:
                found = pull_new_files(settings, registry, sender.code, kind)
                loaded = load_landed(settings, registry, found)
            except IngestionError as error:
                # one sender's fault never stops another's load; all of them are told at the end
                faults.append(f"{sender.name}: {error}")
                progress(f"{sender.name:<40} {kind:<14} FAILED")
                continue
            outcomes += [outcome.outcome for outcome in loaded]
            rows = sum(outcome.rows_loaded for outcome in loaded)
            progress(f"{sender.name:<40} {kind:<14} {len(loaded):>3} files {rows:>12,} rows")
    for sender in registry.senders() if again else ():
        outcomes += [outcome.outcome for outcome in load_sender(settings, registry, sender.code)]
    if faults:
        raise IngestionError("\n".join(["Loaded what could be loaded. These could not be:", *faults]))
    return outcomes


def build_all(settings: Settings, progress: Progress) -> BuildReport:
    """Hand registry and ledger to dbt, then build and test the next warehouse file."""
    from attendance.dbt import build
    from ingestion.reference import prepare_lake, write_reference

    prepare_lake(settings)
    write_reference(settings, read_registry(settings.config))
    return build(settings, progress)


def run_all(settings: Settings, progress: Progress) -> None:
    """From extracts to pages by Airflow's DAGs; what is missing is simulated, fetched or said."""
    from attendance.airflow.running import run_everything

    started = time.monotonic()
    registry = read_registry(settings.config)
    make_sure_of_extracts(settings, registry, progress)
    make_sure_of_public(settings, registry, progress)
    run_everything(settings, progress=progress)
    progress(
        f"Done in {time.monotonic() - started:.0f} s. The pages: {settings.site / 'index.html'}  (or: attendance serve)"
    )


def up_all(settings: Settings, progress: Progress) -> None:
    """Airflow's web interface and scheduler, and the site, until Ctrl-C."""
    from attendance.airflow.running import up

    registry = read_registry(settings.config)
    make_sure_of_extracts(settings, registry, progress)
    Thread(target=serve_when_there_are_pages, args=(settings, progress), daemon=True).start()
    up(settings, progress=progress)


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
    simulate(registry, settings.extracts, progress=progress)


def make_sure_of_public(settings: Settings, registry: Registry, progress: Progress) -> None:
    """Fetch what the state publishes where it is not here; without a network, say what will be missing and go on."""
    from ingestion.fetch import fetch_public

    report = fetch_public(settings, registry)
    for line in report.lines():
        progress(line)
    if report.failed:
        progress("Going on without: the pages will say that the state's published figures are missing.")
