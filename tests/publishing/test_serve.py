"""The small web server: pages and nothing else."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing.headers import security_headers
from publishing.serve import ServeError, make_server
from publishing.site.build import SiteReport

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port(site: SiteReport) -> Iterator[int]:
    with make_server(site.site, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def get(port: int, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/district/1999001.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/site.js", "text/javascript; charset=utf-8"),
        ("/es/index.html", "text/html; charset=utf-8"),
        ("/data/index/districts.csv", "text/csv; charset=utf-8"),
        ("/data/index.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_pages_are_served_with_their_type(port: int, site: SiteReport, path: str, kind: str) -> None:
    status, headers, body = get(port, path)
    assert (status, headers["Content-type"]) == (200, kind)
    assert body == (site.site / (path.lstrip("/") or "index.html")).read_bytes()


def test_pages_may_load_nothing_from_elsewhere_as_behind_the_stacks_web_server(port: int) -> None:
    _, headers, _ = get(port, "/")
    told = dict(security_headers())
    assert told["Content-Security-Policy"].startswith("default-src 'none';")
    assert {name: headers.get(name) for name in told} == told
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/district/", "/district", "/nothing.html", "/../county.duckdb", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"],
)
def test_what_is_no_page_is_not_found_and_no_folder_is_listed(port: int, path: str) -> None:
    status, _, body = get(port, path)
    if status == 301:
        status, _, body = get(port, "/district/")
    assert status == 404
    assert b"This page is not here" in body
    assert b"1999001" not in body


def test_only_reading_is_allowed(port: int) -> None:
    assert get(port, "/", "POST")[0] == 501
    assert get(port, "/nothing.html", "HEAD")[2] == b""


def test_a_site_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match=r"has no pages yet\. Make them first: attendance publish"):
        make_server(tmp_path, 0)


def test_a_port_in_use_is_an_error_with_a_remedy(site: SiteReport, port: int) -> None:
    with pytest.raises(ServeError, match=f"Port {port} cannot be used"):
        make_server(site.site, port)


def test_serving_says_where_takes_another_port_if_need_be_and_ends_quietly(site: SiteReport, port: int) -> None:
    # in the background a shell starts everything deaf to Ctrl-C, these tests too; a terminal does not
    program = (
        "import signal, sys; from pathlib import Path; from publishing.serve import serve; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "serve(Path(sys.argv[1]), int(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(site.site), str(port)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == f"Port {port} is taken; here is another.\n"
    said = process.stdout.readline()
    assert said.startswith("The pages are at http://127.0.0.1:")
    other = int(said.split(":")[2].split("/")[0])
    assert other != port
    assert get(other, "/")[0] == 200
    process.send_signal(signal.SIGINT)
    out, trouble = process.communicate(timeout=20)
    assert (process.returncode, out, trouble) == (0, "Stopped.\n", "")
