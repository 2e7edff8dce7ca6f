"""Publication to Metabase, on a stand-in: the same twice is nothing, and what is planned is what is done."""

from __future__ import annotations

import copy
import fcntl
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from publishing.metabase import publish
from publishing.metabase.passwords import Password, path_of, write_passwords
from publishing.metabase.transport import MetabaseError
from tests.metabase import county
from tests.metabase.conftest import World
from tests.metabase.stand_in import _ROUTES, ADMINISTRATORS, ALL_USERS, ASKS_ALL, Fault, RefusedError, StandIn


def state(stand_in: StandIn) -> dict[str, Any]:
    """What Metabase holds, whatever numbers it gave; by the keys of what is ours."""
    names: dict[tuple[str, int], str] = {}
    kinds = {
        "database": stand_in.databases,
        "group": stand_in.groups,
        "collection": stand_in.collections,
        "card": stand_in.cards,
        "dashboard": stand_in.dashboards,
    }
    for kind, things in kinds.items():
        for number, thing in things.items():
            names[kind, number] = f"{kind} {thing.get('description') or thing['name']}"
    content: dict[str, Any] = {}
    for kind, things in kinds.items():
        for number, thing in things.items():
            kept = {k: v for k, v in thing.items() if k not in {"id", "entity_id", "tables", "location", "parameters"}}
            if kind == "card" and kept.get("dataset_query"):
                kept["dataset_query"] = {
                    **kept["dataset_query"],
                    "database": names["database", kept["dataset_query"]["database"]],
                }
            if kept.get("collection_id"):
                kept["collection_id"] = names["collection", kept["collection_id"]]
            if kind == "dashboard":
                tabs = {tab["id"]: tab["name"] for tab in kept["tabs"]}
                kept["tabs"] = list(tabs.values())
                kept["dashcards"] = sorted(
                    json.dumps(
                        {
                            **{k: card[k] for k in ("row", "col", "size_x", "size_y")},
                            "card": names["card", card["card_id"]] if card["card_id"] else None,
                            "tab": tabs.get(card["dashboard_tab_id"]),
                            "filters": len(card["parameter_mappings"]),
                        }
                    )
                    for card in kept["dashcards"]
                )
            content.setdefault(names[kind, number], []).append(kept)
    rights = {
        f"{names['group', group]} / {names['collection', folder]}": may
        for group, allowed in stand_in.reading.items()
        for folder, may in allowed.items()
        if ("collection", folder) in names
    }
    asking = {
        f"{names['group', group]} / {names['database', database]}": may.get("create-queries", "no")
        for group, allowed in stand_in.asking.items()
        for database, may in allowed.items()
    }
    return {"things": content, "reading": rights, "asking": asking}


# ---- once, and once more ----


def test_a_plan_changes_nothing_and_a_second_publication_changes_nothing(world: World) -> None:
    assert "Nothing was changed; without --plan it is." in world.plan()[-1]
    world.publish()
    assert world.writes_of() == []
    assert "Everything is as it should be" in world.plan()[-1]


def test_every_dashboard_is_in_the_folder_of_its_audience(world: World) -> None:
    world.publish()
    stand_in = world.stand_in
    where = {
        (stand_in.collections[board["collection_id"]]["name"], board["name"]) for board in stand_in.dashboards.values()
    }
    assert where == {
        ("Public figures", "Los Angeles County"),
        ("Public figures", "District"),
        ("County office", "Not suppressed"),
        ("Alder Unified", "Alder Unified"),
        ("Birch Elementary", "Birch Elementary"),
    }


def test_each_question_goes_through_the_connection_of_its_folder(world: World) -> None:
    world.publish()
    stand_in = world.stand_in
    users = {number: one["details"].get("user") for number, one in stand_in.databases.items()}
    found = {
        (re.findall(r"\[attendance card ([^/]*)/", card["description"])[0], users[card["dataset_query"]["database"]])
        for card in stand_in.cards.values()
    }
    assert found == {
        ("public", "public_reader"),
        ("county", "county_analyst"),
        ("district-99001", "district_99001"),
        ("district-99002", "district_99002"),
    }


