"""A folder on an SFTP server, by asyncssh: the host's key is checked before anything is said of who we are."""

from __future__ import annotations

import asyncio
import logging
import posixpath
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncssh

from ingestion.registry import Sftp
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

log = logging.getLogger(__name__)

T = TypeVar("T")


class SftpTransport:
    """The folder ``place.path``, over one connection that is made at first use and made anew after it broke."""

    grows = True
    has_our_clock = False

    def __init__(self, place: Sftp, known_hosts: Path, credentials: Credentials, patience: Patience) -> None:
        self.place = place
        self.known_hosts = known_hosts
        self.credentials = credentials
        self.patience = patience
        self.host = f"{place.host}:{place.port}"
        self.where = f"sftp://{self.host}{'' if place.path.startswith('/') else '/~/'}{place.path}"
        self._runner = asyncio.Runner()
        # pieces that were still on their way when a connection broke: the step itself has told it
        self._runner.get_loop().set_exception_handler(lambda _, told: log.debug("asyncssh: %s", told["message"]))
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    def __enter__(self) -> Self:
        """Nothing is said to the server yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._forget()
        self._runner.close()

    def files(self) -> Listing | None:
        """What lies in the folder, or in each school year's."""
        return self._run(self._files())

    @contextmanager
    def read(self, file: RemoteFile, start: int) -> Iterator[Stream]:
        """The file's bytes from ``start`` on."""
        opened = self._run(self._open(file, start))
        try:
            yield Stream(start, iter(lambda: self._run(_piece(opened)), b""))
        finally:
            with suppress(TransportError):
                if self._client is not None:
                    self._run(opened.close())

    def put(self, path: Path, name: str) -> None:
        """Write ``<name>.part``, then rename it."""
        target = posixpath.join(self.place.path, name)
        part = f"{target}.part"
        client = self._run(self._connected())
        folder = posixpath.dirname(target)
        if not self._run(client.isdir(folder)):
            self._run(client.makedirs(folder, exist_ok=True))
        written = self._run(_opened(client, part, "wb"))
        try:
            with path.open("rb") as source:
                while chunk := source.read(CHUNK):
                    self._run(written.write(chunk))
        finally:
            with suppress(TransportError):
                if self._client is not None:
                    self._run(written.close())
        self._run(_rename(client, part, target))

    async def _connected(self) -> asyncssh.SFTPClient:
        if self._client is None:
            self._connection = await asyncssh.connect(
                self.place.host,
                self.place.port,
                known_hosts=self._trusted(),
                connect_timeout=self.patience.timeout,
                login_timeout=self.patience.timeout,
                keepalive_interval=self.patience.timeout / 2,
                config=None,
                agent_path=None,
                gss_host=None,
                **self._who(),
            )
            self._client = await self._connection.start_sftp_client()
        return self._client

    def _trusted(self) -> Any:  # noqa: ANN401 - asyncssh takes several shapes
        """Keys that the host may show, as asyncssh takes them; raises TransportError where none are known."""
        if self.place.host_key:
            try:
                return [asyncssh.import_public_key(self.place.host_key)], [], []
            except asyncssh.KeyImportError as error:
                raise TransportError(
                    f"The registry's host_key of {self.host} is not a public key as ssh-keyscan prints it, such as "
                    f"`ssh-ed25519 AAAA…` ({error})."
                ) from error
        if self.known_hosts.is_file():
            try:
                return asyncssh.read_known_hosts(str(self.known_hosts))
            except (ValueError, OSError) as error:
                raise TransportError(f"{self.known_hosts} cannot be read as a known_hosts file.") from error
        raise TransportError(
            f"The host key of {self.host} is not known: nobody can tell that it is the right server. Run `ssh-keyscan "
            f"-p {self.place.port} {self.place.host}`, compare the key with the sender on the telephone, and write it "
            f"as host_key into the registry (or into {self.known_hosts})."
        )

    def _who(self) -> dict[str, Any]:
        """Login and password or key, as asyncssh takes them; never a key of the account that runs this."""
        key = self.credentials.secret("private_key")
        path = self.credentials.secret("key_file")
        phrase = self.credentials.secret("private_key_passphrase", "passphrase")
        password = self.credentials.password.get_secret_value() if self.credentials.password else None
        if not self.credentials.login or not (key or path or password):
            raise TransportError(
                f"The connection {self.place.connection} needs a login, and a password, or private_key (the key's "
                "text) or key_file (its path) in its extra."
            )
        keys = []
        try:
            if key:
                keys = [asyncssh.import_private_key(key, phrase or password)]
            elif path:
                keys = [asyncssh.read_private_key(path, phrase or password)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError):
            # their words may repeat what was read
            raise TransportError(
                f"The private key of the connection {self.place.connection} cannot be read: is it whole, with its "
                "line ends, and is private_key_passphrase right?"
            ) from None
        return {
            "username": self.credentials.login,
            "password": password,
            "client_keys": keys or None,
            "preferred_auth": ["publickey"] if keys else ["password", "keyboard-interactive"],
        }

    def _forget(self) -> None:
        """Drop a connection that may be broken."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            with suppress(Exception):
                self._runner.run(asyncio.wait_for(connection.wait_closed(), 1))

    def _run(self, step: Coroutine[Any, Any, T]) -> T:
        """Take one step with the time-out; what goes wrong is told as a TransportError."""
        try:
            return self._runner.run(asyncio.wait_for(step, self.patience.timeout))
        except TransportError:
            raise
        except asyncssh.HostKeyNotVerifiable as error:
            self._forget()
            raise TransportError(
                f"{self.host} shows another host key than the registry knows. Nothing was sent to it. Ask the sender, "
                "on the telephone, whether they changed their server; only then take over its new key."
            ) from error
        except asyncssh.PermissionDenied as error:
            self._forget()
            raise TransportError(
                f"{self.host} refuses the login of the connection {self.place.connection}: is its password or key "
                "still right, and is the key known to the server?"
            ) from error
        except asyncssh.SFTPNoSuchFile as error:
            raise TransportError(f"{self.where}: no such file or folder ({error.reason}).") from error
        except asyncssh.SFTPPermissionDenied as error:
            raise TransportError(
                f"{self.where}: the server does not let this login do that ({error.reason}). Ask the sender for the "
                "right to it."
            ) from error
        except (asyncssh.Error, OSError, TimeoutError) as error:
            self._forget()
            what = "did not answer in time" if isinstance(error, TimeoutError) else "broke off or refused to connect"
            kind = "name not found" if isinstance(error, socket.gaierror) else type(error).__name__
            raise PassingError(f"{self.host} {what} ({kind}).") from error

    async def _files(self) -> Listing | None:
        client = await self._connected()
        before, placeholder, after = self.place.path.partition(PLACEHOLDER)
        base = before.rstrip("/") or ("/" if before.startswith("/") else ".")
        if not await client.isdir(base):
            return None
        if not placeholder:
            return Listing(await _list(client, base, "", None))
        found: list[RemoteFile] = []
        faults: list[TransportError] = []
        years = 0
        for year in sorted([str(entry.filename) for entry in await client.readdir(base)]):
            folder = posixpath.join(base, year, after.strip("/")).rstrip("/")
            if year.startswith(".") or not await client.isdir(folder):
                continue
            if not is_school_year(year):
                log.warning("%s/%r is left alone: not a school year spelled like 2023-24", self.where, year)
                continue
            years += 1
            inside = posixpath.relpath(folder, base)
            try:
                found += await _list(client, folder, inside, year)
            except asyncssh.SFTPPermissionDenied:
                faults.append(TransportError(f"{self.where}: the server does not let this login see {inside}."))
        return Listing(tuple(found), tuple(faults)) if years else None

    async def _open(self, file: RemoteFile, start: int) -> asyncssh.SFTPClientFile:
        client = await self._connected()
        try:
            stat = await client.stat(file.path)
        except asyncssh.SFTPNoSuchFile:
            raise ChangedError(f"{file.name} is no longer at {self.host}.") from None
        if (stat.size, _moment(stat.mtime)) != (file.size, file.modified):
            raise ChangedError(f"{file.name} at {self.host} is being written.")
        opened = await _opened(client, file.path, "rb")
        await opened.seek(start)
        return opened


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), tz=UTC)


async def _list(client: asyncssh.SFTPClient, folder: str, inside: str, year: str | None) -> tuple[RemoteFile, ...]:
    found = []
    for entry in await client.readdir(folder):
        name, path, stat = str(entry.filename), posixpath.join(folder, str(entry.filename)), entry.attrs
        if name in {".", ".."}:
            continue
        if stat.type not in {asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_DIRECTORY}:
            with suppress(asyncssh.SFTPError):
                stat = await client.stat(path)
        if stat.type == asyncssh.FILEXFER_TYPE_REGULAR:
            found.append(RemoteFile(posixpath.join(inside, name), path, year, stat.size, _moment(stat.mtime)))
    return tuple(sorted(found, key=lambda file: file.name))


async def _piece(file: asyncssh.SFTPClientFile) -> bytes:
    piece: Any = await file.read(CHUNK)  # bytes, for it was opened so
    return bytes(piece)


async def _opened(client: asyncssh.SFTPClient, path: str, mode: str) -> asyncssh.SFTPClientFile:
    return await client.open(path, mode)


async def _rename(client: asyncssh.SFTPClient, part: str, target: str) -> None:
    """Over what is there: in one step where the server can, else by removing it first."""
    try:
        await client.posix_rename(part, target)
    except asyncssh.SFTPOpUnsupported:
        if await client.exists(target):
            await client.remove(target)
        await client.rename(part, target)
