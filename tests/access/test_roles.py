"""The table of roles is read strictly, and what it says becomes true on a server however often it is applied."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from publishing.serving.access import AccessError, Place, password_statement, read_roles, role_statements, roles_in
from publishing.serving.roles import Line, RolesError
from tests.access.county import ROLES
from tests.access.server import Served, execute

PLACES = (
    Place(district="00001"),
    Place(district="00001", school="0000011"),
    Place(district="00002"),
    Place(district="00002", school="0000021"),
)


def written(path: Path, roles: str) -> Path:
    """A table of these lines, with the limits of the project's own."""
    limits = ROLES.read_text(encoding="utf-8").partition("limits:")[2]
    path.write_text(f"roles:\n{roles}\nlimits:{limits}", encoding="utf-8")
    return path


def test_a_line_is_one_role_or_one_for_each_place(tmp_path: Path) -> None:
    table = read_roles(
        written(
            tmp_path / "roles.yml",
            "  - {role: county_analyst, kind: county}\n"
            '  - {role: "district_{district}", kind: district, for_each: district}\n'
            '  - {role: counselors_11, kind: school, district: "00001", school: "0000011"}',
        )
    )
    assert [(role.name, role.kind, role.district, role.school) for role in roles_in(table, PLACES)] == [
        ("county_analyst", "county", None, None),
        ("district_00001", "district", "00001", None),
        ("district_00002", "district", "00002", None),
        ("counselors_11", "school", "00001", "0000011"),
    ]


def test_the_project_s_own_table_makes_a_role_for_every_place() -> None:
    names = {role.name for role in roles_in(read_roles(ROLES), PLACES)}
    assert {"county_analyst", "district_00001", "school_0000021", "support_team", "public_reader"} <= names


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{role: a, kind: district, district: "1"}', "role a, district"),
        ("{role: a, kind: district}", "needs district"),
        ('{role: a, kind: school, school: "0000011"}', "needs district and school"),
        ('{role: a, kind: county, district: "00001"}', "needs no place"),
        ("{role: a, kind: everything}", "role a, kind"),
        ("{role: a, kind: district, for_each: district}", "Put {district} into the name"),
        ('{role: "a_{school}", kind: district, for_each: school}', "needs kind: school"),
        ('{role: "a_{district}", kind: support}', "needs for_each"),
        ('{role: "a; drop table", kind: support}', "role a; drop table, role"),
        ("{role: a, kind: support, sees: everything}", "role a, sees"),
        ("{role: a, kind: support}\n  - {role: a, kind: county}", "stands twice"),
        ("{role: a, role: b, kind: support}", "stands twice"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(RolesError) as error:
        read_roles(written(tmp_path / "roles.yml", f"  - {line}"))
    assert told in str(error.value)
    assert "roles.yml" in str(error.value)


def test_a_table_that_is_missing_lets_nobody_in(tmp_path: Path) -> None:
    with pytest.raises(RolesError, match="missing"):
        read_roles(tmp_path / "roles.yml")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{role: a, kind: district, district: "00009"}', "no district 00009"),
        ('{role: a, kind: school, district: "00001", school: "0000021"}', "no school 0000021 in district 00001"),
        (
            "{role: district_00001, kind: support}\n"
            '  - {role: "district_{district}", kind: district, for_each: district}',
            "two lines or places",
        ),
    ],
)
def test_a_role_for_a_place_that_the_county_has_not_is_refused(tmp_path: Path, line: str, told: str) -> None:
    table = read_roles(written(tmp_path / "roles.yml", f"  - {line}"))
    with pytest.raises(RolesError) as error:
        roles_in(table, PLACES)
    assert told in str(error.value)


def test_a_password_is_never_sent_as_it_is() -> None:
    with pytest.raises(AccessError, match="verifier"):
        password_statement("district_00001", "secret")
    assert Line(role="a", kind="county").role == "a"


def rights(served: Served) -> list[tuple[object, ...]]:
    """Roles, their settings, memberships, places and policies, as the catalog has them."""
    return served.ask(
        "select r.rolname, r.rolcanlogin, r.rolconnlimit, s.setconfig::text, "
        "array(select g.rolname from pg_auth_members as m join pg_roles as g on g.oid = m.roleid "
        "where m.member = r.oid order by 1)::text, p.kind, p.district_code, p.school_code "
        "from pg_roles as r left join pg_db_role_setting as s on s.setrole = r.oid "
        "left join access.role_places as p on p.role_name = r.rolname where r.rolname !~ '^pg_' order by 1"
    )


def test_roles_are_applied_again_without_a_trace_and_mend_what_was_changed_by_hand(served: Served) -> None:
    table = read_roles(ROLES)
    before = rights(served)
    with served.connect("district_00002") as open_session:
        with served.connect("postgres") as connection:
            execute(connection, role_statements(served.roles, table.limits))
        assert open_session.execute("select count(*) from marts.student_attendance").fetchone() is not None
    assert rights(served) == before
    with served.connect("postgres") as connection:
        execute(
            connection,
            [
                "alter role district_00001 set statement_timeout = 0",
                "alter role district_00001 createrole bypassrls",
                "grant attendance_county to district_00001",
                "update access.role_places set kind = 'county' where role_name = 'district_00001'",
                *role_statements(served.roles, table.limits),
            ],
        )
    assert rights(served) == before
    assert served.ask("select rolcreaterole or rolbypassrls from pg_roles where rolname = 'district_00001'") == [
        (False,)
    ]


def test_a_role_that_left_the_table_loses_everything_at_once(served: Served) -> None:
    table = read_roles(ROLES)
    kept = [role for role in served.roles if role.name != "district_00003"]
    session = served.connect("district_00003")
    try:
        with served.connect("postgres") as connection:
            execute(connection, role_statements(kept, table.limits))
        assert served.ask("select rolcanlogin from pg_roles where rolname = 'district_00003'") == [(False,)]
        assert served.ask("select count(*) from access.role_places where role_name = 'district_00003'") == [(0,)]
        with pytest.raises(psycopg.OperationalError):
            session.execute("select 1")
    finally:
        with served.connect("postgres") as connection:
            execute(connection, role_statements(served.roles, table.limits))
    session.close()
    assert served.ask("select count(*) > 0 from marts.student_attendance", "district_00003") == [(True,)]