def test_a_reader_chooses_the_district_in_the_public_folder_and_in_its_own_has_no_choice(world: World) -> None:
    world.publish()
    public = world.stand_in.named(world.stand_in.dashboards, "public/district")
    assert [one["slug"] for one in public["parameters"]] == ["district", "school_year"]
    values = public["parameters"][0]["values_source_config"]["values"]
    assert values == [["19990010000000", "Alder Unified"], ["19990020000000", "Birch Elementary"]]
    own = world.stand_in.named(world.stand_in.dashboards, "district-99002/district")
    assert [one["slug"] for one in own["parameters"]] == ["school_year"]
    table = world.stand_in.named(world.stand_in.cards, "district-99002/district/schools")
    tags = table["dataset_query"]["native"]["template-tags"]
    assert tags["district"]["default"] == "19990020000000"


def test_every_filter_sets_a_variable_of_every_question_that_has_it(world: World) -> None:
    world.publish()
    for board in world.stand_in.dashboards.values():
        slugs = {one["id"]: one["slug"] for one in board["parameters"]}
        for card in board["dashcards"]:
            if card["card_id"] is None:
                continue
            tags = set(world.stand_in.cards[card["card_id"]]["dataset_query"]["native"]["template-tags"])
            mapped = {mapping["target"][1][1] for mapping in card["parameter_mappings"]}
            assert mapped == tags & set(slugs.values())
            assert all(slugs[m["parameter_id"]] == m["target"][1][1] for m in card["parameter_mappings"])


def test_a_click_on_a_district_leads_to_its_dashboard_with_the_year_that_was_chosen(world: World) -> None:
    world.publish()
    stand_in = world.stand_in
    card = stand_in.named(stand_in.cards, "public/county/districts")
    front = stand_in.named(stand_in.dashboards, "public/county")
    target = stand_in.named(stand_in.dashboards, "public/district")
    (dashcard,) = [one for one in front["dashcards"] if one["card_id"] == card["id"]]
    click = dashcard["visualization_settings"]["column_settings"]['["name","district_name"]']["click_behavior"]
    assert click["targetId"] == target["id"]
    sources = {one["slug"]: click["parameterMapping"][one["id"]]["source"] for one in target["parameters"]}
    assert sources["district"] == {"type": "column", "id": "cds_code", "name": "cds_code"}
    (year,) = [one["id"] for one in front["parameters"] if one["slug"] == "school_year"]
    assert sources["school_year"] == {"type": "parameter", "id": year, "name": year}


def test_the_finding_is_said_with_its_year_and_not_where_a_reader_chooses_the_place(world: World) -> None:
    world.publish()

    def text(key: str) -> str:
        board = world.stand_in.named(world.stand_in.dashboards, key)
        return next(one["visualization_settings"]["text"] for one in board["dashcards"] if one["card_id"] is None)

    assert text("district-99001/district").startswith("**In Alder Unified, 21.3\N{NO-BREAK SPACE}%.**\n\nFor 2023-24.")
    assert text("public/district").startswith("**How is it here?**\n\nChoose a district above.")
    assert "The students on this dashboard are invented." in text("public/county")


# ---- a change, a new name, a removal ----


def test_a_change_of_a_query_changes_its_question_and_nothing_else(world: World) -> None:
    world.publish()
    county.write(world.settings, "staff", county.STAFF.replace("order by entity_name, students", "order by students"))
    lines = world.plan()
    assert "  ~ Not suppressed, in County office: question Places: query" in lines
    (call,) = world.writes_of()
    assert (call.verb, call.route, set(call.body)) == ("PUT", "/api/card/:id", {"dataset_query"})
    assert world.writes_of() == []


def test_a_new_title_is_the_same_dashboard_under_another_name(world: World) -> None:
    world.publish()
    before = world.stand_in.named(world.stand_in.dashboards, "county/staff")["id"]
    county.write(world.settings, "staff", county.STAFF.replace("title: Not suppressed", "title: In full"))
    assert "  ~ In full, in County office: name" in world.plan()
    (call,) = world.writes_of()
    assert (call.path, call.body) == (f"/api/dashboard/{before}", {"name": "In full"})


