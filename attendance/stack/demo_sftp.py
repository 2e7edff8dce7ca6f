"""A district's SFTP server for a demonstration: ``python -m attendance.stack.demo_sftp FOLDER PORT``.

It serves a folder for reading, to one user with a password, and prints the line that a sender's file in the registry
needs. Its host key is made once and kept, owner-only. Not a server for a district: it knows one user.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import sys
from pathlib import Path

import asyncssh

USER = "county"
PASSWORD_FILE = "DEMO_SFTP_PASSWORD_FILE"  # noqa: S105 - the name of a variable
HOST_KEY = "DEMO_SFTP_HOST_KEY_FILE"


class _Login(asyncssh.SSHServer):
    """One user, one password; compared without telling by time how much of it was right."""

    def __init__(self, password: str) -> None:
        self.password = password

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - everybody has to log in
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username == USER and hmac.compare_digest(password.encode(), self.password.encode())


class _ReadOnly(asyncssh.SFTPServer):
    """The folder as its root, and nothing in it can be changed."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & ~asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("This server is for reading.")
        return super().open(path, pflags, attrs)

    def _refuse(self, *_: object) -> None:
        raise asyncssh.SFTPPermissionDenied("This server is for reading.")

    open56 = mkdir = rmdir = remove = rename = posix_rename = setstat = lsetstat = symlink = link = _refuse  # type: ignore[assignment]


def host_key(path: Path) -> asyncssh.SSHKey:
    """The server's key, made at the first start."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
    return asyncssh.read_private_key(str(path))


async def serve(folder: Path, port: int, password: str, key: asyncssh.SSHKey) -> None:
    """Serve until the process is ended."""
    server = await asyncssh.listen(
        "",
        port,
        server_host_keys=[key],
        server_factory=lambda: _Login(password),
        sftp_factory=lambda channel: _ReadOnly(channel, chroot=os.fsencode(folder)),
        allow_scp=False,
    )
    said = key.export_public_key().decode().split()
    print(f"host_key: {said[0]} {said[1]}", flush=True)
    await server.wait_closed()


def main() -> None:
    """Read the password's file, then serve."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    password = Path(os.environ[PASSWORD_FILE]).read_text(encoding="utf-8").strip()
    if not password:
        sys.exit(f"{os.environ[PASSWORD_FILE]} is empty: nobody could log in.")
    asyncio.run(serve(folder, port, password, host_key(Path(os.environ[HOST_KEY]))))


if __name__ == "__main__":
    main()
