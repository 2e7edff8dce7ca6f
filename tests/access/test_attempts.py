"""What somebody with a login tries who wants to see more than is theirs: each by each kind of role."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest

from publishing.serving.access import access_faults, overlong_statement, read_roles
from publishing.serving.swap import LOCK
from tests.access.county import DISTRICTS, MOVER, ROLES, STAYER
from tests.access.server import Served

EACH = ("county_analyst", "district_00001", "school_0000021", "support_team", "public_reader")
PLACED = ("district_00002", "school_0000021")
MARTS = {"marts": "marts", "open_data": "open_data"}
Refused = psycopg.errors.InsufficientPrivilege


def run(connection: psycopg.Connection[Any], sql: str) -> list[tuple[Any, ...]]:
    """The rows of a statement that has some, else none."""
    done = connection.execute(sql)
    return done.fetchall() if done.description else []


@contextmanager
def as_superuser(served: Served, *statements: str, undo: str) -> Iterator[None]:
    """Something wrong on the server for the time of a test."""
    with served.connect("postgres") as connection:
        for statement in statements:
            run(connection, statement)
        try:
            yield
        finally:
            run(connection, undo)


@pytest.mark.parametrize("role", EACH)
@pytest.mark.parametrize(
    "sql",
    [
        "set role postgres",
        "set role attendance_county",
        "set role attendance_district",
        "set role district_00003",
        "set role school_0000011",
        "set session authorization postgres",
        "set session authorization school_0000011",
        "grant attendance_county to current_user",
        "grant county_analyst to district_00001",
        "alter role current_user bypassrls",
        "alter role current_user superuser",
        "alter role school_0000011 password 'mine'",
        "create role another",
        "insert into access.role_places values (current_user, 'county', null, null)",
        "update access.role_places set kind = 'county'",
        "delete from access.role_places",
        "insert into open_data.definitions (definition) values ('mine')",
        "update open_data.definitions set definition = 'mine'",
        "delete from open_data.definitions",
        "truncate open_data.definitions",
        "drop table open_data.definitions",
        "alter table open_data.definitions disable row level security",
        "drop policy attendance_district_reads on open_data.definitions",
        "create policy more on open_data.definitions using (true)",
        "begin; lock table open_data.definitions in access exclusive mode",
        "select * from open_data.definitions for update",
        "create table public.mine (a integer)",
        "create table marts.mine (a integer)",
        "create temporary table mine (a integer)",
        "create schema mine",
        "create view open_data.mine as select 1",
        "create function public.mine() returns integer language sql as 'select 1'",
        "do $$ begin perform 1; end $$",
        "copy open_data.definitions to '/tmp/mine'",
        "copy open_data.definitions to program 'cat'",
        "copy (select 1) to program 'cat'",
        "copy open_data.definitions from program 'cat'",
        "select pg_read_file('PG_VERSION')",
        "select pg_read_binary_file('global/pg_control')",
        "select pg_ls_dir('.')",
        "select pg_ls_logdir()",
        "select pg_stat_file('PG_VERSION')",
        "select lo_import('/etc/hostname')",
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, 'mine')",
        "select pg_notify('others', 'mine')",
        "select pg_logical_emit_message(false, 'mine', 'mine')",
        # that of publications, and more than the server has room for
        f"select pg_advisory_lock({LOCK})",
        f"select pg_try_advisory_xact_lock({LOCK})",
        "select pg_advisory_lock(g) from generate_series(1, 200000) as g",
        "select pg_try_advisory_lock_shared(1, g) from generate_series(1, 200000) as g",
        "select * from pg_authid",
        "select * from pg_shadow",
        "select * from pg_statistic",
        "select * from pg_statistic_ext_data",
        "select * from pg_user_mapping",
        "select * from pg_hba_file_rules",
        "select pg_reload_conf()",
        "select pg_rotate_logfile()",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
        "load 'plpgsql'",
        "create extension vector",
        "set log_min_messages = panic",
        "set log_min_error_statement = error",
        "set log_statement = 'all'",
        "set temp_file_limit = -1",
        "set session_replication_role = replica",
        "set session_preload_libraries = ''",
        "alter role current_user set log_min_messages = panic",
        "alter role current_user set temp_file_limit = -1",
        "alter system set log_min_messages = panic",
        "alter database attendance set row_security = off",
    ],
)
def test_nothing_is_written_become_or_read_from_the_machine(served: Served, role: str, sql: str) -> None:
    with served.connect(role) as connection:
        # the session's own read-only is a courtesy: what follows has to be refused without it
        run(connection, "set default_transaction_read_only = off")
        with pytest.raises((Refused, psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InvalidGrantOperation)):
            run(connection, sql)


def test_a_reader_has_no_function_that_takes_a_lock_of_its_own_choice(served: Served) -> None:
    """Whatever of them a later PostgreSQL has: one publishes by such a lock, and all locks share their room."""
    assert (
        served.ask(
            "select oid::regprocedure::text from pg_proc where proname like '%advisory%' "
            "and proname not in ('pg_advisory_unlock', 'pg_advisory_unlock_shared', 'pg_advisory_unlock_all') "
            "and has_function_privilege('public_reader', oid, 'execute')"
        )
        == []
    )


@pytest.mark.parametrize("role", PLACED)
def test_a_foreign_key_and_an_invented_one_look_alike_to_whoever_has_a_plan_explained(
    served: Served, role: str
) -> None:
    """Estimates, rows removed by a filter, buffers: a plan must not tell of rows that the policy hides."""
    ((foreign,),) = served.ask(
        "select min(student_key) from marts.student_attendance where student_key like 'student-00003-0000031-%'"
    )
    asked = (
        "where student_key = '{}'",
        "where student_key = '{}' and is_chronically_absent",
        "where student_key in ('{}', 'nobody')",
        "where is_exempt and not is_eligible and student_key in ('{}', 'nobody')",
        "where student_key in ('{}', 'nobody') and tier > 2 and school_year in ('school_year-0', 'school_year-1')",
        "where student_key >= '{0}' and student_key <= '{0}'",
        "as one where exists (select from marts.transitions as other where other.student_key = one.student_key "
        "and other.student_key = '{}')",
    )
    ways = ("", "set enable_seqscan = off", "set enable_indexscan = off; set enable_indexonlyscan = off")
    with served.connect(role) as connection:
        for way in ways:
            run(connection, f"reset all; {way}")
            for condition in asked:
                plans = {
                    key: _plan(connection, f"select * from marts.student_attendance {condition.format(key)}")
                    for key in (foreign, "of-nobody-at-all")
                }
                told = {plan.replace(key, "…") for key, plan in plans.items()}
                assert len(told) == 1, f"{way} {condition}:\n" + "\n".join(told)


def _plan(connection: psycopg.Connection[Any], sql: str) -> str:
    """The plan as it ran; what depends on the time, and on what an earlier query warmed up, left out."""
    explain = "explain (analyze, verbose, buffers off, timing off, summary off)"
    lines = [row[0] for row in run(connection, f"{explain} {sql}")]
    return "\n".join(re.sub(r"Memory: \d+kB", "", line) for line in lines)


@pytest.mark.parametrize("role", EACH)
def test_no_statistics_tell_of_rows(served: Served, role: str) -> None:
    with served.connect(role) as connection:
        assert run(connection, "select * from pg_stats where schemaname = 'marts'") == []
        assert run(connection, "select * from pg_stats_ext") == []
        run(connection, "analyze")
    secured = [relation.label for relation in served.relations if relation.access in {"places", "students"}]
    listed = ", ".join(f"'{label}'::regclass" for label in secured)
    assert served.ask(f"select count(*) from pg_statistic where starelid in ({listed})") == [(0,)]


@pytest.mark.parametrize(
    "leaking",
    [
        "1 / (case when district_code = '00003' then 0 else 1 end) = 1",
        "case when district_code = '00003' then student_key::integer else 1 end = 1",
        "case when district_code = '00003' then ('{' || student_key)::json end is null",
        "pg_catalog.format(case when district_code = '00003' then '%' else '' end) = ''",
    ],
)
@pytest.mark.parametrize("role", PLACED)
def test_no_error_is_about_another_s_row(served: Served, role: str, leaking: str) -> None:
    """A condition that can fail, or tell in an error, is judged on one's own rows only."""
    rows = served.ask(f"select count(*) from marts.student_attendance where {leaking}", role)
    assert rows == served.ask("select count(*) from marts.student_attendance", role) > [(0,)]


