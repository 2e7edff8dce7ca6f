"""What is sent: nothing that Metabase does not know, and nothing that does not hold together."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from attendance.settings import PROJECT
from publishing.metabase import bodies
from publishing.metabase.bodies import BodyError, body
from tests.metabase.conftest import World
from tests.metabase.stand_in import Call

API = PROJECT.parent / "shared" / "metabase" / "publish-openapi-relaxed.json"
KEYS = PROJECT.parent / "shared" / "metabase" / "viz-setting-keys.json"

CARD: dict[str, Any] = {
    "name": "Rate",
    "type": "question",
    "display": "scalar",
    "description": "A rate.",
    "collection_id": 4,
    "dataset_query": {
        "database": 2,
        "type": "native",
        "native": {
            "query": "select {{school_year}}",
            "template-tags": {
                "school_year": {
                    "id": "8270cd65-0e3f-5825-a10d-88e4a37ffa4d",
                    "name": "school_year",
                    "display-name": "School year",
                    "type": "text",
                    "required": True,
                    "default": "2023-24",
                }
            },
        },
    },
    "visualization_settings": {"scalar.field": "rate", "column_settings": {'["name","rate"]': {"decimals": 1}}},
}
BOARD: dict[str, Any] = {
    "parameters": [
        {
            "id": "0a1b2c3d",
            "name": "School year",
            "slug": "school_year",
            "type": "string/=",
            "sectionId": "string",
            "isMultiSelect": False,
            "required": True,
            "default": ["2023-24"],
            "values_query_type": "list",
            "values_source_type": "static-list",
            "values_source_config": {"values": [["2023-24", "2023-24"]]},
        }
    ],
    "tabs": [{"id": -1, "name": "Now"}, {"id": -2, "name": "Before"}],
    "dashcards": [
        {
            "id": -1,
            "card_id": 7,
            "dashboard_tab_id": -1,
            "row": 0,
            "col": 0,
            "size_x": 12,
            "size_y": 4,
            "parameter_mappings": [
                {
                    "parameter_id": "0a1b2c3d",
                    "card_id": 7,
                    "target": ["variable", ["template-tag", "school_year"]],
                }
            ],
            "visualization_settings": {},
            "series": [],
        },
        {
            "id": -2,
            "card_id": None,
            "dashboard_tab_id": -2,
            "row": 0,
            "col": 0,
            "size_x": 24,
            "size_y": 4,
            "parameter_mappings": [],
            "visualization_settings": {"virtual_card": {"display": "text"}, "text": "Hello"},
            "series": [],
        },
    ],
}


def changed(of: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with one thing in it changed."""
    content = copy.deepcopy(of)
    *way, last = path.split("/")
    place: Any = content
    for part in way:
        place = place[int(part) if part.isdigit() else part]
    place[int(last) if last.isdigit() else last] = value
    return content


def test_a_body_is_sent_as_it_was_said() -> None:
    assert body(bodies.NewCard, "it", CARD) == CARD
    assert body(bodies.Dashboard, "it", BOARD) == BOARD
    assert body(bodies.Collection, "it", {"name": "A", "parent_id": None}) == {"name": "A", "parent_id": None}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("entity", 1, "entity: Extra inputs"),
        ("display", "pie", "display"),
        ("name", "", "name"),
        ("collection_id", 0, "collection_id"),
        ("visualization_settings/pie.metric", "x", r"pie\.metric: no setting"),
        ('visualization_settings/column_settings/["name","rate"]/decimal', 1, "decimal of"),
        ("dataset_query/type", "query", "dataset_query.type"),
        ("dataset_query/native/query", "select 1", "the SQL has the variables"),
        ("dataset_query/native/template-tags/school_year/type", "dimension", "template-tags"),
        ("dataset_query/native/template-tags/school_year/default", None, "needs a default"),
        ("dataset_query/native/template-tags/school_year/name", "year", "other names inside"),
    ],
)
def test_a_question_that_is_not_as_it_must_be_is_not_sent(path: str, value: Any, says: str) -> None:
    with pytest.raises(BodyError, match=says):
        body(bodies.NewCard, "The question", changed(CARD, path, value))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("dashcards/1/dashboard_tab_id", -1, "two cards overlap at row 0, column 0"),
        ("dashcards/1/dashboard_tab_id", -3, "lies in no tab"),
        ("dashcards/1/dashboard_tab_id", None, "lies in no tab"),
        ("dashcards/0/col", 13, "past the grid's 24 columns"),
        ("dashcards/1/id", -1, "have one id"),
        ("dashcards/0/parameter_mappings", [], "a filter changes no card"),
        ("dashcards/0/parameter_mappings/0/parameter_id", "ffffffff", "a filter that the dashboard has not"),
        ("dashcards/0/parameter_mappings/0/card_id", 8, "maps a filter to another question"),
        ("dashcards/0/parameter_mappings/0/target", ["dimension", ["template-tag", "x"]], "target"),
        ("dashcards/0/card_id", None, "neither a question nor a text"),
        ("dashcards/0/action_id", 1, "action_id: Extra inputs"),
        ("parameters/0/type", "string/contains", "type"),
        ("parameters/0/isMultiSelect", True, "isMultiSelect"),
        ("tabs/0/name", "", "name"),
    ],
)
def test_a_dashboard_that_does_not_hold_together_is_not_sent(path: str, value: Any, says: str) -> None:
    with pytest.raises(BodyError, match=says):
        body(bodies.Dashboard, "The dashboard", changed(BOARD, path, value))


