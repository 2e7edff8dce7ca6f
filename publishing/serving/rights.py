"""Who may read this warehouse: the table of roles, the declared audiences and the places of one built file together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from attendance.settings import Settings
from publishing.serving.access import (
    AccessError,
    Place,
    Relation,
    Role,
    Roles,
    access_faults,
    access_statements,
    places_of,
    read_roles,
    relations_of,
    roles_in,
)
from publishing.serving.load import FRESH, Schemas


@dataclass(frozen=True)
class Rights:
    """What gives each role of the table its rights in the fresh schemas, and looks whether they are as they should be.

    roles: every login role, with its place
    """

    table: Roles
    relations: tuple[Relation, ...]
    places: tuple[Place, ...]
    roles: tuple[Role, ...]

    def give(self, cursor: psycopg.Cursor[Any], schemas: Schemas) -> None:
        """Make the roles, and let each read what it may in schemas that were just filled."""
        for statement in access_statements(self.table, self.relations, schemas, self.places):
            cursor.execute(statement)

    def check(self, connection: psycopg.Connection) -> None:
        """Raise AccessError, which names all that is wrong, where the fresh schemas would show more than they may."""
        faults = access_faults(lambda sql: connection.execute(sql).fetchall(), self.relations, FRESH)
        if faults:
            told = "".join(f"\n- {fault}" for fault in faults)
            raise AccessError(f"Nothing was published. Rights in PostgreSQL are not as they should be:{told}")


def read_rights(settings: Settings, database: Path) -> Rights:
    """The rights that ``config/roles.yml`` and the models' ymls give in a warehouse file.

    Raises RolesError or AccessError where a line, a place or an audience is not as it should be.
    """
    table = read_roles(settings.config / "roles.yml")
    with duckdb.connect(str(database), read_only=True) as built:
        relations, places = relations_of(settings.dbt_project / "models", built), places_of(built)
    return Rights(table, relations, places, roles_in(table, places))
