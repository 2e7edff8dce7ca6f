"""The command line: ``attendance --help`` lists what it can do. Each command is a thin call into a room."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from attendance.errors import MendableError
from attendance.settings import DUCKDB, SPARK, Settings, read_settings

app = typer.Typer(
    name="attendance",
    help="A county's attendance data warehouse: from districts' extracts to pages that leaders read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Progress and remarks go to standard error, so that what a command answers can be piped.
remarks = Console(stderr=True, highlight=False, soft_wrap=True)
answers = Console(highlight=False, soft_wrap=True)


class Format(StrEnum):
    """How ``query`` prints its answer."""

    table = "table"
    csv = "csv"
    json = "json"


class Target(StrEnum):
    """The engine that builds."""

    duckdb = DUCKDB
    spark = SPARK


def _say(line: str) -> None:
    remarks.print(line, markup=False)


ExtractsOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder in which the senders' extracts lie, one folder per sender (default: ATTENDANCE_EXTRACTS)."
    ),
]


def _with_extracts(settings: Settings, extracts: Path | None) -> Settings:
    if extracts is None:
        return settings
    if not extracts.is_dir():
        raise typer.BadParameter(f"{extracts} is not a folder. `attendance simulate --out {extracts}` would make one.")
    from dataclasses import replace

    return replace(settings, extracts=extracts.resolve())


TargetOption = Annotated[
    Target | None,
    typer.Option(
        help="The engine that builds (default: ATTENDANCE_TARGET, else duckdb). Spark: the cluster whose Thrift server "
        "ATTENDANCE_SPARK names as host:port, else one on this machine meanwhile."
    ),
]


def _with_target(settings: Settings, target: Target | None) -> Settings:
    from dataclasses import replace

    return settings if target is None else replace(settings, target=target.value)


@contextmanager
def _stopped_at_once() -> Iterator[None]:
    """End the process on Ctrl-C, without a wait for the senders that are being loaded in threads of their own."""
    try:
        yield
    except KeyboardInterrupt:
        _say("\nStopped. What was loaded stays; the next run does the rest.")
        # a kill at any moment does no harm, and Python would wait for the processes to end
        os._exit(130)


@app.command()
def simulate(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write; it must be empty, missing, or an earlier simulation.")],
    seed: Annotated[int, typer.Option(help="The same seed writes the same files.")] = 20240614,
    sis: Annotated[
        str | None,
        typer.Option(help="Write all districts in one system: aeries, powerschool, infinite_campus or synergy."),
    ] = None,
    like: Annotated[
        list[Path] | None,
        typer.Option(
            help="DataQuest's chronic absenteeism file of a year to equal; once more for each year before it."
        ),
    ] = None,
    directory: Annotated[Path | None, typer.Option(help="With --like: the state's directory of schools.")] = None,
    year: Annotated[str, typer.Option(help="With --like: the last school year.")] = "2023-24",
    years: Annotated[
        int, typer.Option(help="With --like: school years in all; one without a file is like the next.")
    ] = 2,
    scale: Annotated[float, typer.Option(help="With --like: share of the county's students, up to 1.")] = 1.0,
    students: Annotated[
        int | None,
        typer.Option(help="Without --like: students in all when a school year begins, else some ten thousand."),
    ] = None,
) -> None:
    """Write what a county's districts would send, all students invented: the example county, or one like a real one.

    With --like every figure that the state shows of a school comes out of its students' days. Then OUT has three
    folders: extracts, config (who sends what) and truth (what no sender knows).
    """
    from ingestion.registry import read_registry
    from simulation.county import simulate as simulate_county

    settings = read_settings()
    if like:
        if directory is None:
            raise typer.BadParameter("With --like, name the state's directory of schools: --directory FILE.")
        if students is not None:
            raise typer.BadParameter("--students is for the example county; with --like, say --scale.")
        _simulate_like(settings, tuple(like), directory, out, year=year, years=years, scale=scale, seed=seed, sis=sis)
        return
    report = simulate_county(
        read_registry(settings.config),
        out.resolve(),
        seed=seed,
        sis=sis,
        students=students,
        with_ladder=True,
        progress=_say,
    )
    answers.print(f"Wrote {len(report.files)} files to {out}")


def _simulate_like(
    settings: Settings,
    like: tuple[Path, ...],
    directory: Path,
    out: Path,
    *,
    year: str,
    years: int,
    scale: float,
    seed: int,
    sis: str | None,
) -> None:
    from ingestion.registry import read_registry
    from simulation.like.county import simulate_like

    report = simulate_like(
        like,
        directory,
        year,
        out,
        county_code=read_registry(settings.config).county.code,
        scale=scale,
        years=years,
        seed=seed,
        sis=sis,
        progress=_say,
    )
    students = ", ".join(f"{count:,} students in {each}" for each, count in report.students.items())
    answers.print(
        f"Wrote {report.files:,} files of {report.senders:,} senders to {out}: {report.schools:,} schools, {students}, "
        f"{sum(report.rows.values()):,} rows. Next:\n"
        f"  export ATTENDANCE_CONFIG={out}/config ATTENDANCE_EXTRACTS={out}/extracts ATTENDANCE_HOME={out}/var\n"
        "  attendance load, attendance build, attendance compare --published"
    )


@app.command()
def compare(
    published: Annotated[
        bool, typer.Option("--published", help="With what the state published, cell by cell.")
    ] = False,
    year: Annotated[str | None, typer.Option(help="With --published: one school year, such as 2023-24.")] = None,
    other: Annotated[
        Path | None, typer.Option("--with", help="With another warehouse file, every table row by row.")
    ] = None,
    engines: Annotated[
        bool, typer.Option("--engines", help="Build on DuckDB and on Spark, and compare every table row by row.")
    ] = False,
) -> None:
    """Set the warehouse that was built last beside something else; fails where it differs."""
    from attendance.compare import compare_published, last_built, print_comparison
    from attendance.compare_warehouses import compare_warehouses, print_warehouses
    from attendance.steps import compare_engines

    settings = read_settings()
    if [published, other is not None, engines].count(True) != 1:
        raise typer.BadParameter("Say with what: --published, --with FILE, or --engines.")
    if engines:
        equal = print_warehouses(compare_engines(settings, _say), ("DuckDB", "Spark"), answers)
    elif other is not None:
        equal = print_warehouses(compare_warehouses(last_built(settings), other), ("here", "there"), answers)
    else:
        equal = print_comparison(compare_published(settings, year), answers)
    if not equal:
        raise typer.Exit(1)


@app.command()
def fetch() -> None:
    """Download the state's published files to where `load` looks for them."""
    from ingestion.fetch import fetch_public
    from ingestion.registry import read_registry

    settings = read_settings()
    report = fetch_public(settings, read_registry(settings.config))
    for line in report.lines():
        answers.print(line, markup=False)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def load(
    extracts: ExtractsOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also try anew what was refused before.")] = False,
) -> None:
    """Pull what is new from every sender and load it into the lake, without Airflow."""
    from attendance.steps import load_all

    with _stopped_at_once():
        outcomes = load_all(_with_extracts(read_settings(), extracts), _say, again=again)
    refused = sum(outcome == "refused" for outcome in outcomes)
    answers.print(
        f"{len(outcomes)} files: {outcomes.count('loaded')} loaded, {outcomes.count('unchanged')} unchanged, "
        f"{refused} refused." + (" `attendance status` says why." if refused else "")
    )


