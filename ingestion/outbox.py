"""What goes back to each sender after a run: its rejected rows as a list, and a summary in plain language.

``<home>/outbox/<sender>/rejects.csv`` and ``summary.html``, for their owner only. Both speak of the current state: the
deliveries whose rows are in use, and those that were refused and not replaced since. No clock is read, so the same
state gives the same bytes. No name and no identifier of a student is in them: the lists of rejects hold none.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

import duckdb
import jinja2

from attendance.settings import Settings
from ingestion.durable import PRIVATE_FILE, only_one, private_folder, remove_temporary, write_whole
from ingestion.errors import IngestionError
from ingestion.ledger import Record, read_records_of
from ingestion.records import path_literal
from ingestion.registry import Lea, Registry, Sender
from ingestion.rows import LATER, OUTSIDE, OVERLAPS, SAID, STRANGER
from ingestion.rules import REWRITTEN
from ingestion.standing import Standing, standings
from ingestion.systems import System, read_systems
from ingestion.transports.credentials import Lookup, credentials_from_environment
from ingestion.transports.sending import send

log = logging.getLogger(__name__)

LIST, SUMMARY = "rejects.csv", "summary.html"
COLUMNS = ("finding", "file", "line", "column", "value", "what is wrong", "what to do")
# More lines than a spreadsheet opens help nobody; the rest is counted in the summary.
MOST_LINES = 1_000_000
MOST_TO_MEND = 12
SENT = ".sent"

# What to do about a finding, by what is said of it; the first that fits. None where there is nothing to do.
NOTHING = "Nothing: a later file of yours has this row's month or year."
ADVICE: tuple[tuple[str, str], ...] = (
    (re.escape(LATER), NOTHING),
    (re.escape(STRANGER), "Correct the school, or tell the county office of a school that is new or was renumbered."),
    (re.escape(OVERLAPS), "Correct one of the dates so that the two do not overlap. The row was loaded."),
    (re.escape(OUTSIDE), "Correct the date, or send a calendar that has this day."),
    (re.escape(REWRITTEN) + "|leading zeros lost", "Export the file again and do not open it in a spreadsheet."),
    ("^is blank but required", "Fill it in and send the file again."),
    ("^is not (one of|Y or N)", "Use one of the codes of the data request, or tell the county office what it means."),
    ("^is not a date", "Correct the date, or the way in which the export spells dates."),
    ("^is not a row of type", "Send each type of record in a file of its own."),
    ("^is not a school year", "Write the school year as the data request has it."),
    ("^is not a (whole )?number|^does not look like", "Correct the value, or the column that the export puts here."),
    ("^is (below|above)", "Correct it where it is wrong. A value outside this limit is never loaded."),
    ("^is another LEA's", "Take other districts' rows out of the export."),
    ("^is outside .* the year of its folder", "Correct the date, or put the file into the folder of its school year."),
    ("^lies in the future", "Correct the date."),
    ("^is before ", "Correct the earlier or the later of the two dates."),
    ("^repeats the key", "Keep one of the two rows."),
    (
        "fields|^quotes out of place",
        "Look on this line for a line break, a quote or a separator inside a text, and export the file again.",
    ),
)
OTHERWISE = "Correct it in your system and send the file again."


@dataclass(frozen=True)
class Problem:
    """Something to mend, with how often and where it was found first.

    file:  the file's name as received
    lines: how many lines have it, none where the whole file was refused
    """

    finding: str
    file: str
    column: str | None
    said: str
    advice: str
    lines: int | None = None
    first_line: int | None = None
    files: int = 1


@dataclass(frozen=True)
class Silence:
    """What the published warehouse knows of one school's attendance in the latest school year."""

    name: str
    source: str | None
    complete_through: date | None
    days_without_a_row: int | None
    silent_since: date | None
    is_silent: bool


@dataclass(frozen=True)
class Outboxed:
    """One sender's outbox after a run.

    folder:   where its two files lie
    refused:  files that wait to be mended
    rejected: rows of the files in use that could not be loaded
    remarks:  rows that were loaded and have something to be mended
    changed:  whether this run wrote something else than what lay there
    sent:     whether this run sent it; None where the registry says nowhere
    failure:  why it could not be sent, in words
    """

    sender: str
    name: str
    folder: Path
    refused: int
    rejected: int
    remarks: int
    changed: bool
    sent: bool | None = None
    failure: str | None = None

    def told(self) -> str:
        """The outbox in one line."""
        what = (
            f"{_several(self.refused, 'file', 'files')} refused, {_several(self.rejected, 'row', 'rows')} rejected, "
            f"{self.remarks:,} with a remark"
        )
        if self.failure is not None:
            return f"{self.name}: {self.folder} ({what}). Not sent, the next run tries again: {self.failure}"
        return f"{self.name}: {self.folder} ({what}){', sent' if self.sent else ''}"


