"""How Metabase is asked: again where that is safe, and in words where it does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from publishing.metabase.transport import (
    FIRST_PAUSE,
    Metabase,
    MetabaseError,
    MissingError,
    StaleError,
    open_metabase,
)
from tests.metabase.stand_in import KEY, Fault, StandIn

SOON = (1.0, 0.3)


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited, in order."""
    return []


@pytest.fixture
def metabase(stand_in: tuple[str, StandIn], pauses: list[float]) -> Metabase:
    return Metabase(stand_in[0], KEY, SOON, pause=pauses.append)


def test_a_call_that_fails_for_a_while_is_made_again_and_waits_longer_each_time(
    stand_in: tuple[str, StandIn], metabase: Metabase, pauses: list[float]
) -> None:
    stand_in[1].faults = [Fault("GET", "/api/user/current", times=4, status=503)]
    assert metabase.get("/api/user/current")["is_superuser"]
    assert len(pauses) == 4
    assert all(FIRST_PAUSE * 2**n / 2 <= pause <= FIRST_PAUSE * 2**n for n, pause in enumerate(pauses))


def test_it_waits_as_long_as_it_is_asked_to(
    stand_in: tuple[str, StandIn], metabase: Metabase, pauses: list[float]
) -> None:
    stand_in[1].faults = [Fault("GET", "/api/user/current", times=1, status=429, headers={"Retry-After": "7"})]
    metabase.get("/api/user/current")
    stand_in[1].faults = [Fault("GET", "/api/user/current", times=1, status=429, headers={"Retry-After": "86400"})]
    metabase.get("/api/user/current")
    assert pauses == [7.0, 60.0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "/api/user/current", times=9, status=500),
        Fault("GET", "/api/user/current", times=9, drops=True),
        Fault("GET", "/api/user/current", times=9, silent_for=0.4),
    ],
    ids=["fails", "drops", "is silent"],
)
def test_it_gives_up_in_the_end_and_says_what_to_do(stand_in: tuple[str, StandIn], fault: Fault) -> None:
    stand_in[1].faults = [fault]
    metabase = Metabase(stand_in[0], KEY, SOON, attempts=2, pause=lambda _seconds: None)
    with pytest.raises(MetabaseError, match="run the command again"):
        metabase.get("/api/user/current")
    assert fault.times == 7


def test_what_makes_something_is_not_asked_twice_unless_it_was_turned_away(
    stand_in: tuple[str, StandIn], metabase: Metabase
) -> None:
    url, server = stand_in
    server.faults = [Fault("POST", "/api/permissions/group", times=1, status=429)]
    metabase.post("/api/permissions/group", {"name": "One"})
    server.faults = [Fault("POST", "/api/permissions/group", times=1, status=503)]
    with pytest.raises(MetabaseError, match="Metabase fails"):
        metabase.post("/api/permissions/group", {"name": "Two"})
    # made, and the answer lost
    server.faults = [Fault("POST", "/api/permissions/group", times=1, silent_for=0.5, after=True)]
    with pytest.raises(MetabaseError, match="may have done what was asked or not"):
        metabase.post("/api/permissions/group", {"name": "Three"})
    assert [one["name"] for one in server.groups.values()][2:] == ["One", "Three"]
    assert url == metabase.url


def test_nobody_home_is_said() -> None:
    metabase = Metabase("http://127.0.0.1:9", KEY, SOON, attempts=2, pause=lambda _seconds: None)
    with pytest.raises(MetabaseError, match=r"cannot be reached .*METABASE_URL"):
        metabase.get("/api/user/current")


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, MetabaseError, "does not take the API key"),
        (402, MetabaseError, "Only the paid edition"),
        (403, MetabaseError, "must belong to the group Administrators"),
        (404, MissingError, "has no /api/user/current"),
        (409, StaleError, "Somebody changed the permissions"),
        (400, MetabaseError, r"Metabase refuses \(GET /api/user/current: 400\): told to fail"),
    ],
)
def test_an_answer_that_is_none_is_told_in_words(
    stand_in: tuple[str, StandIn], metabase: Metabase, status: int, kind: type[MetabaseError], says: str
) -> None:
    stand_in[1].faults = [Fault("GET", "/api/user/current", times=9, status=status)]
    with pytest.raises(kind, match=says) as told:
        metabase.get("/api/user/current")
    assert KEY not in str(told.value)


def test_a_wrong_key_is_refused_and_never_shown(stand_in: tuple[str, StandIn]) -> None:
    metabase = Metabase(stand_in[0], "wrong-key")
    with pytest.raises(MetabaseError, match="does not take the API key") as told:
        metabase.get("/api/user/current")
    assert "wrong-key" not in str(told.value) + repr(metabase)


@contextmanager
def answering(status: int, body: str, **headers: str) -> Iterator[str]:
    """A server that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_redirect_is_not_followed_because_what_was_sent_would_be_lost() -> None:
    with (
        answering(301, "", Location="https://metabase.example.org/api/card") as url,
        pytest.raises(MetabaseError, match=r"sends us on to https://metabase\.example\.org"),
    ):
        Metabase(url, KEY).post("/api/card", {})


def test_a_page_that_is_no_metabase_is_said() -> None:
    with (
        answering(200, "<html>Sign in</html>") as url,
        pytest.raises(MetabaseError, match="no JSON: '<html>Sign in</html>'"),
    ):
        Metabase(url, KEY).get("/api/card")


def test_what_metabase_says_of_a_body_is_told_by_field() -> None:
    body = json.dumps({"errors": {"name": "value must be a non-blank string."}})
    with answering(400, body) as url, pytest.raises(MetabaseError, match="non-blank string"):
        Metabase(url, KEY).post("/api/card", {})


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        ("", "", "METABASE_URL and METABASE_API_KEY are not set"),
        ("https://metabase.example.org", "", "METABASE_API_KEY is not set"),
        ("metabase.example.org", "k", "must be an address such as"),
        ("https://me:secret@metabase.example.org", "k", "Take it out"),
    ],
)
def test_settings_that_are_none_are_said(url: str, key: str, says: str) -> None:
    with pytest.raises(MetabaseError, match=says) as told:
        open_metabase(url, key)
    assert "secret" not in str(told.value)


def test_an_address_may_end_in_a_slash_or_in_the_interface() -> None:
    for url in ("https://metabase.example.org", "https://metabase.example.org/", "https://metabase.example.org/api"):
        assert open_metabase(url, "k").url == "https://metabase.example.org"


def test_the_package_of_tests_is_our_own() -> None:
    # metabase-api installs a top-level package of that name
    import tests  # noqa: PLC0415

    assert hasattr(tests, "__path__")
    assert any("site-packages" not in path for path in tests.__path__)
    assert "site-packages" not in next(iter(tests.__path__))