@app.command()
def backfill(
    source: Annotated[str, typer.Option(help="A source of the registry, such as aeries.")],
    first: Annotated[str, typer.Option("--from", help="First school day, such as 2023-08-01.")],
    last: Annotated[str, typer.Option("--to", help="Last school day, such as 2023-10-31.")],
    lea: Annotated[str | None, typer.Option(help="Code of one sender; every sender of that source without it.")] = None,
) -> None:
    """Ask for a stretch of time anew and load over what the lake has of it, without Airflow."""
    from attendance.steps import backfill as backfill_all
    from ingestion.backfill import Backfill

    with _stopped_at_once():
        outcomes = backfill_all(read_settings(), Backfill.of(source, lea, first, last), _say)
    answers.print(
        f"{len(outcomes)} files: {outcomes.count('loaded')} loaded, {outcomes.count('refused')} refused. "
        "Next: attendance build, attendance publish (or: attendance run)"
    )


@app.command("data-request")
def data_request(
    lea: Annotated[
        str | None, typer.Option(help="Code of an LEA: only what it sends, its schools, its folders.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="One system, such as aeries.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without it, the request is printed.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Rewrite the documents of all systems in docs/data-request.")
    ] = False,
) -> None:
    """Write what to send, and how, as a document for a district: Markdown, made from the contracts."""
    from attendance.steps import request_data

    if everything and (lea or system or out):
        raise typer.BadParameter("--all rewrites every document: leave the other options out.")
    if out is not None and not out.resolve().parent.is_dir():
        raise typer.BadParameter(f"{out.parent} is not a folder. Make it, or name another.", param_hint="--out")
    text = request_data(read_settings(), lea, system, everything=everything, progress=_say)
    if text is None:
        return
    if out is None:
        answers.print(text, markup=False, end="")
    else:
        out.write_text(text, encoding="utf-8")
        _say(f"Wrote {out}")


@app.command()
def build(
    target: TargetOption = None,
    public: Annotated[
        bool, typer.Option("--public", help="Only what is hidden and the public tables, in the file built last.")
    ] = False,
) -> None:
    """Build and test the warehouse from the lake under a new name, without publishing it."""
    from attendance.dbt import rebuild_public
    from attendance.steps import build_all

    settings = _with_target(read_settings(), target)
    report = rebuild_public(settings, _say) if public else build_all(settings, _say)
    answers.print(
        f"{report.models} models and {report.tests} tests in {report.seconds:.0f} s. Next: attendance publish"
    )


@app.command()
def audit(
    database: Annotated[
        Path | None,
        typer.Option(help="DuckDB file to attack (default: the one that was built, else the published one)."),
    ] = None,
    integers: Annotated[
        int, typer.Option(help="Attack this many districts, drawn at random, by integer programs as well.", min=0)
    ] = 0,
    cde: Annotated[
        Path | None, typer.Option(help="Attack the state's own chronic absenteeism file instead (.txt or .txt.gz).")
    ] = None,
    county: Annotated[str, typer.Option(help="With --cde: the county's code.")] = "19",
    most: Annotated[int, typer.Option(help="Counts that are told with their equations.", min=0)] = 20,
) -> None:
    """Attack the public tables with what anyone may know; fails where a hidden count can be told too closely."""
    settings = read_settings()
    if cde is not None:
        from publishing.audit.cde import audit_cde

        safe, lines = True, audit_cde(cde, county, _say).lines()
    else:
        from publishing.audit.report import audit_settings

        audited = audit_settings(settings, _say, database=database, integers=integers, explained=most)
        safe, lines = audited.is_safe, audited.lines(most)
    for line in lines:
        answers.print(line, markup=False)
    if not safe:
        raise typer.Exit(1)


publishing_app = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
app.add_typer(publishing_app, name="publish")


@publishing_app.callback(invoke_without_command=True)
def publish(context: typer.Context) -> None:
    """Swap the tested warehouse into place: PostgreSQL, pages, a file per audience. All of it, or nothing."""
    if context.invoked_subcommand is not None:
        return
    from attendance.steps import audit_and_mend
    from publishing.publish import publish as publish_warehouse
    from publishing.serving.server import how_to_connect

    settings = read_settings()
    if settings.building.is_file():
        audit_and_mend(settings, _say)
    report = publish_warehouse(settings, _say)
    answers.print(f"Published {settings.warehouse} and {settings.site}/index.html", markup=False)
    if report.verdict is not None:
        answers.print(f"  {report.verdict}", markup=False)
    if report.copies is not None:
        answers.print(f"  a file for each audience: {report.copies}", markup=False)
        answers.print(f"  {how_to_connect(settings)}", markup=False)


@publishing_app.command()
def metabase(
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would change there, and change nothing.")] = False,
    drift: Annotated[
        bool, typer.Option("--drift", help="Say what somebody changed there by hand, and fail where there is anything.")
    ] = False,
    new_passwords: Annotated[
        bool, typer.Option("--new-passwords", help="Give each role that Metabase uses a new password first.")
    ] = False,
) -> None:
    """Bring what is published to Metabase: connections, who may see what, dashboards. Runs as often as one likes.

    Where it is stands in METABASE_URL, an administrator's API key in METABASE_API_KEY: docs/metabase.md.
    """
    from publishing.metabase.publish import plan_publication, publish_to_metabase, report_drift

    if [plan, drift, new_passwords].count(True) > 1:
        raise typer.BadParameter("Say one of --plan, --drift and --new-passwords.")
    settings = read_settings()
    is_drifted = False
    if plan:
        lines = plan_publication(settings)
    elif drift:
        lines, is_drifted = report_drift(settings)
    else:
        lines = publish_to_metabase(settings, _say, new_passwords=new_passwords)
    for line in lines:
        answers.print(line, markup=False)
    if is_drifted:
        raise typer.Exit(1)


@app.command()
def rollback() -> None:
    """Bring back what was published before, all of it; once more brings it forward again."""
    from publishing.publish import roll_back

    release = roll_back(read_settings(), _say)
    answers.print(f"Published again: release {release.id} of {release.at or 'an earlier version'}", markup=False)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write, such as attendance-2026-08-01.tar.zst.")],
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Also the key of the pseudonyms: then keep the file as you keep the key.")
    ] = False,
) -> None:
    """Write what cannot be made again to one file, whole or not at all. Not while anything is loaded or published."""
    from attendance.backup import backup as make_backup

    manifest = make_backup(read_settings(), file, with_key=with_key, progress=_say)
    for line in manifest.lines():
        answers.print(line, markup=False)
    answers.print(f"{file}: it tells of students. attendance restore --check {file} proves it.", markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    check: Annotated[bool, typer.Option("--check", help="Only prove that it is whole; nothing is restored.")] = False,
    without_key: Annotated[
        bool,
        typer.Option("--without-key", help="Although the key of the pseudonyms is not here: to look, not to load."),
    ] = False,
) -> None:
    """Restore a backup into an empty ATTENDANCE_HOME, all of it or nothing; each file is proven by its hash."""
    from attendance.backup import check as check_backup
    from attendance.backup import restore as restore_backup

    settings = read_settings()
    manifest = check_backup(file) if check else restore_backup(settings, file, without_key=without_key, progress=_say)
    for line in manifest.lines():
        answers.print(line, markup=False)
    answers.print(f"{file} of {manifest.made_at} is whole.", markup=False)
    if not check:
        answers.print(
            f"Restored to {settings.home}. The registry of then is {settings.home}/config. Next: attendance publish, "
            f"then attendance roles --logins {settings.home}/logins.json",
            markup=False,
        )


