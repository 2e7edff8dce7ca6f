"""The site behind the real nginx with the stack's own configuration: what it serves, what it says, what it refuses."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from attendance.settings import PROJECT
from tests.stack.containers import Stack, stack, why_not

PAGE = "<!doctype html><title>Page</title>" + "<p>One in five students</p>" * 100
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-cache",
}
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def web() -> Iterator[Stack]:
    """nginx alone, with a site as a publication leaves it: a link to a folder beside it."""
    if reason := why_not():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="attendance-web-"))
    folder.chmod(0o755)
    try:
        with stack(folder) as made:
            pages = made.volume("pages")
            write_site(pages, "site-1111111111111111", PAGE)
            (pages / "site").symlink_to("site-1111111111111111")
            (pages / "beside.txt").write_text("not a page")
            (pages / "site" / "out.txt").symlink_to("../beside.txt")
            (pages / "site" / "etc").symlink_to("/etc")
            made.start("site")
            made.wait_healthy("site")
            yield made
    finally:
        shutil.rmtree(folder)


def write_site(pages: Path, name: str, page: str) -> None:
    """A folder of pages."""
    site = pages / name
    for path, text in {
        "index.html": page,
        "404.html": "This page is not here",
        "district/1999001.html": page,
        "style.css": "p { color: red }" * 100,
        "site.js": "'use strict';" * 100,
        "data/rates.csv": "place,rate\n" * 100,
        "data/rates.xlsx": "PK" * 600,
        "data/map.svg": "<svg/>" * 200,
        ".hidden": "hidden",
        ".git/config": "hidden",
    }.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")


def get(web: Stack, path: str, method: str = "GET", **headers: str) -> Answer:
    """What the server answers."""

    def ask() -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
        line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    return web.within(ask)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/district/1999001.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/site.js", "text/javascript; charset=utf-8"),
        ("/data/rates.csv", "text/csv; charset=utf-8"),
        ("/data/rates.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("/data/map.svg", "image/svg+xml; charset=utf-8"),
    ],
)
def test_a_page_is_served_with_its_type(web: Stack, path: str, kind: str) -> None:
    status, headers, body = get(web, path)
    assert (status, headers["content-type"]) == (200, kind)
    assert body == (web.volume("pages") / "site" / (path.lstrip("/") or "index.html")).read_bytes()


@pytest.mark.parametrize(
    ("path", "method"),
    [("/", "GET"), ("/style.css", "HEAD"), ("/nothing", "GET"), ("/", "POST"), ("/.git/config", "GET")],
)
def test_every_answer_tells_the_browser_what_it_may_not_do(web: Stack, path: str, method: str) -> None:
    _, headers, _ = get(web, path, method)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(headers["permissions-policy"].split(", "))
    assert headers["server"] == "nginx"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.html",
        "/district/",
        "/district",
        "/data/",
        "/.hidden",
        "/.git/config",
        "/%2ehidden",
        "/district/../.hidden",
        "/../site/index.html",
        "/..%2f..%2fetc/passwd",
    ],
)
def test_what_is_no_page_is_not_there_and_no_folder_is_listed(web: Stack, path: str) -> None:
    status, _, body = get(web, path)
    assert status in {400, 404}
    assert b"hidden" not in body
    assert b"1999001" not in body
    if status == 404:
        assert body == b"This page is not here"


@pytest.mark.parametrize("path", ["/out.txt", "/etc/passwd"])
def test_no_link_leads_out_of_the_pages(web: Stack, path: str) -> None:
    status, _, body = get(web, path)
    assert status in {403, 404}
    assert b"not a page" not in body
    assert b"root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(web: Stack, method: str) -> None:
    assert get(web, "/", method)[0] == 405


def test_text_is_packed_for_whoever_takes_it_and_what_is_packed_already_is_not(web: Stack) -> None:
    for path in ("/", "/style.css", "/site.js", "/data/rates.csv", "/data/map.svg"):
        _, headers, body = get(web, path, Accept_Encoding="gzip")
        assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding"), path
        assert gzip.decompress(body) == get(web, path)[2]
    assert "content-encoding" not in get(web, "/data/rates.xlsx", Accept_Encoding="gzip")[1]


def test_what_has_not_changed_is_not_sent_again(web: Stack) -> None:
    _, headers, _ = get(web, "/")
    status, again, body = get(web, "/", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")
    assert again["content-security-policy"] == HEADERS["content-security-policy"]


def test_the_next_publication_is_served_as_soon_as_the_link_is_turned(web: Stack) -> None:
    pages = web.volume("pages")
    before = get(web, "/")
    write_site(pages, "site-2222222222222222", PAGE.replace("five", "four"))
    for path in (pages / "site-2222222222222222").rglob("*.html"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    new = pages / ".site-unfinished-link"
    new.symlink_to("site-2222222222222222")
    new.replace(pages / "site")
    try:
        status, headers, body = get(web, "/", If_None_Match=before[1]["etag"])
        assert status == 200
        assert b"One in four" in body
        assert headers["etag"] != before[1]["etag"]
    finally:
        new.symlink_to("site-1111111111111111")
        new.replace(pages / "site")


def test_before_the_first_publication_there_is_no_page_and_the_server_is_well(web: Stack) -> None:
    link = web.volume("pages") / "site"
    link.rename(link.with_name("aside"))
    try:
        assert get(web, "/")[0] == 404
        assert web.is_healthy("site")
    finally:
        link.with_name("aside").rename(link)


def test_nginx_says_nothing_about_readers(web: Stack) -> None:
    get(web, "/district/1999001.html")
    said = web.running["site"].log.read_text(encoding="utf-8")
    assert "1999001" not in said
    assert "[warn]" not in said


def test_security_headers_stand_in_one_file() -> None:
    elsewhere = [
        path.relative_to(PROJECT).as_posix()
        for room in ("deploy", "publishing", "attendance")
        for path in (PROJECT / room).rglob("*")
        if path.is_file() and re.search(r"Content-Security-Policy|Referrer-Policy", path.read_text(errors="replace"))
    ]
    assert elsewhere == ["deploy/web/headers.conf"]
