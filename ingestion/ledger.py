"""The ledger: one JSON record per delivery, written whole. What became of each received file, refusals included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, ValidationError, model_validator

from attendance.settings import Settings
from ingestion.durable import write_whole
from ingestion.errors import IngestionError


class LedgerError(IngestionError):
    """A ledger record cannot be read; the message names the file and what to do."""


class Record(BaseModel):
    """One delivery: one received file, and what became of it.

    delivery_id:      first 16 hex digits of the SHA-256 of sender, source, name, sent_at and digest
    file:             the contract's file, none while or because it is unknown
    name:             below the source's folder, the school year's folder included
    digest:           SHA-256 of the bytes as received, and their address in the landing
    school_year_hint: the folder's school year, such as 2023-24
    sent_at:          the date at the end of the name, else the file's modification time (UTC)
    outcome:          received (landed, not yet loaded), loaded, unchanged (its bytes are what the lake already
                      holds), refused (nothing of it was used)
    periods:          the school years or months that the delivery covers
    rows_in:          rows_loaded + rows_rejected, always
    rows_unmapped:    loaded rows with a code that the file which explains codes does not have
    message:          for people: why it was refused, or what was left out
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delivery_id: str
    sender: str
    source: str
    file: str | None
    name: str
    digest: str
    size_bytes: NonNegativeInt
    school_year_hint: str | None
    sent_at: AwareDatetime
    received_at: AwareDatetime
    loaded_at: AwareDatetime | None = None
    outcome: Literal["received", "loaded", "unchanged", "refused"] = "received"
    periods: tuple[str, ...] = ()
    rows_in: NonNegativeInt = 0
    rows_loaded: NonNegativeInt = 0
    rows_rejected: NonNegativeInt = 0
    rows_unmapped: NonNegativeInt = 0
    message: str | None = None

    @model_validator(mode="after")
    def _every_row_is_accounted_for(self) -> Record:
        if self.rows_in != self.rows_loaded + self.rows_rejected:
            raise ValueError(
                f"rows in {self.rows_in} are not loaded {self.rows_loaded} + rejected {self.rows_rejected}"
            )
        return self

    @property
    def order(self) -> tuple[datetime, str, datetime]:
        """Deliveries follow each other by when they were sent, then by name, then by when they were received."""
        return (self.sent_at, self.name, self.received_at)


def _path(settings: Settings, sender: str, delivery_id: str) -> Path:
    return settings.ledger / sender / f"{delivery_id}.json"


def write_record(settings: Settings, record: Record) -> None:
    """Write the record, over an earlier one of the same delivery."""
    path = _path(settings, record.sender, record.delivery_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (record.model_dump_json(indent=2) + "\n").encode())


def _read(path: Path) -> Record:
    try:
        record = Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['msg']}" for item in error.errors())
        raise LedgerError(
            f"Ledger record {path} is damaged ({problems}). The bytes it spoke of are still in the landing and in the "
            "sender's folder: remove this one file and run again, the delivery is then received anew."
        ) from error
    if (record.sender, record.delivery_id) != (path.parent.name, path.stem):
        raise LedgerError(
            f"Ledger record {path} speaks of delivery {record.delivery_id} of sender {record.sender}: "
            "it was moved or renamed. Put it back where it belongs."
        )
    return record


def read_records_of(settings: Settings, sender: str) -> list[Record]:
    """The sender's records in the order of their deliveries; raises LedgerError naming a damaged one."""
    return sorted((_read(path) for path in (settings.ledger / sender).glob("*.json")), key=lambda record: record.order)


def read_records(settings: Settings) -> list[Record]:
    """All records, by sender, then in the order of their deliveries; raises LedgerError naming a damaged one."""
    if not settings.ledger.is_dir():
        return []
    senders = sorted(folder.name for folder in settings.ledger.iterdir() if folder.is_dir())
    return [record for sender in senders for record in read_records_of(settings, sender)]


def find_senders(settings: Settings, delivery_ids: list[str]) -> dict[str, list[str]]:
    """The deliveries by their sender, in the order asked for; raises LedgerError for one that has no record."""
    found: dict[str, list[str]] = {}
    for delivery_id in delivery_ids:
        senders = [path.parent.name for path in settings.ledger.glob(f"*/{delivery_id}.json")]
        if not senders:
            raise LedgerError(f"No ledger record of delivery {delivery_id} below {settings.ledger}. Pull it first.")
        found.setdefault(senders[0], []).append(delivery_id)
    return found


def holder(records: Iterable[Record], source: str, file: str | None, period: str) -> Record | None:
    """The delivery whose rows the lake has for that period: the last of those that cover it; None where none does."""
    holding = [
        record
        for record in records
        if (record.source, record.file) == (source, file)
        and record.outcome in {"loaded", "unchanged"}
        and period in record.periods
    ]
    return max(holding, key=lambda record: record.order, default=None)
