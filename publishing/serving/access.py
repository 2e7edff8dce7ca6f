"""Who may see what, once: as policies and grants of PostgreSQL, and as predicates for the files of districts.

The rule is ``SEES`` (which kinds of role see a relation at all) and ``OWN`` (by which columns a place's rows are told).
Everything else follows from it. In PostgreSQL:

- Privileges and policies belong to one group per kind, which nobody can log in as; a login role is a member of exactly
  one and inherits from it, but cannot ``set role`` to it. No login role is a member of another.
- A policy asks who reads (``current_user``) and looks the place up in ``access.role_places``, which readers cannot
  write. No setting takes part, and no function runs with another's rights.
- Every served relation has row security, forced, and at least one policy: what has none is empty for everybody.
- A read of a student-level relation writes one line to the server's log, before its first row: ``access.noted``.
- Rows of others are not told by plans either, which anybody may have explained: columns of relations that are seen by
  place have no statistics; every index of theirs begins with the place, so that none is searched by a key alone; and a
  policy has no part that runs or not as others' rows meet a reader's condition.

Policies bind to relations, not to names: a schema may be filled under one name and renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from publishing.serving.relations import (
    BY_PLACE,
    PLACE_COLUMNS,
    Access,
    AccessError,
    Relation,
    relations_of,
)
from publishing.serving.roles import KINDS, Kind, Limits, Place, Role, Roles, places_of, read_roles, roles_in
from publishing.serving.swap import OURS

__all__ = [
    "AccessError",
    "Place",
    "Relation",
    "Role",
    "Roles",
    "access_faults",
    "access_statements",
    "group_of",
    "overlong_statement",
    "password_statement",
    "places_of",
    "read_roles",
    "relations_of",
    "role_statements",
    "roles_in",
    "schema_statements",
    "visible",
]

SEES: Mapping[Access, frozenset[Kind]] = {
    "open": frozenset(KINDS),
    "shared": frozenset({"county", "district", "school", "support"}),
    "aggregates": frozenset({"county", "support"}),
    "county": frozenset({"county"}),
    "places": frozenset({"county", "district", "school", "support"}),
    "students": frozenset({"county", "district", "school"}),
}
# the columns that must equal the role's place; a kind that is not here sees all rows of what it sees
OWN: Mapping[Kind, tuple[str, ...]] = {"district": ("district_code",), "school": ("district_code", "school_code")}

# SQLSTATE of the line that a read of a student-level relation writes
NOTED = "AR001"
NOTED_MESSAGE = "attendance read: "

# For every reader. Those that a reader cannot change keep literals of queries out of the server's log: an error's text,
# a statement, a parameter. Those that a reader can change are for convenience: docs/access.md says what bounds them.
SETTINGS: Mapping[str, str] = {
    "default_transaction_read_only": "on",
    "search_path": "pg_catalog, marts, open_data",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
}
# With which a reader could still write: large objects, the server's journal, messages to other sessions. And with which
# one could lock what has no owner: that of publications, or so many that the server has room for nobody's. Their
# counterparts, pg_advisory_unlock, give back only one's own; pools of connections call them.
FORBIDDEN_FUNCTIONS = (
    "lo_create",
    "lo_creat",
    "lo_from_bytea",
    "lo_open",
    "lo_put",
    "lowrite",
    "lo_unlink",
    "lo_truncate",
    "lo_truncate64",
    "pg_logical_emit_message",
    "pg_notify",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared",
)
# What a role is that reads, and what none of ours may be. Only differences are written: what a superuser has set up
# once, a role that may create roles can keep.
A_READER = "nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit"
MORE_THAN_A_READER = "rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls or rolinherit"


def group_of(kind: Kind) -> str:
    """The group that holds the privileges of a kind."""
    return f"attendance_{kind}"


def visible(relation: Relation, role: Role) -> str | None:
    """The rows of a relation that a role sees, as a predicate of DuckDB; None: the relation is not for this role."""
    if role.kind not in SEES[relation.access]:
        return None
    if relation.access not in BY_PLACE:
        return "true"
    codes = {"district_code": role.district, "school_code": role.school}
    own = OWN.get(role.kind, ())
    if any(codes[column] is None for column in own):
        raise AccessError(f"The role {role.name} has no {' and no '.join(own)}, so no row is its own.")
    return " and ".join(f"{column} = {_literal(codes[column] or '')}" for column in own) or "true"


def access_statements(
    roles: Roles, relations: Sequence[Relation], schemas: Mapping[str, str], places: Iterable[Place]
) -> list[str]:
    """Everything, in order: the roles, and who may see what in schemas that were just filled. Run as a superuser.

    schemas: for each schema of the relations the name that it has on the server now, such as marts: marts_next
    Runs as often as one likes, and writes only what differs. Who is no superuser may do it after one did it first, and
    for new roles where ``grant set on parameter`` allows the settings. PostgreSQL 17 or later.
    """
    return [*role_statements(roles_in(roles, places), roles.limits), *schema_statements(relations, schemas)]


def role_statements(roles: Sequence[Role], limits: Mapping[Kind, Limits]) -> list[str]:
    """Groups, login roles and their places. A role that is no longer in the table loses everything at once."""
    groups = [group_of(kind) for kind in KINDS]
    return [
        _do(
            f"foreach one in array array[{_list(groups)}] loop",
            "  if not exists (select from pg_catalog.pg_roles where rolname = one) then",
            "    execute format('create role %I noinherit', one);",
            "  end if;",
            "  if exists (select from pg_catalog.pg_roles where rolname = one "
            f"and (rolcanlogin or {MORE_THAN_A_READER})) then",
            f"    execute format('alter role %I with nologin {A_READER}', one);",
            "  end if;",
            "end loop;",
            declare="one text;",
        ),
        "create schema if not exists access",
        "revoke all on schema access from public",
        "create table if not exists access.role_places ("
        "role_name name primary key, kind text not null, district_code text, school_code text)",
        "revoke all on access.role_places from public",
        *_functions(),
        f"grant usage on schema access to {', '.join(groups)}",
        f"grant select on access.role_places to {', '.join(groups)}",
        f"grant execute on all functions in schema access to {', '.join(groups)}",
        _places_statement(roles),
        *_login_statements(roles, limits),
        _strays_statement(roles),
        *_database_statements(groups),
    ]


def _places_statement(roles: Sequence[Role]) -> str:
    rows = [
        f"({_literal(role.name)}, {_literal(role.kind)}, {_or_null(role.district)}, {_or_null(role.school)})"
        for role in roles
    ]
    # sessions whose plans may hold another place are ended; a role that is new has none
    return (
        "with changed as (merge into access.role_places as known using (select * from (values "
        + ", ".join(rows)
        + ") as listed (role_name, kind, district_code, school_code)) as listed "
        "on known.role_name = listed.role_name::name "
        "when matched and (known.kind, known.district_code, known.school_code) is distinct from "
        "(listed.kind, listed.district_code, listed.school_code) then update set kind = listed.kind, "
        "district_code = listed.district_code, school_code = listed.school_code "
        "when not matched by source then delete "
        "when not matched then insert values "
        "(listed.role_name::name, listed.kind, listed.district_code, listed.school_code) "
        "returning merge_action() as done, known.role_name) "
        "select pg_catalog.pg_terminate_backend(running.pid) from pg_catalog.pg_stat_activity as running "
        "join changed on changed.role_name = running.usename where changed.done <> 'INSERT'"
    )


def _login_statements(roles: Sequence[Role], limits: Mapping[Kind, Limits]) -> list[str]:
    """One statement a kind: settings are written only where they differ, so that thousands of roles cost nothing."""
    statements = []
    for kind in KINDS:
        names = [role.name for role in roles if role.kind == kind]
        if not names:
            continue
        limit = limits[kind]
        settings = {
            **SETTINGS,
            "statement_timeout": limit.statement_timeout,
            "idle_in_transaction_session_timeout": limit.idle_in_transaction,
            "work_mem": limit.work_mem,
            "temp_file_limit": limit.temp_file_limit,
        }
        wanted = [f"{name}={value}" for name, value in settings.items()]
        set_all = [
            f"    execute format('alter role %I set {name} = {value}', one);"
            for name, value in ((n, v if n == "search_path" else _nested(v)) for n, v in settings.items())
        ]
        statements.append(
            _do(
                f"foreach one in array array[{_list(names)}] loop",
                "  if not exists (select from pg_catalog.pg_roles where rolname = one) then",
                "    execute format('create role %I noinherit', one);",
                "  end if;",
                "  if exists (select from pg_catalog.pg_roles where rolname = one and (not rolcanlogin "
                f"or rolconnlimit <> {limit.connections} or {MORE_THAN_A_READER})) then",
                f"    execute format('alter role %I with login {A_READER} connection limit {limit.connections}', one);",
                "  end if;",
                "  if not exists (select from pg_catalog.pg_db_role_setting as known "
                "join pg_catalog.pg_roles as named on named.oid = known.setrole "
                f"where named.rolname = one and known.setdatabase = 0 and known.setconfig @> array[{_list(wanted)}]) "
                "then",
                "    execute format('alter role %I reset all', one);",
                *set_all,
                "  end if;",
                "  for other in select given.rolname as name, giver.rolname as giver "
                "from pg_catalog.pg_auth_members as m "
                "join pg_catalog.pg_roles as given on given.oid = m.roleid "
                "join pg_catalog.pg_roles as taken on taken.oid = m.member "
                "join pg_catalog.pg_roles as giver on giver.oid = m.grantor "
                f"where taken.rolname = one and given.rolname <> {_literal(group_of(kind))} loop",
                "    execute format('revoke %I from %I granted by %I cascade', other.name, one, other.giver);",
                "  end loop;",
                "  if not exists (select from pg_catalog.pg_auth_members as m "
                "join pg_catalog.pg_roles as given on given.oid = m.roleid "
                "join pg_catalog.pg_roles as taken on taken.oid = m.member "
                f"where taken.rolname = one and given.rolname = {_literal(group_of(kind))} "
                "and m.inherit_option and not m.set_option and not m.admin_option) then",
                f"    execute format('grant {group_of(kind)} to %I with inherit true, set false, admin false', one);",
                "  end if;",
                "end loop;",
                declare="one text; other record;",
            )
        )
    return statements


def _nested(value: str) -> str:
    """A value as a literal within a literal."""
    return _literal(value).replace("'", "''")


def _strays_statement(roles: Sequence[Role]) -> str:
    """Whoever is a member of a group and not in the table: no membership, no login, no password, no open session."""
    return _do(
        "for one in select taken.rolname as name, given.rolname as given, giver.rolname as giver "
        "from pg_catalog.pg_auth_members as m "
        "join pg_catalog.pg_roles as given on given.oid = m.roleid "
        "join pg_catalog.pg_roles as taken on taken.oid = m.member "
        "join pg_catalog.pg_roles as giver on giver.oid = m.grantor "
        f"where given.rolname = any (array[{_list([group_of(kind) for kind in KINDS])}]) "
        f"and taken.rolname <> all (array[{_list([role.name for role in roles])}]) "
        # whoever made the groups may be a member to grant them
        "and not (taken.rolsuper or taken.rolcreaterole or taken.rolname = current_user) loop",
        "  execute format('revoke %I from %I granted by %I cascade', one.given, one.name, one.giver);",
        "  execute format('alter role %I with nologin password null', one.name);",
        "  perform pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where usename = one.name;",
        "end loop;",
        declare="one record;",
    )


def _database_statements(groups: Sequence[str]) -> list[str]:
    return [
        _do(
            "execute format('revoke all on database %I from public', pg_catalog.current_database());",
            f"execute format('grant connect on database %I to {', '.join(groups)}', pg_catalog.current_database());",
        ),
        "revoke all on schema public from public",
        "revoke usage on language plpgsql from public",
        _do(
            "for one in select p.oid::regprocedure as name from pg_catalog.pg_proc as p "
            "where p.pronamespace = 'pg_catalog'::regnamespace "
            f"and p.proname in ({_list(FORBIDDEN_FUNCTIONS)}) loop",
            "  execute format('revoke execute on function %s from public', one.name);",
            "end loop;",
            declare="one record;",
        ),
    ]


def _functions() -> list[str]:
    """What policies ask. None runs with other rights than the reader's.

    ``own_code`` and ``reads_as`` are called immutable, which they are for as long as a plan lives: PostgreSQL plans
    anew for another role, and sessions of a role whose place changes are ended (``_places_statement``).
    """
    own = (
        "from access.role_places as reader where reader.role_name = current_user and reader.kind = {}.kind); end $own$"
    )
    folded = "language plpgsql immutable parallel safe set search_path = pg_catalog as $own$ begin return "
    return [
        f"create or replace function access.own_code(kind text, code text) returns text {folded}"
        "(select case own_code.code when 'district_code' then reader.district_code "
        f"when 'school_code' then reader.school_code end {own.format('own_code')}",
        f"create or replace function access.reads_as(kind text) returns boolean {folded}"
        f"exists (select {own.format('reads_as')}",
        # volatile and outside of any worker, so that it runs once for each execution of a plan, a prepared one's too
        "create or replace function access.noted(relation regclass) returns boolean language plpgsql volatile "
        "parallel restricted set search_path = pg_catalog as $noted$ begin "
        f"raise log using message = {_literal(NOTED_MESSAGE)} || relation::text, errcode = {_literal(NOTED)}; "
        "return true; end $noted$",
        "revoke all on all functions in schema access from public",
    ]


def schema_statements(relations: Sequence[Relation], schemas: Mapping[str, str]) -> list[str]:
    """Rights in schemas that were just filled: nothing for anybody, then what its audience may see of each relation.

    To be run as their owner.
    """
    groups = ", ".join(group_of(kind) for kind in KINDS)
    statements = []
    for schema in dict.fromkeys(relation.schema for relation in relations):
        if schema not in schemas:
            raise AccessError(f"Relations are of the schema {schema}, which is not among those that were filled.")
        there = _name(schemas[schema])
        seeing = [
            group_of(kind)
            for kind in KINDS
            if any(kind in SEES[relation.access] for relation in relations if relation.schema == schema)
        ]
        statements += [
            f"revoke all on schema {there} from public, {groups}",
            f"revoke all on all tables in schema {there} from public, {groups}",
            f"grant usage on schema {there} to {', '.join(seeing)}",
        ]
    for relation in relations:
        statements += _relation_statements(relation, schemas[relation.schema])
    return statements


def _relation_statements(relation: Relation, schema: str) -> list[str]:
    there = f"{_name(schema)}.{_name(relation.name)}"
    seeing = [kind for kind in KINDS if kind in SEES[relation.access]]
    statements = [
        f"alter table {there} enable row level security",
        f"alter table {there} force row level security",
    ]
    for kind in KINDS:
        statements.append(f"drop policy if exists {group_of(kind)}_reads on {there}")
        if kind in seeing:
            statements.append(
                f"create policy {group_of(kind)}_reads on {there} for select to {group_of(kind)} "
                f"using ({_policy(relation, kind, there)})"
            )
    if relation.access in BY_PLACE:
        # what the planner knows of all rows it would tell of others' to whoever asks it to explain
        statements += [
            f"alter table {there} {', '.join(f'alter column {_name(c)} set statistics 0' for c in relation.columns)}",
            _forgotten(relation, schema, there),
        ]
    statements.append(f"grant select on {there} to {', '.join(map(group_of, seeing))}")
    return statements


def _forgotten(relation: Relation, schema: str, there: str) -> str:
    """No statistics, though the server may have looked at the rows between their load and now."""
    table = f"schemaname = {_literal(schema)} and tablename = {_literal(relation.name)}"
    return _do(
        f"if exists (select from pg_catalog.pg_stats where {table}) then",
        "  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then",
        f"    delete from pg_catalog.pg_statistic where starelid = {_literal(there)}::regclass;",
        "  else",
        "    perform pg_catalog.pg_clear_attribute_stats(schemaname, tablename, attname, false) "
        f"from pg_catalog.pg_stats where {table};",
        "  end if;",
        "end if;",
    )


def _policy(relation: Relation, kind: Kind, there: str) -> str:
    """The condition of a policy, of which no part may be judged after a reader's own, or be seen not to have been.

    ``access.own_code`` and ``reads_as`` are folded when a query is planned: in the plan stands the reader's own code,
    and nothing in it runs or not as others' rows meet a reader's conditions. The note costs the planner nothing, so
    that it comes first, at the first row that is looked at.
    """
    if relation.access not in BY_PLACE:
        return "true"
    noted = [f"(select access.noted({_literal(there)}::regclass))"] if relation.is_student_level else []
    own = [f"{column} = access.own_code({_literal(kind)}, {_literal(column)})" for column in OWN.get(kind, ())]
    return " and ".join([*noted, *(own or [f"access.reads_as({_literal(kind)})"])])


def password_statement(role: str, verifier: str) -> str:
    """Set a role's password by its SCRAM verifier, so that the password itself never reaches the server or its log."""
    if not verifier.startswith("SCRAM-SHA-256$"):
        raise AccessError("A password is set by its SCRAM-SHA-256 verifier, never by itself.")
    return f"alter role {_name(role)} with password {_literal(verifier)}"


