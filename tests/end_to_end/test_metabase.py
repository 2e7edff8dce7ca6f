"""The county's dashboards in Metabase: every card on PostgreSQL under its reader's role, and a whole publication.

Metabase itself is stood in for; PostgreSQL, its roles and their passwords are real.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from attendance.cli import app
from attendance.settings import PROJECT, Settings
from publishing.metabase import publish
from publishing.metabase.passwords import give_passwords, locked_out, path_of, read_passwords, write_passwords
from publishing.metabase.publish import plan_publication, publish_to_metabase, report_drift
from publishing.metabase.transport import MetabaseError
from publishing.serving.logins import set_password
from publishing.serving.server import address_for, open_server
from tests.end_to_end.conftest import County
from tests.metabase.running import differences
from tests.metabase.stand_in import KEY, Call, StandIn, standing_in
from tests.metabase.test_bodies import API, faults

DISTRICT = "district_99002"


def test_every_card_has_the_same_rows_in_postgresql_under_its_readers_role(county: County) -> None:
    # of the districts two: all of them are asked the same
    assert differences(county.settings, ("public", "county", "district-99001", "district-99004")) == []


@dataclass(frozen=True)
class Published:
    """A publication to a stand-in whose connections are tried on the county's server."""

    settings: Settings
    stand_in: StandIn
    said: list[str]
    calls: list[Call]
    environment: dict[str, str]


def connect(details: dict[str, Any]) -> psycopg.Connection:
    """As Metabase connects."""
    return psycopg.connect(
        host=details["host"],
        port=details["port"],
        dbname=details["dbname"],
        user=details["user"],
        password=details["password"],
        autocommit=True,
    )


def tried(details: dict[str, Any]) -> None:
    connect(details).close()