def test_a_dashboard_that_is_removed_is_put_away_with_its_questions(world: World) -> None:
    world.publish()
    county.remove(world.settings, "staff")
    lines = world.plan()
    assert "  - Not suppressed, in County office" in lines
    assert "0 to make, 0 to change, 2 to put away" in lines[-1]
    assert [(call.route, call.body) for call in world.writes_of()] == [
        ("/api/dashboard/:id", {"archived": True}),
        ("/api/card/:id", {"archived": True}),
    ]
    assert world.writes_of() == []
    # and fetched back, the same ones
    county.write(world.settings, "staff", county.STAFF)
    assert "  + Not suppressed, in County office: 1 cards" in world.plan()
    made = {call.verb for call in world.writes_of()}
    assert made == {"PUT"}
    assert not world.stand_in.named(world.stand_in.dashboards, "county/staff")["archived"]
    assert world.writes_of() == []


def test_a_card_that_is_removed_leaves_the_dashboard_and_others_keep_their_numbers(world: World) -> None:
    world.publish()
    board = world.stand_in.named(world.stand_in.dashboards, "public/county")
    numbers = {card["card_id"]: card["id"] for card in board["dashcards"]}
    rate = world.stand_in.named(world.stand_in.cards, "public/county/rate")["id"]
    start, end = county.FRONT.index("  - id: rate"), county.FRONT.index("  - id: districts")
    county.write(world.settings, "county", county.FRONT[:start] + county.FRONT[end:])
    assert "      card Chronically absent is taken off" in world.plan()
    world.publish()
    assert {card["card_id"]: card["id"] for card in board["dashcards"]} == {
        card: number for card, number in numbers.items() if card != rate
    }
    assert world.stand_in.cards[rate]["archived"]


def test_a_card_that_is_moved_keeps_its_number(world: World) -> None:
    world.publish()
    board = world.stand_in.named(world.stand_in.dashboards, "public/county")
    before = {card["card_id"]: card["id"] for card in board["dashcards"]}
    county.write(world.settings, "county", county.FRONT.replace("row: 8, column: 0", "row: 8, column: 12"))
    assert "  ~ Los Angeles County, in Public figures: card Where it is slipping is moved" in world.plan()
    (call,) = world.writes_of()
    assert set(call.body) == {"parameters", "tabs", "dashcards"}
    assert {card["card_id"]: card["id"] for card in board["dashcards"]} == before


# ---- what is not ours ----


def test_nothing_of_others_is_touched(world: World) -> None:
    stand_in = world.stand_in
    folder = stand_in.folder("Somebody's")
    stand_in.card("Not suppressed", collection_id=folder["id"], display="table", visualization_settings={})
    stand_in.board("District", collection_id=folder["id"])
    stand_in.group("Board members")
    theirs = copy.deepcopy(
        (stand_in.cards, stand_in.dashboards, stand_in.collections, stand_in.groups, stand_in.databases)
    )
    rights = copy.deepcopy(stand_in.reading[ALL_USERS])
    world.publish()
    county.remove(world.settings, "staff")
    world.publish()
    now = (stand_in.cards, stand_in.dashboards, stand_in.collections, stand_in.groups, stand_in.databases)
    for before, after in zip(theirs, now, strict=True):
        assert {number: after[number] for number in before} == before
    assert {key: stand_in.reading[ALL_USERS][key] for key in rights} == rights
    assert stand_in.asking[ALL_USERS][1] == ASKS_ALL


@pytest.mark.parametrize("where", ["elsewhere", "in our folder"])
def test_somebodys_copy_of_ours_is_theirs(world: World, where: str) -> None:
    world.publish()
    ours = world.stand_in.named(world.stand_in.cards, "county/staff/counts")
    kept = {name: ours[name] for name in ("description", "display", "dataset_query", "visualization_settings")}
    folder = ours["collection_id"] if where == "in our folder" else None
    theirs = world.stand_in.card("My own", collection_id=folder, **kept)
    county.forget(world.settings)
    assert world.writes_of() == []
    county.remove(world.settings, "staff")
    world.publish()
    assert ours["archived"]
    assert not theirs["archived"]
    assert f"  = My own (card {theirs['id']})" in world.drift()[0]