# --- cells -----------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|\d*[.,]\d+)\s?%?")
_IDENTIFIER = re.compile(r"(?<!\d)\d{10}(?!\d)")
# Most cells have nothing of what ``plain`` and ``harmless`` look for, and a list may have a million.
_SUSPECT = re.compile(r"[^ -~]|[=+@-]|\d{10}")
_SEPARATORS = frozenset(";,|")
_OPENERS = frozenset("=+-@")
_QUOTES = frozenset("'\"`´‘’“”«»")  # noqa: RUF001 - the quotes that people type


def plain(text: str) -> str:
    """The text without what cannot be seen: control and format characters become a space, ten digits a mark.

    Ten digits in a row may be a state identifier, in a file's name for example.
    """
    seen = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    return _IDENTIFIER.sub("[ten digits]", seen)


@lru_cache(maxsize=100_000)
def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs as a formula: an apostrophe goes before whatever would begin one.

    A formula begins with = + - or @, in full width too, at the start of the cell or after a separator (which a
    spreadsheet of another country may split at), whatever spaces and quotes come before. A plain number such as -12.5
    begins none and stays as it is. Tabs, line breaks and unseen characters become spaces first (see ``plain``). After
    OWASP, CSV Injection.
    """
    if not _SUSPECT.search(text):
        return text
    text = plain(text)
    if _NUMBER.fullmatch(text.strip()):
        return text
    guarded: list[str] = []
    begin, waiting = 0, True  # where the cell began, and whether only spaces and quotes have come since
    for character in text:
        looks = unicodedata.normalize("NFKC", character)
        if waiting and looks[:1] in _OPENERS:
            guarded.insert(begin, "'")
            waiting = False
        guarded.append(character)
        if looks in _SEPARATORS:
            begin, waiting = len(guarded), True
        elif not (character.isspace() or character in _QUOTES):
            waiting = False
    return "".join(guarded)


# --- what is known ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    """A sender's deliveries that matter now, by their standing."""

    sender: Sender
    records: tuple[Record, ...]
    standing: dict[str, Standing]

    def those(self, standing: Standing) -> list[Record]:
        return [record for record in self.records if self.standing[record.delivery_id] == standing]

    @property
    def current(self) -> list[Record]:
        return [*self.those("refused"), *self.those("in_use")]


def _state(settings: Settings, sender: Sender) -> _State:
    records = tuple(read_records_of(settings, sender.code))
    return _State(sender, records, standings(records))


@lru_cache(maxsize=10_000)
def advise(said: str) -> str:
    """What to do about a finding of which that is said."""
    return next((advice for pattern, advice in ADVICE if re.search(pattern, said)), OTHERWISE)


def _listed(settings: Settings, records: Iterable[Record]) -> str | None:
    """SQL of the listed lines of those deliveries; None where none has any. A list without the mark holds rejects."""
    paths = [settings.rejects / record.sender / f"{record.delivery_id}.parquet" for record in records]
    there = [path_literal(path) for path in paths if path.exists()]
    if not there:
        return None
    read = f"read_parquet([{', '.join(there)}], union_by_name = true)"
    return f"""
        select delivery_id, line, column_name, value, reason, coalesce(is_rejected, true) as is_rejected
        from (select null::boolean as is_rejected where false union all by name select * from {read})
    """


def count_remarks(settings: Settings) -> dict[str, int]:
    """How many rows of each delivery were loaded with a remark, by its identifier; those without one are not there."""
    paths = [path_literal(path) for path in sorted(settings.rejects.glob("*/*.parquet"))]
    if not paths:
        return {}
    read = f"read_parquet([{', '.join(paths)}], union_by_name = true)"
    with duckdb.connect() as connection:
        found = connection.execute(f"""
            select delivery_id, count(distinct line)
            from (select null::boolean as is_rejected where false union all by name select * from {read})
            where not coalesce(is_rejected, true) group by delivery_id
        """).fetchall()
    return {str(delivery_id): int(lines) for delivery_id, lines in found}


