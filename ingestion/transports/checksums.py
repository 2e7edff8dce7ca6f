"""Checksum files that senders put beside their files: ``x.csv.sha256``, ``x.csv.md5``, SHA256SUMS, MD5SUMS."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingestion.transports.remote import Patience, RemoteFile, Transport, TransportError
from ingestion.transports.retry import retrying

Algorithm = Literal["sha256", "md5"]

ENDINGS: Mapping[str, Algorithm] = {".sha256": "sha256", ".md5": "md5"}
LISTS: Mapping[str, Algorithm] = {"sha256sums": "sha256", "md5sums": "md5"}
DIGITS: Mapping[Algorithm, int] = {"sha256": 64, "md5": 32}
LARGEST = 1_000_000


@dataclass(frozen=True)
class Checksum:
    """The checksum file that speaks of a file."""

    file: RemoteFile
    algorithm: Algorithm


def is_checksum(name: str) -> bool:
    """Whether a file of this name is no delivery but says what another one's bytes are."""
    return _algorithm(name.rpartition("/")[2]) is not None


def _algorithm(name: str) -> Algorithm | None:
    lower = name.lower().removesuffix(".txt")
    if lower in LISTS:
        return LISTS[lower]
    return next((algorithm for ending, algorithm in ENDINGS.items() if lower.endswith(ending)), None)


def checksums_of(files: Sequence[RemoteFile]) -> dict[str, Checksum]:
    """By the name of each file that has one: its own checksum file, else the list of its folder."""
    by_name = {file.name.lower(): file for file in files}
    found: dict[str, Checksum] = {}
    for file in files:
        folder, slash, _ = file.name.lower().rpartition("/")
        own = [(f"{file.name.lower()}{ending}", algorithm) for ending, algorithm in ENDINGS.items()]
        lists = [
            (f"{folder}{slash}{name}{ending}", algorithm)
            for name, algorithm in LISTS.items()
            for ending in ("", ".txt")
        ]
        for name, algorithm in (*own, *lists):
            if name in by_name and not is_checksum(file.name):
                found[file.name] = Checksum(by_name[name], algorithm)
                break
    return found


def fault_of(transport: Transport, checksum: Checksum, name: str, path: Path, patience: Patience) -> str | None:
    """What is wrong where the bytes at ``path`` are not what the checksum file says of ``name``; None where they are.

    A list that does not speak of the file says nothing against it.
    """
    base = name.rpartition("/")[2]
    spoken = checksum.file.name.rpartition("/")[2]
    text = _text(transport, checksum.file, patience)
    is_list = spoken.lower().removesuffix(".txt") in LISTS
    told = _told(text, base, DIGITS[checksum.algorithm], is_list)
    if told is None:
        return None if is_list else f"{spoken} holds no {checksum.algorithm} checksum of {base}. Send both again."
    with path.open("rb") as file:
        found = hashlib.file_digest(file, checksum.algorithm).hexdigest()
    if found == told:
        return None
    return (
        f"Its bytes are not what {spoken} says ({checksum.algorithm} {found[:12]}…, expected {told[:12]}…): it was cut "
        "off or damaged on its way, or the checksum is an older file's. It was left alone. Send both again; it is then "
        "tried again by itself."
    )


def _text(transport: Transport, file: RemoteFile, patience: Patience) -> str:
    for attempt in retrying(patience):
        with attempt, transport.read(file, 0) as stream:
            content = b""
            for chunk in stream.chunks:
                content += chunk
                if len(content) > LARGEST:
                    raise TransportError(f"{file.name} is too large for a checksum file.")
    return content.decode("utf-8-sig", errors="replace")


def _told(text: str, name: str, digits: int, must_name: bool) -> str | None:
    """The checksum that the text gives for the name, in lower case: ``<hex>  name``, or the hex alone."""
    for line in text.splitlines():
        # as sha256sum writes a line, and as it does with --tag
        gnu = re.fullmatch(rf"\s*([0-9a-fA-F]{{{digits}}})(?:\s+\*?(.+?))?\s*", line)
        bsd = re.fullmatch(rf"\s*\w+ \((.+)\) = ([0-9a-fA-F]{{{digits}}})\s*", line)
        hexed, named = (gnu[1], gnu[2]) if gnu else (bsd[2], bsd[1]) if bsd else (None, None)
        if hexed is None or (named is None and must_name):
            continue
        if named is None or not must_name or re.split(r"[/\\]", named)[-1] == name:
            return hexed.lower()
    return None
