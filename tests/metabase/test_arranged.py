"""A dashboard's tabs and cards as they are sent: what is there keeps its number, whatever its name or place."""

from __future__ import annotations

from typing import Any

import pytest

from publishing.metabase import bodies
from publishing.metabase.bodies import body
from publishing.metabase.carry_out import arranged
from publishing.metabase.there import dashboard_fields
from tests.metabase.stand_in import StandIn


def text(words: str) -> dict[str, Any]:
    return {"virtual_card": {"display": "text"}, "text": words}


def card(number: int | None, tab: int | None, row: int, **more: Any) -> dict[str, Any]:
    at = {"tab": tab, "row": row, "col": 0, "size_x": 12, "size_y": 4}
    return {**at, "card": number, "mappings": [], "settings": {}, **more}


def fields(tabs: list[str], *cards: dict[str, Any]) -> dict[str, Any]:
    return {"tabs": tabs, "dashcards": list(cards)}


@pytest.fixture
def stand_in() -> StandIn:
    """A stand-in with two questions."""
    made = StandIn()
    for number in (101, 102):
        made.cards[number] = {"id": number, "name": str(number), "archived": False}
    made.dashboards[5] = {"id": 5, "name": "It", "archived": False, "tabs": [], "dashcards": []}
    return made


def sent(stand_in: StandIn, wanted: dict[str, Any]) -> dict[str, Any]:
    """Send the dashboard over what is there; returns what is there then."""
    there = stand_in.get_dashboard({}, None, 5)
    stand_in.change_dashboard({}, body(bodies.Dashboard, "it", arranged(wanted, there)), 5)
    now = stand_in.get_dashboard({}, None, 5)
    assert {name: dashboard_fields(now)[name] for name in wanted} == wanted
    return now


def numbers(board: dict[str, Any]) -> dict[Any, int]:
    """The numbers of cards by their question, of texts by their words, and of tabs by their name."""
    cards = {one["card_id"] or one["visualization_settings"]["text"]: one["id"] for one in board["dashcards"]}
    return {**cards, **{tab["name"]: tab["id"] for tab in board["tabs"]}}


def test_new_tabs_and_cards_get_numbers_and_keep_them(stand_in: StandIn) -> None:
    wanted = fields(["Now", "Before"], card(None, 0, 0, settings=text("Hello")), card(101, 0, 4), card(102, 1, 0))
    first = sent(stand_in, wanted)
    assert all(number > 0 for number in numbers(first).values())
    assert numbers(sent(stand_in, wanted)) == numbers(first)


def test_a_tab_with_a_new_name_is_the_same_tab(stand_in: StandIn) -> None:
    first = numbers(sent(stand_in, fields(["Now", "Before"], card(101, 0, 0), card(102, 1, 0))))
    second = numbers(sent(stand_in, fields(["Now", "Earlier"], card(101, 0, 0), card(102, 1, 0))))
    assert (second["Now"], second["Earlier"], second[102]) == (first["Now"], first["Before"], first[102])


def test_tabs_change_places_and_cards_go_to_another(stand_in: StandIn) -> None:
    first = numbers(sent(stand_in, fields(["Now", "Before"], card(101, 0, 0), card(102, 1, 0))))
    second = numbers(sent(stand_in, fields(["Before", "Now"], card(101, 0, 0), card(102, 1, 0))))
    assert second == first


def test_without_tabs_there_are_none(stand_in: StandIn) -> None:
    first = numbers(sent(stand_in, fields(["Now"], card(101, 0, 0))))
    second = sent(stand_in, fields([], card(101, None, 0)))
    assert (second["tabs"], numbers(second)[101]) == ([], first[101])


def test_a_text_is_known_by_its_words_or_by_its_place(stand_in: StandIn) -> None:
    one, two = card(None, None, 0, settings=text("One")), card(None, None, 8, settings=text("Two"))
    first = numbers(sent(stand_in, fields([], one, two)))
    moved = numbers(sent(stand_in, fields([], card(None, None, 4, settings=text("One")), two)))
    assert moved == first
    said_anew = numbers(sent(stand_in, fields([], card(None, None, 4, settings=text("Uno")), two)))
    assert said_anew == {"Uno": first["One"], "Two": first["Two"]}


def test_what_is_left_out_is_gone(stand_in: StandIn) -> None:
    sent(stand_in, fields(["Now", "Before"], card(101, 0, 0), card(102, 1, 0)))
    left = sent(stand_in, fields(["Now"], card(101, 0, 0)))
    assert [one["card_id"] for one in left["dashcards"]] == [101]
    assert [tab["name"] for tab in left["tabs"]] == ["Now"]
