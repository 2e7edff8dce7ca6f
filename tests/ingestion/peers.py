"""Real peers on this machine for the tests of the transports: they serve, refuse, break off and are slow on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh

from ingestion.registry import Registry
from ingestion.transports.credentials import Credentials, Lookup, make_credentials
from ingestion.transports.remote import Patience
from tests.ingestion.county import County

LOGIN = "invented_county"
PASSWORD = "Planted-Passw0rd-sftp"
QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.05, timeout=5.0, progress=0.0)


def giving(county: County, source: str, **delivery: Any) -> County:
    """The county, where the LEA's files of that source come in another way."""
    told = county.registry.model_dump(mode="json", exclude_defaults=True)
    told["leas"][0]["sends"] = {source: delivery}
    return County(county.settings, Registry.model_validate(told))


def knowing(**known: Credentials) -> Lookup:
    """Credentials by the name of their connection."""
    return lambda name: known[name]


LOGGED_IN = knowing(alder_sftp=make_credentials(LOGIN, PASSWORD))


@dataclass
class SftpPeer:
    """An SFTP server of one folder.

    cut_after: bytes after which each connection is cut, once per entry, first entry first
    opened:    paths that were opened for reading, with the place from which they were first read
    """

    port: int
    host_key: str
    client_key: str
    cut_after: list[int] = field(default_factory=list)
    delay: float = 0.0
    logins: int = 0
    reads: list[tuple[str, int]] = field(default_factory=list)


class _Login(asyncssh.SSHServer):
    def __init__(self, peer: SftpPeer) -> None:
        self.peer = peer

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's
        self.peer.logins += 1
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (LOGIN, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = asyncssh.import_private_key(self.peer.client_key).export_public_key()
        return username == LOGIN and key.export_public_key() == known


class _Files(asyncssh.SFTPServer):
    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], peer: SftpPeer, root: Path) -> None:
        super().__init__(chan, chroot=str(root).encode())
        self.peer, self.sent = peer, 0
        self.line = chan.get_connection()

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        self.peer.reads.append((Path(file_obj.name.decode()).name, offset))
        if self.peer.delay:
            await asyncio.sleep(self.peer.delay)
        if self.peer.cut_after and self.sent >= self.peer.cut_after[0]:
            self.peer.cut_after.pop(0)
            self.line.abort()
            raise asyncssh.SFTPConnectionLost("cut")
        content: bytes = super().read(file_obj, offset, size)  # type: ignore[assignment]
        self.sent += len(content)
        return content


@contextmanager
def sftp_peer(root: Path) -> Iterator[SftpPeer]:
    """An SFTP server on loopback that serves the folder."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    mine = asyncssh.generate_private_key("ssh-ed25519")
    peer = SftpPeer(0, key.export_public_key().decode().strip(), mine.export_private_key().decode())
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def serve() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            server_factory=lambda: _Login(peer),
            sftp_factory=lambda chan: _Files(chan, peer, root),
        )

    def run() -> None:
        asyncio.set_event_loop(loop)
        acceptor = loop.run_until_complete(serve())
        peer.port = acceptor.get_port()
        started.set()
        loop.run_forever()
        acceptor.close()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield peer
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@dataclass
class WebFile:
    """A file of a web server, and what it does when it is asked for.

    faults:    answers before the file is served at all: a status, or ``cut`` after half of the bytes
    """

    content: bytes
    etag: str | None = '"v1"'
    modified: float | None = 1_700_000_000.0
    kind: str = "text/csv"
    faults: list[int | str] = field(default_factory=list)
    ranges: bool = True


@dataclass
class WebPeer:
    """A web server: files by path, the requests that came, and whose requests it answers."""

    address: str
    files: dict[str, WebFile] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    authorization: str | None = None
    answer: Callable[[BaseHTTPRequestHandler], bool] | None = None


@contextmanager
def web_peer() -> Iterator[WebPeer]:
    """A web server on loopback that knows ranges, etags, and how to fail."""
    peer = WebPeer("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.serve(with_body=False)

        def do_GET(self) -> None:
            self.serve(with_body=True)

        def refuse(self, status: int) -> None:
            self.send_response(status)
            if status in {429, 503}:
                self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def serve(self, with_body: bool) -> None:
            peer.asked.append((self.command, self.path, dict(self.headers)))
            if peer.answer is not None and peer.answer(self):
                return None
            file = peer.files.get(self.path)
            if peer.authorization and self.headers.get("Authorization") != peer.authorization:
                return self.refuse(401)
            if file is None:
                return self.refuse(404)
            fault = file.faults.pop(0) if with_body and file.faults else None
            if isinstance(fault, int):
                return self.refuse(fault)
            start = 0
            asked, same = self.headers.get("Range"), self.headers.get("If-Range")
            stamp = formatdate(file.modified, usegmt=True) if file.modified is not None else None
            if asked and file.ranges and same in {file.etag, stamp}:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
            body = file.content[start:]
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(file.content) - 1}/{len(file.content)}")
            self.send_header("Content-Type", file.kind)
            self.send_header("Content-Length", str(len(body)))
            if file.etag:
                self.send_header("ETag", file.etag)
            if stamp:
                self.send_header("Last-Modified", stamp)
            self.end_headers()
            if with_body and fault == "cut":
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
            elif with_body:
                self.wfile.write(body)
            return None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        peer.address = f"http://127.0.0.1:{serving.server_port}"
        yield peer
        serving.shutdown()
