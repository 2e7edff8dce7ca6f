"""How Metabase is asked: every call with a time-out, a few more attempts where that is safe, and errors in words.

The calls go through the package metabase-api, whose constructor is passed by: it asks without a time-out, and takes any
answer but one for a good key.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import requests
from metabase_api import Metabase_API

from publishing.errors import PublishingError

# As JSON has it.
Json: TypeAlias = Any
# Seconds to connect, and to wait for an answer: a database is tried out by Metabase before it says that it took it.
TIMEOUT = (10.0, 120.0)
ATTEMPTS = 5
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
TOO_MANY = 429
CONFLICT = 409
# Of an answer, in an error.
TOLD = 600
# What passes by itself: a start-up, a proxy without its server.
PASSING = frozenset({TOO_MANY, 500, 502, 503, 504})


class MetabaseError(PublishingError):
    """Metabase cannot be published to, or did not do what was asked; the message says why and what to do."""


class StaleError(MetabaseError):
    """Somebody else changed the permissions between our looking and our writing."""


class MissingError(MetabaseError):
    """Metabase has no such thing, or none that we may see."""


@dataclass(frozen=True)
class Metabase:
    """A Metabase that is asked with an administrator's API key.

    url: without a slash at its end; pause: waits so many seconds
    """

    url: str
    key: str = field(repr=False)
    timeout: tuple[float, float] = TIMEOUT
    attempts: int = ATTEMPTS
    pause: Callable[[float], None] = time.sleep

    def get(self, path: str, **parameters: str | int) -> Json:
        """What Metabase answers, as JSON; tried again where it does not answer."""
        return self._ask("get", path, parameters=parameters, again=True)

    def put(self, path: str, body: object, **parameters: str | int) -> Json:
        """Replace: the same twice is the same once, so it is tried again."""
        return self._ask("put", path, body=body, parameters=parameters, again=True)

    def post(self, path: str, body: object) -> Json:
        """Make something: tried again only where Metabase said that it did not even look at it."""
        return self._ask("post", path, body=body, again=False)

    def _ask(
        self,
        verb: str,
        path: str,
        *,
        body: object = None,
        parameters: dict[str, str | int] | None = None,
        again: bool,
    ) -> Json:
        attempt = 0
        while True:
            attempt += 1
            last = attempt >= self.attempts
            try:
                answer = self._send(verb, path, body, parameters or {})
            except (requests.ConnectionError, requests.Timeout) as error:
                # refused at the door: nothing was done
                untouched = isinstance(error, requests.ConnectTimeout)
                if last or not (again or untouched):
                    raise self._silent(verb, path, error, made=not (again or untouched)) from error
                self.pause(_wait(attempt))
                continue
            except requests.RequestException as error:
                raise MetabaseError(f"METABASE_URL is {self.url}, which cannot be asked: {error}") from error
            passing = answer.status_code in PASSING and (again or answer.status_code == TOO_MANY)
            if passing and not last:
                self.pause(_asked_wait(answer) or _wait(attempt))
                continue
            return self._read(verb, path, answer)

    def _send(self, verb: str, path: str, body: object, parameters: dict[str, str | int]) -> requests.Response:
        client = Metabase_API.__new__(Metabase_API)
        client.domain, client.email, client.auth = self.url, None, None
        client.header = {"X-API-KEY": self.key}
        # a redirected POST would become a GET
        options: dict[str, Any] = {"timeout": self.timeout, "allow_redirects": False}
        if parameters:
            options["params"] = parameters
        if body is not None:
            options["json"] = body
        answer: requests.Response = getattr(client, verb)(path, "raw", **options)
        return answer

    def _silent(self, verb: str, path: str, error: Exception, *, made: bool) -> MetabaseError:
        what = "did not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
        half = (
            " It may have done what was asked or not: run the command again, which finds out and goes on from there."
            if made
            else " Look whether it runs, and whether METABASE_URL is right; then run the command again."
        )
        return MetabaseError(f"Metabase at {self.url} {what} ({verb.upper()} {path}).{half}")

    def _read(self, verb: str, path: str, answer: requests.Response) -> Json:
        if answer.ok and not answer.is_redirect:
            if not answer.content:
                return None
            try:
                return answer.json()
            except ValueError as error:
                raise MetabaseError(
                    f"{self.url} answers {verb.upper()} {path} with something that is no JSON: {_told(answer)!r}. Is "
                    "METABASE_URL a Metabase's own address, and not a page in front of it?"
                ) from error
        where = f"{verb.upper()} {path}: {answer.status_code}"
        match answer.status_code:
            case 301 | 302 | 303 | 307 | 308:
                target = urlsplit(answer.headers.get("Location", ""))
                raise MetabaseError(
                    f"{self.url} sends us on to {target.scheme}://{target.netloc}. Set METABASE_URL to where Metabase "
                    "is, https where it is https."
                )
            case 401:
                raise MetabaseError(
                    f"Metabase at {self.url} does not take the API key ({where}). Make one in Admin settings, "
                    "Authentication, API keys, for the group Administrators, and set METABASE_API_KEY to it."
                )
            case 403:
                raise MetabaseError(
                    f"The API key may not do that ({where}). It must belong to the group Administrators: Admin "
                    "settings, Authentication, API keys."
                )
            case 404:
                raise MissingError(f"Metabase has no {path} ({where}): {_told(answer)}")
            case 409:
                raise StaleError(f"Somebody changed the permissions meanwhile ({where}). Run the command again.")
            case 402:
                raise MetabaseError(f"Only the paid edition of Metabase does that ({where}): {_told(answer)}")
            case code if code in PASSING:
                raise MetabaseError(
                    f"Metabase fails ({where}): {_told(answer)}. Its own log says more; when it is well, run the "
                    "command again, which goes on from there."
                )
            case _:
                raise MetabaseError(
                    f"Metabase refuses ({where}): {_told(answer)}. What was done before stays; mend it and run the "
                    "command again."
                )


def open_metabase(url: str, key: str) -> Metabase:
    """The Metabase of the settings; MetabaseError where they name none."""
    missing = [name for name, value in (("METABASE_URL", url), ("METABASE_API_KEY", key)) if not value]
    if missing:
        raise MetabaseError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set: where Metabase is "
            "(https://metabase.example.org), and the API key of an administrator. docs/metabase.md says how to get one."
        )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise MetabaseError("METABASE_URL must be an address such as https://metabase.example.org.")
    if parts.username or parts.password:
        raise MetabaseError("METABASE_URL holds a name or a password. Take it out: the API key is enough.")
    return Metabase(url.rstrip("/").removesuffix("/api"), key)


def _wait(attempt: int) -> float:
    """Twice as long each time, and never as long as others wait."""
    return float(min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.0))  # noqa: S311


def _asked_wait(answer: requests.Response) -> float | None:
    """What the answer's Retry-After asks for, as far as we have patience."""
    asked = answer.headers.get("Retry-After", "").strip()
    if not asked:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), LONGEST_PAUSE)


def _told(answer: requests.Response) -> str:
    """What the answer says, short: the message, the errors by field, or its text."""
    try:
        body = answer.json()
    except ValueError:
        return answer.text.strip()[:TOLD] or "no reason given"
    if isinstance(body, dict):
        parts = [body.get("message"), body.get("errors"), body.get("specific-errors")]
        told = "; ".join(part if isinstance(part, str) else json.dumps(part) for part in parts if part)
        return (told or json.dumps(body))[:TOLD]
    return str(body)[:TOLD]
