"""Publication to Metabase: what is defined, what is there, and the difference, shown or carried out."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict

from attendance.project import read_project
from attendance.settings import NO_POSTGRES, Settings
from publishing.definition import read_dashboards
from publishing.metabase import told
from publishing.metabase.carry_out import carry_out, others_in
from publishing.metabase.described import Words, compare, words_for
from publishing.metabase.figures import open_figures
from publishing.metabase.passwords import give_passwords, locked_out, path_of, read_passwords
from publishing.metabase.passwords import told as remember_told
from publishing.metabase.plan import Plan, Step, plan_of
from publishing.metabase.record import Record, read_record, write_record
from publishing.metabase.record import path_of as record_path
from publishing.metabase.there import read_tables, read_there
from publishing.metabase.things import Ref
from publishing.metabase.transport import Metabase, MetabaseError, open_metabase
from publishing.metabase.wanted import Server, Wanted, wanted
from publishing.serving.rights import Rights, read_rights
from publishing.serving.server import DATABASE, address_for

Progress: TypeAlias = Callable[[str], None]
SSL_MODES = frozenset({"require", "verify-ca", "verify-full"})


@dataclass(frozen=True)
class _Ready:
    """Everything that a plan needs, read once."""

    metabase: Metabase
    plan: Plan
    record: Record
    words: Mapping[str, Mapping[str, Words]]


def plan_publication(settings: Settings) -> list[str]:
    """What a publication would change, in lines; nothing is changed."""
    ready = _prepare(settings)
    return told.plan_lines(ready.plan, ready.metabase.url, ready.record)


def report_drift(settings: Settings) -> tuple[list[str], bool]:
    """What somebody changed by hand, in lines, and whether there is anything; nothing is changed."""
    ready = _prepare(settings)
    roles = [connection.role.name for connection in ready.plan.wanted.connections]
    return told.drift_lines(ready.plan, ready.record, ready.metabase.url, locked_out(settings, roles))


def publish_to_metabase(
    settings: Settings, progress: Progress = lambda _line: None, *, new_passwords: bool = False
) -> list[str]:
    """Make Metabase as the definitions say; returns what was done, in lines.

    Can be stopped at any moment and run again. Raises MetabaseError, DefinitionError or another PublishingError.
    """
    with _alone(settings):
        ready = _prepare(settings, new_passwords=new_passwords)
        plan = ready.plan
        passwords: dict[str, str] = {}
        if plan.needed:
            given = give_passwords(settings, plan.needed, anew=new_passwords)
            passwords = {role: password.text for role, password in given.items()}
        record = carry_out(
            ready.metabase,
            plan,
            ready.words,
            passwords=passwords,
            told=lambda role: remember_told(settings, role),
            progress=progress,
        )
        write_record(record_path(settings.home, ready.metabase.url), ready.metabase.url, record)
    return told.plan_lines(plan, ready.metabase.url, ready.record, done=True)


def _prepare(settings: Settings, *, new_passwords: bool = False) -> _Ready:
    metabase = open_metabase(settings.metabase_url, settings.metabase_key)
    everything, rights = read_wanted(settings)
    record = read_record(record_path(settings.home, metabase.url))
    there = read_there(metabase, {ref: one.id for ref, one in record.items()})
    plan = _without_folders_of_others(metabase, plan_of(everything, there, record))
    words = _words(settings, everything, rights)
    plan = _with_descriptions(metabase, plan, words)
    plan = replace(plan, passwords=tuple(_passwords(settings, plan, new_passwords=new_passwords)))
    return _Ready(metabase, plan, record, words)


def read_wanted(settings: Settings) -> tuple[Wanted, Rights]:
    """Everything that should be in Metabase, as defined and published here, and who may read what."""
    rights = _rights(settings)
    dashboards = read_dashboards(settings.dashboards)
    with open_figures(settings) as figures:
        return wanted(dashboards, rights.roles, rights.relations, figures, server_of(settings)), rights


def _rights(settings: Settings) -> Rights:
    if settings.postgres == NO_POSTGRES:
        raise MetabaseError(
            "Metabase reads PostgreSQL, which is turned off (ATTENDANCE_POSTGRES=off). Unset the variable."
        )
    if not settings.warehouse.is_file():
        raise MetabaseError(
            f"{settings.warehouse} is not there: nothing is published yet. Run attendance publish first."
        )
    return read_rights(settings, settings.warehouse)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the lock of publications to Metabase; the system frees it with the process."""
    folder = settings.home / "metabase"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MetabaseError("Another publication to Metabase is at work. Wait for it to end.") from error
        yield


