"""A small web server for the pages on this machine: for looking, not for the world."""

from __future__ import annotations

import errno
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from publishing.errors import PublishingError
from publishing.headers import security_headers
from publishing.site.addresses import MISSING

HOST = "127.0.0.1"


class ServeError(PublishingError):
    """The pages cannot be served; the message says why and what to do."""


class PortTakenError(ServeError):
    """Something else answers at that port already."""


class _Pages(SimpleHTTPRequestHandler):
    """Serves files of one folder: no listings, no guessing of types, nothing from elsewhere."""

    server_version = "attendance"
    sys_version = ""
    extensions_map = {  # noqa: RUF012 - the base class has it so
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "": "application/octet-stream",
    }

    def end_headers(self) -> None:
        for name, value in security_headers():
            self.send_header(name, value)
        super().end_headers()

    def list_directory(self, path: object) -> BytesIO | None:  # noqa: ARG002 - a folder without a page is not listed
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The site's own page where nothing is found; the base class's for anything else."""
        page = Path(self.directory) / MISSING
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the terminal quiet: who reads which page is no one's business."""

    def copyfile(self, source: BinaryIO, outputfile: BinaryIO) -> None:  # type: ignore[override]
        """As the base class, but a reader who leaves early is not an error."""
        try:
            super().copyfile(source, outputfile)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


def make_server(site: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder on loopback, bound but not yet serving; port 0 takes any that is free."""
    if not (site / "index.html").is_file():
        raise ServeError(f"{site} has no pages yet. Make them first: attendance publish")
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Pages, directory=str(site)))
    except OSError as error:
        kind = PortTakenError if error.errno == errno.EADDRINUSE else ServeError
        raise kind(f"Port {port} cannot be used ({error.strerror}). Give another one with --port.") from error


def address(server: ThreadingHTTPServer) -> str:
    """Where the server answers."""
    return f"http://{HOST}:{server.server_address[1]}/"


def serve(site: Path, port: int) -> None:
    """Serve the pages until interrupted, and say where; at another free port if that one is taken.

    The folder may be replaced while it is served.
    """
    try:
        server = make_server(site, port)
    except PortTakenError:
        server = make_server(site, 0)
        sys.stdout.write(f"Port {port} is taken; here is another.\n")
    with server:
        sys.stdout.write(f"The pages are at {address(server)}  (Ctrl-C stops)\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("Stopped.\n")