def test_a_copy_that_is_all_that_is_left_is_not_taken(world: World) -> None:
    world.publish()
    ours = world.stand_in.named(world.stand_in.cards, "county/staff/counts")
    theirs = world.stand_in.card(**{**ours, "collection_id": None, "name": "My own"})
    world.stand_in.delete_card(ours["id"])
    kept = dict(theirs)
    world.publish()
    assert theirs == kept
    assert len([one for one in world.stand_in.cards.values() if "county/staff/counts]" in one["description"]]) == 2


def test_who_takes_the_line_out_keeps_the_thing_and_ours_is_made_anew(world: World) -> None:
    world.publish()
    kept = world.stand_in.named(world.stand_in.cards, "county/staff/counts")
    kept["description"] = "Mine now"
    world.publish()
    assert kept["description"] == "Mine now"
    assert world.stand_in.named(world.stand_in.cards, "county/staff/counts")["id"] != kept["id"]


def test_a_folder_in_which_somebody_keeps_things_of_his_own_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    folder = world.stand_in.named(world.stand_in.collections, "district-99002")
    world.stand_in.card("Of Birch", collection_id=folder["id"])
    _without_birch(monkeypatch)
    assert any("somebody keeps Of Birch in it" in line for line in world.plan())
    world.publish()
    assert not folder["archived"]
    # nobody of the district sees it any more
    group = world.stand_in.named(world.stand_in.groups, "district-99002")["id"]
    assert world.stand_in.reading[group][folder["id"]] == "none"


def test_a_district_that_is_gone_is_closed_and_its_folder_put_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    group = world.stand_in.named(world.stand_in.groups, "district-99002")["id"]
    _without_birch(monkeypatch)
    world.publish()
    assert world.stand_in.named(world.stand_in.collections, "district-99002")["archived"]
    assert {may for folder, may in world.stand_in.reading[group].items() if folder in world.stand_in.collections} == {
        "none"
    }
    assert world.stand_in.named(world.stand_in.groups, "public")["id"] in world.stand_in.groups
    assert world.writes_of() == []


def _without_birch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Birch has no role any more."""
    rights = publish.read_rights(None, None)  # type: ignore[arg-type]
    fewer = replace(rights, roles=tuple(role for role in rights.roles if role.district != "99002"))
    monkeypatch.setattr(publish, "read_rights", lambda _settings, _database: fewer)


# ---- who may see what ----


def test_each_group_opens_its_own_folders_and_all_users_none(world: World) -> None:
    world.stand_in.group("Board members")
    world.publish()
    stand_in = world.stand_in
    names = {number: re.sub(r"^Attendance: | \[.*\]$", "", one["name"]) for number, one in stand_in.groups.items()}
    opens = {
        names[group]: {
            stand_in.collections[folder]["name"]
            for folder, may in allowed.items()
            if folder in stand_in.collections and may != "none" and stand_in.collections[folder]["name"] != "Questions"
        }
        for group, allowed in stand_in.reading.items()
        if group != ADMINISTRATORS
    }
    every = {"Attendance", "Public figures"}
    assert opens == {
        "All Users": set(),
        "Board members": set(),
        "public figures": every,
        "county office": every | {"County office"},
        "county analysts": every | {"County office", "Districts", "Alder Unified", "Birch Elementary"},
        "Alder Unified": every | {"Districts", "Alder Unified"},
        "Birch Elementary": every | {"Districts", "Birch Elementary"},
    }
    asks = {
        (names[group], stand_in.databases[database]["details"].get("user"))
        for group, allowed in stand_in.asking.items()
        for database, may in allowed.items()
        if may.get("create-queries", "no") != "no"
    }
    assert asks == {
        ("All Users", None),
        ("county analysts", "public_reader"),
        ("county analysts", "county_analyst"),
    }


def open_to_all(stand_in: StandIn) -> list[str]:
    """The roles that read more than the public's, and through which All Users may ask questions now."""
    roles = {number: one["details"].get("user") for number, one in stand_in.databases.items()}
    may_ask = (n for n, may in stand_in.asking[ALL_USERS].items() if may.get("create-queries", "no") != "no")
    return [roles[number] for number in may_ask if roles[number] not in {None, "public_reader"}]