@pytest.mark.parametrize("role", PLACED)
def test_every_way_to_ask_gives_one_s_own_rows(served: Served, role: str) -> None:
    own = "district_code = '00002'" + (" and school_code = '0000021'" if role.startswith("school") else "")
    table = "marts.student_attendance"
    ((expected,),) = served.ask(f"select count(*) from {table} where {own}")
    ((all_rows,),) = served.ask(f"select count(*) from {table}")
    assert 0 < expected < all_rows
    with served.connect(role) as connection:
        run(connection, "begin")
        run(connection, f"declare reading cursor for select * from {table}")
        assert len(run(connection, "fetch all from reading")) == expected
        run(connection, "commit")
        run(connection, f"prepare reading (text) as select * from {table} where student_key <> $1")
        for _ in range(7):  # after five, a plan is kept
            assert len(run(connection, "execute reading ('nobody')")) == expected
        for copied in (f"copy {table} to stdout", f"copy (select * from {table}) to stdout"):
            with connection.cursor().copy(copied) as copy:
                assert len(list(copy.rows())) == expected
        for sql in (
            f"select * from {table} tablesample bernoulli (100)",
            f"table {table}",
            f"select * from {table} where district_code is not null or true",
            f"with everything as materialized (select * from {table}) select * from everything",
            f"select * from {table} where ctid = any (array(select format('(%s,%s)', p, l)::tid "
            "from generate_series(0, 20) as p, generate_series(1, 200) as l))",
        ):
            assert len(run(connection, sql)) == expected, sql
        ((words,),) = run(
            connection,
            f"select sum(ndoc) from ts_stat('select array_to_tsvector(array[row_id::text]) from {table}')",
        )
        assert words == expected
        run(connection, "set row_security = off")
        with pytest.raises(Refused, match="row-level security"):
            run(connection, f"table {table}")