def overlong_statement(limits: Mapping[Kind, Limits]) -> str:
    """Ends what lasts longer than its role may, whatever the session has set; a row for each. As a superuser.

    A query is cancelled. A session is ended that waits in a transaction for its next query, since its locks stay and
    nothing is there to be cancelled; so is one that does not take the rows it asked for, which no cancelling reaches.
    """
    allowed = ", ".join(
        f"({_literal(kind)}, interval {_literal(limits[kind].statement_timeout)}, "
        f"interval {_literal(limits[kind].idle_in_transaction)})"
        for kind in KINDS
    )
    return (
        "select running.usename, case when running.state in ('active', 'fastpath function call') "
        "and running.wait_event_type is distinct from 'Client' then pg_catalog.pg_cancel_backend(running.pid) "
        "else pg_catalog.pg_terminate_backend(running.pid) end from pg_catalog.pg_stat_activity as running "
        "join access.role_places as reader on reader.role_name = running.usename "
        f"join (values {allowed}) as allowed (kind, longest, idle) on allowed.kind = reader.kind "
        "where (running.state in ('active', 'fastpath function call') "
        "and running.query_start < pg_catalog.clock_timestamp() - allowed.longest) "
        "or (running.state in ('idle in transaction', 'idle in transaction (aborted)') "
        "and running.state_change < pg_catalog.clock_timestamp() - allowed.idle)"
    )


