"""From the landing to the lake: read a delivery by its contract, judge each row, replace the periods that it covers.

A delivery's record is written last. A run that is killed before that leaves the delivery ``received``; the next run
loads it again and writes the same bytes.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import duckdb

from attendance.settings import Settings
from ingestion.contract import Column, Contract, claiming, read_contracts, school_year_of, start_year
from ingestion.durable import only_one, remove_temporary
from ingestion.errors import IngestionError, RefusedError
from ingestion.lake import lake_folder, rows_of, write_periods, write_rejects
from ingestion.landing import landed_path, work_folder
from ingestion.layout import first_line, layout_by_header, layout_by_order
from ingestion.ledger import LedgerError, Record, find_senders, holder, read_records_of, write_record
from ingestion.opening import open_landed
from ingestion.prepare import Prepared
from ingestion.pseudonym import hand_over_key
from ingestion.records import fields_sql, first_text, header_names, make_records, read_lines
from ingestion.registry import Lea, Registry, Sender
from ingestion.room import room_on_disk
from ingestion.rows import (
    LATER,
    STRANGER,
    Fault,
    begin_aside,
    count,
    count_unmapped,
    covered_periods,
    faults_by_reason,
    forget,
    list_rows_set_aside,
    make_typed,
    period_start,
    reject_outside_calendar,
    reject_repeated_keys,
    rejected_rows,
    remark_overlaps,
    rows_against_limit,
    rows_by_period,
    set_later_aside,
    set_strangers_aside,
    years_with_codes,
)
from ingestion.rules import Delivered, typing_of
from ingestion.secret import read_secret
from ingestion.straight import goes_straight, read_straight

log = logging.getLogger(__name__)

MEMORY = "ATTENDANCE_MEMORY_LIMIT"
ADD_SCHOOLS = "Add what is missing to the LEA's schools in config/leas/ and send the file again."
# A period with fewer rows than this in the lake may shrink to any size: a summer month, a school that closed.
FEWEST_GUARDED = 100
# Bytes of text from which on several threads are worth their while: below, they only wait for each other.
LARGE = 16 * 1024 * 1024
SMALLEST_SHARE = Decimal("0.5")

Outcome: TypeAlias = Record


@dataclass(frozen=True)
class _Run:
    """What the loading of one sender's deliveries needs."""

    settings: Settings
    contracts: tuple[Contract, ...]
    work: Path
    sender: Sender
    database: duckdb.DuckDBPyConnection

    def own(self, source: str) -> list[Contract]:
        return [contract for contract in self.contracts if contract.source == source]


@dataclass(frozen=True)
class _Task:
    """One delivery at work: its contract, its record so far, and the other records of its sender."""

    run: _Run
    contract: Contract
    record: Record
    others: list[Record]
    connection: duckdb.DuckDBPyConnection

    @property
    def what(self) -> str:
        return f"{self.record.sender} {self.contract.label} {self.record.name}"


def load_landed(
    settings: Settings,
    registry: Registry,
    delivery_ids: list[str],
    contracts: tuple[Contract, ...] | None = None,
    *,
    afresh: bool = False,
) -> list[Outcome]:
    """Load received deliveries, sender by sender; returns their ledger records as they then are.

    What was loaded already is left as it is, unless it is to be loaded afresh; what was refused is tried again.
    """
    return [
        outcome
        for sender, ids in sorted(find_senders(settings, delivery_ids).items())
        for outcome in load_sender(settings, registry, sender, ids, contracts, afresh=afresh)
    ]


