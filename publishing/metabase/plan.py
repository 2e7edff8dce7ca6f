"""The difference between what should be in Metabase and what is there, before anything is done about it.

A field is as it should be where all that we say of it stands there; what Metabase adds is its own business. It is also
as it should be where we sent the very same last time and nobody touched what Metabase made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from publishing.metabase.described import Description
from publishing.metabase.record import Record, digest
from publishing.metabase.there import Found, There
from publishing.metabase.things import Ref, Thing, refs, resolved
from publishing.metabase.wanted import NO, Access, Wanted

Verb: TypeAlias = Literal["make", "change", "revive", "archive"]
# Who may see what is compared in these words.
UNRESTRICTED = "unrestricted"
NONE, READ = "none", "read"


@dataclass(frozen=True)
class Step:
    """One thing that is to be made, changed, fetched back or put away.

    fields: what of it changes
    """

    verb: Verb
    thing: Thing | Found
    fields: tuple[str, ...] = ()
    found: Found | None = None


@dataclass(frozen=True)
class Grant:
    """What a group may do with a connection or a folder, now and when it is done; ``thing`` by its kind and key."""

    group: int | Ref
    thing: Ref
    now: Mapping[str, Any] | str | None
    then: Mapping[str, str] | str


@dataclass(frozen=True)
class Plan:
    """Everything that a publication would do, in order.

    passwords: roles that are given a password, or whose password Metabase is told
    undescribed: connections whose tables Metabase has still to look at before they can be described
    kept:      connections and groups that are no longer wanted: nobody gets in by them, and a person may delete them
    """

    wanted: Wanted
    there: There
    steps: tuple[Step, ...]
    grants: tuple[Grant, ...]
    descriptions: tuple[Description, ...] = ()
    undescribed: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    untouched: int = 0

    @property
    def told_again(self) -> tuple[Thing, ...]:
        """The connections that are as they should be, but for the password that Metabase has to hear."""
        stepped = {step.thing.ref for step in self.steps}
        waiting = (thing for thing in self.wanted.of("database") if thing.ref not in stepped)
        return tuple(thing for thing in waiting if thing.fields["details"]["user"] in self.passwords)

    @property
    def needed(self) -> tuple[str, ...]:
        """The roles whose passwords are needed: of those that are told, and the one as which what is new comes in."""
        makes = any(step.verb == "make" and step.thing.kind == "database" for step in self.steps)
        return tuple(dict.fromkeys((*self.passwords, *([self.wanted.comes_in_first] if makes else ()))))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.steps or self.grants or self.descriptions or self.undescribed or self.passwords)


def says(wanted: object, there: object) -> bool:
    """Whether all that is wanted stands there: keys may be added, nothing in a list."""
    if isinstance(wanted, Mapping):
        if not isinstance(there, Mapping):
            return not wanted and there is None
        return all(says(value, there.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list | tuple):
        return isinstance(there, list | tuple) and len(wanted) == len(there) and all(map(says, wanted, there))
    if isinstance(wanted, bool) or isinstance(there, bool):
        return bool(wanted) == bool(there)
    return bool(wanted == there)


def changed_fields(thing: Thing, found: Found, ids: Mapping[Ref, int], record: Record) -> tuple[str, ...]:
    """What of a thing is not as it should be."""
    known = record.get(thing.ref)
    changed = []
    for name, unresolved in thing.fields.items():
        value = resolved(unresolved, ids)
        there = found.fields.get(name)
        if says(value, there):
            continue
        excused = (
            known is not None
            and known.id == found.id
            and known.sent.get(name) == digest(value)
            and known.read.get(name) == digest(there)
        )
        if not excused:
            changed.append(name)
    return tuple(changed)


def touched_fields(thing: Thing, found: Found, ids: Mapping[Ref, int], record: Record) -> tuple[str, ...]:
    """What of a thing somebody changed by hand since it was published; without a record, what is not as defined."""
    known = record.get(thing.ref)
    if known is None or known.id != found.id:
        return changed_fields(thing, found, ids, record)
    return tuple(
        name
        for name, value in thing.fields.items()
        if known.read.get(name) not in {None, digest(found.fields.get(name))}
        and not says(resolved(value, ids), found.fields.get(name))
    )


def plan_of(wanted: Wanted, there: There, record: Record) -> Plan:
    """What is to be done, apart from descriptions of tables and from passwords."""
    ids = there.ids
    steps: list[Step] = []
    untouched = 0
    for thing in wanted.things:
        found = there.things.get(thing.ref)
        if found is None:
            steps.append(Step("make", thing, tuple(thing.fields)))
            continue
        changed = changed_fields(thing, found, ids, record)
        if found.is_archived:
            steps.append(Step("revive", thing, tuple(thing.fields), found))
        elif changed:
            steps.append(Step("change", thing, changed, found))
        else:
            untouched += 1
    archived, kept = _archived(wanted, there)
    return Plan(
        wanted=wanted,
        there=there,
        steps=(*steps, *archived),
        grants=grants_of(wanted, there),
        kept=tuple(kept),
        untouched=untouched,
    )


def _archived(wanted: Wanted, there: There) -> tuple[list[Step], list[str]]:
    """What is ours and no longer wanted: dashboards, then questions, then folders that hold nothing of others."""
    wanted_refs = {thing.ref for thing in wanted.things}
    steps, kept = [], []
    gone = [found for ref, found in there.things.items() if ref not in wanted_refs and not found.is_archived]
    for kind in ("dashboard", "card"):
        steps += [Step("archive", found, found=found) for found in gone if found.kind == kind]
    # a folder below another first
    folders = sorted((found for found in gone if found.kind == "collection"), key=lambda one: -one.key.count("/"))
    steps += [Step("archive", found, found=found) for found in folders]
    kept += [found.name for found in gone if found.kind in {"database", "group"}]
    return steps, kept


def grants_of(wanted: Wanted, there: There) -> tuple[Grant, ...]:
    """What every group but the administrators may do with every connection and folder of ours, where it differs."""
    return tuple(_grants(wanted, there))


def _grants(wanted: Wanted, there: There) -> Iterable[Grant]:
    wanted_refs = {thing.ref for thing in wanted.things}
    gone = [found for ref, found in there.things.items() if ref not in wanted_refs and not found.is_archived]
    databases = [*(thing.ref for thing in wanted.of("database")), *(one.ref for one in gone if one.kind == "database")]
    folders = [
        *(thing.ref for thing in wanted.of("collection")),
        *(one.ref for one in gone if one.kind == "collection"),
    ]
    keys = {found.id: found.key for ref, found in there.things.items() if ref.kind == "group"}
    groups: list[tuple[int | Ref, str | None]] = [
        (number, keys.get(number)) for number in there.groups if number != there.administrators
    ]
    groups += [(thing.ref, thing.key) for thing in wanted.of("group") if thing.ref not in there.things]
    for group, key in groups:
        for database in databases:
            then = asking(wanted.access, key, database.key)
            now = _asking_now(there, group, database)
            if not _is_as(now, then):
                yield Grant(group, database, now, then)
        for folder in folders:
            reads = READ if key is not None and folder.key in wanted.access.reads.get(key, ()) else NONE
            reading = _reading_now(there, group, folder)
            if reading != reads:
                yield Grant(group, folder, reading, reads)


def asking(access: Access, group: str | None, connection: str) -> dict[str, str]:
    """What a group is to be allowed with a connection."""
    asks = access.asks.get(group or "", {}).get(connection, NO)
    sees = connection in access.views.get(group or "", ())
    return {**({"view-data": UNRESTRICTED} if sees else {}), "create-queries": asks}


def _asking_now(there: There, group: int | Ref, database: Ref) -> Mapping[str, Any] | None:
    found = there.things.get(database)
    if found is None or not isinstance(group, int):
        return None
    return there.asking.get(group, {}).get(found.id, {})


def _is_as(now: Mapping[str, Any] | None, then: Mapping[str, str]) -> bool:
    """Metabase leaves out what is least: no word of questions means that none may be asked."""
    if now is None:
        # of what is not there yet, everything is still to be said
        return False
    return all(now.get(name, NO if name == "create-queries" else None) == value for name, value in then.items())


def _reading_now(there: There, group: int | Ref, folder: Ref) -> str | None:
    found = there.things.get(folder)
    if found is None or not isinstance(group, int):
        return None
    return there.reading.get(group, {}).get(found.id, NONE)


def missing_refs(thing: Thing, ids: Mapping[Ref, int]) -> set[Ref]:
    """What a thing names that is not there yet."""
    return {ref for ref in refs(thing.fields) if ref not in ids}


def dashcard_words(
    thing: Thing, found: Found, names: Mapping[int | Ref | None, str], ids: Mapping[Ref, int]
) -> list[str]:
    """What changes among a dashboard's cards: which come, which go, which lie elsewhere or lead elsewhere."""
    wanted = resolved(thing.fields["dashcards"], ids)
    there: Sequence[Mapping[str, Any]] = found.fields.get("dashcards") or []
    said: list[str] = []
    ours = {_of(card): card for card in wanted}
    theirs = {_of(card): card for card in there}
    said += [f"card {names.get(key, 'a text')} is added" for key in ours if key not in theirs]
    said += [
        f"card {names.get(key, 'not ours' if key else 'a text')} is taken off" for key in theirs if key not in ours
    ]
    place = ("tab", "row", "col", "size_x", "size_y")
    for key, card in ours.items():
        other = theirs.get(key)
        if other is None:
            continue
        name = names.get(key, "a text")
        if any(card[part] != other.get(part) for part in place):
            said.append(f"card {name} is moved")
        if card["mappings"] != other.get("mappings"):
            said.append(f"filters of card {name}")
        if not says(card["settings"], other.get("settings")):
            said.append("the text" if card["card"] is None else f"links of card {name}")
    questions = [key for key in map(_of, there) if key is not None]
    if len(questions) > len(set(questions)):
        said.append("a card that stands there twice is taken off")
    return said


def _of(card: Mapping[str, Any]) -> int | Ref | None:
    key: int | Ref | None = card["card"]
    return key