def tables(details: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables that a connection may read, with PostgreSQL's comments, as Metabase finds them."""
    with connect(details) as connection:
        rows = connection.execute(
            "select nspname, relname, attname, obj_description(c.oid), col_description(c.oid, attnum) "
            "from pg_class as c join pg_namespace as n on n.oid = relnamespace join pg_attribute on attrelid = c.oid "
            "where attnum > 0 and not attisdropped and relkind = 'r' and nspname = any(%s) "
            "and has_table_privilege(c.oid, 'select') order by 1, 2, attnum",
            [details["schema-filters-patterns"].split(",")],
        ).fetchall()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for schema, name, column, about, says in rows:
        table = {"schema": schema, "name": name, "description": about, "columns": {}}
        found.setdefault((schema, name), table)["columns"][column] = says
    return list(found.values())


@pytest.fixture(scope="module")
def published(county: County) -> Iterator[Published]:
    """The county, published once; whatever passwords there were before, Metabase is given new ones."""
    with standing_in() as (url, stand_in), pytest.MonkeyPatch.context() as patch:
        # dbt's files are the same each time
        patch.setattr(publish, "read_project", lru_cache(publish.read_project))
        patch.setattr(publish, "read_rights", lru_cache(publish.read_rights))
        stand_in.connects, stand_in.looks_at = tried, tables
        settings = replace(county.settings, metabase_url=url, metabase_key=KEY)
        said = publish_to_metabase(settings, new_passwords=True)
        yield Published(settings, stand_in, said, stand_in.writes(), county.environment)


def test_each_connection_comes_in_as_a_role_of_its_own_and_sees_its_own_rows(published: Published) -> None:
    seen = {}
    for number, one in published.stand_in.databases.items():
        if number == 1:
            continue
        with connect(one["details"]) as connection:
            (me,) = connection.execute("select current_user").fetchone() or ("",)
            assert me == one["details"]["user"]
            if me.startswith("district_"):
                rows = connection.execute("select distinct district_code from marts.student_attendance").fetchall()
                seen[me] = {code for (code,) in rows}
    assert len(seen) == 10
    assert all(codes <= {role.removeprefix("district_")} for role, codes in seen.items())
    assert any(seen.values())


def test_the_second_publication_changes_nothing_and_nothing_was_changed_by_hand(published: Published) -> None:
    published.stand_in.forget_calls()
    assert "Everything is as it should be" in plan_publication(published.settings)[-1]
    publish_to_metabase(published.settings)
    assert published.stand_in.writes() == []
    assert report_drift(published.settings)[1] is False


def test_the_dags_task_publishes_where_there_is_a_key_and_is_skipped_where_there_is_none(published: Published) -> None:
    def task(key: str) -> subprocess.CompletedProcess[str]:
        named = {"METABASE_URL": published.settings.metabase_url, "METABASE_API_KEY": key, "PYTHONPATH": "dags"}
        return subprocess.run(
            [sys.executable, "-c", "import warehouse; warehouse.publish_to_metabase.function()"],
            cwd=PROJECT,
            env={**published.environment, **named},
            capture_output=True,
            text=True,
            check=False,
        )

    skipped, done = task(""), task(KEY)
    assert (skipped.returncode, "AirflowSkipException" in skipped.stderr) == (1, True)
    assert (done.returncode, "Everything is as it should be" in done.stdout) == (0, True), done.stderr


def test_every_body_of_the_countys_publication_is_as_metabase_describes_it(published: Published) -> None:
    if not API.is_file():
        pytest.skip(f"Metabase's API description is not here ({API})")
    calls = published.calls
    assert len(calls) > 100
    # one district's questions are like another's
    looked_at = [call for call in calls if not re.search(r"district-9900[3-9]", str(call.body))]
    assert [fault for call in looked_at for fault in faults(call)] == []


def test_the_command_says_what_it_would_do_and_what_was_changed_by_hand(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*options: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["publish", "metabase", *options])
        assert done.exit_code == code, done.output
        return done.output

    monkeypatch.setattr("attendance.cli.read_settings", lambda: published.settings)
    assert "Everything is as it should be" in said("--plan")
    card = published.stand_in.named(published.stand_in.cards, "public/county/districts")
    display, card["display"] = card["display"], "pie"
    assert f"now 'pie', should be '{display}'" in said("--drift", code=1)
    card["display"] = display
    assert "Say one of --plan" in said("--plan", "--drift", code=2)


# ---- passwords ----


def has(settings: Settings, role: str, password: str) -> bool:
    """Whether a role is let in with a password."""
    try:
        psycopg.connect(address_for(settings, role, password)).close()
    except psycopg.OperationalError:
        return False
    return True


def test_passwords_are_kept_for_their_owner_alone_and_not_said(published: Published) -> None:
    path = path_of(published.settings)
    assert path.stat().st_mode & 0o077 == 0
    kept = read_passwords(path)
    assert all(one.told and one.made for one in kept.values())
    assert all(one.text not in "\n".join(published.said) + repr(one) for one in kept.values())
    assert locked_out(published.settings, [*kept]) == []


def test_a_password_that_somebody_gave_is_left_alone(published: Published) -> None:
    settings = published.settings
    kept = read_passwords(path_of(settings))
    others = {role: one for role, one in kept.items() if role != DISTRICT}
    with open_server(settings).connect() as connection:
        given = set_password(connection, DISTRICT)
    try:
        # Metabase was given another
        assert locked_out(settings, [DISTRICT]) == [DISTRICT]
        assert f"  ! {DISTRICT}" in report_drift(settings)[0]
        with pytest.raises(MetabaseError, match=f"{DISTRICT} has another password than the one in"):
            give_passwords(settings, [DISTRICT], anew=False)
        # nobody here knows it
        write_passwords(path_of(settings), others)
        with pytest.raises(MetabaseError, match=f"{DISTRICT} has a password already"):
            give_passwords(settings, ["county_analyst", DISTRICT], anew=False)
        assert has(settings, DISTRICT, given)
        # a person writes down the wrong one, then the right one
        for told, is_right in (("a-wrong-password", False), (given, True)):
            path_of(settings).write_text(f"{DISTRICT}: {told}\n", encoding="utf-8")
            if not is_right:
                with pytest.raises(MetabaseError, match="Write the right one there"):
                    give_passwords(settings, [DISTRICT], anew=False)
                continue
            assert give_passwords(settings, [DISTRICT], anew=False)[DISTRICT].text == given
        assert has(settings, DISTRICT, given)
    finally:
        write_passwords(path_of(settings), others)
        give_passwords(settings, [DISTRICT], anew=True)


def test_stopped_between_postgresql_and_metabase_the_next_run_tells_it(published: Published) -> None:
    settings = published.settings
    given = give_passwords(settings, [DISTRICT], anew=True)[DISTRICT]
    assert not given.told
    assert "  ~ Birch Elementary: is told its password" in plan_publication(settings)
    publish_to_metabase(settings)
    details = published.stand_in.named(published.stand_in.databases, "district-99002")["details"]
    assert details["password"] == given.text
    assert read_passwords(path_of(settings))[DISTRICT].told
    connect(details).close()


def test_a_password_that_was_kept_and_never_set_is_set(published: Published) -> None:
    settings = published.settings
    kept = read_passwords(path_of(settings))
    with open_server(settings).connect() as connection:
        connection.execute(f"alter role {DISTRICT} password null")
    again = give_passwords(settings, [DISTRICT], anew=False)[DISTRICT]
    assert again.text == kept[DISTRICT].text
    assert has(settings, DISTRICT, again.text)


def test_a_role_that_is_not_there_is_said(published: Published) -> None:
    with pytest.raises(MetabaseError, match="no role district_99999"):
        give_passwords(published.settings, ["district_99999"], anew=False)