def load_sender(
    settings: Settings,
    registry: Registry,
    sender_code: str,
    delivery_ids: list[str] | None = None,
    contracts: tuple[Contract, ...] | None = None,
    *,
    afresh: bool = False,
) -> list[Outcome]:
    """Load deliveries of one sender: those asked for, else all that wait or were refused; returns their records.

    Files that others refer to come first, then the order is that of their sending. Two runs at once wait for each
    other. A delivery that was refused is tried again when a file that it refers to was loaded in this run.

    afresh: read and write again also what is loaded already, as after a change of its contract; a later delivery's
            periods stay its own
    """
    sender = registry.sender(sender_code)
    if delivery_ids == []:
        return []
    contracts = read_contracts() if contracts is None else contracts
    with only_one(settings.home / "locks", sender_code), room_on_disk(sender_code):
        records = {record.delivery_id: record for record in read_records_of(settings, sender_code)}
        if delivery_ids is None:
            asked = [record.delivery_id for record in records.values() if record.outcome in {"received", "refused"}]
        else:
            asked = list(dict.fromkeys(delivery_ids))
        if unknown := [one for one in asked if one not in records]:
            raise LedgerError(f"{sender_code} has no delivery {', '.join(unknown)} in the ledger. Pull it first.")
        work = work_folder(settings, sender_code)
        _empty(work)
        remove_temporary(settings.ledger / sender_code)
        with _database(settings, work) as database:
            hand_over_key(database, read_secret(settings))
            run = _Run(settings, contracts, work, sender, database)
            return _load_all(run, records, asked, afresh)


def _load_all(run: _Run, records: dict[str, Record], asked: list[str], afresh: bool) -> list[Record]:
    """Load the deliveries asked for, and those that were refused for want of one of them; returns their records."""
    done: list[str] = []
    waiting = asked
    depths = {one: _depth(record, run) for one, record in records.items()}
    while waiting:
        delivery_id = min(waiting, key=lambda one: (depths[one], records[one].order))
        waiting = [one for one in waiting if one != delivery_id]
        done.append(delivery_id)
        if records[delivery_id].outcome in {"loaded", "unchanged"} and not afresh:
            continue
        records[delivery_id] = _load(run, records[delivery_id], list(records.values()), afresh)
        again = _refused_for_want_of(records[delivery_id], list(records.values()), run)
        waiting += [one for one in again if one not in waiting and one not in done]
    return [records[one] for one in done]


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _referred(contract: Contract) -> set[str]:
    """The files of its source that a contract's rows are judged by."""
    files = {column.refers.file for column in contract.kept().values() if column.refers}
    return files | ({contract.calendar.file} if contract.calendar else set())


def _depth(record: Record, run: _Run) -> int:
    """How long the longest chain of files is that the delivery's rows are judged by: those at its end come first."""
    contracts = {contract.file: contract for contract in run.own(record.source)}
    claimed = claiming(contracts.values(), record.name)
    depth, behind = 0, _referred(claimed) if claimed else set()
    while behind and depth < len(contracts):
        depth += 1
        behind = {further for file in behind for further in _referred(contracts[file])}
    return depth


def _refused_for_want_of(loaded: Record, records: list[Record], run: _Run) -> list[str]:
    """The refused deliveries of files that refer to the one just loaded."""
    if loaded.outcome != "loaded":
        return []
    files = {contract.file for contract in run.own(loaded.source) if loaded.file in _referred(contract)}
    return [
        record.delivery_id
        for record in records
        if record.outcome == "refused" and record.source == loaded.source and record.file in files
    ]


def _load(run: _Run, record: Record, history: list[Record], afresh: bool) -> Record:
    """Load one delivery, write its record and say so in one line of the log."""
    others = [other for other in history if other.delivery_id != record.delivery_id]
    blank = record.model_copy(
        update={"rows_in": 0, "rows_loaded": 0, "rows_rejected": 0, "rows_unmapped": 0, "periods": (), "message": None}
    )
    try:
        result = (None if afresh else _unchanged(blank, others)) or _load_rows(run, blank, others)
    except RefusedError as refusal:
        result = _with(
            blank,
            file=refusal.file or blank.file,
            outcome="refused",
            rows_in=refusal.rows_in,
            rows_rejected=refusal.rows_in,
            message=refusal.message,
        )
    finally:
        _empty(run.work)
    result = _with(result, loaded_at=datetime.now(tz=UTC))
    write_record(run.settings, result)
    log.log(
        logging.WARNING if result.outcome == "refused" else logging.INFO,
        "%s %s/%s %s: %s, %d rows in, %d loaded, %d rejected, %d unmapped%s",
        result.sender,
        result.source,
        result.file or "?",
        result.name,
        result.outcome,
        result.rows_in,
        result.rows_loaded,
        result.rows_rejected,
        result.rows_unmapped,
        f". {result.message}" if result.message else "",
    )
    return result


def _with(record: Record, **changes: object) -> Record:
    """The record with changes, checked as a new one."""
    return Record.model_validate({**record.model_dump(), **changes})


