"""The passwords with which Metabase comes into PostgreSQL: made here, told to both, and to nobody else.

They are kept below ``home``, readable by the owner alone, for a publication that is stopped between the two. A role
that has a password which we did not give is left alone: people may be using it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import yaml

from attendance.settings import Settings
from publishing.metabase.transport import MetabaseError
from publishing.serving.logins import PASSWORD_BYTES, logins, set_password
from publishing.serving.server import SECONDS_TO_CONNECT, address_for, open_server

# What PostgreSQL says to a wrong password.
REFUSED = "password authentication failed"


@dataclass(frozen=True)
class Password:
    """A role's password; whether Metabase has it, and whether it was made here or written down by a person."""

    text: str = field(repr=False)
    told: bool = False
    made: bool = True


def path_of(settings: Settings) -> Path:
    """Where they are kept."""
    return settings.home / "metabase" / "passwords.yml"


def read_passwords(path: Path) -> dict[str, Password]:
    """By role; a line that a person writes is ``role: password``. Raises MetabaseError for a file of anything else."""
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return {
            str(role): Password(one, made=False)
            if isinstance(one, str)
            else Password(str(one["password"]), bool(one["told"]), bool(one["made"]))
            for role, one in content.items()
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        # what it holds is not repeated
        raise MetabaseError(f"{path} is not as it should be: a line for each role, role: password.") from error


def write_passwords(path: Path, passwords: Mapping[str, Password]) -> None:
    """Keep them, for their owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(
            {role: {"password": one.text, "told": one.told, "made": one.made} for role, one in passwords.items()}, file
        )
    unfinished.replace(path)


def give_passwords(settings: Settings, roles: Sequence[str], *, anew: bool) -> dict[str, Password]:
    """A password for each role, set in PostgreSQL; with ``anew`` another one than before. Not yet told to Metabase.

    Raises MetabaseError where a role has one that we do not know: then no role is given any.
    """
    path = path_of(settings)
    passwords = read_passwords(path)
    with open_server(settings).connect() as connection:
        known = {login.role: login for login in logins(connection)}
        if missing := [role for role in roles if role not in known]:
            raise MetabaseError(
                f"PostgreSQL has no role {', '.join(missing)}. Roles are made with a publication: attendance publish"
            )
        taken = [role for role in roles if known[role].has_password and role not in passwords and not anew]
        if taken:
            raise MetabaseError(
                f"{', '.join(taken)} {'has' if len(taken) == 1 else 'have'} a password already, which somebody may be "
                f"using, and which only they know. Either write it to {path} (role: password), or give a new one, "
                "which ends the sessions of whoever uses it: attendance publish metabase --new-passwords"
            )
        for role in roles:
            if role in passwords and not anew:
                continue
            # kept before it is set: whatever stops us now, the next run knows it
            passwords[role] = Password(secrets.token_urlsafe(PASSWORD_BYTES))
        write_passwords(path, passwords)
        for role in roles:
            one = passwords[role]
            if not anew and known[role].has_password:
                if _lets_in(settings, role, one.text):
                    continue
                if one.told or not one.made:
                    raise MetabaseError(
                        f"{role} has another password than the one in {path}. Write the right one there (role: "
                        "password), or give a new one: attendance publish metabase --new-passwords"
                    )
            set_password(connection, role, one.text)
    return {role: passwords[role] for role in roles}


def told(settings: Settings, role: str) -> None:
    """Remember that Metabase has a role's password."""
    path = path_of(settings)
    passwords = read_passwords(path)
    if role in passwords and not passwords[role].told:
        write_passwords(path, {**passwords, role: replace(passwords[role], told=True)})


def locked_out(settings: Settings, roles: Sequence[str]) -> list[str]:
    """The roles that no longer take the password that Metabase was given."""
    passwords = read_passwords(path_of(settings))
    return [
        role
        for role in roles
        if role in passwords and passwords[role].told and not _lets_in(settings, role, passwords[role].text)
    ]


def _lets_in(settings: Settings, role: str, password: str) -> bool:
    try:
        with psycopg.connect(address_for(settings, role, password), connect_timeout=SECONDS_TO_CONNECT):
            return True
    except psycopg.OperationalError as error:
        if REFUSED in str(error):
            return False
        raise MetabaseError(
            f"PostgreSQL does not let {role} in, and not for its password: {str(error).strip()}"
        ) from error
