"""Download what the state publishes to where ``pull`` looks for it. What cannot be had is told, not raised."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from attendance.settings import Settings
from ingestion.durable import put_in_place, temporary_name
from ingestion.registry import Registry

AGENT = "attendance-warehouse"
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class BrokenOffError(ValueError):
    """A download ended before its announced end."""


@dataclass(frozen=True)
class FetchReport:
    """What became of each address.

    present: files that were there already
    fetched: files that were downloaded now
    failed:  addresses that could not be had, each with the reason
    """

    present: tuple[str, ...]
    fetched: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]

    def lines(self) -> list[str]:
        """The report in words, one line per file that is not simply there already."""
        return [f"Fetched {name}." for name in self.fetched] + [
            f"Could not fetch {address}: {reason}. Try `attendance fetch` again, or download it by hand."
            for address, reason in self.failed
        ]


def _file_name(address: str) -> str:
    return unquote(urlsplit(address).path).rpartition("/")[2]


def _may_pass(error: BaseException) -> bool:
    """Whether another try may help. Without a network there is none: who waits is told at once."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in BUSY
    return isinstance(error, BrokenOffError | HTTPException | ConnectionResetError)


@retry(
    retry=retry_if_exception(_may_pass),
    stop=stop_after_attempt(3),
    wait=wait_exponential_jitter(multiplier=0.5, max=5, jitter=0.5),
    reraise=True,
)
def _download(address: str, path: Path, timeout: float) -> None:
    """Download to ``path``; raises OSError, HTTPException or ValueError with the reason."""
    if urlsplit(address).scheme not in {"http", "https"}:
        raise ValueError("not an http or https address")
    request = urllib.request.Request(address, headers={"User-Agent": AGENT})  # noqa: S310
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response, temporary.open("wb") as file:  # noqa: S310
            if response.headers.get_content_type() == "text/html":
                raise ValueError("the answer is a web page, not the file")
            expected = response.headers.get("Content-Length")
            shutil.copyfileobj(response, file)
        size = temporary.stat().st_size
        if size == 0 or (expected is not None and size != int(expected)):
            raise BrokenOffError(f"the download broke off after {size:,} bytes")
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def fetch_public(settings: Settings, registry: Registry, timeout: float = 20) -> FetchReport:
    """Download the addresses of the registry's ``fetch`` lists into the public folder, those that are not there yet.

    A file counts as there in plain or as .gz. timeout: seconds without an answer.
    """
    present, fetched, failed = [], [], []
    for sender in registry.senders():
        for delivery in sender.sends.values():
            if delivery.root != "public":
                continue
            for address in delivery.fetch:
                path = settings.public / delivery.folder / _file_name(address)
                if any(one.exists() for one in (path, path.with_name(f"{path.name}.gz"))):
                    present.append(path.name)
                    continue
                try:
                    _download(address, path, timeout)
                except (OSError, HTTPException, ValueError) as error:
                    reason = str(getattr(error, "reason", "") or error) or type(error).__name__
                    failed.append((address, reason))
                else:
                    fetched.append(path.name)
    return FetchReport(tuple(present), tuple(fetched), tuple(failed))