def _unchanged(record: Record, others: list[Record]) -> Record | None:
    """The record as unchanged, where the lake already has these very bytes for every period that they cover."""
    for other in others:
        same = (other.source, other.digest, other.school_year_hint) == (
            record.source,
            record.digest,
            record.school_year_hint,
        )
        # a workbook holds several tables, and comes under a name for each of them
        of_another_table = record.file is not None and other.file != record.file
        if not same or of_another_table or other.outcome not in {"loaded", "unchanged"} or not other.periods:
            continue
        holding = [holder(others, other.source, other.file, period) for period in other.periods]
        if all(one is not None and one.digest == record.digest for one in holding):
            return _with(record, file=other.file, outcome="unchanged", periods=other.periods)
    return None


def _database(settings: Settings, work: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into the private work folder and fetches nothing from anywhere.

    One for all deliveries of a sender: to open one takes longer than to load most files. Without a limit of its own
    it takes at most its share of the four fifths of the machine's memory that DuckDB would take alone.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(work / "spill"),
        "threads": 1,
        # a join looks up what is written on its right, so the rows of a delivery go by in their order
        "disabled_optimizers": "build_side_probe_side",
    }
    config["memory_limit"] = os.environ.get(MEMORY, "").strip() or f"{80 // settings.senders}%"
    return duckdb.connect(config=config)


