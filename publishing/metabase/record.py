"""What was published last, kept below ``home``: a help, not the truth. It may be lost, and nothing goes wrong.

Two things it tells that Metabase cannot. Where Metabase writes down what we send in other words, it tells that this is
the same, so that a second publication changes nothing. And it tells what somebody changed by hand since, apart from
what the definitions changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from publishing.metabase.there import Found
from publishing.metabase.things import KINDS, Ref, Thing, resolved

VERSION = 1
_DIGITS = 16


@dataclass(frozen=True)
class Published:
    """A thing as it was published: its number, and a digest of each field as it was sent and as it was then read."""

    id: int
    sent: Mapping[str, str]
    read: Mapping[str, str]


Record = dict[Ref, Published]


def digest(value: object) -> str:
    """The same for the same value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def recorded(things: Iterable[Thing], found: Mapping[Ref, Found]) -> Record:
    """What there is to remember of what was just published."""
    ids = {ref: one.id for ref, one in found.items()}
    record = {}
    for thing in things:
        there = found.get(thing.ref)
        if there is not None and not there.is_archived:
            record[thing.ref] = Published(
                there.id,
                {name: digest(resolved(value, ids)) for name, value in thing.fields.items()},
                {name: digest(there.fields.get(name)) for name in thing.fields},
            )
    return record


def path_of(home: Path, url: str) -> Path:
    """Where the record of a Metabase lies: each has its own."""
    return home / "metabase" / f"{hashlib.sha256(url.encode()).hexdigest()[:_DIGITS]}.json"


def read_record(path: Path) -> Record:
    """What was published last; nothing where there is no record, or one that cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            return {}
        return {
            Ref(one["kind"], one["key"]): Published(int(one["id"]), dict(one["sent"]), dict(one["read"]))
            for one in content["things"]
            if one["kind"] in KINDS
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_record(path: Path, url: str, record: Record) -> None:
    """Keep what was published, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    things = [
        {"kind": ref.kind, "key": ref.key, "id": one.id, "sent": one.sent, "read": one.read}
        for ref, one in record.items()
    ]
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps({"version": VERSION, "url": url, "things": things}, indent=1), encoding="utf-8")
    unfinished.replace(path)
