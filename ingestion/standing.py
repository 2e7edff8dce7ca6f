"""What each delivery of a sender still is: its rows in use, replaced since, refused and not yet replaced, waiting."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from ingestion.contract import school_year_of, start_year
from ingestion.ledger import Record, holder

# in_use:   the lake has its rows of at least one period
# replaced: later deliveries cover all that it covers; or it was refused, and has been sent again since
# repeats:  its bytes are those of an earlier delivery
# refused:  nothing of it is used, and nothing has come in its place
# waiting:  received and not loaded yet
Standing: TypeAlias = Literal["in_use", "replaced", "repeats", "refused", "waiting"]

SENT = re.compile(r"[_. -]?(?<!\d)\d{8}$")
MONTH = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])(?!\d)")
YEAR = re.compile(r"(?<!\d)20\d\d-\d\d(?!\d)")
ENDINGS = re.compile(r"(\.[A-Za-z][A-Za-z0-9]{0,4})+$")


def stem(record: Record) -> str:
    """The delivery's name without its endings and the date of its sending: what a file that is sent again keeps."""
    return SENT.sub("", ENDINGS.sub("", record.name))


def told_period(record: Record) -> str | None:
    """The month or school year that the delivery's name or folder tells; None where it tells neither."""
    name = stem(record).rpartition("/")[2]
    for found in YEAR.finditer(name):
        try:
            return school_year_of(start_year(found[0]))
        except ValueError:
            continue  # 2023-10 is a month
    if month := MONTH.search(name):
        return f"{month[1]}-{month[2]}"
    return record.school_year_hint


def _is_year(period: str) -> bool:
    try:
        start_year(period)
    except ValueError:
        return False
    return True


def _year_of(period: str) -> str:
    """The school year of a period: 2023-24 of itself and of the month 2023-10."""
    if _is_year(period):
        return period
    year, month = int(period[:4]), int(period[5:7])
    return school_year_of(year if month >= 7 else year - 1)


def _covers(loaded: Record, period: str | None) -> bool:
    if period is None or period in loaded.periods:
        return True
    return any(_year_of(other) == period or other == _year_of(period) for other in loaded.periods)


def _replaces(later: Record, refused: Record) -> bool:
    """Whether a delivery that came after a refused one stands in its place: the same file again, or the same period."""
    if later.order <= refused.order or later.source != refused.source or later.outcome == "received":
        return False
    if stem(later) == stem(refused):
        return True
    return (
        later.outcome in {"loaded", "unchanged"}
        and refused.file is not None
        and later.file == refused.file
        and _covers(later, told_period(refused))
    )


def _original(record: Record, records: Sequence[Record]) -> Record:
    """The delivery whose rows the lake has where ``record`` repeats its bytes; else itself."""
    if record.outcome != "unchanged":
        return record
    same = [
        other
        for other in records
        if (other.source, other.file, other.digest, other.school_year_hint, other.outcome)
        == (record.source, record.file, record.digest, record.school_year_hint, "loaded")
    ]
    return max(same, key=lambda other: other.order, default=record)


def standings(records: Sequence[Record]) -> dict[str, Standing]:
    """The standing of each delivery of one sender, by its identifier."""
    covered = {
        (record.source, record.file, period)
        for record in records
        if record.outcome in {"loaded", "unchanged"}
        for period in record.periods
    }
    holders = [one for one in (holder(records, *place) for place in covered) if one is not None]
    used = {_original(one, records).delivery_id for one in holders}
    return {record.delivery_id: _standing(record, records, used) for record in records}


def _standing(record: Record, records: Sequence[Record], used: set[str]) -> Standing:
    match record.outcome:
        case "received":
            return "waiting"
        case "refused":
            return "replaced" if any(_replaces(other, record) for other in records) else "refused"
        case _ if record.delivery_id in used:
            return "in_use"
        case "unchanged":
            return "repeats"
        case _:
            return "replaced"
