"""A notice of what failed: to a real webhook and a real mail server on this machine, and never at the run's cost."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from attendance.airflow.notice import MOST_LINES, Notice, send_notice
from ingestion.registry import County
from ingestion.transports.credentials import Credentials, credentials_from_environment, make_credentials

NOTICE = Notice("sis_nightly: 1 need attention", ("Alder Unified: pull failed; the last good data stays.",))


class _Webhook(BaseHTTPRequestHandler):
    received: list[Any]
    status = 200

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def webhook() -> Iterator[tuple[str, type[_Webhook]]]:
    handler = type("Handler", (_Webhook,), {"received": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook/planted-webhook-secret", handler
    server.shutdown()
    server.server_close()


class _Inbox:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[int, _Inbox]]:
    inbox = _Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=0)
    # the library connects to the port that it was given, so it is given one that is free
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        controller.port = probe.getsockname()[1]
    controller.start()
    yield controller.port, inbox
    controller.stop()


def county(**notify: Any) -> County:
    return County.model_validate({"code": "19", "name": "Los Angeles County", "notify": notify})


def smtp(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "sender": "warehouse@county.invalid", "starttls": False}


def lookup_of(address: str) -> Any:
    def lookup(_name: str) -> Credentials:
        return make_credentials(host=address)

    return lookup


def test_the_webhook_is_told_what_failed(webhook: tuple[str, type[_Webhook]]) -> None:
    address, handler = webhook
    assert send_notice(county(webhook="county_chat"), NOTICE, lookup_of(address)) == 1
    assert handler.received == [{"text": f"{NOTICE.subject}\n{NOTICE.lines[0]}"}]


def test_everyone_named_gets_a_mail(mail: tuple[int, _Inbox]) -> None:
    port, inbox = mail
    told = county(email=["data@county.invalid", "night@county.invalid"], smtp=smtp(port))
    assert send_notice(told, NOTICE, lookup_of("")) == 1
    message = inbox.messages[0]
    assert message["To"] == "data@county.invalid, night@county.invalid"
    assert message["From"] == "warehouse@county.invalid"
    assert message["Subject"] == NOTICE.subject
    assert NOTICE.lines[0] in str(message.get_payload())


def test_nobody_is_told_where_nobody_is_named() -> None:
    assert send_notice(county(), NOTICE, lookup_of("")) == 0


def test_a_webhook_that_refuses_stops_nothing_and_its_address_is_not_told(
    webhook: tuple[str, type[_Webhook]], mail: tuple[int, _Inbox], caplog: pytest.LogCaptureFixture
) -> None:
    address, handler = webhook
    handler.status = 410
    port, inbox = mail
    caplog.set_level(logging.DEBUG)
    told = county(webhook="county_chat", email=["data@county.invalid"], smtp=smtp(port))
    assert send_notice(told, NOTICE, lookup_of(address)) == 1
    assert len(inbox.messages) == 1
    assert "410" in caplog.text
    assert "planted-webhook-secret" not in caplog.text


def test_a_webhook_that_is_not_there_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert send_notice(county(webhook="county_chat"), NOTICE, lookup_of("http://127.0.0.1:9/planted")) == 0
    assert "ConnectError" in caplog.text


def test_a_connection_that_is_not_there_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert send_notice(county(webhook="county_chat"), NOTICE, credentials_from_environment) == 0
    assert "AIRFLOW_CONN_COUNTY_CHAT" in caplog.text


def test_a_county_on_fire_is_told_in_one_page() -> None:
    lines = tuple(f"LEA {number}: pull failed." for number in range(400))
    text = Notice("sis_nightly", lines).text
    assert len(text.splitlines()) == MOST_LINES + 1
    assert text.endswith("and 350 more: attendance status")