def test_sessions_of_others_show_no_query(served: Served) -> None:
    with served.connect("county_analyst", application_name="analyst") as analyst:
        run(analyst, f"select '{STAYER}'")
        for role in EACH[1:]:
            told = served.ask("select query from pg_stat_activity where application_name = 'analyst'", role)
            assert told == [("<insufficient privilege>",)]


def test_a_role_without_a_place_sees_nothing(served: Served) -> None:
    """Rights go with the line in the table of places, at once, whatever else a role still has."""
    line = "'district_00001', 'district', '00001', null"
    with served.connect("district_00001") as connection:
        assert run(connection, "select count(*) from marts.student_attendance") > [(0,)]
        with as_superuser(
            served,
            "delete from access.role_places where role_name = 'district_00001'",
            undo=f"insert into access.role_places values ({line})",
        ):
            for relation in served.relations:
                if relation.access in {"places", "students"}:
                    assert run(connection, f"select count(*) from {relation.label}") == [(0,)], relation.label


def test_a_district_role_that_is_put_among_analysts_by_hand_still_sees_no_row_of_students(served: Served) -> None:
    with as_superuser(
        served, "grant attendance_county to district_00001", undo="revoke attendance_county from district_00001"
    ):
        seen = served.ask("select distinct district_code from marts.student_attendance", "district_00001")
        assert seen == [("00001",)]


def test_a_view_shows_what_its_reader_may_see_or_is_refused(served: Served) -> None:
    view = "create view marts.all_students {} as select * from marts.student_attendance"
    drop = "drop view marts.all_students"
    grant = "grant select on marts.all_students to attendance_district"
    assert access_faults(served.ask, served.relations, MARTS) == []
    with as_superuser(served, view.format(""), grant, undo=drop):
        faults = access_faults(served.ask, served.relations, MARTS)
        assert len(faults) == 1, faults
        assert "security_invoker" in faults[0]
    with as_superuser(served, view.format("with (security_invoker = true)"), grant, undo=drop):
        assert access_faults(served.ask, served.relations, MARTS) == []
        assert served.ask("select distinct district_code from marts.all_students", "district_00001") == [("00001",)]


