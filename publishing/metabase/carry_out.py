"""A plan carried out: connections, who may see what, questions, dashboards, in an order in which nobody sees too much.

Everything can be stopped at any moment and run again: each thing carries its key from the moment it is made, so it is
found and not made twice. Permissions are closed before there is anything to see: a connection while it still comes in
as the public role, folders while they are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import BaseModel

from publishing.metabase import bodies
from publishing.metabase.described import Words, wait_for_tables, write
from publishing.metabase.plan import NONE, Grant, Plan, Step, grants_of
from publishing.metabase.record import Record, recorded
from publishing.metabase.there import Found, There, read_there
from publishing.metabase.things import Kind, Ref, Thing, resolved
from publishing.metabase.transport import Metabase, MetabaseError, StaleError
from publishing.metabase.wanted import NO, Wanted

# Metabase keeps the password that it has where this stands for it.
KEPT_PASSWORD = "**MetabasePass**"  # noqa: S105 - Metabase's own word for: as before
STALE_ATTEMPTS = 5
# Questions between two lines of progress.
TOLD_EVERY = 100
Progress: TypeAlias = Callable[[str], None]

PATHS: Mapping[Kind, str] = {
    "database": "/api/database",
    "group": "/api/permissions/group",
    "collection": "/api/collection",
    "card": "/api/card",
    "dashboard": "/api/dashboard",
}
CHANGES: Mapping[Kind, type[BaseModel]] = {
    "database": bodies.Database,
    "group": bodies.Group,
    "collection": bodies.Collection,
    "card": bodies.Card,
    "dashboard": bodies.Dashboard,
}
MAKES: Mapping[Kind, type[BaseModel]] = {
    "group": bodies.Group,
    "collection": bodies.Collection,
    "card": bodies.NewCard,
    "dashboard": bodies.NewDashboard,
}
# What of a new dashboard is sent with its second body: a tab has no number before.
_LATER = ("parameters", "tabs", "dashcards")


@dataclass
class _Run:
    """One publication under way: the numbers of things that are there by now."""

    metabase: Metabase
    plan: Plan
    passwords: Mapping[str, str]
    told: Callable[[str], None]
    ids: dict[Ref, int] = field(default_factory=dict)

    # ---- things ----

    def do(self, step: Step) -> None:
        """Make, change, revive or put away one thing."""
        thing = step.thing
        if step.verb == "archive":
            self.put(thing, {"archived": True})
        elif step.verb == "make":
            self.ids[thing.ref] = self.make(thing)
        elif thing.kind == "dashboard":
            self.fill(thing, step.fields, step.found, revive=step.verb == "revive")
        else:
            fields = resolved({name: thing.fields[name] for name in step.fields}, self.ids)
            if thing.kind == "database" and "details" in fields:
                self.narrow(thing)
                fields["details"] = {**fields["details"], "password": self.password(thing)}
            self.put(thing, fields | ({"archived": False} if step.verb == "revive" else {}))

    def make(self, thing: Thing | Found) -> int:
        if thing.kind == "database":
            return self.connect(thing)
        content = resolved(thing.fields, self.ids)
        if thing.kind == "card":
            content["type"] = "question"
        content = {name: value for name, value in content.items() if name not in _LATER}
        sent = bodies.body(MAKES[thing.kind], _called(thing), content)
        return int(self.metabase.post(PATHS[thing.kind], sent)["id"])

    def connect(self, thing: Thing | Found) -> int:
        """Make a connection, close it to everybody, and only then let it come in as its own role.

        Metabase opens each new connection to All Users, and makes none that does not come in. Until it is closed it
        comes in as the public role: whoever asks through it, whatever stops us, reads what everybody may.
        """
        role, first = thing.fields["details"]["user"], self.plan.wanted.comes_in_first
        content = {
            "name": thing.fields["name"],
            "engine": "postgres",
            "details": {**thing.fields["details"], "user": first, "password": self.passwords[first]},
            "is_full_sync": False,
            "is_on_demand": False,
            "auto_run_queries": True,
            "connection_source": "admin",
        }
        sent = bodies.body(bodies.NewDatabase, _called(thing), content)
        number = int(self.metabase.post(PATHS["database"], sent)["id"])
        there = self.plan.there
        closed = {
            str(group): {str(number): {"create-queries": NO}} for group in there.groups if group != there.administrators
        }
        write_asking(self.metabase, lambda _graph: closed)
        self.check_closed(number, closed, _called(thing))
        self.ids[thing.ref] = number
        own = {"details": {**thing.fields["details"], "password": self.passwords[role]}} if role != first else {}
        self.put(thing, {"description": thing.fields["description"], **own})
        self.told(role)
        return number

    def check_closed(self, number: int, closed: Iterable[str], called: str) -> None:
        """Look whether Metabase keeps that these groups may not ask; MetabaseError where it does not."""
        groups = self.metabase.get("/api/permissions/graph")["groups"]
        for group in closed:
            if groups.get(group, {}).get(str(number), {}).get("create-queries", NO) != NO:
                raise MetabaseError(
                    f"{called} was closed and is open again to {self.plan.there.groups[int(group)]}, so it was not "
                    "told how to come in. Look at Admin settings, Permissions; is another program changing them?"
                )

    def narrow(self, thing: Thing | Found) -> None:
        """Give groups what they may have of a connection before it changes: a stopped run may have left it open.

        Raises MetabaseError where Metabase does not keep that.
        """
        there = self.plan.there
        # a group that is not there yet may ask nothing
        grants = [one for one in self.plan.grants if one.thing == thing.ref and isinstance(one.group, int)]
        rights = _by_group(there, grants)
        write_asking(self.metabase, lambda _graph: rights)
        if rights:
            closed = [str(one.group) for one in grants if _asks_nothing(one)]
            self.check_closed(there.things[thing.ref].id, closed, _called(thing))

    def password(self, thing: Thing | Found) -> str:
        return self.passwords.get(thing.fields["details"]["user"], KEPT_PASSWORD)

    def put(self, thing: Thing | Found, content: Mapping[str, Any]) -> None:
        sent = bodies.body(CHANGES[thing.kind], _called(thing), content)
        self.metabase.put(f"{PATHS[thing.kind]}/{self.ids[thing.ref]}", sent)

    def tell_password(self, thing: Thing) -> None:
        """Give Metabase the password of a connection that it has already."""
        details = {**thing.fields["details"], "password": self.password(thing)}
        self.put(thing, {"details": details})
        self.told(thing.fields["details"]["user"])

    # ---- dashboards ----

    def fill(self, thing: Thing | Found, fields: Sequence[str], found: Found | None, *, revive: bool) -> None:
        """Send a dashboard whole where its cards, tabs or filters change: what is left out would be deleted."""
        content = resolved({name: value for name, value in thing.fields.items() if name not in _LATER}, self.ids)
        if revive:
            # one that is put away takes no cards
            self.put(thing, {"archived": False, "collection_id": content["collection_id"]})
            raw = self.metabase.get(f"{PATHS['dashboard']}/{self.ids[thing.ref]}")
        else:
            raw = found.raw if found else {}
        sent = {name: value for name, value in content.items() if name in fields}
        if revive or set(_LATER) & set(fields):
            sent["parameters"] = thing.fields["parameters"]
            sent |= arranged(resolved(thing.fields, self.ids), raw)
        self.put(thing, sent)


def _called(thing: Thing | Found) -> str:
    return f"The {'question' if thing.kind == 'card' else thing.kind} {thing.name} ({thing.key})"


def arranged(fields: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """A dashboard's tabs and cards as they are sent: those that are there keep their numbers, new ones are negative.

    A tab keeps its number by its name, else by its place, so that a new name is no new tab; a card by its question, and
    a text by its words or its place.
    """
    tabs = _tabs(fields["tabs"], raw.get("tabs") or [])
    waiting = list(raw.get("dashcards") or [])
    cards = []
    for number, card in enumerate(fields["dashcards"], 1):
        there = _same_card(card, waiting, tabs)
        if there is not None:
            waiting.remove(there)
        cards.append(
            {
                "id": there["id"] if there is not None else -number,
                "card_id": card["card"],
                "dashboard_tab_id": None if card["tab"] is None else tabs[card["tab"]]["id"],
                **{name: card[name] for name in ("row", "col", "size_x", "size_y")},
                "parameter_mappings": [
                    {
                        "parameter_id": parameter,
                        "card_id": card["card"],
                        "target": ["variable", ["template-tag", variable]],
                    }
                    for parameter, variable in card["mappings"]
                ],
                "visualization_settings": card["settings"],
                "series": [],
            }
        )
    return {"tabs": tabs, "dashcards": cards}


def _tabs(names: Sequence[str], there: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    free = sorted(there, key=lambda tab: tab.get("position", 0))
    numbers: dict[int, int] = {}
    for index, name in enumerate(names):
        same = next((tab for tab in free if tab["name"] == name), None)
        if same is not None:
            numbers[index] = same["id"]
            free.remove(same)
    for index in range(len(names)):
        if index not in numbers:
            numbers[index] = free.pop(0)["id"] if free else -(index + 1)
    return [{"id": numbers[index], "name": name} for index, name in enumerate(names)]


def _same_card(
    card: Mapping[str, Any], waiting: Sequence[Mapping[str, Any]], tabs: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    alike = [one for one in waiting if one.get("card_id") == card["card"]]
    if card["card"] is not None:
        return alike[0] if alike else None
    text = card["settings"].get("text")
    by_text = next((one for one in alike if (one.get("visualization_settings") or {}).get("text") == text), None)
    tab = None if card["tab"] is None else tabs[card["tab"]]["id"]
    place = (tab, card["row"], card["col"])
    by_place = (
        one
        for one in alike
        if "virtual_card" in (one.get("visualization_settings") or {})
        and (one.get("dashboard_tab_id"), one["row"], one["col"]) == place
    )
    return by_text or next(by_place, None)


# ---- permissions ----


def write_asking(metabase: Metabase, changes: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Write permissions on connections over the graph as it is now; again where somebody was faster."""
    _write_graph(metabase, "/api/permissions/graph", bodies.Permissions, changes)