def access_faults(
    ask: Callable[[str], Sequence[Sequence[Any]]], relations: Sequence[Relation], schemas: Mapping[str, str]
) -> list[str]:
    """What is wrong with the rights in filled schemas, as the server's own catalog tells them; empty where nothing is.

    ask: runs a query and returns its rows, as a superuser. To be asked before the schemas are swapped into place.
    """
    there = {schemas[relation.schema]: relation.schema for relation in relations}
    expected = {(schemas[relation.schema], relation.name): relation for relation in relations}
    inside = f"n.nspname in ({_list(there)})"
    groups = _list([group_of(kind) for kind in KINDS])
    faults = []

    tables = ask(
        "select n.nspname, c.relname, c.relkind::text, c.relrowsecurity and c.relforcerowsecurity, "
        "coalesce(c.reloptions @> array['security_invoker=true'], false), "
        "(select count(*) from pg_catalog.pg_policy as p where p.polrelid = c.oid), "
        "exists (select from pg_catalog.pg_stats as s where s.schemaname = n.nspname and s.tablename = c.relname), "
        "exists (select from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 "
        "and not a.attisdropped and a.attstattarget is distinct from 0) "
        "from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace "
        f"where {inside} and c.relkind in ('r', 'p', 'v', 'm', 'f')"
    )
    for schema, name, kind, is_forced, is_invoker, policies, has_statistics, may_have_statistics in tables:
        label = f"{there[schema]}.{name}"
        relation = expected.get((schema, name))
        if kind == "v":
            if not is_invoker:
                faults.append(f"the view {label} runs with its owner's rights: make it with (security_invoker = true)")
            continue
        if kind in "mf":
            faults.append(f"{label} is a materialized view or a foreign table, on which no policy holds")
            continue
        if relation is None:
            faults.append(f"{label} is served, but nobody declared who may see it")
        if not is_forced or not policies:
            faults.append(f"{label} has no row security that is forced, or no policy")
        if relation is not None and relation.access in BY_PLACE and (has_statistics or may_have_statistics):
            faults.append(f"{label} has statistics, of which plans tell: set statistics 0 before analyze")
    found = {(row[0], row[1]) for row in tables}
    faults += [f"{relation.label} is missing" for key, relation in expected.items() if key not in found]

    for schema, name, index, columns in ask(
        "select n.nspname, c.relname, i.relname, "
        "array(select pg_catalog.pg_get_indexdef(x.indexrelid, k, false) from generate_series(1, x.indnkeyatts) as k) "
        "from pg_catalog.pg_index as x join pg_catalog.pg_class as c on c.oid = x.indrelid "
        "join pg_catalog.pg_class as i on i.oid = x.indexrelid "
        f"join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where {inside}"
    ):
        relation = expected.get((schema, name))
        if (
            relation is not None
            and tuple(columns[:2]) != relation.first_index_columns[:2]
            and relation.access in BY_PLACE
        ):
            faults.append(
                f"the index {index} of {there[schema]}.{name} must begin with {', '.join(PLACE_COLUMNS)}: "
                "else a plan tells of others' rows by a key"
            )
    closed = {relation.schema for relation in relations if relation.access != "open"}
    faults += _faults_of_views(ask(_views_outside(inside)), tuple({*there.values()} - closed))
    for sql, fault in (
        (
            "select distinct n.nspname, c.relname, coalesce(g.rolname, 'everybody') from pg_catalog.pg_class as c "
            "join pg_catalog.pg_namespace as n on n.oid = c.relnamespace "
            "cross join lateral aclexplode(c.relacl) as a left join pg_catalog.pg_roles as g on g.oid = a.grantee "
            f"where {inside} and a.grantee <> c.relowner "
            f"and (g.rolname is null or g.rolname not in ({groups}) or a.privilege_type <> 'SELECT')",
            "{1} is granted to {2} directly, or for more than reading",
        ),
        (
            "select n.nspname, c.relname, t.conname from pg_catalog.pg_constraint as t "
            "join pg_catalog.pg_class as c on c.oid = t.conrelid "
            f"join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where {inside} and t.contype = 'f'",
            "{1} has the foreign key {2}, whose check sees every row",
        ),
        (
            "select n.nspname, p.proname, '' from pg_catalog.pg_proc as p "
            f"join pg_catalog.pg_namespace as n on n.oid = p.pronamespace where {inside} "
            "or (p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema'))",
            "the function {1} is served or runs with its owner's rights",
        ),
        (
            "select n.nspname, s.stxname, '' from pg_catalog.pg_statistic_ext as s "
            f"join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace where {inside}",
            "the extended statistics {1} tell of all rows",
        ),
        (
            "select n.nspname, c.relname, p.polname from pg_catalog.pg_policy as p "
            "join pg_catalog.pg_class as c on c.oid = p.polrelid "
            f"join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where {inside} "
            "and (p.polcmd <> 'r' or not p.polpermissive or exists (select from unnest(p.polroles) as reader (id) "
            f"left join pg_catalog.pg_roles as g on g.oid = reader.id where g.rolname is null "
            f"or g.rolname not in ({groups})))",
            "{1} has the policy {2}, which is none of ours",
        ),
        (
            "select '', taken.rolname, given.rolname from pg_catalog.pg_auth_members as m "
            "join pg_catalog.pg_roles as given on given.oid = m.roleid "
            "join pg_catalog.pg_roles as taken on taken.oid = m.member "
            "where taken.oid in (select o.member from pg_catalog.pg_auth_members as o "
            f"join pg_catalog.pg_roles as g on g.oid = o.roleid where g.rolname in ({groups})) "
            f"and not (taken.rolsuper or taken.rolcreaterole or taken.rolname = current_user) "
            f"and (m.set_option or m.admin_option or given.rolname not in ({groups}))",
            "the role {1} can become {2}",
        ),
    ):
        faults += [fault.format(*row) for row in ask(sql)]
    return faults