def test_at_no_moment_does_anybody_see_a_question_that_is_not_for_them(world: World) -> None:
    stand_in = world.stand_in
    stand_in.group("Board members")
    seen: list[str] = []
    answer = stand_in.answer

    def watched(verb: str, path: str, query: dict[str, str], body: Any) -> Any:
        told = answer(verb, path, query, body)
        ours = {number for number, one in stand_in.groups.items() if one["name"].startswith("Attendance: ")}
        for group, allowed in stand_in.reading.items():
            for card in stand_in.cards.values():
                folder = stand_in.collections[card["collection_id"]]
                district = re.findall(r"card district-(\d+)", card["description"])
                foreign = district and f"[district-{district[0]}]" not in stand_in.groups[group]["name"]
                analysts = "[analysts]" in stand_in.groups[group]["name"] or group == ADMINISTRATORS
                if allowed.get(folder["id"], "none") != "none" and not analysts and (group not in ours or foreign):
                    seen.append(f"{verb} {path}: {stand_in.groups[group]['name']} sees {card['name']}")
        # a connection is open to all for no longer than it takes to close it, and until then shows what is for all
        open_now = [n for n, may in stand_in.asking[ALL_USERS].items() if n != 1 and may.get("create-queries") != "no"]
        if len(open_now) > 1 or (open_now and verb != "GET" and "/api/database" not in path) or open_to_all(stand_in):
            seen.append(f"{verb} {path}: All Users may ask {open_now}")
        return told

    stand_in.answer = watched  # type: ignore[method-assign]
    world.publish()
    assert seen == []


def test_a_permission_that_somebody_gave_is_taken_back_and_told(world: World) -> None:
    world.publish()
    folder = world.stand_in.named(world.stand_in.collections, "district-99001")["id"]
    database = world.stand_in.named(world.stand_in.databases, "district-99001")["id"]
    world.stand_in.reading[ALL_USERS][folder] = "read"
    world.stand_in.asking[ALL_USERS][database]["create-queries"] = "query-builder"
    assert "  - All Users: may no longer see Alder Unified" in world.plan()
    told, is_drifted = world.drift()
    assert is_drifted
    assert "  ! All Users, Alder Unified: now read, should be none" in told
    world.publish()
    assert world.stand_in.reading[ALL_USERS][folder] == "none"
    assert world.stand_in.asking[ALL_USERS][database]["create-queries"] == "no"


def test_no_question_is_published_where_metabase_does_not_keep_the_permissions(world: World) -> None:
    stand_in = world.stand_in
    change = stand_in.answer

    def forgetful(verb: str, path: str, query: dict[str, str], body: Any) -> Any:
        told = change(verb, path, query, body)
        if (verb, path) == ("PUT", "/api/collection/graph"):
            stand_in.reading[ALL_USERS] = dict.fromkeys(stand_in.collections, "read")
        return told

    stand_in.answer = forgetful  # type: ignore[method-assign]
    with pytest.raises(MetabaseError, match="All Users still has read of"):
        world.publish()
    assert stand_in.cards == {}


# ---- stopped half-way ----


def test_stopped_anywhere_and_run_again_it_is_as_if_it_had_run_once(world: World) -> None:
    world.publish()
    whole = state(world.stand_in)
    routes = [call.route for call in world.stand_in.writes()]
    assert len(routes) > 40
    # at the first call of every other kind, and at the last of all
    kinds = list(dict.fromkeys(routes))
    for stop in sorted({*(routes.index(route) + 1 for route in kinds[::2]), len(routes)}):
        _begin_anew(world)
        _stop_after(world.stand_in, stop)
        with pytest.raises(MetabaseError, match="killed"):
            world.publish()
        del world.stand_in.answer
        world.publish()
        assert state(world.stand_in) == whole, f"stopped at write {stop}"


