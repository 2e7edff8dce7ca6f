"""Files of a web server, by httpx: resumed where the server says that the file is still the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from ingestion.registry import LOOPBACK, Https
from ingestion.transports.credentials import Credentials
from ingestion.transports.remote import (
    CHUNK,
    ChangedError,
    Listing,
    PassingError,
    Patience,
    RemoteFile,
    Stream,
    TransportError,
    is_school_year,
)

log = logging.getLogger(__name__)

AGENT = "attendance-warehouse"
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
LARGEST_INDEX = 10_000_000


class HttpsTransport:
    """The files of ``place.addresses`` and of the index."""

    grows = False
    has_our_clock = False

    def __init__(self, place: Https, credentials: Credentials | None, patience: Patience) -> None:
        self.place = place
        self.where = place.index or ", ".join(place.addresses[:1])
        who = authorization(credentials)
        self._client = httpx.Client(
            timeout=patience.timeout,
            # packed on the way, neither sizes nor ranges would be those of the file
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **who.headers},
            auth=who.basic,
            follow_redirects=True,
            event_hooks={"request": [refuse_unencrypted]},
        )

    def __enter__(self) -> Self:
        """Nothing is said to the server yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._client.close()

    def files(self) -> Listing | None:
        """The files of the index and of the addresses; those that the server does not give are faults."""
        found = self._of_index(self.place.index) if self.place.index else []
        found += [_of_address(address) for address in self.place.addresses]
        names = [file.name for file in found]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise TransportError(
                f"{self.where}: {', '.join(twice)} stands for two addresses. Give each a name of its own."
            )
        seen: list[RemoteFile] = []
        faults: list[TransportError] = []
        for file in found:
            try:
                seen.append(file if file.is_identified else self._look(file))
            except PassingError:
                raise
            except TransportError as fault:
                faults.append(fault)
        return Listing(tuple(sorted(seen, key=lambda file: file.name)), tuple(faults))

    @contextmanager
    def read(self, file: RemoteFile, start: int) -> Iterator[Stream]:
        """The file's bytes from ``start`` on, or from 0 where the server has another version or knows no ranges."""
        headers = {}
        same = _validator(file)
        if start and same:
            headers = {"Range": f"bytes={start}-", "If-Range": same}
        with _told(file.path), self._client.stream("GET", file.path, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise ChangedError(f"{file.path} is shorter than it was.")
            check(response, file.path)
            if response.headers.get("Content-Type", "").partition(";")[0].strip() == "text/html":
                raise TransportError(
                    f"{file.path}: the answer is a web page, not the file. Is it a login page, has the address changed?"
                )
            if file.etag and (now := response.headers.get("ETag")) and now != file.etag:
                raise ChangedError(f"{file.path} was replaced meanwhile.")
            begins = start if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
            if begins and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise TransportError(f"{file.path}: the server sends another part of the file than it was asked for.")
            yield Stream(begins, response.iter_bytes(CHUNK))

    def put(self, path: Path, name: str) -> None:  # noqa: ARG002 - the interface's
        """Not to be done by HTTPS."""
        raise TransportError(f"{self.where}: files cannot be sent over https. Use a folder, sftp or s3.")

    def _look(self, file: RemoteFile) -> RemoteFile:
        """The file with what the server says of it, where it answers HEAD at all."""
        with _told(file.path):
            response = self._client.head(file.path)
        if response.status_code in {405, 501}:
            return file
        check(response, file.path)
        length = response.headers.get("Content-Length", "")
        return RemoteFile(
            name=file.name,
            path=file.path,
            hint=file.hint,
            size=int(length) if length.isdecimal() else file.size,
            modified=_moment(response.headers.get("Last-Modified")) or file.modified,
            etag=response.headers.get("ETag"),
        )

    def _of_index(self, address: str) -> list[RemoteFile]:
        with _told(address):
            response = self._client.get(address)
        check(response, address)
        if len(response.content) > LARGEST_INDEX:
            raise TransportError(f"{address} is not an index: it has {len(response.content):,} bytes.")
        try:
            told = json.loads(response.content)
            entries = told["files"] if isinstance(told, dict) else told
            return [_of_entry(address, entry) for entry in entries]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise TransportError(
                f"{address} is not an index of files. Expected JSON such as "
                '["2023-24/STU_20231101.csv"] or [{"name": "2023-24/STU_20231101.csv", "size": 1234, "modified": '
                '"2023-11-01T02:00:00Z"}].'
            ) from error


class Authorization:
    """What goes with each request: headers, or login and password."""

    def __init__(self, headers: dict[str, str], basic: httpx.BasicAuth | None = None) -> None:
        self.headers = headers
        self.basic = basic


def authorization(credentials: Credentials | None) -> Authorization:
    """A token (extra ``token`` or ``bearer``) where there is one, else login and password, else nothing."""
    if credentials is None:
        return Authorization({})
    if token := credentials.secret("token", "bearer"):
        return Authorization({"Authorization": f"Bearer {token}"})
    if credentials.login and credentials.password:
        return Authorization({}, httpx.BasicAuth(credentials.login, credentials.password.get_secret_value()))
    raise TransportError("The connection has neither login and password nor a token in its extra.")


def refuse_unencrypted(request: httpx.Request) -> None:
    """Before each request, redirected ones included: only https leaves this machine."""
    if request.url.scheme != "https" and request.url.host not in LOOPBACK:
        raise TransportError(f"{request.url.host} redirects to an address that is not encrypted. Nothing was asked.")


def check(response: httpx.Response, where: str) -> None:
    """Raise for an answer that is not the thing asked for."""
    code = response.status_code
    if response.is_success:
        return
    if code in {401, 403}:
        raise TransportError(
            f"{where}: access refused ({code}). Is the connection's password, token or certificate still right, and "
            "may it read this?"
        )
    if code in {404, 410}:
        raise TransportError(f"{where}: not there ({code}). Has the address changed?")
    if code in BUSY:
        raise PassingError(f"{where}: the server cannot answer now ({code}).", _seconds(response))
    raise TransportError(f"{where}: unexpected answer {code}.")


def _seconds(response: httpx.Response) -> float | None:
    """How long the server wants to be left alone: seconds, or a moment, in Retry-After."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    moment = _moment(told)
    return None if moment is None else max(0.0, (moment - datetime.now(tz=UTC)).total_seconds())


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Errors of the connection as PassingError."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise PassingError(f"{where}: no answer in time ({type(error).__name__}).") from error
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise TransportError(f"{where}: cannot be asked ({type(error).__name__}).") from error
    except httpx.HTTPError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise TransportError(
                f"{where}: the server's certificate is not valid, so nobody can tell that it is the right server."
            ) from error
        raise PassingError(f"{where}: the connection broke off ({type(error).__name__}).") from error


told_in_words = _told


def _moment(text: str | None) -> datetime | None:
    try:
        return None if not text else parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None


def _validator(file: RemoteFile) -> str | None:
    """What If-Range takes: a strong etag, else the moment of the last change (RFC 9110, 13.1.5)."""
    if file.etag and not file.etag.startswith("W/"):
        return file.etag
    if file.modified is None or file.etag:
        return None
    return file.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")


def _of_address(address: str) -> RemoteFile:
    folders = unquote(urlsplit(address).path).split("/")
    return _file(folders, address)


def _file(folders: list[str], address: str, **known: Any) -> RemoteFile:  # noqa: ANN401 - fields of it
    """The file of those folders: the last that is called like a school year tells it, and stands in the name."""
    year = next((one for one in reversed(folders[:-1]) if is_school_year(one)), None)
    name = f"{year}/{folders[-1]}" if year else folders[-1]
    return RemoteFile(name=name, path=address, hint=year, **known)


def _of_entry(index: str, entry: object) -> RemoteFile:
    told: dict[str, Any] = {"name": entry} if isinstance(entry, str) else dict(entry)  # type: ignore[call-overload]
    address = urljoin(index, told.get("url") or told["name"])
    if urlsplit(address).netloc != urlsplit(index).netloc:
        # our credentials are for the index's own server
        raise ValueError("another host")
    modified = told.get("modified")
    moment = None if modified is None else datetime.fromisoformat(modified)
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    size = None if told.get("size") is None else int(told["size"])
    return _file(told["name"].split("/"), address, size=size, modified=moment, etag=told.get("etag"))