@contextmanager
def _connection(run: _Run, size: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one delivery of so many bytes, which leaves nothing behind in the database."""
    with run.database.cursor() as connection:
        connection.execute("set enable_progress_bar = false")
        if size > LARGE:
            connection.execute("reset threads")
        try:
            yield connection
        finally:
            forget(connection)
            if size > LARGE:
                connection.execute("set threads = 1")


def _load_rows(run: _Run, record: Record, others: list[Record]) -> Record:
    """Read, judge and write the delivery's rows; raises RefusedError where nothing of it may be used."""
    own = run.own(record.source)
    landed = landed_path(run.settings, record.digest)
    if not landed.exists():
        raise RefusedError("Its bytes are no longer in the landing. Send the file again.")
    opened = open_landed(landed, record.name, own, run.work)
    contract, prepared = opened.contract, opened.prepared
    with _connection(run, prepared.path.stat().st_size) as connection:
        task = _Task(run, contract, _with(record, file=contract.file), others, connection)
        try:
            return _load_prepared(task, prepared)
        except RefusedError as refusal:
            raise RefusedError(refusal.message, refusal.rows_in, contract.file) from refusal
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            # their messages repeat values
            raise IngestionError(
                f"{task.what}: {type(error).__name__} while loading. The delivery stays received and nothing of it is "
                "in the lake. This is a fault of the loader: please report it."
            ) from None


def _load_prepared(task: _Task, prepared: Prepared) -> Record:
    connection, contract, record = task.connection, task.contract, task.record
    rows_in = _make_rows(task, prepared)
    periods = covered_periods(connection, contract)
    later = {period: holder(task.others, contract.source, contract.file, period) for period in periods}
    superseded = [period for period, one in later.items() if one is not None and one.order > record.order]
    begin_aside(connection)
    set_aside = set_later_aside(connection, contract, superseded)
    if isinstance(task.run.sender, Lea):
        set_aside += set_strangers_aside(connection, contract, task.run.sender.schools)
    try:
        good, unmapped = _judge(task, rows_in - set_aside, set_aside, superseded)
    except RefusedError as refusal:
        write_rejects(connection, task.run.settings, record)
        raise RefusedError(refusal.message, rows_in) from refusal
    sender = task.run.sender
    remark_overlaps(connection, contract, isinstance(sender, Lea) and sender.leave_date == "day_after")
    write = [period for period in periods if period not in superseded]
    try:
        _refuse_a_shrunken(task, write)
    except RefusedError as refusal:
        raise RefusedError(refusal.message, rows_in) from refusal
    loaded = write_periods(connection, task.run.settings, contract, record, write)
    has_faults = write_rejects(connection, task.run.settings, record)
    listed = rejected_rows(connection) if has_faults else 0
    if loaded != good or rows_in != loaded + listed:
        raise IngestionError(
            f"{task.what}: {rows_in} rows came in, {good} were good, {loaded} were written and {listed} rejected. "
            "The delivery stays received. This is a fault of the loader: please report it."
        )
    return _with(
        record,
        outcome="loaded",
        periods=periods,
        rows_in=rows_in,
        rows_loaded=loaded,
        rows_rejected=listed,
        rows_unmapped=unmapped,
        message=_left_out(faults_by_reason(connection) if has_faults else [], superseded),
    )


def _judge(task: _Task, rows: int, set_aside: int, superseded: list[str]) -> tuple[int, int]:
    """Decide whether the delivery may be loaded; returns its good rows, and how many of them have an unexplained code.

    rows: the rows that came in, those set aside left out. Raises RefusedError where it may not.
    """
    rejected = rows_against_limit(task.connection, task.contract)
    if rejected > task.contract.rejects.limit * rows:
        raise RefusedError(_too_many(task, rejected, rows))
    if set_aside:
        list_rows_set_aside(task.connection)
    good = count(task.connection, "select count(*) from judged")
    if good == 0 and superseded:
        raise RefusedError(
            f"Its rows are of periods of which a later delivery is already loaded: {', '.join(superseded)}. "
            "Nothing needs to be done."
        )
    if good == 0 and set_aside:
        raise RefusedError(f"None of its rows is of a school that the registry knows. {ADD_SCHOOLS}")
    if good == 0:
        raise RefusedError("None of its rows can be used. Send the file again.")
    return good, sum(_unmapped(task, column, good) for column in task.contract.kept().values() if column.refers)


def _refuse_a_shrunken(task: _Task, periods: list[str]) -> None:
    """Raise RefusedError where a period would lose more than half its rows: a file cut off, or one wrong date."""
    source = task.run.sender.sends.get(task.contract.source)
    if source is not None and source.accept_smaller:
        return
    folder = lake_folder(task.run.settings, task.contract, task.record.sender)
    held = {period: rows_of(task.connection, folder / f"{period}.parquet") for period in periods}
    guarded = [period for period in periods if held[period] >= FEWEST_GUARDED]
    for period, new in rows_by_period(task.connection, task.contract, guarded).items():
        if new < held[period] * SMALLEST_SHARE:
            raise RefusedError(
                f"It has {new:,} rows of {period}, where the last delivery had {held[period]:,}: was it cut off, or is "
                f"a date wrong? A delivery replaces all of {period}. If it is right, set accept_smaller: true for "
                f"{task.contract.source} of this sender in config/, then: attendance load --again. Then take it out."
            )


def _make_rows(task: _Task, prepared: Prepared) -> int:
    """Make tables ``typed`` and ``faults`` of the delivery; returns how many rows came in."""
    connection, contract, hint = task.connection, task.contract, task.record.school_year_hint
    if contract.school_year == "folder" and hint is None:
        raise RefusedError(
            f"{contract.label} tells its school year by its folder, and this one arrived in none. "
            "Its folder in the registry needs {school_year} in it."
        )
    hint_start = None if hint is None else start_year(hint)
    delivered = Delivered(task.record.sender, task.record.sent_at.astimezone(UTC).date(), hint_start)
    header, rows_in = _read_straight(task, prepared, delivered) or _read_lines(task, prepared, delivered)
    if contract.versions and contract.format.header and hint is None:
        for period in covered_periods(connection, contract)[-1:]:
            layout_by_header(contract, header, school_year_of(period_start(contract, period)), rows_in)
    _hold_to_calendar(task)
    reject_repeated_keys(connection, contract)
    return rows_in


def _read_straight(task: _Task, prepared: Prepared, delivered: Delivered) -> tuple[list[str], int] | None:
    """Make ``typed`` and ``faults`` the short way; returns the header and the rows, None where the way is not open."""
    contract = task.contract
    header = header_names(first_line(prepared.path), contract.format) if contract.format.header else []
    if not goes_straight(contract, prepared, header):
        return None
    try:
        layout = layout_by_header(contract, header, task.record.school_year_hint, 0)
    except RefusedError:
        return None  # the long way says so, with the number of rows
    rows_in = read_straight(task.connection, contract, prepared, layout, delivered)
    return (header, rows_in) if rows_in else None


def _read_lines(task: _Task, prepared: Prepared, delivered: Delivered) -> tuple[list[str], int]:
    """Make ``typed`` and ``faults`` line by line; returns the header, if there is one, and the rows."""
    connection, contract = task.connection, task.contract
    read_lines(connection, prepared)
    line, text = first_text(connection)
    has_quotes = contract.format.quotes and prepared.has_quotes
    header = header_names(text, contract.format) if contract.format.header else []
    after = line if contract.format.header else 0
    rows_in = make_records(connection, contract.format, has_quotes, after, len(header))
    if header:
        layout = layout_by_header(contract, header, task.record.school_year_hint, rows_in)
    else:
        layout = layout_by_order(contract)
    if rows_in == 0:
        raise RefusedError("The file has a header and no rows. Send it again with its rows.")
    fields = fields_sql(contract.format, has_quotes)
    make_typed(connection, contract, typing_of(contract, layout, fields, delivered), "records")
    return header, rows_in


def _hold_to_calendar(task: _Task) -> None:
    """Reject rows outside the calendar that the sender's own file gave their school; unchecked while there is none."""
    if task.contract.calendar is None:
        return
    calendar = next(one for one in task.run.own(task.contract.source) if one.file == task.contract.calendar.file)
    folder = lake_folder(task.run.settings, calendar, task.record.sender)
    reject_outside_calendar(task.connection, task.contract, calendar, sorted(folder.glob("[0-9]*.parquet")))


def _unmapped(task: _Task, column: Column, good: int) -> int:
    """How many good rows have an unexplained code; raises RefusedError where nothing explains them, or too many."""
    if column.refers is None:
        return 0
    refers = column.refers
    other = next(one for one in task.run.own(task.contract.source) if one.file == refers.file)
    folder = lake_folder(task.run.settings, other, task.record.sender)
    paths = {year: folder / f"{year}.parquet" for year in years_with_codes(task.connection, column)}
    if silent := ", ".join(year for year, path in paths.items() if rows_of(task.connection, path) == 0):
        raise RefusedError(
            f"Nothing explains the codes of {silent}: there is no {other.label} of this sender for that school year. "
            f"Send {other.known_as} of {silent}; this file is then tried again by itself."
        )
    unmapped = count_unmapped(task.connection, task.contract, other, column, list(paths.values()))
    if unmapped > refers.limit * good:
        raise RefusedError(
            f"{unmapped:,} of {good:,} rows ({unmapped / good:.1%}) have a code that {other.label} does not explain, "
            f"above the limit of {_percent(refers.limit)}. Send {other.known_as} with all codes of the year; "
            "this file is then tried again by itself."
        )
    return unmapped


def _percent(share: Decimal) -> str:
    return f"{float(share) * 100:g} %"


def _told(fault: Fault) -> str:
    where = f"{fault.column} " if fault.column else ""
    return f"{fault.rows:,} times {where}{fault.reason}, first on line {fault.first_line}"


def _too_many(task: _Task, rejected: int, rows: int) -> str:
    """What is wrong with a delivery of which too many rows are rejected: the commonest reasons, with a line each."""
    faults = faults_by_reason(task.connection)
    more = f"; and {len(faults) - 3} more reasons" if len(faults) > 3 else ""
    return (
        f"{rejected:,} of {rows:,} rows ({rejected / rows:.1%}) are rejected, above the limit of "
        f"{_percent(task.contract.rejects.limit)}: {'; '.join(map(_told, faults[:3]))}{more}. "
        "Mend them and send the file again."
    )


def _left_out(listed: list[Fault], superseded: list[str]) -> str | None:
    """What a loaded delivery's sender should know; None where every row was loaded."""
    parts = []
    if superseded:
        parts.append(f"A later delivery of {', '.join(superseded)} is already loaded, so those rows were left out.")
    faults = [fault for fault in listed if fault.is_rejected and not fault.reason.startswith(LATER)]
    if strangers := sum(fault.rows for fault in faults if fault.reason == STRANGER):
        parts.append(f"{strangers:,} rows are of schools that the registry does not know. {ADD_SCHOOLS}")
    if others := [fault for fault in faults if fault.reason != STRANGER]:
        parts.append(f"Rejected most often: {_told(others[0])}.")
    if remarks := [fault for fault in listed if not fault.is_rejected]:
        parts.append(f"Loaded, but to be mended: {'; '.join(map(_told, remarks))}. Each day counts once.")
    return " ".join(parts) or None
