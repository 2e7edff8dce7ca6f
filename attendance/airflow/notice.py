"""A notice of what failed, to a webhook or by mail, where the registry says so.

What cannot be sent is told in the log and stops nothing: the ledger, the outboxes and ``attendance status`` say the
same.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

import httpx

from attendance.errors import MendableError
from ingestion.registry import County, Smtp
from ingestion.transports.credentials import Lookup

log = logging.getLogger(__name__)

SECONDS = 20.0
MOST_LINES = 50  # a county has hundreds of senders; who reads a notice wants to know that, not each of them


@dataclass(frozen=True)
class Notice:
    """subject: in a few words; lines: what failed, each a sentence. Neither holds anything about a student."""

    subject: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines, as many as one reads."""
        more = len(self.lines) - MOST_LINES
        shown = self.lines[:MOST_LINES]
        return "\n".join([*shown, *([f"… and {more} more: attendance status"] if more > 0 else [])])


def _call(address: str, notice: Notice) -> None:
    """Post ``{"text": …}``, which the webhooks of Slack, Mattermost, Google Chat and Teams take."""
    loud = [logging.getLogger(name) for name in ("httpx", "httpcore")]
    levels = [logger.level for logger in loud]
    for logger in loud:
        # they log each address that is called
        logger.setLevel(logging.CRITICAL)
    try:
        answer = httpx.post(address, json={"text": f"{notice.subject}\n{notice.text}"}, timeout=SECONDS)
    finally:
        for logger, level in zip(loud, levels, strict=True):
            logger.setLevel(level)
    answer.raise_for_status()


def _mail(smtp: Smtp, to: tuple[str, ...], notice: Notice, lookup: Lookup) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = smtp.sender, ", ".join(to), notice.subject
    message.set_content(notice.text)
    with smtplib.SMTP(smtp.host, smtp.port, timeout=SECONDS) as server:
        if smtp.starttls:
            server.starttls(context=ssl.create_default_context())
        if smtp.connection:
            credentials = lookup(smtp.connection)
            password = credentials.password.get_secret_value() if credentials.password else ""
            server.login(credentials.login or smtp.sender, password)
        server.send_message(message)


def _try(what: str, send: Callable[[], None]) -> bool:
    try:
        send()
    except httpx.HTTPStatusError as error:
        # its own words repeat the address, which is a secret
        log.error("The notice could not be sent to the %s: it answered %d.", what, error.response.status_code)  # noqa: TRY400
    except MendableError as error:
        log.error("The notice could not be sent to the %s: %s", what, error)  # noqa: TRY400
    except (OSError, httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException) as error:
        log.error("The notice could not be sent to the %s: %s.", what, type(error).__name__)  # noqa: TRY400
    else:
        return True
    return False


def send_notice(county: County, notice: Notice, lookup: Lookup) -> int:
    """Send the notice wherever the registry says; returns how many ways it went. Never raises for a way that fails."""
    ways: list[tuple[str, Callable[[], None]]] = []
    notify = county.notify
    if notify.webhook is not None:
        webhook = notify.webhook

        def call() -> None:
            host = lookup(webhook).host
            if host is None:
                raise MendableError(f"The connection {webhook} has no host: it holds the webhook's address.")
            _call(host.get_secret_value(), notice)

        ways.append(("webhook", call))
    if notify.smtp is not None:
        smtp = notify.smtp
        ways.append(("mail server", lambda: _mail(smtp, notify.email, notice, lookup)))
    return sum(_try(what, send) for what, send in ways)
