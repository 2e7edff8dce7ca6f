"""What the tasks of an ingestion DAG do. The DAG files wire, and are read again and again; this is loaded by tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from attendance.airflow.connections import connection
from attendance.settings import read_settings
from ingestion.backfill import Backfill, BackfillError, find_again, reload
from ingestion.load import load_landed
from ingestion.pull import PullError, pull_new_files
from ingestion.registry import KINDS, read_registry

Params = Mapping[str, Any]


@contextmanager
def _not_tried_again() -> Iterator[None]:
    """Let what somebody asked for in a wrong way fail at once: to try it again would change nothing."""
    try:
        yield
    except BackfillError as error:
        raise AirflowFailException(str(error)) from error


def _asked(params: Params) -> Backfill | None:
    """What somebody wants to have again; none on an ordinary night."""
    told = {name: params.get(name) or None for name in ("source", "lea", "from", "to")}
    return None if not any(told.values()) else Backfill.of(told["source"], told["lea"], told["from"], told["to"])


def list_senders(kind: str, params: Params, *, slow: bool) -> list[dict[str, str]]:
    """Each source of that kind that a sender sends and that is, or is not, slow; of a backfill, what it is about.

    code and source say which; name is the sender's, with the source where it sends several: one source that cannot be
    had never keeps another from being loaded.
    """
    registry = read_registry(read_settings().config)
    with _not_tried_again():
        asked = _asked(params)
        senders = registry.sending(kind) if asked is None else asked.senders(registry, kind)
    listed = []
    for sender in senders:
        sources = [source for source in KINDS[kind] if source in sender.sends]
        for source in sources:
            if sender.sends[source].slow != slow or (asked is not None and source != asked.source):
                continue
            name = sender.name if len(sources) == 1 else f"{sender.name}, {source}"
            listed.append({"code": sender.code, "source": source, "name": name})
    return listed


def pull(kind: str, sender: Mapping[str, str], params: Params) -> list[str]:
    """Land what is new, or find what a backfill asks for; returns the deliveries that are to be loaded.

    Where not all could be had, what could is loaded here, because the task that loads does not follow a failed one.
    Raises AirflowFailException where trying again would change nothing: a wrong password, a place that is not there.
    """
    settings = read_settings()
    registry = read_registry(settings.config)
    try:
        with _not_tried_again():
            asked = _asked(params)
            if asked is not None:
                return find_again(settings, registry, sender["code"], asked, credentials=connection)
        return pull_new_files(settings, registry, sender["code"], kind, credentials=connection, source=sender["source"])
    except PullError as error:
        load_landed(settings, registry, error.waiting)
        if error.is_permanent:
            raise AirflowFailException(str(error)) from error
        raise


def load(deliveries: list[str], params: Params) -> dict[str, int]:
    """Load those deliveries; returns how many had which outcome."""
    settings = read_settings()
    registry = read_registry(settings.config)
    loaded = (load_landed if _asked(params) is None else reload)(settings, registry, deliveries)
    return dict(Counter(record.outcome for record in loaded))