def test_tabs_and_cards_go_together_because_what_is_left_out_is_deleted() -> None:
    with pytest.raises(BodyError, match="go together"):
        body(bodies.Dashboard, "it", {"dashcards": []})


def test_a_password_is_never_in_what_is_said_of_a_body() -> None:
    details = {"host": "h", "port": 5432, "dbname": "d", "user": "u", "password": "not-told", "ssl": False}
    with pytest.raises(BodyError) as told:
        body(bodies.Database, "it", {"details": {**details, "schema-filters-type": "all"}})
    assert "not-told" not in str(told.value)


# ---- as Metabase describes its own interface ----


@cache
def described() -> dict[str, Any]:
    if not API.is_file():
        pytest.skip(f"Metabase's API description is not here ({API})")
    content: dict[str, Any] = json.loads(API.read_text(encoding="utf-8"))
    return content


def schema_of(call: Call) -> dict[str, Any] | None:
    """The schema of a call's body; at its top nothing but what it names."""
    listed = described()
    for path, verbs in listed["paths"].items():
        if re.fullmatch(re.sub(r"{[^}]*}", r"[^/]+", path), call.path) and call.verb.lower() in verbs:
            body_of = verbs[call.verb.lower()].get("requestBody")
            if body_of is None:
                return {"type": "object", "maxProperties": 0}
            schema = body_of["content"]["application/json"]["schema"]
            # the graph of permissions is described as any object
            open_ended = call.path == "/api/permissions/graph"
            return {**schema, "additionalProperties": open_ended, "components": listed["components"]}
    return None


def faults(call: Call) -> list[str]:
    schema = schema_of(call)
    if schema is None:
        return [f"{call.verb} {call.path} is not described"]
    return [
        f"{call.verb} {call.path}: {'.'.join(map(str, error.path))}: {error.message[:200]}"
        for error in Draft202012Validator(schema).iter_errors(call.body)
    ]


def test_every_body_of_a_publication_is_as_metabase_describes_it(world: World) -> None:
    described()
    world.publish()
    calls = world.stand_in.writes()
    assert {call.route for call in calls} >= {
        "/api/card",
        "/api/dashboard/:id",
        "/api/collection/graph",
        "/api/database",
    }
    assert [fault for call in calls for fault in faults(call)] == []


def test_a_key_that_metabase_does_not_describe_is_a_fault() -> None:
    described()
    good = Call("POST", "/api/card", "/api/card", CARD)
    assert faults(good) == []
    assert faults(Call("POST", "/api/card", "/api/card", {**CARD, "tags": []})) != []
    assert faults(Call("POST", "/api/cards", "/api/cards", CARD)) == ["POST /api/cards is not described"]


def test_every_setting_is_one_that_metabase_has() -> None:
    if not KEYS.is_file():
        pytest.skip(f"the list of Metabase's settings is not here ({KEYS})")
    known = set(json.loads(KEYS.read_text(encoding="utf-8")))
    # that list has no settings of columns
    assert bodies.SETTINGS - known == {"column_settings"}


def test_the_descriptions_are_read_where_they_lie_and_no_copy_is_kept() -> None:
    assert list(PROJECT.glob("[!.]*/**/*openapi*.json")) == []
