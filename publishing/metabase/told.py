"""A plan, and what somebody changed by hand, in lines that a tired person can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from publishing.metabase.plan import NONE, READ, Grant, Plan, Step, dashcard_words, touched_fields
from publishing.metabase.record import Record
from publishing.metabase.there import Found, There, is_public
from publishing.metabase.things import Kind, Ref, Thing, key_in_description, resolved
from publishing.metabase.wanted import DISTRICTS, NO, ROOT
from publishing.serving.copies import PUBLIC

SIGNS = {"make": "+", "change": "~", "revive": "+", "archive": "-"}
FIELDS: Mapping[str, str] = {
    "name": "name",
    "description": "description",
    "display": "kind of chart",
    "collection_id": "folder",
    "parent_id": "folder",
    "dataset_query": "query",
    "visualization_settings": "how it is drawn",
    "parameters": "filters",
    "tabs": "tabs",
    "dashcards": "cards",
    "details": "how it connects",
}
HEADINGS: tuple[tuple[Kind, str], ...] = (
    ("database", "Connections to PostgreSQL"),
    ("group", "Groups of people (who is in them, you say in Metabase)"),
    ("collection", "Folders"),
    ("dashboard", "Dashboards"),
)
# Of a list of names.
MOST = 3
DISTRICT = "district-"


@dataclass(frozen=True)
class _Line:
    """One line under a heading; lines that say the same of several places become one.

    each: what is said is done by each of the places
    """

    sign: str
    what: str
    place: str = ""
    details: tuple[str, ...] = ()
    each: bool = False


def plan_lines(plan: Plan, url: str, record: Record, *, done: bool = False) -> list[str]:
    """The plan in words, or with ``done`` what was done."""
    lines = [
        f"{'Published to' if done else 'What a publication would change at'} {url} (Metabase {plan.there.version})"
    ]
    if not plan.is_empty:
        lines.append("+ made, ~ changed, - put away or taken away")
    for kind, heading in HEADINGS:
        own = _lines_of(plan, kind)
        if own:
            lines += ["", heading, *_told(own)]
    if access := _access_lines(plan):
        lines += ["", "Who may see what", *access]
    if words := _description_lines(plan):
        lines += ["", "Tables and columns", *words]
    if kept := [*_kept_lines(plan)]:
        lines += ["", "Left as they are", *kept]
    by_hand = touched(plan, record)
    if by_hand and not done:
        lines += ["", "Changed by hand since, and undone with this publication", *_told(by_hand)]
    return [*lines, "", _sum(plan, done=done)]


def _sum(plan: Plan, *, done: bool) -> str:
    if plan.is_empty:
        return f"Everything is as it should be: {plan.untouched} things looked at, nothing to change."
    counts = {verb: sum(step.verb == verb for step in plan.steps) for verb in SIGNS}
    counts["change"] += len(plan.told_again)
    made = counts["make"] + counts["revive"]
    parts = [f"{made} to make", f"{counts['change']} to change", f"{counts['archive']} to put away"]
    if done:
        parts = [f"{made} made", f"{counts['change']} changed", f"{counts['archive']} put away"]
    parts.append(f"{plan.untouched - len(plan.told_again)} as they should be")
    return f"{', '.join(parts)}." + ("" if done else " Nothing was changed; without --plan it is.")


def _lines_of(plan: Plan, kind: Kind) -> list[_Line]:
    steps = [step for step in plan.steps if step.thing.kind == kind]
    if kind == "dashboard":
        return _dashboard_lines(plan, steps)
    # the folders of questions come and go with those that they lie in
    shown = [step for step in steps if "/" not in step.thing.key or step.verb == "change"]
    if kind == "database":
        shown += [Step("change", thing) for thing in plan.told_again]
    return [_simple(plan, step) for step in shown]


def _simple(plan: Plan, step: Step) -> _Line:
    """A connection, a group or a folder; those of districts are all alike."""
    thing = step.thing
    is_district = thing.key.startswith(DISTRICT)
    details = _fields(step)
    if thing.kind == "database" and step.verb != "archive":
        role = thing.fields["details"]["user"]
        if step.verb == "make":
            details = ["reads as a role of its own" if is_district else f"reads as {role}"]
        if role in plan.passwords:
            details.append("gets a password, made for it" if step.verb == "make" else "is told its password")
    name = words_of(thing.name)
    about = (", ".join(details),) if details else ()
    return _Line(SIGNS[step.verb], "" if is_district else name, name if is_district else "", about, each=True)


def _fields(step: Step) -> list[str]:
    return [FIELDS.get(name, name) for name in step.fields] if step.verb == "change" else []


def _dashboard_lines(plan: Plan, steps: Sequence[Step]) -> list[_Line]:
    """Each dashboard with what changes of its questions; a dashboard that is as it was with those of its questions."""
    own = {one.thing.key: one for one in steps}
    by_board: dict[str, list[Step]] = {}
    for one in plan.steps:
        if one.thing.kind == "card":
            by_board.setdefault(one.thing.key.rpartition("/")[0], []).append(one)
    ids = plan.there.ids
    names: dict[int | Ref | None, str] = {
        **{found.id: found.name for ref, found in plan.there.things.items() if ref.kind == "card"}
    }
    names |= {ids.get(thing.ref, thing.ref): thing.name for thing in plan.wanted.of("card")}
    boards: dict[str, Thing | Found] = {
        found.key: found for ref, found in plan.there.things.items() if ref.kind == "dashboard"
    }
    boards |= {thing.key: thing for thing in plan.wanted.of("dashboard")}
    lines = []
    for key in dict.fromkeys([*own, *by_board]):
        step: Step | None = own.get(key)
        details: list[str] = []
        if step is not None and step.verb == "change" and isinstance(step.thing, Thing) and step.found is not None:
            details += [FIELDS[name] for name in step.fields if name != "dashcards"]
            if "dashcards" in step.fields:
                details += dashcard_words(step.thing, step.found, names, ids) or ["cards"]
        if step is None or step.verb == "change":
            details += [_card_words(one) for one in by_board.get(key, ())]
        elif step.verb in {"make", "revive"}:
            details.append(f"{len(step.thing.fields.get('dashcards', ()))} cards")
        board = boards.get(key)
        name = board.name if board else key
        lines.append(_Line(SIGNS[step.verb] if step else "~", name, _folder(plan, key), tuple(details)))
    return lines


def _card_words(step: Step) -> str:
    words = {"make": "is made", "revive": "is fetched back", "archive": "is put away"}
    what = words.get(step.verb) or ", ".join(_fields(step))
    return f"question {step.thing.name}: {what}" if step.verb == "change" else f"question {step.thing.name} {what}"


def _folder(plan: Plan, key: str) -> str:
    folder = Ref("collection", key.partition("/")[0])
    for thing in plan.wanted.of("collection"):
        if thing.ref == folder:
            return thing.name
    found = plan.there.things.get(folder)
    return found.name if found else folder.key


def _told(lines: Iterable[_Line]) -> list[str]:
    """The lines; those that say the same of several places once, also of dashboards that are named for their place."""
    grouped: dict[tuple[str, str, tuple[str, ...]], list[_Line]] = {}
    for line in lines:
        what = "" if line.place and line.what == line.place else line.what
        grouped.setdefault((line.sign, what, line.details), []).append(line)
    told = []
    for (sign, what, details), alike in grouped.items():
        places = [line.place for line in alike if line.place]
        name = what or (_names(places) if places else alike[0].what)
        where = f", in {_names(places)}" if what and places else ""
        is_each = len(places) > 1 and not what and all(line.each for line in alike)
        said = [f"each {detail}" if is_each else detail for detail in details]
        told.append(f"  {sign} {name}{where}" + (f": {said[0]}" if len(said) == 1 else ""))
        if len(said) > 1:
            told += [f"      {detail}" for detail in said]
    return told


def words_of(name: str) -> str:
    """A name without what only says whose it is."""
    return re.sub(r" \[[^\]]*\]$", "", name.removeprefix("Attendance: "))


def _names(names: Sequence[str]) -> str:
    if len(names) <= MOST:
        return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"{', '.join(names[: MOST - 1])} and {len(names) - MOST + 1} others"


# ---- who may see what ----


def _access_lines(plan: Plan) -> list[str]:
    """A line for each group, or for all that are alike: what it may open and ask from now on, and what no longer."""
    names = {thing.ref: words_of(thing.name) for thing in plan.wanted.things}
    names |= {ref: words_of(found.name) for ref, found in plan.there.things.items() if ref not in names}
    by_group: dict[int | Ref, list[Grant]] = {}
    for grant in plan.grants:
        if "/" not in grant.thing.key and grant.thing.key not in {ROOT, DISTRICTS}:
            by_group.setdefault(grant.group, []).append(grant)
    keys = {found.id: ref for ref, found in plan.there.things.items() if ref.kind == "group"}
    lines = []
    for group, grants in by_group.items():
        ref = keys.get(group) if isinstance(group, int) else group
        name = names[ref] if ref else plan.there.groups.get(group, "") if isinstance(group, int) else ""
        own = ref.key if ref and ref.key.startswith(DISTRICT) else None
        lines += [
            _Line(sign, "" if own else name, name if own else "", (what,), each=True)
            for sign, what in _may(grants, names, own)
        ]
        if not ref and all(grant.now is None for grant in grants):
            lines.append(_Line("=", "", name, ("nothing of this",)))
    return _told(lines)


def _may(grants: Sequence[Grant], names: Mapping[Ref, str], own: str | None) -> Iterable[tuple[str, str]]:
    def called(things: Iterable[Ref]) -> str:
        listed = ["its own folder" if thing.key == own else names[thing] for thing in things]
        return _names(sorted(dict.fromkeys(listed), key=lambda one: one == "its own folder", reverse=True))

    opened = [grant.thing for grant in grants if grant.then == READ]
    asks = [grant.thing for grant in grants if isinstance(grant.then, Mapping) and grant.then["create-queries"] != NO]
    lost = [grant.thing for grant in grants if _loses(grant)]
    if opened:
        yield "+", f"may open {called(opened)}"
    if asks:
        yield "+", f"may ask questions of its own of {called(asks)}"
    if lost:
        yield "-", f"may no longer see {called(lost)}"


def _loses(grant: Grant) -> bool:
    """Whether the group can do more now than it will."""
    if isinstance(grant.then, Mapping):
        now = grant.now.get("create-queries", NO) if isinstance(grant.now, Mapping) else NO
        return now != NO and grant.then["create-queries"] != now
    return grant.then == NONE and grant.now not in {None, NONE}


def _description_lines(plan: Plan) -> list[str]:
    lines = [
        f"  ~ {one.table}{f'.{one.column}' if one.column else ''}: description, in {one.connection}"
        for one in plan.descriptions
    ]
    lines += [
        f"  + {connection}: tables and columns are described once Metabase has looked at them"
        for connection in plan.undescribed
    ]
    return lines


def _kept_lines(plan: Plan) -> Iterable[str]:
    for name in plan.kept:
        yield f"  = {name}"
    for remark in plan.wanted.remarks:
        yield f"  = {remark}"


# ---- what somebody changed by hand ----


def touched(plan: Plan, record: Record) -> list[_Line]:
    """Each thing of ours that is not as it was published, with what it is now and should be."""
    ids = plan.there.ids
    lines = []
    for thing in plan.wanted.things:
        found = plan.there.things.get(thing.ref)
        if found is None:
            if thing.ref in record:
                lines.append(_Line("-", thing.name, _place(plan, thing), ("is gone",)))
            continue
        if found.is_archived:
            if thing.ref in record:
                lines.append(_Line("-", thing.name, _place(plan, thing), ("was put away",)))
            continue
        fields = touched_fields(thing, found, ids, record)
        if fields and (thing.ref in record or not _half_made(thing, found)):
            lines.append(
                _Line("~", thing.name, _place(plan, thing), tuple(_now(name, thing, found, ids) for name in fields))
            )
    return lines


def _half_made(thing: Thing, found: Found) -> bool:
    """A dashboard that a publication was stopped at before it filled it."""
    return thing.kind == "dashboard" and not found.fields.get("dashcards")


def _place(plan: Plan, thing: Thing) -> str:
    return _folder(plan, thing.key) if thing.kind in {"card", "dashboard"} else ""


def _now(name: str, thing: Thing, found: Found, ids: Mapping[Ref, int]) -> str:
    label = FIELDS.get(name, name)
    now, then = found.fields.get(name), resolved(thing.fields[name], ids)
    short = name in {"name", "display"} or (name == "description" and key_in_description(thing.kind, str(now)) is None)
    return f"{label}: now {_short(now)}, should be {_short(then)}" if short else label


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return repr(text if len(text) < 60 else f"{text[:57]}...")


def drift_lines(plan: Plan, record: Record, url: str, locked_out: Sequence[str] = ()) -> tuple[list[str], bool]:
    """What is not as it was published: by hand, by a copy, by a link; and whether there is anything of that kind."""
    there = plan.there
    sections = {
        "Changed by hand": _told(touched(plan, record)),
        "Seen by groups that should not, or not seen by those that should": _strange_grants(plan),
        "Open to anyone by a public link, and not for the public": _links(there),
        "Copies of ours, which belong to whoever made them": [
            f"  = {one.name} ({one.kind} {one.id})" for one in there.copies if not one.is_archived
        ],
        "Roles that no longer take the password that Metabase has": [f"  ! {role}" for role in locked_out],
    }
    lines = [f"What is not as it was published at {url} (Metabase {there.version})"]
    for heading, found in sections.items():
        if found:
            lines += ["", heading, *found]
    is_clean = not any(found for heading, found in sections.items() if not heading.startswith("Copies"))
    if not record:
        lines += ["", "There is no record here of a publication: what differs from the definitions is told."]
    if is_clean:
        lines += ["", "Nothing was changed by hand."]
    return lines, not is_clean


def _strange_grants(plan: Plan) -> list[str]:
    names = {ref: found.name for ref, found in plan.there.things.items()}
    lines = []
    for grant in plan.grants:
        # what is not there yet was not changed by anybody
        if grant.now is None or grant.thing not in names or not isinstance(grant.group, int):
            continue
        now = grant.now if isinstance(grant.now, str) else ", ".join(f"{k} {v}" for k, v in grant.now.items()) or NO
        then = grant.then if isinstance(grant.then, str) else ", ".join(f"{k} {v}" for k, v in grant.then.items())
        lines.append(f"  ! {plan.there.groups[grant.group]}, {names[grant.thing]}: now {now}, should be {then}")
    return lines


def _links(there: There) -> list[str]:
    return [
        f"  ! {found.name} ({found.kind} {found.id})"
        for found in there.things.values()
        if is_public(found) and not found.is_archived and found.key.partition("/")[0] != PUBLIC
    ]
