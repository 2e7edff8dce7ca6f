"""A PostgreSQL of our own for a session of tests: started as people's is, gone with the session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from attendance.settings import Settings
from publishing.serving.server import Server, open_server, stop_server


@contextmanager
def own_server() -> Iterator[tuple[Settings, Server]]:
    """A server in a home of its own; it never waits for a disk.

    Not in pytest's folder: another pytest that begins closes that to all but its owner, and the server is another.
    """
    folder = Path(tempfile.mkdtemp(prefix="attendance-server-"))
    home = folder / "home"
    settings = Settings(home=home, config=home, extracts=home, public=home, postgres="")
    try:
        server = open_server(settings)
        with server.connect() as connection:
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")
        yield settings, server
    finally:
        stop_server(settings)
        shutil.rmtree(folder)


def address_of(server: Server, database: str) -> str:
    """The superuser's way in as a URI, as the settings have it."""
    said = conninfo_to_dict(server.address)
    return (
        f"postgresql://{said['user']}:{quote(str(said['password']))}@/{database}"
        f"?host={quote(str(said['host']), safe='')}&port={said['port']}"
    )
