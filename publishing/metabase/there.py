"""What Metabase has: what of it is ours, as it is compared, and who may see it.

Versions write the same thing in different ways; here each has one form: of a query the old one, which all take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from publishing.metabase.things import KINDS, Kind, Ref, key_in_description, key_in_name
from publishing.metabase.transport import Json, Metabase, MetabaseError

ADMINISTRATORS = "Administrators"
ALL_USERS = "All Users"
OLDEST = (0, 54)
# Dashboards that are read at a time.
AT_A_TIME = 4


@dataclass(frozen=True)
class Found:
    """A thing of ours that is there.

    fields: as ``Thing.fields`` has them, with numbers for things
    raw:    as Metabase has it, where more is needed to change it
    """

    kind: Kind
    key: str
    id: int
    name: str
    fields: Mapping[str, Any] = field(repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    is_archived: bool = False

    @property
    def ref(self) -> Ref:
        """How others name it."""
        return Ref(self.kind, self.key)


@dataclass(frozen=True)
class There:
    """What Metabase has.

    things:      what is ours, archived or not
    copies:      what carries our line and is not ours: somebody's copy
    groups:      every group by its number; administrators and ``all_users`` (None where there is none) by theirs
    asking:      by group and connection, what the group may do through it: {view-data, create-queries}
    reading:     by group and folder, whether it may read or write
    collections: every folder by its number with its name, ours or not
    """

    version: str
    things: Mapping[Ref, Found]
    copies: Sequence[Found]
    groups: Mapping[int, str]
    administrators: int
    all_users: int | None
    asking: Mapping[int, Mapping[int, Mapping[str, Any]]]
    reading: Mapping[int, Mapping[int, str]]
    collections: Mapping[int, str]
    tables: Mapping[int, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def ids(self) -> dict[Ref, int]:
        """The numbers of what is ours."""
        return {ref: found.id for ref, found in self.things.items()}


def read_there(metabase: Metabase, known: Mapping[Ref, int] | None = None) -> There:
    """Read what Metabase has; nothing is changed.

    known: the numbers that things of ours had when they were published last: of several with one key, the one of these
    is ours, else the oldest in a folder of ours
    Raises MetabaseError where the key is no administrator's, or Metabase is too old.
    """
    version = _check(metabase)
    known = known or {}
    groups = metabase.get("/api/permissions/group")
    collections = _collections(metabase)
    candidates = {
        "database": [_database(one) for one in _data(metabase.get("/api/database"))],
        "group": [_group(one) for one in groups],
        "collection": [_collection(one, collections) for one in collections],
        "card": [_card(one) for one in _listed(metabase, "/api/card")],
        "dashboard": [_dashboard(one) for one in _listed(metabase, "/api/dashboard")],
    }
    things: dict[Ref, Found] = {}
    copies: list[Found] = []
    # folders first: by them it is told whose the rest is
    for kind in ("collection", *(kind for kind in KINDS if kind != "collection")):
        ours = {found.id for ref, found in things.items() if ref.kind == "collection"}
        chosen, other = _ours((found for found in candidates[kind] if found), known, ours)
        things.update(chosen)
        copies += other
    with_cards = _whole_dashboards(metabase, things)
    names = {group["id"]: group["name"] for group in groups}
    return There(
        version=version,
        things={**things, **with_cards},
        copies=copies,
        groups=names,
        administrators=_magic(groups, ADMINISTRATORS, "admin"),
        all_users=_magic(groups, ALL_USERS, "all-internal-users"),
        asking=_numbered(metabase.get("/api/permissions/graph")["groups"]),
        reading=_numbered(metabase.get("/api/collection/graph")["groups"]),
        collections={int(one["id"]): one["name"] for one in collections},
    )


def _check(metabase: Metabase) -> str:
    me = metabase.get("/api/user/current")
    if not isinstance(me, Mapping) or not me.get("is_superuser"):
        raise MetabaseError(
            "The API key is no administrator's, so it can make no connection and give no permission. Make one for the "
            "group Administrators: Admin settings, Authentication, API keys."
        )
    tag = str((metabase.get("/api/session/properties").get("version") or {}).get("tag") or "")
    numbers = [int(part) for part in tag.lstrip("v").split("-")[0].split(".") if part.isdigit()]
    # v0.61.2 is free, v1.61.2 paid
    if len(numbers) > 1 and (0, numbers[1]) < OLDEST:
        raise MetabaseError(f"Metabase is {tag}; v0.{OLDEST[1]} or later is needed. Upgrade it (docs/operations.md).")
    return tag or "of an unknown version"


def _data(answer: Json) -> list[dict[str, Any]]:
    """A list, which some versions wrap."""
    listed: list[dict[str, Any]] = answer["data"] if isinstance(answer, Mapping) else answer
    return listed


def _listed(metabase: Metabase, path: str) -> list[dict[str, Any]]:
    """Everything, what is archived too."""
    every = {one["id"]: one for which in ("all", "archived") for one in _data(metabase.get(path, f=which))}
    return list(every.values())


def _collections(metabase: Metabase) -> list[dict[str, Any]]:
    every: dict[int, dict[str, Any]] = {}
    for archived in ("false", "true"):
        for one in _data(metabase.get("/api/collection", archived=archived)):
            # "root" and the trash have no number, a person's own folder is nobody else's
            if isinstance(one["id"], int) and not one.get("personal_owner_id") and one.get("type") != "trash":
                every[one["id"]] = one
    return list(every.values())


def _magic(groups: Iterable[Mapping[str, Any]], name: str, kind: str) -> int:
    for group in groups:
        if group.get("magic_group_type") == kind or group["name"] == name:
            return int(group["id"])
    raise MetabaseError(f"Metabase tells of no group {name}: is the API key an administrator's?")


def _numbered(graph: Mapping[str, Mapping[str, Any]]) -> dict[int, dict[int, Any]]:
    """A graph of permissions with numbers for keys; what is of no number, such as the root, is left out."""
    return {
        int(group): {int(thing): value for thing, value in things.items() if str(thing).isdigit()}
        for group, things in graph.items()
        if str(group).isdigit()
    }


def _ours(
    candidates: Iterable[Found], known: Mapping[Ref, int], folders: set[int]
) -> tuple[dict[Ref, Found], list[Found]]:
    """What is ours among what says so: of several with one key, the one that was published, else the oldest."""
    by_ref: dict[Ref, list[Found]] = {}
    for found in candidates:
        by_ref.setdefault(found.ref, []).append(found)
    chosen, copies = {}, []
    for ref, several in by_ref.items():
        in_place = [one for one in several if _is_in_place(one, folders)]
        first = min(in_place, key=lambda one: one.id, default=None)
        mine = next((one for one in several if known.get(ref) == one.id), first)
        if mine is not None:
            chosen[ref] = mine
        copies += [one for one in several if one is not mine]
    return chosen, copies


def _is_in_place(found: Found, folders: set[int]) -> bool:
    return found.kind not in {"card", "dashboard"} or found.is_archived or found.raw.get("collection_id") in folders


# ---- each kind, as it is compared ----


def _database(raw: Mapping[str, Any]) -> Found | None:
    key = key_in_description("database", raw.get("description")) or key_in_name(raw["name"])
    if key is None:
        return None
    details = {name: value for name, value in (raw.get("details") or {}).items() if name != "password"}
    fields = {"name": raw["name"], "description": raw.get("description"), "details": details}
    return Found("database", key, raw["id"], raw["name"], fields, raw)


def _group(raw: Mapping[str, Any]) -> Found | None:
    key = key_in_name(raw["name"])
    return Found("group", key, raw["id"], raw["name"], {"name": raw["name"]}, raw) if key else None


def _collection(raw: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> Found | None:
    key = key_in_description("collection", raw.get("description"))
    if key is None:
        return None
    above = [part for part in str(raw.get("location") or "/").split("/") if part.isdigit()]
    parent = raw.get("parent_id", int(above[-1]) if above else None)
    known = {one["id"] for one in every}
    fields = {
        "name": raw["name"],
        "description": raw.get("description"),
        "parent_id": parent if parent in known else None,
    }
    return Found("collection", key, raw["id"], raw["name"], fields, raw, bool(raw.get("archived")))


def _card(raw: Mapping[str, Any]) -> Found | None:
    key = key_in_description("card", raw.get("description"))
    if key is None:
        return None
    fields = {
        "name": raw["name"],
        "description": raw.get("description"),
        "display": raw.get("display"),
        "collection_id": raw.get("collection_id"),
        "dataset_query": legacy_query(raw.get("dataset_query") or {}, raw.get("database_id")),
        "visualization_settings": raw.get("visualization_settings") or {},
    }
    return Found("card", key, raw["id"], raw["name"], fields, raw, bool(raw.get("archived")))


def legacy_query(query: Mapping[str, Any], database: int | None) -> dict[str, Any]:
    """A native query in the old form, whichever Metabase answered with; a query of another kind as it is."""
    stages = query.get("stages")
    if stages and len(stages) == 1 and "native" in stages[0]:
        native = {"query": stages[0]["native"], "template-tags": stages[0].get("template-tags") or {}}
        return {"database": query.get("database", database), "type": "native", "native": native}
    if query.get("type") == "native":
        native = {"template-tags": {}, **(query.get("native") or {})}
        return {"database": query.get("database", database), "type": "native", "native": native}
    return dict(query)


def _dashboard(raw: Mapping[str, Any]) -> Found | None:
    key = key_in_description("dashboard", raw.get("description"))
    if key is None:
        return None
    fields = {
        "name": raw["name"],
        "description": raw.get("description"),
        "collection_id": raw.get("collection_id"),
    }
    return Found("dashboard", key, raw["id"], raw["name"], fields, raw, bool(raw.get("archived")))


def _whole_dashboards(metabase: Metabase, things: Mapping[Ref, Found]) -> dict[Ref, Found]:
    """Our dashboards with their cards, tabs and filters, a few at a time."""
    waiting = [found for ref, found in things.items() if ref.kind == "dashboard" and not found.is_archived]

    def whole(found: Found) -> Found:
        raw = metabase.get(f"/api/dashboard/{found.id}")
        return Found("dashboard", found.key, found.id, raw["name"], dashboard_fields(raw), raw)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return {found.ref: found for found in pool.map(whole, waiting)}


def dashboard_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A dashboard as it is compared: its cards in the order in which they are read."""
    tabs = sorted(raw.get("tabs") or [], key=lambda tab: tab.get("position", 0))
    place = {tab["id"]: index for index, tab in enumerate(tabs)}
    cards = [
        {
            "tab": place.get(card.get("dashboard_tab_id")),
            "row": card["row"],
            "col": card["col"],
            "size_x": card["size_x"],
            "size_y": card["size_y"],
            "card": card.get("card_id"),
            "mappings": sorted(
                [mapping.get("parameter_id"), _variable(mapping.get("target"))]
                for mapping in card.get("parameter_mappings") or []
            ),
            "settings": card.get("visualization_settings") or {},
        }
        for card in raw.get("dashcards") or []
    ]
    return {
        "name": raw["name"],
        "description": raw.get("description"),
        "collection_id": raw.get("collection_id"),
        "parameters": raw.get("parameters") or [],
        "tabs": [tab["name"] for tab in tabs],
        "dashcards": sorted(cards, key=lambda one: (one["tab"] or 0, one["row"], one["col"])),
    }


def _variable(target: Json) -> str:
    """The variable that a filter sets; anything else in its own words, so that it differs from ours."""
    try:
        (kind, (tag, name, *_)) = target[0], target[1]
    except (TypeError, ValueError, IndexError):
        return str(target)
    return str(name) if (kind, tag) == ("variable", "template-tag") else str(target)


def is_public(found: Found) -> bool:
    """Whether somebody made a public link to it."""
    return bool(found.raw.get("public_uuid"))


def read_tables(metabase: Metabase, database: int) -> list[dict[str, Any]]:
    """The tables of a connection as Metabase knows them, each with its fields."""
    answer = metabase.get(f"/api/database/{database}/metadata", include_hidden="true")
    return [table for table in answer.get("tables") or [] if table.get("active", True)]
