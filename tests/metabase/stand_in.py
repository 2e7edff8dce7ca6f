"""A small server that stands in for Metabase: it remembers, refuses what Metabase refuses, and fails when told to.

It is written from Metabase's published API description (about v0.61) and its source: which keys a body may have, that
arrays of a dashboard are replaced whole, that new folders inherit what groups may see, that a new connection is open to
All Users, that permissions have a revision, that the least permission is left out, that queries come back in the new
form. It tests our client. It is no proof that Metabase takes what we send.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "mb_key-of-nobody"
MASK = "**MetabasePass**"
ALL_USERS, ADMINISTRATORS = 1, 2
TRASH = 90
ASKS_ALL = {"view-data": "unrestricted", "create-queries": "query-builder-and-native"}

# The keys that each body may have, and those that it must: the newest versions refuse any other.
KNOWN: dict[str, tuple[set[str], set[str]]] = {
    "POST /api/database": (
        {"name", "engine", "details", "is_full_sync", "is_on_demand", "schedules", "auto_run_queries", "cache_ttl"}
        | {"connection_source", "provider_name"},
        {"name", "engine", "details"},
    ),
    "PUT /api/database/:id": (
        {"name", "engine", "details", "description", "caveats", "points_of_interest", "auto_run_queries", "cache_ttl"}
        | {"refingerprint", "schedules", "settings", "provider_name", "write_data_details"},
        set(),
    ),
    "POST /api/database/:id/sync_schema": (set(), set()),
    "PUT /api/table/:id": ({"display_name", "description", "visibility_type", "caveats", "field_order"}, set()),
    "PUT /api/field/:id": (
        {"display_name", "description", "visibility_type", "semantic_type", "has_field_values", "fk_target_field_id"},
        set(),
    ),
    "POST /api/permissions/group": ({"name", "is_tenant_group"}, {"name"}),
    "PUT /api/permissions/group/:id": ({"name"}, {"name"}),
    "PUT /api/permissions/graph": ({"revision", "groups", "sandboxes", "impersonations"}, {"groups"}),
    "PUT /api/collection/graph": ({"revision", "groups", "namespace"}, {"groups"}),
    "POST /api/collection": ({"name", "description", "parent_id", "namespace", "authority_level"}, {"name"}),
    "PUT /api/collection/:id": (
        {"name", "description", "parent_id", "archived", "authority_level", "type"},
        set(),
    ),
    "POST /api/card": (
        {"name", "type", "display", "description", "collection_id", "collection_position", "dashboard_id", "entity_id"}
        | {"dashboard_tab_id", "dataset_query", "parameters", "parameter_mappings", "result_metadata"}
        | {"visualization_settings", "cache_ttl"},
        {"name", "display", "dataset_query", "visualization_settings"},
    ),
    "PUT /api/card/:id": (
        {"name", "type", "display", "description", "collection_id", "collection_position", "dashboard_id", "archived"}
        | {"dataset_query", "parameters", "parameter_mappings", "result_metadata", "visualization_settings"}
        | {"cache_ttl", "enable_embedding", "embedding_params", "collection_preview"},
        set(),
    ),
    "POST /api/dashboard": (
        {"name", "description", "collection_id", "collection_position", "parameters", "cache_ttl"},
        {"name"},
    ),
    "PUT /api/dashboard/:id": (
        {"name", "description", "collection_id", "collection_position", "parameters", "cache_ttl", "archived"}
        | {"dashcards", "tabs", "width", "caveats", "points_of_interest", "position", "enable_embedding"},
        set(),
    ),
}
DASHCARD = {
    "id",
    "size_x",
    "size_y",
    "row",
    "col",
    "card_id",
    "action_id",
    "dashboard_tab_id",
    "parameter_mappings",
} | {
    "visualization_settings",
    "inline_parameters",
    "series",
}


@dataclass
class Fault:
    """What goes wrong with the next calls of that kind: a status, silence, or a line that drops.

    after: the call is carried out first
    """

    verb: str
    path: str
    times: int = 1
    status: int = 0
    silent_for: float = 0.0
    drops: bool = False
    after: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass
class Call:
    """A call that came in."""

    verb: str
    path: str
    route: str
    body: Any


def no_tables(_details: dict[str, Any]) -> list[dict[str, Any]]:
    return []


def lets_in(_details: dict[str, Any]) -> None:
    """Any connection is good."""


class StandIn:
    """What the stand-in remembers, and how it answers.

    connects: raises where a connection does not come in; looks_at: the tables that a connection sees
    forgets:  how often a look at the tables finds only half of them
    rewrites: whether it writes down settings in other words than they came in
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.numbers = itertools.count(10)
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.version = "v0.61.2"
        self.is_superuser = True
        self.connects: Callable[[dict[str, Any]], None] = lets_in
        self.looks_at: Callable[[dict[str, Any]], list[dict[str, Any]]] = no_tables
        self.forgets = 0
        self.rewrites = False
        self.databases: dict[int, dict[str, Any]] = {1: _database(1, "Sample Database", {"db": "sample"})}
        self.groups: dict[int, dict[str, Any]] = {
            ALL_USERS: {"id": ALL_USERS, "name": "All Users", "magic_group_type": "all-internal-users"},
            ADMINISTRATORS: {"id": ADMINISTRATORS, "name": "Administrators", "magic_group_type": "admin"},
        }
        self.collections: dict[int, dict[str, Any]] = {}
        self.cards: dict[int, dict[str, Any]] = {}
        self.dashboards: dict[int, dict[str, Any]] = {}
        self.asking: dict[int, dict[int, dict[str, Any]]] = {ALL_USERS: {1: dict(ASKS_ALL)}, ADMINISTRATORS: {}}
        self.reading: dict[int, dict[int | str, str]] = {
            ALL_USERS: {"root": "write"},
            ADMINISTRATORS: {"root": "write"},
        }
        self.revisions = {"asking": 7, "reading": 3}

    # ---- what a test does ----

    def writes(self) -> list[Call]:
        """The calls that change something."""
        return [call for call in self.calls if call.verb != "GET"]

    def forget_calls(self) -> None:
        self.calls.clear()

    def card(self, name: str, **more: Any) -> dict[str, Any]:
        """A question of somebody's."""
        return self._new(self.cards, {"description": None, "collection_id": None, **more, "name": name})

    def delete_card(self, number: int) -> None:
        """A question is deleted for good, from its dashboards too."""
        del self.cards[number]
        for board in self.dashboards.values():
            board["dashcards"] = [card for card in board["dashcards"] if card["card_id"] != number]

    def board(self, name: str, **more: Any) -> dict[str, Any]:
        """A dashboard of somebody's."""
        empty = {"description": None, "collection_id": None, "parameters": [], "tabs": [], "dashcards": []}
        return self._new(self.dashboards, {"name": name, **empty, **more})

    def folder(self, name: str, **more: Any) -> dict[str, Any]:
        """A folder of somebody's."""
        made = self._new(self.collections, {"name": name, "description": None, "location": "/", **more})
        self._inherit(made)
        return made

    def group(self, name: str) -> dict[str, Any]:
        """A group of somebody's."""
        made = self._new(self.groups, {"name": name, "magic_group_type": None})
        self.asking[made["id"]] = {number: {"view-data": "unrestricted"} for number in self.databases}
        self.reading[made["id"]] = {}
        return made

    def named(self, things: dict[int, dict[str, Any]], key: str) -> dict[str, Any]:
        """The thing of ours with that key."""
        return next(
            thing
            for thing in things.values()
            if f" {key}]" in (thing.get("description") or "") or f"[{key}]" in thing["name"]
        )

    # ---- answers ----

    def answer(self, verb: str, path: str, query: dict[str, str], body: Any) -> Any:
        with self.lock:
            route, numbers = _route(path)
            self.calls.append(Call(verb, path, route, body))
            _check_keys(f"{verb} {route}", body)
            return _ROUTES[verb, route](self, query, body, *numbers)

    def _new(self, things: dict[int, dict[str, Any]], content: dict[str, Any]) -> dict[str, Any]:
        number = next(self.numbers)
        things[number] = {"archived": False, **content, "id": number, "entity_id": secrets.token_hex(10)}
        return things[number]

    def _of(self, things: dict[int, dict[str, Any]], number: int) -> dict[str, Any]:
        if number not in things:
            raise RefusedError(404, "Not found.")
        return things[number]

    def _inherit(self, folder: dict[str, Any]) -> None:
        parent: int | str = "root"
        above = [part for part in folder["location"].split("/") if part]
        if above:
            parent = int(above[-1])
        for allowed in self.reading.values():
            allowed[folder["id"]] = allowed.get(parent, "none")

    def me(self, _query: dict[str, str], _body: Any) -> Any:
        return {"id": 3, "common_name": "API key", "is_superuser": self.is_superuser}

    def properties(self, _query: dict[str, str], _body: Any) -> Any:
        return {"version": {"tag": self.version}, "setup-token": None}

    def list_databases(self, _query: dict[str, str], _body: Any) -> Any:
        return {"data": [_masked(one) for one in self.databases.values()], "total": len(self.databases)}

    def get_database(self, _query: dict[str, str], _body: Any, number: int) -> Any:
        return _masked(self._of(self.databases, number))

    def make_database(self, _query: dict[str, str], body: Any) -> Any:
        self._try(body["details"])
        number = next(self.numbers)
        made = _database(number, body["name"], body["details"])
        made |= {name: body[name] for name in ("is_full_sync", "is_on_demand", "auto_run_queries") if name in body}
        self.databases[number] = made
        for group, allowed in self.asking.items():
            if group != ADMINISTRATORS:
                allowed[number] = dict(ASKS_ALL) if group == ALL_USERS else {"view-data": "unrestricted"}
        return _masked(made)

    def change_database(self, _query: dict[str, str], body: Any, number: int) -> Any:
        one = self._of(self.databases, number)
        if "details" in body:
            details = dict(body["details"])
            if details.get("password") == MASK:
                details["password"] = one["details"]["password"]
            self._try(details)
            body = {**body, "details": details}
        one |= body
        return _masked(one)

    def _try(self, details: dict[str, Any]) -> None:
        try:
            self.connects(details)
        except Exception as error:
            message = str(error).strip()
            raise RefusedError(400, {"message": message, "errors": {"password": "check your password"}}) from error

    def sync(self, _query: dict[str, str], _body: Any, number: int) -> Any:
        one = self._of(self.databases, number)
        there = {(table["schema"], table["name"]): table for table in one["tables"]}
        for seen in self.looks_at(one["details"]):
            table = there.get((seen["schema"], seen["name"]))
            if table is None:
                table = {
                    "id": next(self.numbers),
                    "active": True,
                    **{k: seen[k] for k in ("schema", "name")},
                    "fields": [],
                }
                table["description"] = seen.get("description")
                one["tables"].append(table)
            known = {one["name"] for one in table["fields"]}
            table["fields"] += [
                {"id": next(self.numbers), "name": column, "description": text}
                for column, text in seen["columns"].items()
                if column not in known
            ]
        return {"status": "ok"}

    def metadata(self, _query: dict[str, str], _body: Any, number: int) -> Any:
        one = self._of(self.databases, number)
        tables = one["tables"]
        if self.forgets:
            self.forgets -= 1
            tables = tables[: len(tables) // 2]
        return {**_masked(one), "tables": tables}

    def _field(self, number: int, kind: str) -> dict[str, Any]:
        tables = [table for one in self.databases.values() for table in one["tables"]]
        listed = tables if kind == "table" else [one for table in tables for one in table["fields"]]
        for one in listed:
            if one["id"] == number:
                return one
        raise RefusedError(404, "Not found.")

    def change_table(self, _query: dict[str, str], body: Any, number: int) -> Any:
        return self._described(self._field(number, "table"), body)

    def change_field(self, _query: dict[str, str], body: Any, number: int) -> Any:
        return self._described(self._field(number, "field"), body)

    def _described(self, one: dict[str, Any], body: Any) -> Any:
        _not_blank(body, "description")
        one |= body
        return one

    def list_groups(self, _query: dict[str, str], _body: Any) -> Any:
        return [{**group, "member_count": 0} for group in self.groups.values()]

    def make_group(self, _query: dict[str, str], body: Any) -> Any:
        if any(group["name"].lower() == body["name"].lower() for group in self.groups.values()):
            raise RefusedError(400, {"errors": {"name": "A group with that name already exists."}})
        return self.group(body["name"])

    def change_group(self, _query: dict[str, str], body: Any, number: int) -> Any:
        self._of(self.groups, number)["name"] = body["name"]
        return self.groups[number]

    def asking_graph(self, _query: dict[str, str], _body: Any) -> Any:
        groups = {
            str(group): {
                str(database): {name: value for name, value in may.items() if (name, value) != ("create-queries", "no")}
                for database, may in allowed.items()
            }
            for group, allowed in self.asking.items()
        }
        groups[str(ADMINISTRATORS)] = {str(number): dict(ASKS_ALL) for number in self.databases}
        return {"revision": self.revisions["asking"], "groups": groups}

    def change_asking(self, _query: dict[str, str], body: Any) -> Any:
        self._revised("asking", body)
        for group, allowed in body["groups"].items():
            for database, may in allowed.items():
                if may.get("view-data") == "blocked":
                    raise RefusedError(402, {"message": "The blocked permissions functionality is only enabled if ..."})
                self.asking[int(group)].setdefault(int(database), {}).update(may)
        return {"revision": self.revisions["asking"], "groups": {}}

    def reading_graph(self, _query: dict[str, str], _body: Any) -> Any:
        groups = {
            str(group): {
                **{str(number): allowed.get(number, "none") for number in (*self.collections, TRASH, "root")},
                **(dict.fromkeys(map(str, self.collections), "write") if group == ADMINISTRATORS else {}),
            }
            for group, allowed in self.reading.items()
        }
        return {"revision": self.revisions["reading"], "groups": groups}

    def change_reading(self, _query: dict[str, str], body: Any) -> Any:
        self._revised("reading", body)
        for group, allowed in body["groups"].items():
            for folder, may in allowed.items():
                self.reading[int(group)][int(folder) if folder.isdigit() else folder] = may
        return {"revision": self.revisions["reading"], "groups": {}}

    def _revised(self, which: str, body: Any) -> None:
        if body.get("revision") != self.revisions[which]:
            message = (
                "Looks like someone else edited the permissions and your data is out of date. Please fetch new data."
            )
            raise RefusedError(409, message)
        self.revisions[which] += 1

    def list_collections(self, query: dict[str, str], _body: Any) -> Any:
        archived = query.get("archived") == "true"
        listed: list[dict[str, Any]] = [] if archived else [{"id": "root", "name": "Our analytics"}]
        personal = {"id": 91, "name": "Somebody's Personal Collection", "personal_owner_id": 5, "location": "/"}
        trash = {"id": TRASH, "name": "Trash", "type": "trash", "location": "/"}
        listed += [trash] if archived else [personal]
        return listed + [one for one in self.collections.values() if one["archived"] == archived]

    def make_collection(self, _query: dict[str, str], body: Any) -> Any:
        _not_blank(body, "description")
        location = "/"
        if body.get("parent_id"):
            parent = self._of(self.collections, body["parent_id"])
            location = f"{parent['location']}{parent['id']}/"
        content = {"name": body["name"], "description": body.get("description"), "location": location}
        made = self._new(self.collections, content)
        self._inherit(made)
        return {**made, "parent_id": body.get("parent_id")}

    def change_collection(self, _query: dict[str, str], body: Any, number: int) -> Any:
        one = self._of(self.collections, number)
        if "parent_id" in body:
            parent = self.collections.get(body["parent_id"] or 0)
            one["location"] = f"{parent['location']}{parent['id']}/" if parent else "/"
        one |= {name: value for name, value in body.items() if name != "parent_id"}
        if "archived" in body:
            below = {one["id"], *(c["id"] for c in self.collections.values() if f"/{number}/" in c["location"])}
            for thing in (*self.collections.values(), *self.cards.values(), *self.dashboards.values()):
                is_folder = thing in self.collections.values()
                if (is_folder and thing["id"] in below) or thing.get("collection_id") in below:
                    thing["archived"] = body["archived"]
        return one

    def items(self, _query: dict[str, str], _body: Any, number: int) -> Any:
        listed = []
        for model, things in (("card", self.cards), ("dashboard", self.dashboards)):
            listed += [
                {"id": one["id"], "name": one["name"], "model": model}
                for one in things.values()
                if one.get("collection_id") == number and not one["archived"]
            ]
        listed += [
            {"id": one["id"], "name": one["name"], "model": "collection"}
            for one in self.collections.values()
            if one["location"].endswith(f"/{number}/") and not one["archived"]
        ]
        return {"data": listed, "total": len(listed)}

    def list_cards(self, query: dict[str, str], _body: Any) -> Any:
        archived = query.get("f") == "archived"
        return [_modern(one) for one in self.cards.values() if one["archived"] == archived]

    def make_card(self, _query: dict[str, str], body: Any) -> Any:
        self._check_card(body)
        made = self._new(self.cards, {"description": None, "collection_id": None, "parameters": [], **body})
        return _modern(self._rewritten(made))

    def change_card(self, _query: dict[str, str], body: Any, number: int) -> Any:
        one = self._of(self.cards, number)
        self._check_card(body)
        one |= body
        return _modern(self._rewritten(one))

    def _check_card(self, body: Any) -> None:
        _not_blank(body, "description")
        if body.get("collection_id") is not None:
            self._of(self.collections, body["collection_id"])
        if "dataset_query" in body:
            query = body["dataset_query"]
            if query.get("database") not in self.databases:
                raise RefusedError(404, "Not found.")
            if set(query) != {"database", "type", "native"} or set(query["native"]) != {"query", "template-tags"}:
                raise RefusedError(500, {"message": "Invalid query"})

    def _rewritten(self, card: dict[str, Any]) -> dict[str, Any]:
        """Settings without what is Metabase's own default."""
        if self.rewrites:
            for settings in card.get("visualization_settings", {}).get("column_settings", {}).values():
                settings.pop("number_separators", None)
        return card

    def list_dashboards(self, query: dict[str, str], _body: Any) -> Any:
        archived = query.get("f") == "archived"
        short = ("id", "name", "description", "collection_id", "archived", "entity_id")
        listed = [one for one in self.dashboards.values() if one["archived"] == archived]
        return [{name: one[name] for name in short} for one in listed]

    def get_dashboard(self, _query: dict[str, str], _body: Any, number: int) -> Any:
        one = self._of(self.dashboards, number)
        shown = [card for card in one["dashcards"] if not self._is_archived(card)]
        return {
            **one,
            "dashcards": [
                {
                    **card,
                    "card": _modern(self.cards[card["card_id"]])
                    if card["card_id"]
                    else {"query_average_duration": None},
                    "created_at": "2024-06-07T00:00:00Z",
                    "action_id": None,
                    "inline_parameters": [],
                }
                for card in shown
            ],
            "last-edit-info": {},
        }

    def _is_archived(self, dashcard: dict[str, Any]) -> bool:
        card = self.cards.get(dashcard["card_id"] or 0)
        return card is not None and bool(card["archived"])

    def make_dashboard(self, _query: dict[str, str], body: Any) -> Any:
        if body.get("collection_id") is not None:
            self._of(self.collections, body["collection_id"])
        return self.board(body["name"], **{name: value for name, value in body.items() if name != "name"})

    def change_dashboard(self, _query: dict[str, str], body: Any, number: int) -> Any:
        one = self._of(self.dashboards, number)
        body = dict(body)
        if "dashcards" in body:
            if one["archived"] and body.get("archived") is not False:
                raise RefusedError(404, {"message": "The object has been archived."})
            tabs = self._tabs(one, body.pop("tabs", None) or [])
            one["dashcards"] = [self._dashcard(one, card, tabs) for card in body.pop("dashcards")]
        one |= {name: value for name, value in body.items() if value is not None or name == "description"}
        return self.get_dashboard({}, None, number)

    def _tabs(self, board: dict[str, Any], tabs: list[dict[str, Any]]) -> dict[int, int]:
        """The tabs as they are sent and no others; a negative number is a new one's. Returns each one's real number."""
        known = {tab["id"] for tab in board["tabs"]}
        numbers = {tab["id"]: tab["id"] if tab["id"] in known else next(self.numbers) for tab in tabs}
        board["tabs"] = [
            {"id": numbers[tab["id"]], "name": tab["name"], "position": place} for place, tab in enumerate(tabs)
        ]
        return numbers

    def _dashcard(self, board: dict[str, Any], card: dict[str, Any], tabs: dict[int, int]) -> dict[str, Any]:
        if unknown := set(card) - DASHCARD:
            raise RefusedError(400, {"errors": {"dashcards": f"disallowed key {sorted(unknown)}"}})
        if tabs and card.get("dashboard_tab_id") is None:
            raise RefusedError(400, {"message": "This dashboard has tab, makes sure every card has a tab"})
        if card["card_id"] is not None:
            if self._of(self.cards, card["card_id"])["archived"]:
                raise RefusedError(404, {"message": "The object has been archived."})
            for mapping in card["parameter_mappings"]:
                tags = self.cards[card["card_id"]]["dataset_query"]["native"]["template-tags"]
                assert mapping["target"][1][1] in tags, "a filter that sets nothing"
        known = {one["id"] for one in board["dashcards"]}
        number = card["id"] if card["id"] in known else next(self.numbers)
        tab = card.get("dashboard_tab_id")
        return {**card, "id": number, "dashboard_tab_id": tabs[tab] if tab is not None else None}


def _database(number: int, name: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "name": name, "engine": "postgres", "details": details, "description": None, "tables": []}


def _masked(database: dict[str, Any]) -> dict[str, Any]:
    details = {name: MASK if name == "password" else value for name, value in database["details"].items()}
    return {**{name: value for name, value in database.items() if name != "tables"}, "details": details}


def _modern(card: dict[str, Any]) -> dict[str, Any]:
    """A question with its query in the new form, as versions from 0.57 on answer."""
    query = card.get("dataset_query")
    if not query:
        return dict(card)
    stage = {
        "lib/type": "mbql.stage/native",
        "native": query["native"]["query"],
        "template-tags": query["native"]["template-tags"],
    }
    modern = {"lib/type": "mbql/query", "database": query["database"], "stages": [stage]}
    return {**card, "dataset_query": modern, "database_id": query["database"], "result_metadata": None}


def _route(path: str) -> tuple[str, list[int]]:
    numbers = [int(part) for part in path.split("/") if part.isdigit()]
    return re.sub(r"/\d+", "/:id", path), numbers


def _check_keys(route: str, body: Any) -> None:
    if route not in KNOWN:
        return
    known, needed = KNOWN[route]
    given = set(body or {})
    if unknown := given - known:
        raise RefusedError(400, {"errors": dict.fromkeys(sorted(unknown), "disallowed key")})
    if missing := needed - given:
        raise RefusedError(400, {"errors": dict.fromkeys(sorted(missing), "missing required key")})


def _not_blank(body: Any, name: str) -> None:
    if body.get(name) == "":
        raise RefusedError(400, {"errors": {name: "value must be a non-blank string."}})


_ROUTES: dict[tuple[str, str], Callable[..., Any]] = {
    ("GET", "/api/user/current"): StandIn.me,
    ("GET", "/api/session/properties"): StandIn.properties,
    ("GET", "/api/database"): StandIn.list_databases,
    ("POST", "/api/database"): StandIn.make_database,
    ("GET", "/api/database/:id"): StandIn.get_database,
    ("PUT", "/api/database/:id"): StandIn.change_database,
    ("POST", "/api/database/:id/sync_schema"): StandIn.sync,
    ("GET", "/api/database/:id/metadata"): StandIn.metadata,
    ("PUT", "/api/table/:id"): StandIn.change_table,
    ("PUT", "/api/field/:id"): StandIn.change_field,
    ("GET", "/api/permissions/group"): StandIn.list_groups,
    ("POST", "/api/permissions/group"): StandIn.make_group,
    ("PUT", "/api/permissions/group/:id"): StandIn.change_group,
    ("GET", "/api/permissions/graph"): StandIn.asking_graph,
    ("PUT", "/api/permissions/graph"): StandIn.change_asking,
    ("GET", "/api/collection/graph"): StandIn.reading_graph,
    ("PUT", "/api/collection/graph"): StandIn.change_reading,
    ("GET", "/api/collection"): StandIn.list_collections,
    ("POST", "/api/collection"): StandIn.make_collection,
    ("PUT", "/api/collection/:id"): StandIn.change_collection,
    ("GET", "/api/collection/:id/items"): StandIn.items,
    ("GET", "/api/card"): StandIn.list_cards,
    ("POST", "/api/card"): StandIn.make_card,
    ("PUT", "/api/card/:id"): StandIn.change_card,
    ("GET", "/api/dashboard"): StandIn.list_dashboards,
    ("POST", "/api/dashboard"): StandIn.make_dashboard,
    ("GET", "/api/dashboard/:id"): StandIn.get_dashboard,
    ("PUT", "/api/dashboard/:id"): StandIn.change_dashboard,
}


class _Handler(BaseHTTPRequestHandler):
    """HTTP before the stand-in."""

    stand_in: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def do_PUT(self) -> None:
        self._do("PUT")

    def _do(self, verb: str) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        if self.headers.get("X-API-KEY") != KEY:
            self._send(401, "Unauthenticated")
            return
        fault = self._fault(verb, parts.path)
        body = json.loads(text) if text else None
        if fault is not None and not fault.after:
            self._fail(fault)
            return
        try:
            status, answer = 200, self.stand_in.answer(verb, parts.path, dict(parse_qsl(parts.query)), body)
        except RefusedError as refused:
            status, answer = refused.status, refused.body
        if fault is not None:
            self._fail(fault)
        else:
            self._send(status, answer)

    def _fault(self, verb: str, path: str) -> Fault | None:
        with self.stand_in.lock:
            for fault in self.stand_in.faults:
                if fault.times and fault.verb == verb and re.fullmatch(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    def _fail(self, fault: Fault) -> None:
        if fault.silent_for:
            time.sleep(fault.silent_for)
        if fault.drops or fault.silent_for:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self._send(fault.status, {"message": "told to fail"}, fault.headers)

    def _send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        text = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def standing_in() -> Iterator[tuple[str, StandIn]]:
    """A stand-in on a port of loopback, as long as the test takes: its address and what it remembers."""
    stand_in = StandIn()
    handler = type("Handler", (_Handler,), {"stand_in": stand_in})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", stand_in
        finally:
            server.shutdown()
