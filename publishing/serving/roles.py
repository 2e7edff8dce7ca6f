"""Who there is: the strict model of ``config/roles.yml``, and its roles for the places of a county.

A line of the table is one role, or with ``for_each`` one role for each district or each school. What a role sees
follows from its kind and, for a district's or a school's, from its place: ``publishing/serving/access.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from publishing.errors import PublishingError
from publishing.strict_yaml import StrictLoader

Kind: TypeAlias = Literal["county", "district", "school", "support", "public"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# PostgreSQL cuts names after 63 bytes, and two that are alike till then would be one
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(ms|s|min|h)$")]
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(kB|MB|GB)$")]


class RolesError(PublishingError):
    """The table of roles is not as it should be; the message names the file, the line's role and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Strict):
    """One line of the table.

    role:     its name; with for_each, ``{district}`` (five digits) or ``{school}`` (seven digits) stands in it
    district: five digits of the CDS code: a district's role, or the district of a school's
    school:   seven digits of the CDS code
    """

    role: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\{(district|school)\})?[a-z0-9_]*$")]
    kind: Kind
    for_each: Literal["district", "school"] | None = None
    district: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")] | None = None
    school: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")] | None = None

    @model_validator(mode="after")
    def _a_place_where_one_is_needed(self) -> Line:
        given = tuple(name for name in ("district", "school") if getattr(self, name) is not None)
        wanted: tuple[str, ...] = {"district": ("district",), "school": ("district", "school")}.get(self.kind, ())
        if self.for_each is not None:
            if self.for_each != self.kind or given:
                raise ValueError(f"for_each: {self.for_each} needs kind: {self.for_each}, and no place beside it")
            if f"{{{self.for_each}}}" not in self.role:
                raise ValueError(f"for_each: {self.for_each} makes many roles. Put {{{self.for_each}}} into the name")
            return self
        if "{" in self.role:
            raise ValueError("a name with {district} or {school} needs for_each")
        if given != wanted:
            raise ValueError(f"kind: {self.kind} needs {' and '.join(wanted) or 'no place'}")
        return self


class Limits(_Strict):
    """What a session of a kind may take of the machine.

    Readers can raise ``statement_timeout`` and ``work_mem`` for themselves; ``connections`` and ``temp_file_limit``
    they cannot: docs/access.md.
    """

    connections: Annotated[int, Field(ge=1, le=1000)]
    statement_timeout: Duration
    idle_in_transaction: Duration
    work_mem: Size
    temp_file_limit: Size


class Table(_Strict):
    """``config/roles.yml`` as it stands."""

    roles: tuple[Line, ...] = Field(min_length=1)
    limits: dict[Kind, Limits]

    @model_validator(mode="after")
    def _limits_for_every_kind(self) -> Table:
        missing = [kind for kind in KINDS if kind not in self.limits]
        if missing:
            raise ValueError(f"limits has none for {', '.join(missing)}. Add them")
        names = [line.role for line in self.roles]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the role {twice[0]} stands twice; keep one of them")
        return self


Roles: TypeAlias = Table


class Place(_Strict):
    """A district, or a school of one: digits of the CDS code."""

    district: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
    school: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")] | None = None


class Role(_Strict):
    """One login role of the server, with its place where it has one."""

    name: RoleName
    kind: Kind
    district: str | None = None
    school: str | None = None


def _explained(path: Path, content: dict[str, Any], error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        where = [str(part) for part in item["loc"]]
        if len(where) > 1 and where[0] == "roles" and where[1].isdigit():
            line = content["roles"][int(where[1])]
            name = line.get("role") if isinstance(line, dict) else None
            where = [f"role {name or f'number {int(where[1]) + 1}'}", *where[2:]]
        message = item["msg"].removeprefix("Value error, ")
        problems.append(f"{path}: {', '.join(where)}: {message}" if where else f"{path}: {message}")
    return "\n".join(problems)


def read_roles(path: Path) -> Roles:
    """Read and check the table of roles; raises RolesError."""
    if not path.is_file():
        raise RolesError(f"{path} is missing: nobody may see anything. Write it as docs/access.md says.")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise RolesError(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise RolesError(f"{path} must hold roles and limits.")
    try:
        return Table.model_validate(content)
    except ValidationError as error:
        raise RolesError(_explained(path, content, error)) from error


def places_of(warehouse: duckdb.DuckDBPyConnection) -> tuple[Place, ...]:
    """The districts and schools of the county, from ``marts.dim_entities``, in order."""
    found = warehouse.execute(
        "select district_code, school_code from marts.dim_entities "
        "where district_code is not null order by district_code, school_code nulls first"
    ).fetchall()
    return tuple(Place(district=district, school=school) for district, school in found)


def roles_in(roles: Roles, places: Iterable[Place]) -> tuple[Role, ...]:
    """Every login role, in the table's order; raises RolesError where a line names a place that the county has not.

    A role is never made for a place that is unknown: a mistyped code would be a role that one day sees a new school.
    """
    known = tuple(dict.fromkeys(places))
    districts = tuple(dict.fromkeys(place.district for place in known))
    found: list[Role] = []
    for line in roles.roles:
        if line.for_each == "district":
            found += [
                Role(name=line.role.replace("{district}", code), kind=line.kind, district=code) for code in districts
            ]
        elif line.for_each == "school":
            found += [
                Role(
                    name=line.role.replace("{school}", place.school),
                    kind=line.kind,
                    district=place.district,
                    school=place.school,
                )
                for place in known
                if place.school is not None
            ]
        else:
            _known_place(line, known, districts)
            found.append(Role(name=line.role, kind=line.kind, district=line.district, school=line.school))
    names = [role.name for role in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RolesError(f"The role {twice[0]} would stand for two lines or places. Give one of them another name.")
    return tuple(found)


def _known_place(line: Line, known: Sequence[Place], districts: Sequence[str]) -> None:
    if line.school is not None and Place(district=line.district or "", school=line.school) not in known:
        raise RolesError(
            f"role {line.role}: the county has no school {line.school} in district {line.district}. "
            "Codes stand in marts.dim_entities."
        )
    if line.district is not None and line.district not in districts:
        raise RolesError(
            f"role {line.role}: the county has no district {line.district}. Codes stand in marts.dim_entities."
        )