def server_of(settings: Settings) -> Server:
    """Where Metabase finds PostgreSQL: as METABASE_POSTGRES says, else where we find it ourselves.

    Raises MetabaseError for an address that is none. Its user and password, if it has any, are not used.
    """
    address = settings.metabase_postgres
    if address and "://" not in address:
        address = f"postgresql://{address}"
    with contextlib.suppress(ValueError, psycopg.ProgrammingError):
        said = {name: str(value) for name, value in conninfo_to_dict(address or address_for(settings, "", "")).items()}
        host, port = said.get("host", ""), int(said.get("port", 5432))
        if host and not host.startswith("/") and "@" not in host:
            return Server(host, port, said.get("dbname", DATABASE), ssl=said.get("sslmode") in SSL_MODES)
    # what it says may hold a password: it is not repeated
    raise MetabaseError(
        "METABASE_POSTGRES must say where Metabase finds PostgreSQL: host:port/database, with ?sslmode=require behind "
        "it where the way is encrypted. Metabase cannot come in through a socket."
    )


def _without_folders_of_others(metabase: Metabase, plan: Plan) -> Plan:
    """A folder that is no longer wanted stays where somebody keeps things of his own in it."""
    steps, kept = [], list(plan.kept)
    blocked: set[str] = set()
    for step in plan.steps:
        thing = step.thing
        if step.verb == "archive" and thing.kind == "collection":
            others = others_in(metabase, plan.there.ids[thing.ref], plan.there)
            if others or any(key.startswith(f"{thing.key}/") for key in blocked):
                blocked.add(thing.key)
                kept.append(
                    f"{thing.name}: no longer ours, but somebody keeps {others[0] if others else 'a folder'} in it"
                )
                continue
        steps.append(step)
    return replace(plan, steps=tuple(steps), kept=tuple(kept))


def _words(settings: Settings, everything: Wanted, rights: Rights) -> dict[str, dict[str, Words]]:
    project = read_project(settings.dbt_project)
    return {
        connection.key: words_for(connection, rights.relations, project)
        for connection in everything.connections
        if connection.described
    }


def _with_descriptions(metabase: Metabase, plan: Plan, words: Mapping[str, Mapping[str, Words]]) -> Plan:
    descriptions, undescribed = [], []
    for connection, said in words.items():
        found = plan.there.things.get(Ref("database", connection))
        if found is None:
            undescribed.append(connection)
            continue
        different, unknown = compare(connection, said, read_tables(metabase, found.id))
        if unknown:
            # then all of it is compared again when Metabase has looked
            undescribed.append(connection)
        else:
            descriptions += different
    return replace(plan, descriptions=tuple(descriptions), undescribed=tuple(undescribed))


def _passwords(settings: Settings, plan: Plan, *, new_passwords: bool) -> Sequence[str]:
    """The roles whose password Metabase needs: of connections that get a role, those that it was not told, or all."""
    kept = read_passwords(path_of(settings))
    made = {step.thing.ref for step in plan.steps if step.verb == "make" or _changes_role(step)}
    return [
        connection.role.name
        for connection in plan.wanted.connections
        if new_passwords
        or Ref("database", connection.key) in made
        or (connection.role.name in kept and not kept[connection.role.name].told)
        # it may get one now
        or (connection.role.name in plan.needed and connection.role.name not in kept)
    ]


def _changes_role(step: Step) -> bool:
    """Whether it is a connection that comes in as another role: also one that a stopped run did not give its own."""
    if step.verb != "change" or step.found is None or "details" not in step.fields:
        return False
    return bool(step.found.fields["details"].get("user") != step.thing.fields["details"]["user"])