def test_a_view_outside_what_is_served_shows_what_its_reader_may_see_or_is_refused(served: Served) -> None:
    """By itself, through another view, as rows that are kept; what everybody may see is no matter."""
    mine = "grant usage on schema reports to attendance_district; grant select on all tables in schema reports to "
    everyone = "create view reports.everyone {} as select * from marts.student_attendance"
    through = "create view reports.through as select * from reports.everyone"
    kept = "create materialized view reports.kept as select * from reports.everyone"
    of_all = "create materialized view reports.of_all as select * from open_data.definitions"
    invoker = "with (security_invoker = true)"
    for statements, refused in (
        ([everyone.format("")], ["view reports.everyone reads marts.student_attendance"]),
        ([everyone.format(invoker), of_all], []),
        ([everyone.format(invoker), through], ["view reports.through reads marts.student_attendance"]),
        ([everyone.format(invoker), kept], ["materialized view reports.kept keeps rows of marts.student_attendance"]),
    ):
        made = ["create schema reports", *statements, mine + "attendance_district"]
        with as_superuser(served, *made, undo="drop schema reports cascade"):
            faults = access_faults(served.ask, served.relations, MARTS)
            assert len(faults) == len(refused), faults
            assert all(words in fault for words, fault in zip(refused, faults, strict=True)), faults
            if not refused:
                seen = served.ask("select distinct district_code from reports.everyone", "district_00001")
                assert seen == [("00001",)]


@pytest.mark.parametrize(
    ("statement", "undo", "fault"),
    [
        (
            "alter table marts.team_list no force row level security",
            "alter table marts.team_list force row level security",
            "no row security",
        ),
        (
            "alter table marts.team_list disable row level security",
            "alter table marts.team_list enable row level security",
            "no row security",
        ),
        (
            "create table marts.new (a integer); alter table marts.new enable row level security; "
            "alter table marts.new force row level security; "
            "create policy attendance_county_reads on marts.new for select to attendance_county using (true)",
            "drop table marts.new",
            "nobody declared",
        ),
        ("create policy more on marts.team_list using (true)", "drop policy more on marts.team_list", "none of ours"),
        ("create index by_key on marts.team_list (student_key)", "drop index marts.by_key", "must begin with"),
        (
            "create index by_place on marts.team_list (district_code, student_key, school_code)",
            "drop index marts.by_place",
            "must begin with",
        ),
        (
            "alter table marts.team_list alter column student_key set statistics 100",
            "alter table marts.team_list alter column student_key set statistics 0",
            "statistics",
        ),
        (
            "create statistics marts.together on tier, grade from marts.team_list",
            "drop statistics marts.together",
            "statistics",
        ),
        (
            "create materialized view marts.kept as select * from marts.team_list",
            "drop materialized view marts.kept",
            "materialized view",
        ),
        ("grant select on marts.team_list to public", "revoke select on marts.team_list from public", "everybody"),
        (
            "grant select on marts.team_list to district_00001",
            "revoke select on marts.team_list from district_00001",
            "district_00001",
        ),
        (
            "grant update on marts.team_list to attendance_county",
            "revoke update on marts.team_list from attendance_county",
            "more than reading",
        ),
        (
            "create function public.all_students() returns setof marts.team_list security definer language sql "
            "as 'select * from marts.team_list'",
            "drop function public.all_students()",
            "owner's rights",
        ),
        ("grant district_00002 to district_00001", "revoke district_00002 from district_00001", "can become"),
        (
            "alter table marts.dim_dates add constraint by_id unique (row_id); alter table marts.team_list "
            "add constraint by_row foreign key (row_id) references marts.dim_dates (row_id) not valid",
            "alter table marts.team_list drop constraint by_row; alter table marts.dim_dates drop constraint by_id",
            "foreign key",
        ),
    ],
)
def test_a_publication_is_told_what_would_open_a_door(served: Served, statement: str, undo: str, fault: str) -> None:
    with as_superuser(served, statement, undo=undo):
        faults = access_faults(served.ask, served.relations, MARTS)
        assert len(faults) == 1, faults
        assert fault in faults[0]
    assert access_faults(served.ask, served.relations, MARTS) == []