def test_killed_at_any_call_no_connection_that_reads_students_is_open_to_all(world: World) -> None:
    world.publish()
    whole = state(world.stand_in)
    assert {one["details"].get("password") for one in world.stand_in.databases.values()} >= {"of district_99001"}
    routes = [call.route for call in world.stand_in.writes()]
    # the public's connection and the county's; a district's is made as that one is
    connecting = routes[:6]
    assert connecting == ["/api/database", "/api/permissions/graph", "/api/database/:id"] * 2
    for stop in range(1, len(connecting) + 1):
        _begin_anew(world)
        _stop_after(world.stand_in, stop)
        with pytest.raises(MetabaseError, match="killed"):
            world.publish()
        assert open_to_all(world.stand_in) == [], f"stopped at write {stop}"
        del world.stand_in.answer
        # nor on the way of the next run, which comes upon what is open
        opened = _watched(world.stand_in)
        world.publish()
        del world.stand_in.answer
        assert opened == [], f"stopped at write {stop}"
        assert state(world.stand_in) == whole, f"stopped at write {stop}"
    assert world.writes_of() == []


def _watched(stand_in: StandIn) -> list[str]:
    """After each call from now on, what is open to all and should not be."""
    opened: list[str] = []
    answer = stand_in.answer

    def watched(verb: str, path: str, query: dict[str, str], body: Any) -> Any:
        told = answer(verb, path, query, body)
        opened.extend(f"{verb} {path}: {role}" for role in open_to_all(stand_in))
        return told

    stand_in.answer = watched  # type: ignore[method-assign]
    return opened


def test_where_metabase_does_not_take_the_permissions_no_connection_reads_students(world: World) -> None:
    world.stand_in.faults = [Fault("PUT", "/api/permissions/graph", times=99, status=500)]
    with pytest.raises(MetabaseError, match="Metabase fails"):
        world.publish()
    assert open_to_all(world.stand_in) == []
    world.stand_in.faults = []
    opened = _watched(world.stand_in)
    # another program opens again what was closed
    close = world.stand_in.change_asking

    def undone(query: dict[str, str], body: Any) -> Any:
        told = close(query, body)
        for may in world.stand_in.asking[ALL_USERS].values():
            may["create-queries"] = "query-builder"
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_ROUTES, ("PUT", "/api/permissions/graph"), lambda _stand_in, *given: undone(*given))
        with pytest.raises(MetabaseError, match="is open again to All Users"):
            world.publish()
    assert opened == []
    world.publish()
    assert opened == []
    assert world.writes_of() == []


def test_a_connection_whose_role_changes_gets_the_password_of_the_new_one(world: World) -> None:
    world.publish()
    one = world.stand_in.named(world.stand_in.databases, "district-99001")
    one["details"] |= {"user": "somebody", "password": "of somebody"}
    assert "  ~ Alder Unified: how it connects, is told its password" in world.plan()
    world.publish()
    assert (one["details"]["user"], one["details"]["password"]) == ("district_99001", "of district_99001")
    assert world.writes_of() == []


def test_a_connection_more_needs_the_publics_password_and_does_not_tell_it_again(world: World) -> None:
    world.publish()
    roles = [str(one["details"]["user"]) for one in world.stand_in.databases.values() if "user" in one["details"]]
    write_passwords(path_of(world.settings), {role: Password(f"of {role}", told=True) for role in roles})
    gone = world.stand_in.named(world.stand_in.databases, "district-99001")
    del world.stand_in.databases[gone["id"]]
    calls = [call for call in world.writes_of() if call.route.startswith("/api/database")]
    assert [(call.verb, call.body["details"]["user"], call.body["details"]["password"]) for call in calls] == [
        ("POST", "public_reader", "of public_reader"),
        ("PUT", "district_99001", "of district_99001"),
    ]
    assert world.writes_of() == []


def _begin_anew(world: World) -> None:
    county.forget(world.settings)
    fresh = StandIn()
    for name in (
        "databases",
        "groups",
        "collections",
        "cards",
        "dashboards",
        "asking",
        "reading",
        "revisions",
        "calls",
    ):
        setattr(world.stand_in, name, getattr(fresh, name))


def _stop_after(stand_in: StandIn, writes: int) -> None:
    """Killed when that many calls were carried out: the answer to the last is not heard, and nothing is asked again."""
    answer = type(stand_in).answer
    left = [writes]

    def counted(verb: str, path: str, query: dict[str, str], body: Any) -> Any:
        if left[0] == 0:
            raise RefusedError(400, "killed")
        told = answer(stand_in, verb, path, query, body)
        left[0] -= verb != "GET"
        if left[0] == 0:
            raise RefusedError(400, "killed")
        return told

    stand_in.answer = counted  # type: ignore[method-assign]


