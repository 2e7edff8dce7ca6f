"""How the tests of damage begin and end: good data is served, then a damaged file comes."""

from __future__ import annotations

import pytest

from ingestion.contract import Contract
from ingestion.ledger import Record
from tests.ingestion.county import AERIES, ATT, LEA, STU, County, absences, csv, student

PRIVATE = ("Planted", "81000000", "8100000")  # names, streets and state identifiers of the county's students


def serving(county: County) -> dict[str, str]:
    """A county whose codes, students and attendance are in the lake; returns the digests of their files."""
    county.send_codes()
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(number) for number in range(1, 201)]))
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200)))
    assert {record.outcome for record in county.run()} == {"loaded"}
    return lake_only(county)


def lake_only(county: County) -> dict[str, str]:
    """The digests of what the lake serves."""
    return {path: digest for path, digest in county.lake_digests().items() if path.startswith("lake")}


def refused(
    county: County,
    caplog: pytest.LogCaptureFixture,
    path: str,
    content: str | bytes,
    *,
    kind: str = "sis",
    sender: str = LEA,
    contracts: tuple[Contract, ...] | None = None,
) -> Record:
    """Send a damaged file: it is refused, the log names LEA and file, nothing private is told, the lake is the same."""
    before = lake_only(county)
    county.send(path, content)
    caplog.clear()
    with caplog.at_level("INFO"):
        record = county.run_one(kind, sender, contracts)
    assert record.outcome == "refused", record
    assert (record.rows_in, record.rows_loaded) == (record.rows_rejected, 0)
    told = f"{record.message} {caplog.text}"
    assert f"{sender} " in caplog.text
    assert path.rpartition("/")[2] in caplog.text
    assert [private for private in PRIVATE if private in told] == []
    assert str(record.message) in caplog.text
    assert lake_only(county) == before
    return record


def said(record: Record) -> str:
    """What the record tells its sender."""
    return str(record.message)