def _problems(connection: duckdb.DuckDBPyConnection, settings: Settings, state: _State) -> list[Problem]:
    """What to mend: refused files first, then what keeps most rows out, then remarks."""
    refused = [
        Problem("refused", record.name, None, record.message or "", "Mend this and send the file again.")
        for record in state.those("refused")
    ]
    listed = _listed(settings, state.those("in_use"))
    if listed is None:
        return refused
    names = {record.delivery_id: record.name for record in state.records}
    found = connection.execute(f"""
        select is_rejected, column_name, {SAID} as said, count(*) as lines, count(distinct delivery_id) as files,
               arg_min(delivery_id, (delivery_id, line)) as first_delivery,
               arg_min(line, (delivery_id, line)) as first_line
        from ({listed}) group by all order by is_rejected desc, lines desc, said, column_name
    """).fetchall()
    return refused + [
        Problem(
            "rejected" if is_rejected else "remark",
            names[delivery],
            column,
            said,
            advise(said),
            lines,
            first_line,
            files,
        )
        for is_rejected, column, said, lines, files, delivery, first_line in found
        if advise(said) is not NOTHING
    ]


def _silences(settings: Settings) -> dict[str, tuple[str, list[Silence]]]:
    """Of each LEA the latest school year and its schools as the published warehouse has them.

    Nothing before the first build.
    """
    if not settings.warehouse.exists():
        return {}
    try:
        with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
            rows = connection.execute(
                """
                select schools.lea_code, schools.school_year, entities.entity_name,
                       schools.attendance_source, schools.complete_through, schools.days_without_a_row,
                       schools.silent_since, schools.is_silent
                from marts.school_submissions as schools
                inner join marts.dim_entities as entities on schools.cds_code = entities.cds_code
                qualify schools.school_year = max(schools.school_year) over (partition by schools.lea_code)
                order by schools.is_silent desc, entities.entity_name
                """
            ).fetchall()
    except duckdb.Error:
        # a warehouse of before there was this table, or one that another process is replacing: the next run tells it
        return {}
    found: dict[str, tuple[str, list[Silence]]] = {}
    for code, year, *told in rows:
        found.setdefault(code, (year, []))[1].append(Silence(*told))
    return found


# --- the two files ---------------------------------------------------------------------------------------------------


def _lines(connection: duckdb.DuckDBPyConnection, settings: Settings, state: _State) -> Iterator[tuple[object, ...]]:
    """The list: each refused file, then each listed line of the deliveries that matter, in their order."""
    for record in state.those("refused"):
        yield "file refused", record.name, "", "", "", record.message or "", "Mend this and send the file again."
    for record in state.current:
        if (listed := _listed(settings, [record])) is None:
            continue
        kept_out = "rejected" if record.outcome == "loaded" else "rejected, file refused"
        cursor = connection.execute(
            f"select line, column_name, value, reason, is_rejected from ({listed}) order by all"
        )
        while chunk := cursor.fetchmany(10_000):
            for line, column, value, reason, is_rejected in chunk:
                finding = kept_out if is_rejected else "remark"
                yield finding, record.name, line, column or "", value or "", reason, advise(reason)