def test_without_its_record_it_finds_what_is_there(world: World) -> None:
    world.publish()
    county.forget(world.settings)
    assert world.writes_of() == []


def test_what_metabase_writes_down_in_other_words_is_the_same(world: World) -> None:
    world.stand_in.rewrites = True
    world.publish()
    assert world.writes_of() == []
    told, is_drifted = world.drift()
    assert not is_drifted, told
    # a person's change of the very same field is told from it
    card = world.stand_in.named(world.stand_in.cards, "county/staff/counts")
    card["visualization_settings"]["column_settings"]['["name","students"]']["column_title"] = "Kids"
    told, is_drifted = world.drift()
    assert "  ~ Places, in County office: how it is drawn" in told
    world.publish()
    assert card["visualization_settings"]["column_settings"]['["name","students"]']["column_title"] == "Students"


# ---- what somebody changed by hand ----


def test_what_was_changed_by_hand_is_told_and_undone(world: World) -> None:
    world.publish()
    stand_in = world.stand_in
    stand_in.named(stand_in.cards, "public/county/districts")["display"] = "bar"
    board = stand_in.named(stand_in.dashboards, "public/county")
    stray = stand_in.card("Stray", display="table", visualization_settings={})
    board["dashcards"].append({**board["dashcards"][-1], "id": 999, "card_id": stray["id"], "parameter_mappings": []})
    stand_in.named(stand_in.collections, "public")["name"] = "Public stuff"
    stand_in.named(stand_in.dashboards, "county/staff")["archived"] = True
    told, is_drifted = world.drift()
    assert is_drifted
    assert "  ~ Where it is slipping, in Public figures: kind of chart: now 'bar', should be 'row'" in told
    assert "  ~ Los Angeles County, in Public figures: cards" in told
    assert "  ~ Public figures: name: now 'Public stuff', should be 'Public figures'" in told
    assert "  - Not suppressed, in County office: was put away" in told
    assert any("is taken off" in line for line in world.plan())
    world.publish()
    assert [card["card_id"] for card in board["dashcards"]].count(stray["id"]) == 0
    assert world.drift()[1] is False


def test_what_the_definitions_changed_is_no_change_by_hand(world: World) -> None:
    world.publish()
    county.write(world.settings, "staff", county.STAFF.replace("title: Places", "title: All places"))
    assert world.drift()[1] is False


def test_a_public_link_to_what_is_not_for_the_public_is_told(world: World) -> None:
    world.publish()
    world.stand_in.named(world.stand_in.dashboards, "public/county")["public_uuid"] = "a"
    assert world.drift()[1] is False
    board = world.stand_in.named(world.stand_in.dashboards, "district-99001/district")
    board["public_uuid"] = "b"
    told, is_drifted = world.drift()
    assert is_drifted
    assert f"  ! Alder Unified (dashboard {board['id']})" in told


# ---- faults on the way ----


def test_a_stale_revision_is_looked_up_again(world: World) -> None:
    world.stand_in.faults = [
        Fault("PUT", "/api/permissions/graph", times=2, status=409),
        Fault("PUT", "/api/collection/graph", times=1, status=409),
    ]
    world.publish()
    assert world.writes_of() == []


def test_a_revision_that_never_fits_is_said(world: World) -> None:
    world.stand_in.faults = [Fault("PUT", "/api/collection/graph", times=99, status=409)]
    with pytest.raises(MetabaseError, match="Somebody changed the permissions meanwhile"):
        world.publish()
    assert world.stand_in.cards == {}


def test_what_passes_by_itself_is_waited_for(world: World) -> None:
    world.stand_in.faults = [
        Fault("GET", "/api/card", times=2, status=503),
        Fault("PUT", "/api/dashboard/.*", times=1, status=502),
        Fault("POST", "/api/card", times=2, status=429, headers={"Retry-After": "1"}),
        Fault("PUT", "/api/collection/graph", times=1, drops=True),
    ]
    world.publish()
    assert world.writes_of() == []