def write_reading(metabase: Metabase, changes: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Write permissions on folders over the graph as it is now; again where somebody was faster."""
    _write_graph(metabase, "/api/collection/graph", bodies.CollectionPermissions, changes)


def _write_graph(
    metabase: Metabase,
    path: str,
    model: type[BaseModel],
    changes: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> None:
    for attempt in range(1, STALE_ATTEMPTS + 1):
        graph = metabase.get(path)
        groups = changes(graph)
        if not groups:
            return
        sent = bodies.body(model, f"The permissions ({path})", {"revision": graph["revision"], "groups": groups})
        try:
            metabase.put(path, sent)
        except StaleError:
            if attempt == STALE_ATTEMPTS:
                raise
            continue
        return


def give(metabase: Metabase, wanted: Wanted, there: There) -> There:
    """Let each group see what it may, and nobody anything else; returns what Metabase has then.

    Raises MetabaseError where Metabase does not take it: then there is nothing yet to see.
    """
    grants = grants_of(wanted, there)
    asking = _by_group(there, [grant for grant in grants if grant.thing.kind == "database"])
    reading = _by_group(there, [grant for grant in grants if grant.thing.kind == "collection"])
    write_asking(metabase, lambda _graph: asking)
    write_reading(metabase, lambda _graph: reading)
    if not grants:
        return there
    now = read_there(metabase, there.ids)
    if left := grants_of(wanted, now):
        one = left[0]
        group = now.groups.get(one.group, str(one.group)) if isinstance(one.group, int) else one.group.key
        raise MetabaseError(
            f"Metabase took the permissions and did not keep them: {group} still has {one.now or NONE} of "
            f"{one.thing.key}, not {one.then} ({len(left)} in all). No question was published. Look at Admin settings, "
            "Permissions; is another program changing them?"
        )
    return now


def _asks_nothing(grant: Grant) -> bool:
    """Whether a connection is closed to the group."""
    return isinstance(grant.then, Mapping) and grant.then["create-queries"] == NO


def _by_group(there: There, grants: Sequence[Grant]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for grant in grants:
        group = grant.group if isinstance(grant.group, int) else there.things[grant.group].id
        found.setdefault(str(group), {})[str(there.things[grant.thing].id)] = grant.then
    return found


# ---- all of it ----


def carry_out(
    metabase: Metabase,
    plan: Plan,
    words: Mapping[str, Mapping[str, Words]],
    *,
    passwords: Mapping[str, str],
    told: Callable[[str], None] = lambda _role: None,
    progress: Progress = lambda _line: None,
) -> Record:
    """Do all that the plan says, and look again; returns what there is to remember.

    words:     by connection, what its tables are to be called
    passwords: by role, those that Metabase is to be told; told: is called with each role when it has been
    """
    run = _Run(metabase, plan, passwords, told, dict(plan.there.ids))
    first = [step for step in plan.steps if step.thing.kind in {"database", "group", "collection"}]
    for kind, many in (("database", "connections"), ("group", "groups"), ("collection", "folders")):
        here = [step for step in first if step.thing.kind == kind and step.verb != "archive"]
        for step in here:
            run.do(step)
        if here:
            progress(f"{len(here)} {many}")
    _tell_passwords(run, first)
    there = read_there(metabase, run.ids) if first or plan.grants else plan.there
    there = give(metabase, plan.wanted, there)
    if plan.grants:
        progress("who may see what")
    questions = [step for step in plan.steps if step.thing.kind == "card" and step.verb != "archive"]
    for number, step in enumerate(questions, 1):
        run.do(step)
        if number % TOLD_EVERY == 0 or number == len(questions):
            progress(f"{number} of {len(questions)} questions")
    _dashboards(run, progress)
    gone = [step for step in plan.steps if step.verb == "archive"]
    for step in gone:
        run.do(step)
    if gone:
        progress(f"{len(gone)} put away")
    _describe(metabase, plan, run.ids, words, progress)
    return recorded(plan.wanted.things, read_there(metabase, run.ids).things)


def _tell_passwords(run: _Run, done: Sequence[Step]) -> None:
    """Tell Metabase the passwords that it has not heard with a connection that was just made or changed."""
    heard = {step.thing.ref for step in done if step.verb == "make"}
    for thing in run.plan.wanted.of("database"):
        role = thing.fields["details"]["user"]
        if role in run.plan.passwords and thing.ref not in heard:
            run.tell_password(thing)


def _dashboards(run: _Run, progress: Progress) -> None:
    """First all that are missing, still empty, so that each can lead to any; then what is on them."""
    steps = [step for step in run.plan.steps if step.thing.kind == "dashboard" and step.verb != "archive"]
    for step in steps:
        if step.verb == "make":
            run.do(step)
    for step in steps:
        if step.verb == "make":
            run.fill(step.thing, _LATER, None, revive=False)
        else:
            run.do(step)
    if steps:
        progress(f"{len(steps)} dashboards")


def others_in(metabase: Metabase, folder: int, there: There) -> list[str]:
    """What lies in a folder and is not ours, by name."""
    ours = {(found.kind, found.id) for found in there.things.values()}
    items = metabase.get(f"/api/collection/{folder}/items")
    listed = items["data"] if isinstance(items, Mapping) else items
    return [item["name"] for item in listed if (item.get("model"), item["id"]) not in ours]


def _describe(
    metabase: Metabase,
    plan: Plan,
    ids: Mapping[Ref, int],
    words: Mapping[str, Mapping[str, Words]],
    progress: Progress,
) -> None:
    descriptions = list(plan.descriptions)
    for connection in plan.undescribed:
        progress(f"Metabase looks at the tables of {connection}")
        descriptions += wait_for_tables(metabase, connection, ids[Ref("database", connection)], words[connection])
    write(metabase, descriptions)
    if descriptions:
        progress(f"{len(descriptions)} descriptions of tables and columns")
