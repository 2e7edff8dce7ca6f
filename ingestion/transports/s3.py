"""A bucket of any store that speaks S3, by boto3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError, ResponseStreamingError
from botocore.exceptions import ConnectionError as StoreConnectionError

from ingestion.registry import S3
from ingestion.transports.credentials import Credentials
from ingestion.transports.remote import (
    CHUNK,
    PLACEHOLDER,
    ChangedError,
    Listing,
    PassingError,
    Patience,
    RemoteFile,
    Stream,
    TransportError,
    is_school_year,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

BUSY = frozenset(
    {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling", "429", "500", "502", "503"}
)
REFUSED = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "401", "403"})
# At DEBUG these write down the request with its signature and session token.
TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.httpsession", "botocore.hooks", "botocore.credentials")


class S3Transport:
    """The keys below ``place.prefix``."""

    grows = False
    has_our_clock = False

    def __init__(self, place: S3, credentials: Credentials, patience: Patience) -> None:
        self.place = place
        self.where = f"s3://{place.bucket}/{place.prefix}"
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.INFO)
        if not credentials.login or credentials.password is None:
            raise TransportError(
                f"The connection {place.connection} needs the access key's id as login and the key as password."
            )
        # an S3 object is there whole or not at all; retries are ours (ingestion/transports/retry.py)
        self._client: S3Client = boto3.session.Session().client(
            "s3",
            aws_access_key_id=credentials.login,
            aws_secret_access_key=credentials.password.get_secret_value(),
            aws_session_token=credentials.secret("aws_session_token"),
            endpoint_url=place.endpoint,
            region_name=place.region or "us-west-2",
            config=Config(
                connect_timeout=patience.timeout,
                read_timeout=patience.timeout,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path" if place.endpoint else "auto"},
            ),
        )

    def files(self) -> Listing | None:
        """What lies below the prefix, not deeper than its folder; None where there is nothing at all."""
        before, placeholder, after = self.place.prefix.partition(PLACEHOLDER)
        base = before if not before or placeholder or before.endswith("/") else f"{before}/"
        found: list[RemoteFile] = []
        is_there = False
        with self._told():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.place.bucket, Prefix=base):
                for entry in page.get("Contents", ()):
                    inside = entry["Key"].removeprefix(base)
                    year, fits = _fits(inside, bool(placeholder), after.strip("/"))
                    is_there = is_there or fits
                    if fits and not inside.endswith("/"):
                        found.append(
                            RemoteFile(
                                inside, entry["Key"], year, entry["Size"], entry["LastModified"], entry.get("ETag")
                            )
                        )
        return Listing(tuple(sorted(found, key=lambda file: file.name))) if is_there else None

    @contextmanager
    def read(self, file: RemoteFile, start: int) -> Iterator[Stream]:
        """The object's bytes from ``start`` on, of the very version that was listed."""
        wanted: dict[str, Any] = {"Bucket": self.place.bucket, "Key": file.path}
        if start:
            wanted["Range"] = f"bytes={start}-"
        if file.etag:
            wanted["IfMatch"] = file.etag
        with self._told():
            body = self._client.get_object(**wanted)["Body"]
            try:
                yield Stream(start, body.iter_chunks(CHUNK))
            finally:
                body.close()

    def put(self, path: Path, name: str) -> None:
        """Upload: a store shows an object when it has all of it."""
        prefix = self.place.prefix.strip("/")
        key = f"{prefix}/{name}" if prefix else name
        with self._told(), path.open("rb") as content:
            self._client.put_object(Bucket=self.place.bucket, Key=key, Body=content)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise self._of_code(code) from error
        except (StoreConnectionError, HTTPClientError, IncompleteReadError, ResponseStreamingError) as error:
            what = type(error).__name__
            raise PassingError(f"{self.where}: the store did not answer or broke off ({what}).") from error
        except BotoCoreError as error:
            raise TransportError(f"{self.where}: cannot be used ({type(error).__name__}).") from error

    def _of_code(self, code: str) -> TransportError:
        if code in BUSY:
            return PassingError(f"{self.where}: the store cannot answer now ({code}).")
        if code in REFUSED:
            return TransportError(
                f"{self.where}: access refused ({code}). Is the key of the connection {self.place.connection} still "
                "right, and may it list and read here?"
            )
        if code in {"PreconditionFailed", "412"}:
            return ChangedError(f"{self.where}: an object was replaced while it was read.")
        if code in {"NoSuchKey", "404"}:
            return ChangedError(f"{self.where}: an object is no longer there.")
        if code == "NoSuchBucket":
            return TransportError(f"{self.where}: no such bucket. Is its name, or the endpoint, right?")
        return TransportError(f"{self.where}: unexpected answer {code or '(none)'}.")


def _fits(inside: str, by_year: bool, after: str) -> tuple[str | None, bool]:
    """The school year of a key below the prefix, and whether the key is one of its folder's."""
    folder, _, _ = inside.rpartition("/")
    if not by_year:
        return None, not folder
    year, _, rest = folder.partition("/")
    if rest != after:
        return None, False
    if not is_school_year(year):
        log.warning("s3 folder %r is left alone: not a school year spelled like 2023-24", year)
        return None, False
    return year, True