def test_a_connection_that_does_not_come_in_is_said_without_its_password(world: World) -> None:
    def refuse(details: dict[str, Any]) -> None:
        raise RuntimeError(f"FATAL: no pg_hba.conf entry for user {details['user']}")

    world.stand_in.connects = refuse
    with pytest.raises(MetabaseError, match=r"no pg_hba\.conf entry for user public_reader") as told:
        world.publish()
    assert "of public_reader" not in str(told.value)
    assert world.stand_in.databases.keys() == {1}


def test_two_publications_at_a_time_are_one(world: World) -> None:
    world.publish()
    with (world.settings.home / "metabase" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(MetabaseError, match="Another publication to Metabase is at work"):
            world.publish()
        world.plan()


def test_a_key_that_is_no_administrators_and_a_metabase_that_is_too_old_are_said(world: World) -> None:
    world.stand_in.is_superuser = False
    with pytest.raises(MetabaseError, match="no administrator's"):
        world.plan()
    world.stand_in.is_superuser = True
    world.stand_in.version = "v0.53.4"
    with pytest.raises(MetabaseError, match=r"v0\.54 or later is needed"):
        world.plan()
    world.stand_in.version = "v1.55.2"
    assert "(Metabase v1.55.2)" in world.plan()[0]


# ---- connections ----


def test_metabase_looks_at_nothing_in_the_tables_by_itself(world: World) -> None:
    world.publish()
    for number, one in world.stand_in.databases.items():
        if number != 1:
            assert (one["is_full_sync"], one["is_on_demand"]) == (False, False)
    public = world.stand_in.named(world.stand_in.databases, "public")["details"]
    assert public["schema-filters-patterns"] == "open_data"
    assert (public["host"], public["port"], public["dbname"]) == ("db.example.org", 5432, "attendance")
    assert public["password"] == "of public_reader"


def test_another_address_reaches_the_connections_and_the_password_stays(world: World) -> None:
    world.publish()
    world.settings = replace(world.settings, metabase_postgres="postgres:5432/attendance?sslmode=require")
    assert "how it connects" in "\n".join(world.plan())
    calls = world.writes_of()
    assert {call.route for call in calls} == {"/api/database/:id"}
    one = world.stand_in.named(world.stand_in.databases, "district-99001")["details"]
    assert (one["host"], one["ssl"], one["password"]) == ("postgres", True, "of district_99001")
    assert world.writes_of() == []


def test_new_passwords_are_told_to_every_connection(world: World) -> None:
    world.publish()
    world.publish(new_passwords=True)
    passwords = {one["details"].get("password") for one in world.stand_in.databases.values()}
    assert passwords == {
        None,
        *(f"of {role} anew" for role in ("public_reader", "county_analyst", "district_99001", "district_99002")),
    }


# ---- descriptions ----


def test_tables_and_columns_are_described_where_people_ask_and_when_metabase_knows_them(world: World) -> None:
    stand_in = world.stand_in
    looks_at = stand_in.looks_at

    def look(details: dict[str, Any]) -> list[dict[str, Any]]:
        """PostgreSQL says nothing of one column."""
        return [
            {**table, "columns": {**table["columns"], "chronic_rate": None}}
            if "chronic_rate" in table["columns"]
            else table
            for table in looks_at(details)
        ]

    stand_in.looks_at = look
    stand_in.forgets = 2
    world.publish()
    public = stand_in.named(stand_in.databases, "public")
    table = next(one for one in public["tables"] if one["name"] == "chronic_absence")
    rate = next(one for one in table["fields"] if one["name"] == "chronic_rate")
    assert "percent" in rate["description"].lower()
    assert table["description"]
    assert stand_in.named(stand_in.databases, "district-99001")["tables"] == []
    assert world.writes_of() == []
    # by hand, and back again
    rate["description"] = "Something else"
    assert "  ~ open_data.chronic_absence.chronic_rate: description, in public" in world.plan()
    (call,) = world.writes_of()
    assert call.path == f"/api/field/{rate['id']}"


def test_tables_that_metabase_never_finds_are_said_when_all_else_is_done(world: World) -> None:
    world.stand_in.looks_at = lambda _details: []
    world.stand_in.sync = lambda *_: {"status": "ok"}  # type: ignore[method-assign]
    with pytest.raises(MetabaseError, match=r"does not know .* All else is published"):
        world.publish()
    assert len(world.stand_in.dashboards) == 5