@app.command()
def postgres(
    stop: Annotated[bool, typer.Option("--stop", help="Stop the server of our own instead.")] = False,
) -> None:
    """Start the PostgreSQL of our own if it is not running, and say how to connect."""
    from publishing.serving.server import how_to_connect, open_server, stop_server

    settings = read_settings()
    if stop:
        answers.print("PostgreSQL is stopped." if stop_server(settings) else "PostgreSQL was not running.")
        return
    open_server(settings)
    answers.print(how_to_connect(settings), markup=False)


@app.command()
def run(extracts: ExtractsOption = None, target: TargetOption = None) -> None:
    """Run everything: Airflow's DAGs from the extracts to the pages. Without extracts, simulate a county first."""
    from attendance.steps import run_all

    run_all(_with_target(_with_extracts(read_settings(), extracts), target), _say)
    status()


@app.command()
def up(target: TargetOption = None) -> None:
    """Start Airflow's web interface and scheduler beside the site, until Ctrl-C."""
    from attendance.steps import up_all

    up_all(_with_target(read_settings(), target), _say)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine; another free one if it is taken.")] = 8000,
) -> None:
    """Show the published pages on a local address, until Ctrl-C."""
    from publishing.serve import serve as serve_site

    serve_site(read_settings().site, port)


