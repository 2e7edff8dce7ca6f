"""Things of Metabase, and whose they are.

What is ours says so itself: the last line of its description, or in a group, which has no description, the end of its
name. ``[attendance card public/county/groups]`` names the kind and a key that stays the same when a title changes. So
nothing is lost with this machine: whoever publishes next, from anywhere, finds what is ours. To keep something as one's
own, one takes that line out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from publishing.metabase.transport import Json

Kind: TypeAlias = Literal["database", "group", "collection", "card", "dashboard"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_KEY = r"[a-z0-9_]+(?:[/-][a-z0-9_]+)*"
_LINE = re.compile(rf"\[attendance (?P<kind>{'|'.join(KINDS)}) (?P<key>{_KEY})\]\s*\Z")
_NAME = re.compile(rf"\AAttendance: .* \[(?P<key>{_KEY})\]\Z")


@dataclass(frozen=True)
class Ref:
    """Another thing, by its kind and key: its number is known when it is there."""

    kind: Kind
    key: str


@dataclass(frozen=True)
class Thing:
    """Something that should be in Metabase.

    fields: what of it is ours to say, as it is compared; other things are named by ``Ref``
    place:  where it is, in words, for the plan
    """

    kind: Kind
    key: str
    name: str
    fields: Mapping[str, Any] = field(repr=False)
    place: str = ""

    @property
    def ref(self) -> Ref:
        """How others name it."""
        return Ref(self.kind, self.key)


def marked(kind: Kind, key: str, *texts: str) -> str:
    """A description that says whose it is: the texts, each a paragraph, then the line."""
    said = [text for text in texts if text]
    return "\n\n".join([*said, f"[attendance {kind} {key}]"])


def marked_name(words: str, key: str) -> str:
    """A name that says whose it is: of a group and of a connection, which everybody sees by name only."""
    return f"Attendance: {words} [{key}]"


def key_in_description(kind: Kind, description: str | None) -> str | None:
    """The key of a thing of ours, from its description; None where it is none."""
    found = _LINE.search(description or "")
    return found["key"] if found and found["kind"] == kind else None


def key_in_name(name: str) -> str | None:
    """The key of a group of ours, from its name; None where it is none."""
    found = _NAME.match(name)
    return found["key"] if found else None


def resolved(value: Json, ids: Mapping[Ref, int]) -> Json:
    """The value with numbers for things; a thing that is not there yet stays as it is."""
    if isinstance(value, Ref):
        return ids.get(value, value)
    if isinstance(value, Mapping):
        return {key: resolved(one, ids) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(one, ids) for one in value]
    return value


def refs(value: object) -> set[Ref]:
    """The things that a value names."""
    if isinstance(value, Ref):
        return {value}
    if isinstance(value, Mapping):
        return set().union(*map(refs, value.values())) if value else set()
    if isinstance(value, list | tuple):
        return set().union(*map(refs, value)) if value else set()
    return set()
