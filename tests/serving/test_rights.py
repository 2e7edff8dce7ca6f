"""A publication gives the roles of the table their rights, and stops where these would show more than they may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from attendance.settings import Settings
from publishing.publish import publish, roll_back
from publishing.serving.access import AccessError
from publishing.serving.access_log import harvest, keep_reads, readers
from publishing.serving.rights import Rights
from publishing.serving.server import Server
from tests.serving.conftest import Place

MINE = "select count(*), min(district_code), max(district_code) from marts.student_attendance"


def test_a_district_sees_its_rows_after_a_publication_the_next_one_and_a_rollback(place: Place) -> None:
    with place.connect() as connection:
        for step in (
            lambda: publish(place.settings),
            lambda: publish(place.build(2)),
            lambda: roll_back(place.settings),
        ):
            step()
            connection.execute("set session authorization district_99002")
            assert connection.execute(MINE).fetchone() == (300, "99002", "99002")
            assert connection.execute("select count(*) from open_data.goal_counts").fetchone() == (400,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("select * from marts.stamp_left")
            connection.execute("reset session authorization")


def test_of_what_is_seen_by_place_there_are_no_statistics_and_of_the_rest_there_are(place: Place) -> None:
    publish(place.settings)
    assert place.ask("select count(*) from pg_stats where tablename = 'student_attendance'") == [(0,)]
    assert place.ask("select count(*) from pg_stats where tablename = 'goal_counts'") == [(2,)]
    # how many rows there are, a plan may know
    assert place.ask("select reltuples from pg_class where oid = 'marts.student_attendance'::regclass") == [(1200,)]


def test_rights_that_would_show_too_much_stop_the_publication_before_the_swap(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place.settings)
    place.build(2)
    give = Rights.give

    def too_much(rights: Rights, cursor: psycopg.Cursor[Any], schemas: Mapping[str, str]) -> None:
        give(rights, cursor, schemas)
        cursor.execute("create view marts_next.all_of_them as select * from marts_next.student_attendance")
        cursor.execute("grant select on marts_next.groups to public")

    monkeypatch.setattr(Rights, "give", too_much)
    with pytest.raises(AccessError, match="Rights in PostgreSQL are not as they should be") as raised:
        publish(place.settings)
    assert "the view marts.all_of_them runs with its owner's rights" in str(raised.value)
    assert "groups is granted to everybody directly" in str(raised.value)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]


def test_a_view_beside_what_is_served_that_passes_the_policies_by_stops_the_publication(place: Place) -> None:
    def do(sql: str) -> None:
        with place.connect() as connection:
            connection.execute(sql)

    publish(place.settings)
    do(
        "create schema reports; create view reports.everyone as select * from marts.student_attendance; "
        "grant usage on schema reports to attendance_district; "
        "grant select on reports.everyone to attendance_district"
    )
    place.build(2)
    with pytest.raises(AccessError, match=r"the view reports\.everyone reads marts\.student_attendance with its owner"):
        publish(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]
    do("alter view reports.everyone set (security_invoker = true)")
    publish(place.settings)
    # it leads to the relation that it was made on, wherever that is now
    do("alter view reports.everyone reset (security_invoker)")
    place.build(3)
    with pytest.raises(AccessError, match=r"reads marts_before\.student_attendance with its owner"):
        publish(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(2,)]


def test_a_mart_that_says_not_who_may_see_it_stops_the_publication_at_once(place: Place) -> None:
    path = place.settings.dbt_project / "models" / "marts" / "groups.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("access:", "audience:"), encoding="utf-8")
    told: list[str] = []
    with pytest.raises(AccessError, match=r"marts\.groups says not who may see it"):
        publish(place.settings, told.append)
    assert told == []


def test_what_the_servers_log_tells_of_reads_is_kept_and_its_old_files_go(own: tuple[Settings, Server]) -> None:
    settings, server = own
    with server.connect() as connection:
        connection.execute("set log_min_messages = log")
        for _ in range(2):
            connection.execute(
                "do $$ begin raise log using message = 'attendance read: marts.team_list', errcode = 'AR001'; end $$"
            )
            connection.execute("select pg_rotate_logfile(), pg_sleep(1.2)")
    keep_reads(settings)
    (reader,) = readers(settings.access_log, relation="marts.team_list")
    assert (reader.role, reader.reads) == ("postgres", 2)
    assert harvest(settings.server_log, settings.access_log, delete=False).files == 1


def test_a_log_that_cannot_be_kept_is_told_and_stops_nothing(own: tuple[Settings, Server]) -> None:
    settings, _ = own
    broken = settings.server_log / "postgresql-0.json"
    broken.write_text("AR001 is no JSON\n", encoding="utf-8")
    told: list[str] = []
    keep_reads(settings, told.append)
    broken.unlink()
    assert "The access log could not be kept" in told[0]
