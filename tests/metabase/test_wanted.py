"""What cannot be shown in Metabase is said before anything is done, with the file and the card."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from publishing.definition import Filter, Text
from publishing.metabase import publish
from publishing.metabase.figures import open_figures, values_of
from publishing.metabase.publish import server_of
from publishing.metabase.texts import Speaker, english
from publishing.metabase.things import key_in_description, key_in_name, marked, marked_name
from publishing.metabase.transport import MetabaseError
from publishing.metabase.wanted import Server, UnshowableError
from tests.metabase import county
from tests.metabase.conftest import World


@pytest.mark.parametrize(
    ("text", "becomes", "says"),
    [
        ("order by entity_name, students", "order by students desc", "desc without nulls last"),
        ("select entity_name", "select upper(entity_nam) as entity_name", "entity_nam"),
        (
            "from marts.chronic_absence",
            "from marts.team_list",
            "reads marts.team_list, which PostgreSQL does not serve",
        ),
        ("title: Places", 'title: "{{ rows[0].students }} places"', "cannot be said without the rows"),
    ],
)
def test_a_card_that_cannot_be_shown_is_named(world: World, text: str, becomes: str, says: str) -> None:
    county.write(world.settings, "staff", county.STAFF.replace(text, becomes))
    with pytest.raises(UnshowableError, match=rf"dashboards/staff\.yml, card counts: .*{re.escape(says)}"):
        world.plan()
    with pytest.raises(UnshowableError):
        world.publish()
    assert world.stand_in.writes() == []


def test_a_card_that_its_readers_may_not_read_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    county.write(world.settings, "staff", county.STAFF.replace("audience: county", "audience: district"))
    assert any("Not suppressed" in line for line in world.plan())
    rights = publish.read_rights(None, None)  # type: ignore[arg-type]
    relations = tuple(
        replace(one, access="aggregates") if one.label == "marts.chronic_absence" else one for one in rights.relations
    )
    monkeypatch.setattr(publish, "read_rights", lambda _settings, _database: replace(rights, relations=relations))
    with pytest.raises(UnshowableError, match=r"marts\.chronic_absence, which district_99001 may not see"):
        world.plan()


def test_all_that_is_wrong_is_said_at_once(world: World) -> None:
    county.write(world.settings, "staff", county.STAFF.replace("order by entity_name", "order by entity_name desc"))
    county.write(world.settings, "county", county.FRONT.replace("desc nulls last", "desc"))
    with pytest.raises(UnshowableError) as told:
        world.plan()
    assert len(str(told.value).splitlines()) == 2


def test_a_county_without_a_role_for_the_public_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rights = publish.read_rights(None, None)  # type: ignore[arg-type]
    fewer = replace(rights, roles=tuple(role for role in rights.roles if role.kind != "public"))
    monkeypatch.setattr(publish, "read_rights", lambda _settings, _database: fewer)
    with pytest.raises(MetabaseError, match="no role of kind public"):
        world.plan()


def test_without_a_publication_there_is_nothing_to_show(world: World) -> None:
    served = world.settings
    world.settings = replace(served, postgres="off")
    with pytest.raises(MetabaseError, match="turned off"):
        world.plan()
    world.settings = replace(served, home=served.home / "elsewhere")
    with pytest.raises(MetabaseError, match="nothing is published yet"):
        world.plan()


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("postgres:5432/attendance", Server("postgres", 5432, "attendance")),
        ("db.example.org/attendance?sslmode=require", Server("db.example.org", 5432, "attendance", ssl=True)),
        ("postgresql://me:secret@db.example.org:5433/a?sslmode=disable", Server("db.example.org", 5433, "a")),
        ("", Server("db.example.org", 5432, "attendance")),
    ],
)
def test_where_metabase_finds_postgresql(world: World, address: str, server: Server) -> None:
    assert server_of(replace(world.settings, metabase_postgres=address)) == server


@pytest.mark.parametrize(
    "address", ["/var/run:5432", "postgres:many/attendance", "postgresql:///a?host=/tmp", "me:se@cret@h/a"]
)
def test_an_address_that_is_none_is_said_without_what_it_says(world: World, address: str) -> None:
    with pytest.raises(MetabaseError, match="METABASE_POSTGRES must say") as told:
        server_of(replace(world.settings, metabase_postgres=address))
    assert "cret" not in str(told.value)


# ---- whose a thing is ----


def test_a_mark_is_read_back_whatever_stands_before_it() -> None:
    description = marked("card", "public/county/rate", "A note.", "", "Published from a file.")
    assert key_in_description("card", description) == "public/county/rate"
    assert key_in_description("dashboard", description) is None
    assert key_in_description("card", f"{description}\n") == "public/county/rate"
    assert key_in_description("card", f"{description} and more") is None
    assert key_in_description("card", None) is None
    assert key_in_name(marked_name("Alder Unified", "district-99001")) == "district-99001"
    assert key_in_name("Attendance team") is None


def test_a_listed_value_of_a_filter_is_chosen_by_its_label_and_asked_by_itself(world: World) -> None:
    listed = [{"value": "connect", "label": {"en": "Connectedness", "es": "Conexión"}}, "safe"]
    filter_ = Filter.model_validate({"label": "Asked", "default": "safe", "values": listed})
    with open_figures(world.settings) as figures:
        found = values_of(filter_, figures, "public", {}, Speaker({}))
    assert found == [("connect", "Connectedness"), ("safe", "safe")]


def test_a_text_may_be_in_several_languages() -> None:
    assert english(Text(en="Rate", es="Tasa")) == "Rate"
    assert english("Rate") == "Rate"
    assert Speaker({"place": "Alder"})(Text(en="In {{ place }}", es="En {{ place }}")) == "In Alder"