def _faults_of_views(views: Iterable[Sequence[Any]], open_schemas: tuple[str, ...]) -> list[str]:
    """What is wrong with each of ``_views_outside``: rows that everybody may see may be kept."""
    faults = []
    for view, kind, read in views:
        if kind == "v":
            faults.append(
                f"the view {view} reads {', '.join(read)} with its owner's rights: "
                f"alter view {view} set (security_invoker = true), or drop it"
            )
        elif not all(label.startswith(open_schemas) for label in read):
            faults.append(
                f"the materialized view {view} keeps rows of {', '.join(read)}, and no policy holds on it: drop it"
            )
    return faults


def _views_outside(inside: str) -> str:
    """Views without security_invoker and materialized views that read what is, was or will be served, also by others.

    inside: a condition on a schema; its own views are not looked for
    """
    return (
        "with recursive uses as (select rule.ev_class as reader, d.refobjid as used from pg_catalog.pg_depend as d "
        "join pg_catalog.pg_rewrite as rule on rule.oid = d.objid and d.classid = 'pg_catalog.pg_rewrite'::regclass "
        "where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> rule.ev_class), "
        "reading as (select uses.reader, uses.used as served from uses "
        "join pg_catalog.pg_class as c on c.oid = uses.used "
        "join pg_catalog.pg_namespace as n on n.oid = c.relnamespace "
        f"where {inside} or n.nspname ~ {_literal(OURS)} "
        "union select uses.reader, reading.served from uses join reading on reading.reader = uses.used) "
        "select format('%I.%I', n.nspname, c.relname), c.relkind::text, "
        "array_agg(distinct format('%I.%I', its.nspname, served.relname)) from reading "
        "join pg_catalog.pg_class as c on c.oid = reading.reader "
        "join pg_catalog.pg_namespace as n on n.oid = c.relnamespace "
        "join pg_catalog.pg_class as served on served.oid = reading.served "
        "join pg_catalog.pg_namespace as its on its.oid = served.relnamespace "
        f"where not ({inside}) and n.nspname !~ '^pg_' and (c.relkind = 'm' or (c.relkind = 'v' "
        "and not coalesce(c.reloptions @> array['security_invoker=true'], false))) group by 1, 2 order by 1"
    )


def _do(*lines: str, declare: str = "") -> str:
    body = " ".join(line.strip() for line in lines)
    return f"do $attendance$ {f'declare {declare} ' if declare else ''}begin {body} end $attendance$"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _or_null(text: str | None) -> str:
    return "null::text" if text is None else _literal(text)


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _list(texts: Iterable[str]) -> str:
    return ", ".join(f"{_literal(text)}" for text in texts)
