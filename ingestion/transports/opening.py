"""From a place of the registry to its transport, opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attendance.settings import Settings
from ingestion.registry import Delivery, Outbox
from ingestion.transports.credentials import Lookup
from ingestion.transports.folder import FolderTransport
from ingestion.transports.remote import Patience, Transport


@contextmanager
def open_transport(
    settings: Settings, place: Delivery | Outbox, credentials: Lookup, patience: Patience
) -> Iterator[Transport]:
    """The transport of that place, closed at the end. Nothing is asked of the peer before the first step.

    Raises TransportError where the connection that the place names has no credentials. Not for ``aeries_api``, which
    gives no files.
    """
    # each library is imported where a sender needs it: a county of folders starts without any
    if place.sftp is not None:
        from ingestion.transports.sftp import SftpTransport  # noqa: PLC0415

        known = settings.config / "known_hosts"
        with SftpTransport(place.sftp, known, credentials(place.sftp.connection), patience) as sftp:
            yield sftp
    elif place.s3 is not None:
        from ingestion.transports.s3 import S3Transport  # noqa: PLC0415

        yield S3Transport(place.s3, credentials(place.s3.connection), patience)
    elif isinstance(place, Delivery) and place.https is not None:
        from ingestion.transports.https import HttpsTransport  # noqa: PLC0415

        who = None if place.https.connection is None else credentials(place.https.connection)
        with HttpsTransport(place.https, who, patience) as https:
            yield https
    else:
        is_public = isinstance(place, Delivery) and place.root == "public"
        yield FolderTransport(settings.public if is_public else settings.extracts, place.folder, settings.home)