def test_a_session_begins_with_its_limits(served: Served) -> None:
    limits = read_roles(ROLES).limits
    for role in served.roles:
        settings = "default_transaction_read_only statement_timeout idle_in_transaction_session_timeout temp_file_limit"
        with served.connect(role.name) as connection:
            shown = [run(connection, f"show {name}")[0][0] for name in settings.split()]
        limit = limits[role.kind]
        assert shown == ["on", limit.statement_timeout, limit.idle_in_transaction, limit.temp_file_limit], role.name


def test_a_role_has_no_more_sessions_than_it_may(served: Served) -> None:
    most = read_roles(ROLES).limits["school"].connections
    sessions = [served.connect("school_0000031") for _ in range(most)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        served.connect("school_0000031")
    for session in sessions:
        session.close()


def test_what_runs_too_long_is_ended_whatever_the_session_has_set(served: Served) -> None:
    """A reader may raise statement_timeout; the watch asks how long the query has been running."""
    table = read_roles(ROLES)
    short = {kind: limit.model_copy(update={"statement_timeout": "200ms"}) for kind, limit in table.limits.items()}
    with served.connect("district_00001") as connection:
        run(connection, "set statement_timeout = 0")
        connection.pgconn.send_query(b"select pg_sleep(30)")
        run(served.connect("postgres"), "select pg_sleep(0.5)")
        assert served.ask(overlong_statement(table.limits)) == []
        assert served.ask(overlong_statement(short)) == [("district_00001", True)]
        result = connection.pgconn.get_result()
        assert result is not None
        assert "canceling statement" in str(result.error_message)
        assert connection.pgconn.get_result() is None


def test_a_session_that_sits_in_a_transaction_too_long_is_ended_whatever_it_has_set(served: Served) -> None:
    """Its locks would hold back the swap; a query of it that failed is no way to stay, either."""
    table = read_roles(ROLES)
    short = {kind: limit.model_copy(update={"idle_in_transaction": "200ms"}) for kind, limit in table.limits.items()}
    for query in ("select count(*) from open_data.definitions", "select 1 / 0"):
        with served.connect("public_reader") as connection:
            run(connection, "set idle_in_transaction_session_timeout = 0")
            run(connection, "begin")
            with suppress(psycopg.errors.DivisionByZero):
                run(connection, query)
            run(served.connect("postgres"), "select pg_sleep(0.5)")
            assert served.ask(overlong_statement(table.limits)) == []
            assert served.ask(overlong_statement(short)) == [("public_reader", True)]
            with pytest.raises(psycopg.OperationalError):
                run(connection, "select 1")


def test_a_session_that_does_not_take_its_rows_is_ended(served: Served) -> None:
    """It is busy sending, where neither its time limit nor a cancelling is heard."""
    table = read_roles(ROLES)
    short = {kind: limit.model_copy(update={"statement_timeout": "200ms"}) for kind, limit in table.limits.items()}
    connection = served.connect("public_reader")
    try:
        connection.pgconn.send_query(b"select repeat('-', 1000000) from generate_series(1, 1000)")
        run(served.connect("postgres"), "select pg_sleep(0.5)")
        assert served.ask(overlong_statement(short)) == [("public_reader", True)]
        there = f"select count(*) from pg_stat_activity where pid = {connection.info.backend_pid}"
        until = time.monotonic() + 10
        while served.ask(there) != [(0,)]:
            assert time.monotonic() < until, "it is still there"
            time.sleep(0.05)
    finally:
        connection.close()


def test_a_password_is_needed_where_the_server_asks_for_one(served: Served) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        served.connect("public_reader", password="another")
    ((kept,),) = served.ask("select rolpassword from pg_authid where rolname = 'public_reader'")
    assert kept.startswith("SCRAM-SHA-256$")


def test_nothing_is_installed_that_reaches_another_server(served: Served) -> None:
    assert served.ask("select extname from pg_extension order by 1") == [("plpgsql",)]
    assert served.ask("select count(*) from pg_foreign_server") == [(0,)]


def test_a_mover_is_known_to_each_district_by_its_own_rows(served: Served) -> None:
    for district in DISTRICTS:
        for relation in served.relations:
            if relation.is_student_level and "student_key" in relation.columns:
                seen = served.ask(
                    f"select distinct district_code from {relation.label} where student_key = '{MOVER}'",
                    f"district_{district}",
                )
                assert seen == [(district,)], relation.label
