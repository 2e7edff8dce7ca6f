"""Files of ours to a sender's outbox."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from attendance.settings import Settings
from ingestion.registry import Outbox
from ingestion.transports.credentials import Lookup, credentials_from_environment
from ingestion.transports.opening import open_transport
from ingestion.transports.remote import Patience
from ingestion.transports.retry import retrying

log = logging.getLogger(__name__)


def send(
    settings: Settings,
    outbox: Outbox,
    files: Sequence[tuple[Path, str]],
    credentials: Lookup = credentials_from_environment,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> list[str]:
    """Write local files into the outbox, each under its name there, over an earlier one; returns the names.

    A reader of the outbox sees each file whole or not at all. Raises TransportError naming the place.
    """
    sent = []
    with open_transport(settings, outbox, credentials, patience) as transport:
        for path, name in files:
            if name.startswith("/") or ".." in Path(name).parts:
                raise ValueError(f"{name!r} climbs out of the outbox")
            for attempt in retrying(patience):
                with attempt:
                    transport.put(path, name)
            log.info("%s: sent to %s", name, transport.where)
            sent.append(name)
    return sent