@app.command()
def status() -> None:
    """Tell what each sender sent last, what was loaded and rejected, and through which day attendance is complete."""
    from attendance.status import print_status

    print_status(read_settings(), answers)


@app.command()
def outbox(
    lea: Annotated[str | None, typer.Option(help="Code of one sender; every sender without it.")] = None,
) -> None:
    """Write what goes back to each sender: its rejected rows as a list, and a summary; say where they lie."""
    from attendance.steps import write_all_outboxes

    for line in write_all_outboxes(read_settings(), None if lea is None else [lea]):
        answers.print(line, markup=False)


@app.command()
def docs() -> None:
    """Rewrite what is told of the models: dictionary, worked rules, cookbook, exposures. Needs no warehouse."""
    from attendance.docs.documents import write_documents

    settings = read_settings()
    changed = write_documents(settings.project)
    for path in changed:
        _say(f"{'Wrote' if path.exists() else 'Took away'} {path.relative_to(settings.project)}")
    answers.print(f"{len(changed)} {'document' if len(changed) == 1 else 'documents'} changed.")


@app.command()
def query(
    sql: Annotated[
        str | None, typer.Argument(help="A query, such as: select * from marts.chronic_absence", show_default=False)
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A question of docs/cookbook by its name, instead of a query.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", "-f", help="How to print the answer.")] = Format.table,
    limit: Annotated[int, typer.Option(help="Rows shown in a table; csv and json give all.", min=1)] = 100,
) -> None:
    """Ask the published warehouse, read-only. Schemas: marts (for staff), open_data (for anyone)."""
    from attendance.docs.cookbook import recipe_called
    from attendance.query import answer

    settings = read_settings()
    if (sql is None) == (recipe is None):
        raise typer.BadParameter("Give a query, or a question of docs/cookbook: --recipe NAME.")
    if recipe is not None:
        asked = recipe_called(settings.project, recipe)
        _say(asked.question)
        for point in asked.mind:
            _say(f"- {point}")
    answer(settings.warehouse, sql or asked.sql, output.value, limit)


ServerOption = Annotated[
    str | None,
    typer.Option(
        help="The server as a URI, as a superuser: postgresql://user@host/database (default: that of the settings).",
        show_default=False,
    ),
]


@app.command()
def roles(
    server: ServerOption = None,
    *,
    password: Annotated[
        str | None, typer.Option(help="Give this role a new password, end its sessions, and print it once.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="With --password: take it from the first line of this file; it is not printed.")
    ] = None,
    logins: Annotated[
        Path | None,
        typer.Option(help="Give readers who have none the passwords of this file, logins.json of a restored backup."),
    ] = None,
    cancel: Annotated[
        bool,
        typer.Option(
            "--cancel",
            help="End queries and idle transactions that last longer than config/roles.yml allows their role.",
        ),
    ] = False,
) -> None:
    """List who can read what is served, or give a role a password. Who there is stands in config/roles.yml."""
    from publishing.serving.logins import cancel_overlong, set_password
    from publishing.serving.logins import logins as logins_of
    from publishing.serving.roles import read_roles
    from publishing.serving.server import open_server, server_at

    settings = read_settings()
    if password_file is not None and password is None:
        raise typer.BadParameter("--password-file says what the password is; --password says whose.")
    if logins is not None:
        from attendance.backup import give_logins

        told = give_logins(settings, logins)
        answers.print(f"{len(told.given)} have their password again", *told.given, sep="\n  ", markup=False)
        if told.kept or told.gone:
            _say(
                f"{len(told.kept)} have another by now, which stays; no role any more: {', '.join(told.gone) or 'none'}"
            )
        return
    with (server_at(server) if server else open_server(settings)).connect() as connection:
        if cancel:
            ended = cancel_overlong(connection, read_roles(settings.config / "roles.yml").limits)
            answers.print(f"{len(ended)} cancelled or ended" + "".join(f"\n  {role}" for role in ended), markup=False)
        elif password is not None and password_file is not None:
            set_password(connection, password, password_file.read_text(encoding="utf-8").splitlines()[0])
            _say(f"{password} has the password of {password_file}; its sessions were ended.")
        elif password is not None:
            answers.print(set_password(connection, password), markup=False)
            _say(f"The password of {password}: it is kept nowhere and not shown again. Its sessions were ended.")
        else:
            for login in logins_of(connection):
                place = " ".join(filter(None, (login.district, login.school))) or "-"
                can = "has a password" if login.has_password else "cannot log in: no password"
                of = f"{login.sessions} of {login.most_sessions} sessions"
                answers.print(f"{login.role:32} {login.kind:9} {place:14} {can}, {of}", markup=False)


@app.command("access-log")
def access_log(
    role: Annotated[str | None, typer.Option(help="Only what this role read.")] = None,
    relation: Annotated[str | None, typer.Option(help="Only who read this, such as marts.team_list.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this day on (UTC), such as 2024-01-31.")] = None,
    server_log: Annotated[
        Path | None,
        typer.Option(help="Folder of the server's log (default: that of the server below ATTENDANCE_HOME)."),
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the server's log once what it tells of reads is kept.")
    ] = False,
) -> None:
    """Tell who read which student-level mart, when and how often; first keep what the server's log says of it."""
    from datetime import UTC, datetime

    from publishing.serving.access_log import harvest, readers

    settings = read_settings()
    try:
        first = None if since is None else datetime.strptime(since, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise typer.BadParameter(f"{since} is no day such as 2024-01-31.", param_hint="--since") from error
    if server_log is None and settings.postgres:
        _say(
            "PostgreSQL is not the one below ATTENDANCE_HOME: what was kept before is told. Its log: --server-log DIR."
        )
    elif server_log is not None or settings.server_log.is_dir():
        done = harvest(server_log or settings.server_log, settings.access_log, delete=delete)
        _say(f"{done.files} files of the server's log, {done.reads} reads in them, {done.deleted} files deleted.")
    for reader in readers(settings.access_log, role=role, relation=relation, since=first):
        days = f"{reader.first_read:%Y-%m-%d %H:%M} to {reader.last_read:%Y-%m-%d %H:%M}"
        count = f"{reader.reads:,} reads in {reader.sessions:,} sessions"
        answers.print(f"{reader.role:32} {reader.relation:36} {count}, {days}", markup=False)


def main() -> None:
    """Run the command line; what a person can mend is said in words, not as a traceback."""
    try:
        app()
    except MendableError as error:
        remarks.print(f"\n{error}", style="red", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        remarks.print("\nStopped.")
        sys.exit(130)


if __name__ == "__main__":
    main()
