"""A role is given a password, and with it and nothing else somebody comes in."""

from __future__ import annotations

import psycopg
import pytest

from publishing.serving.access import read_roles
from publishing.serving.logins import LoginError, cancel_overlong, logins, set_password
from tests.access.county import ROLES
from tests.access.server import PASSWORD, WITH_PASSWORD, Served


def test_every_role_is_listed_with_its_place_and_whether_it_can_log_in(served: Served) -> None:
    with served.connect("postgres") as connection:
        found = {login.role: login for login in logins(connection)}
    assert found.keys() == {role.name for role in served.roles}
    school = found["school_0000021"]
    assert (school.kind, school.district, school.school, school.has_password) == ("school", "00002", "0000021", False)
    assert found[WITH_PASSWORD].has_password


def test_a_new_password_ends_the_old_one_and_its_sessions(served: Served) -> None:
    session = served.connect(WITH_PASSWORD)
    with served.connect("postgres") as connection:
        try:
            password = set_password(connection, WITH_PASSWORD)
            assert len(password) >= 32
            with pytest.raises(psycopg.OperationalError):
                session.execute("select 1")
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                served.connect(WITH_PASSWORD)
            with served.connect(WITH_PASSWORD, password=password) as again:
                assert again.execute("select current_user").fetchone() == (WITH_PASSWORD,)
        finally:
            verifier = connection.pgconn.encrypt_password(PASSWORD.encode(), WITH_PASSWORD.encode(), b"scram-sha-256")
            connection.execute(f"alter role {WITH_PASSWORD} password '{verifier.decode()}'")


def test_no_role_but_the_table_s_is_given_a_password_and_none_that_is_short(served: Served) -> None:
    with served.connect("postgres") as connection:
        for role in ("postgres", "attendance_county", "nobody"):
            with pytest.raises(LoginError, match="no role of"):
                set_password(connection, role)
        with pytest.raises(LoginError, match="16 at least"):
            set_password(connection, "county_analyst", "short")
        assert cancel_overlong(connection, read_roles(ROLES).limits) == ()
