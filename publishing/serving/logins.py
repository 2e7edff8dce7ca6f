"""What is done about roles by hand: who can log in, a new password, a session that takes too long."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from publishing.errors import PublishingError
from publishing.serving.access import overlong_statement, password_statement
from publishing.serving.roles import Kind, Limits

PASSWORD_BYTES = 24
LEAST_CHARACTERS = 16


class LoginError(PublishingError):
    """A role cannot be given a password; the message says why and what to do."""


@dataclass(frozen=True)
class Login:
    """A role as the server has it: its kind and place, whether it has a password, sessions now and at most."""

    role: str
    kind: str
    district: str | None
    school: str | None
    has_password: bool
    sessions: int
    most_sessions: int


def logins(connection: Connection[TupleRow]) -> tuple[Login, ...]:
    """Every role of the table as the server has it, by kind and name. As a superuser: others see no passwords."""
    try:
        found = connection.execute(
            "select p.role_name, p.kind, p.district_code, p.school_code, a.rolpassword is not null, "
            "(select count(*) from pg_stat_activity as s where s.usename = p.role_name), a.rolconnlimit "
            "from access.role_places as p join pg_authid as a on a.rolname = p.role_name order by p.kind, p.role_name"
        ).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise LoginError("The server has no roles yet. They are made with the first publication.") from error
    return tuple(Login(*row) for row in found)


def verifiers(connection: Connection[TupleRow]) -> dict[str, str]:
    """By role of the table, its password as the server keeps it: a SCRAM verifier, with which nobody can log in.

    Raises LoginError where there are no roles yet, or where the user of the connection may not see them.
    """
    try:
        found = connection.execute(
            "select p.role_name, a.rolpassword from access.role_places as p "
            "join pg_authid as a on a.rolname = p.role_name where a.rolpassword is not null order by 1"
        ).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise LoginError("The server has no roles yet. They are made with the first publication.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise LoginError(
            "Only a superuser of the server may see them: they are in that server's own backup."
        ) from error
    return {str(role): str(verifier) for role, verifier in found}


def set_password(connection: Connection[TupleRow], role: str, password: str | None = None) -> str:
    """Give a role of the table a password, a new random one where none is given, and end its sessions; returns it.

    What is sent is a SCRAM verifier that is made here. Raises LoginError for a role that is none of the table's.
    """
    if role not in {login.role for login in logins(connection)}:
        raise LoginError(f"{role} is no role of config/roles.yml. `attendance roles` lists them.")
    chosen = secrets.token_urlsafe(PASSWORD_BYTES) if password is None else password
    if len(chosen) < LEAST_CHARACTERS:
        raise LoginError(f"A password of {len(chosen)} characters can be guessed: {LEAST_CHARACTERS} at least.")
    verifier = connection.pgconn.encrypt_password(chosen.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(password_statement(role, verifier))
    connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [role])
    return chosen


def cancel_overlong(connection: Connection[TupleRow], limits: Mapping[Kind, Limits]) -> tuple[str, ...]:
    """Cancel or end what lasts longer than its role may, as ``overlong_statement`` says; returns the role of each."""
    found = connection.execute(overlong_statement(limits)).fetchall()
    return tuple(role for role, _ in found)