def _list_bytes(lines: Iterable[tuple[object, ...]]) -> tuple[bytes, int]:
    """The list as a spreadsheet opens it, and how many lines were too many for it."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    beyond = 0
    for number, line in enumerate(lines):
        if number < MOST_LINES:
            writer.writerow([harmless(str(cell)) for cell in line])
        else:
            beyond += 1
    # with the mark at its head a spreadsheet reads the list as UTF-8
    return text.getvalue().encode("utf-8-sig"), beyond


def _day(value: date | None) -> str:
    return "" if value is None else f"{value:%B} {value.day}, {value.year}"


def _count(value: int) -> str:
    return f"{value:,}"


def _several(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "count": _count, "plain": plain}
    environment.globals["several"] = _several
    return environment


@dataclass(frozen=True)
class _Arrived:
    """The deliveries in use of one kind of file, added up; ``last_sent`` is the day of the last one."""

    system: str
    file: str
    files: int
    last_sent: date
    rows_in: int
    rows_loaded: int
    rows_rejected: int


def _arrived(state: _State, systems: dict[str, System]) -> list[_Arrived]:
    kinds: dict[tuple[str, str], list[Record]] = {}
    for record in state.those("in_use"):
        kinds.setdefault((record.source, record.file or ""), []).append(record)
    return [
        _Arrived(
            systems[source].name if source in systems else source,
            file.replace("_", " "),
            len(records),
            max(record.sent_at.date() for record in records),
            sum(record.rows_in for record in records),
            sum(record.rows_loaded for record in records),
            sum(record.rows_rejected for record in records),
        )
        for (source, file), records in sorted(kinds.items())
    ]


@dataclass(frozen=True)
class _Found:
    """What is to be mended: the problems, the rows with a remark, and the lines beyond the end of the list."""

    problems: Sequence[Problem]
    remarks: int
    beyond: int


@dataclass(frozen=True)
class _Run:
    """What the outboxes of all senders are written from: a connection to ask with, and what is known of all of them.

    silences: by LEA, its latest school year and its schools
    """

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    systems: dict[str, System]
    silences: dict[str, tuple[str, list[Silence]]]


def _summary(run: _Run, state: _State, found: _Found) -> bytes:
    arrived = _arrived(state, run.systems)
    year, schools = run.silences.get(state.sender.code, (None, []))
    page = (
        _templates()
        .get_template("outbox.html.j2")
        .render(
            name=state.sender.name,
            last_sent=max((record.sent_at.date() for record in state.records), default=None),
            arrived=arrived,
            refused=state.those("refused"),
            waiting=len(state.those("waiting")),
            rows_in=sum(one.rows_in for one in arrived),
            rows_rejected=sum(one.rows_rejected for one in arrived),
            remarks=found.remarks,
            problems=found.problems[:MOST_TO_MEND],
            more=max(0, len(found.problems) - MOST_TO_MEND),
            beyond=found.beyond,
            most_lines=MOST_LINES,
            list_name=LIST,
            school_year=year,
            schools=schools,
            silent=[school for school in schools if school.is_silent],
            is_lea=isinstance(state.sender, Lea),
        )
    )
    return page.encode()


def outbox_folder(settings: Settings, sender: str) -> Path:
    """Where a sender's two files lie."""
    return settings.home / "outbox" / sender


def _write(run: _Run, sender: Sender) -> Outboxed:
    settings = run.settings
    state = _state(settings, sender)
    folder = private_folder(private_folder(settings.home / "outbox") / sender.code)
    remove_temporary(folder)
    problems = _problems(run.connection, settings, state)
    listed, beyond = _list_bytes(_lines(run.connection, settings, state))
    remarks = sum(problem.lines or 0 for problem in problems if problem.finding == "remark")
    files = {LIST: listed, SUMMARY: _summary(run, state, _Found(problems, remarks, beyond))}
    changed = False
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            write_whole(path, content, PRIVATE_FILE)
            changed = True
    return Outboxed(
        sender.code,
        sender.name,
        folder,
        len(state.those("refused")),
        sum(record.rows_rejected for record in state.those("in_use")),
        remarks,
        changed,
    )


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)).hexdigest()


def _sent(settings: Settings, sender: Sender, written: Outboxed, credentials: Lookup) -> Outboxed:
    """Send the two files where the registry says so and they are not what was sent last; a failure is told."""
    if not isinstance(sender, Lea) or sender.outbox is None:
        return written
    paths = (written.folder / LIST, written.folder / SUMMARY)
    mark = private_folder(settings.home / "outbox" / SENT) / sender.code
    digest = _digest(paths)
    if mark.exists() and mark.read_text() == digest:
        return replace(written, sent=False)
    try:
        send(settings, sender.outbox, [(path, path.name) for path in paths], credentials)
    except (IngestionError, OSError) as error:
        # its files lie here all the same, and the next run tries again
        log.warning("%s: the outbox could not be sent: %s", sender.code, error)
        return replace(written, sent=False, failure=str(error))
    write_whole(mark, digest.encode(), PRIVATE_FILE)
    return replace(written, sent=True)


def write_outboxes(
    settings: Settings,
    registry: Registry,
    senders: Sequence[str] | None = None,
    credentials: Lookup = credentials_from_environment,
) -> list[Outboxed]:
    """Write, and where the registry says so send, the outbox of each sender (of those codes, else of all that send).

    credentials: how the credentials of a connection are looked up

    Raises LedgerError where a record is damaged. What cannot be sent is told in the answer and in the log, no more.
    """
    chosen = [registry.sender(code) for code in senders] if senders is not None else registry.senders()
    outboxes = []
    with only_one(settings.home / "locks", "outbox"), duckdb.connect() as connection:
        run = _Run(settings, connection, read_systems(settings), _silences(settings))
        for sender in chosen:
            if sender.sends:
                written = _write(run, sender)
                outboxes.append(_sent(settings, sender, written, credentials))
    return outboxes
