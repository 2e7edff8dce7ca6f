"""What the last task of each DAG does: tell who needs to know, and clear away what is no longer needed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console

from attendance.airflow.connections import connection
from attendance.airflow.names import SENDERS_OF
from attendance.airflow.notice import Notice, send_notice
from attendance.settings import read_settings
from attendance.status import print_status
from ingestion.landing import empty_landing
from ingestion.ledger import Record, read_records
from ingestion.outbox import write_outboxes
from ingestion.registry import KINDS, Registry, read_registry

log = logging.getLogger(__name__)

FAILED = "failed"


def _states(instance: Any) -> Mapping[str, str]:  # noqa: ANN401 - Airflow's own object
    """The state of each task of this run; one of a mapped group is called ``lea.pull_3``."""
    states = instance.get_task_states(dag_id=instance.dag_id, run_ids=[instance.run_id])
    return {task: str(state) for task, state in states.get(instance.run_id, {}).items()}


def failed_senders(states: Mapping[str, str], listed: Mapping[str, list[dict[str, str]]]) -> list[str]:
    """The tasks that failed, in words, by sender where they are a sender's.

    states: by task
    listed: by group of tasks, the senders over which it is mapped
    """
    told = []
    for task in sorted(task for task, state in states.items() if state == FAILED):
        name, _, index = task.rpartition("_")
        group, _, step = name.rpartition(".")
        if group in listed and index.isdigit():
            told.append(f"{listed[group][int(index)]['name']}: {step} failed; the last good data stays.")
        else:
            told.append(f"{task} failed.")
    return told


def refused_since(records: list[Record], registry: Registry, sources: tuple[str, ...], since: datetime) -> list[str]:
    """The files of those sources that were refused at that time or later, in words."""
    names = {sender.code: sender.name for sender in registry.senders()}
    return [
        f"{names.get(record.sender, record.sender)}: {record.name} was refused. {record.message}"
        for record in records
        if record.outcome == "refused" and record.source in sources and record.loaded_at and record.loaded_at >= since
    ]


def tell_of_arrivals(kind: str, instance: Any, started: datetime) -> None:  # noqa: ANN401 - Airflow's own object
    """Send a notice of what failed or was refused in this run; then empty the landing by its rule."""
    settings = read_settings()
    registry = read_registry(settings.config)
    listed = {group: instance.xcom_pull(task_ids=task) or [] for group, task in SENDERS_OF.items()}
    lines = failed_senders(_states(instance), listed)
    lines += refused_since(read_records(settings), registry, KINDS[kind], started)
    if lines:
        subject = f"{instance.dag_id}: {len(lines)} need attention"
        send_notice(registry.county, Notice(subject, tuple(lines)), connection)
    empty_landing(settings, datetime.now(tz=UTC).date())


def tell_of_build(instance: Any) -> None:  # noqa: ANN401 - Airflow's own object
    """Fill the outboxes, say what is late, and send a notice where the warehouse was not built or published."""
    settings = read_settings()
    registry = read_registry(settings.config)
    failed = sorted(task for task, state in _states(instance).items() if state == FAILED)
    if failed:
        lines = (f"Failed: {', '.join(failed)}.", "The published warehouse and the pages stay as they were.")
        send_notice(registry.county, Notice(f"{instance.dag_id}: not built", lines), connection)
    for outbox in write_outboxes(settings, registry, credentials=connection):
        log.info("%s", outbox.told())
    # what is late, silent or refused, in the words of the command line
    said = StringIO()
    print_status(settings, Console(file=said, width=120, highlight=False))
    log.info("%s", said.getvalue())
