"""Have a stretch of time again: ask the senders for it anew, and load over it what the lake has of it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from attendance.settings import Settings
from ingestion.contract import Contract, read_contracts, start_year
from ingestion.durable import only_one
from ingestion.errors import IngestionError
from ingestion.landing import landed_path
from ingestion.ledger import Record, holder, read_records_of
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.registry import KINDS, Registry, Sender
from ingestion.transports.credentials import Lookup, credentials_from_environment


class BackfillError(IngestionError):
    """What was asked for cannot be: the message says what can."""


def _date(text: str, which: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BackfillError(f"{which} is {text!r}: write a date like 2023-10-05.") from error


@dataclass(frozen=True)
class Backfill:
    """What is to be had again.

    source:      a source of the registry, such as aeries
    lea:         the sender's code; none for every sender of that source
    first, last: school days, both included
    """

    source: str
    lea: str | None
    first: date
    last: date

    @classmethod
    def of(cls, source: str | None, lea: str | None, first: str | None, last: str | None) -> Backfill:
        """From what somebody typed; raises BackfillError where something is missing or no date."""
        if not source or not first or not last:
            raise BackfillError("A backfill needs source, from and to, such as aeries, 2023-08-01 and 2023-10-31.")
        known = [name for sources in KINDS.values() for name in sources]
        if source not in known:
            raise BackfillError(f"No source {source}. Known are {', '.join(known)}.")
        asked = cls(source, lea or None, _date(first, "from"), _date(last, "to"))
        if asked.last < asked.first:
            raise BackfillError(f"It ends on {asked.last}, before it begins on {asked.first}. Swap from and to.")
        return asked

    @property
    def kind(self) -> str:
        """The kind of the source, a key of ``KINDS``."""
        return next(kind for kind, sources in KINDS.items() if self.source in sources)

    def senders(self, registry: Registry, kind: str) -> tuple[Sender, ...]:
        """Those of that kind that it is about; raises BackfillError where one that it names sends no such source."""
        if kind != self.kind:
            raise BackfillError(f"{self.source} is not among {', '.join(KINDS[kind])}: it belongs to {self.kind}.")
        sending = tuple(sender for sender in registry.sending(kind) if self.source in sender.sends)
        if self.lea is None:
            return sending
        named = registry.sender(self.lea)
        if named not in sending:
            others = ", ".join(f"{sender.code} ({sender.name})" for sender in sending) or "nobody"
            raise BackfillError(f"{named.name} ({named.code}) sends no {self.source}. Those who do: {others}.")
        return (named,)

    def covers(self, contract: Contract, period: str) -> bool:
        """Whether it touches a period of that file: a school year (2023-24) or a month (2023-10)."""
        if contract.replaces == "school_year":
            start = start_year(period)
            return self._meets(date(start, 7, 1), date(start + 1, 6, 30))
        year, month = int(period[:4]), int(period[5:7])
        return self._meets(date(year, month, 1), date(year, month, monthrange(year, month)[1]))

    def _meets(self, first: date, last: date) -> bool:
        return self.first <= last and self.last >= first


def _held(records: list[Record], asked: Backfill, contracts: tuple[Contract, ...]) -> list[Record]:
    """The deliveries whose rows the lake has of that source and stretch of time."""
    own = {contract.file: contract for contract in contracts if contract.source == asked.source}
    covered = {
        (record.file, period)
        for record in records
        if record.source == asked.source and record.file in own
        for period in record.periods
        if asked.covers(own[record.file], period)
    }
    found = [holder(records, asked.source, file, period) for file, period in covered]
    return sorted({one.delivery_id: one for one in found if one is not None}.values(), key=lambda record: record.order)


def find_again(
    settings: Settings,
    registry: Registry,
    sender_code: str,
    asked: Backfill,
    *,
    credentials: Lookup = credentials_from_environment,
    contracts: tuple[Contract, ...] | None = None,
) -> list[str]:
    """Ask the sender anew; returns the deliveries that are to be loaded: new ones, and those that the lake has now.

    Nothing is changed yet: lake and ledger keep what they have until it is written over. Raises BackfillError where
    there is nothing of that time, or where bytes are neither in the landing nor at the sender any more.
    """
    contracts = read_contracts() if contracts is None else contracts
    new = pull_new_files(
        settings,
        registry,
        sender_code,
        asked.kind,
        contracts,
        credentials=credentials,
        again=(asked.first, asked.last),
        source=asked.source,
    )
    with only_one(settings.home / "locks", sender_code):
        held = _held(read_records_of(settings, sender_code), asked, contracts)
        gone = [record.name for record in held if not landed_path(settings, record.digest).exists()]
        if gone:
            raise BackfillError(
                f"{sender_code}: {', '.join(gone)} can be had neither from the sender nor from the landing any more, "
                "which keeps bytes for ATTENDANCE_LANDING_DAYS. Ask the sender to put it there again."
            )
    if not new and not held:
        name = registry.sender(sender_code).name
        raise BackfillError(f"{name} ({sender_code}) has sent no {asked.source} from {asked.first} to {asked.last}.")
    return list(dict.fromkeys([*new, *(record.delivery_id for record in held)]))


def reload(settings: Settings, registry: Registry, delivery_ids: list[str]) -> list[Record]:
    """Load those deliveries although the lake may have their very bytes already; returns their records."""
    return load_landed(settings, registry, delivery_ids, afresh=True)
