"""The example beside each contract is loaded as a sender would send it: every row, no reject, no remark."""

from __future__ import annotations

from pathlib import Path

import pytest

from attendance.settings import Settings
from ingestion.contract import FOLDER, Contract, read_contracts
from ingestion.data_request import example_of, sample_name
from ingestion.ledger import Record
from ingestion.registry import KINDS
from tests.ingestion.county import SECRET, County
from tests.ingestion.examples import only_sending, rows_in, sender_of, ways_of, with_referred, written_as

CONTRACTS = {contract.label: contract for contract in read_contracts()}
EVERY_WAY = [(label, way) for label, contract in CONTRACTS.items() for way in ways_of(contract)]
YEAR = "2023-24"
SENT = "20240701"  # after every date of the examples


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Places of its own for each test."""
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    return Settings(
        home=tmp_path / "home",
        config=tmp_path / "config",
        extracts=tmp_path / "extracts",
        public=tmp_path / "public",
    )


def load(county: County, contract: Contract, way: str) -> Record:
    """Send the example with the files that explain it, load it; returns its record."""
    sender = sender_of(county.registry, contract.source)
    delivery = sender.sends[contract.source]
    kind = next(kind for kind, sources in KINDS.items() if contract.source in sources)
    name = ""
    for one in with_referred(contract):
        way_of_one = way if one is contract else ways_of(one)[0]
        name = sample_name(one, way_of_one, SENT)
        county.send(f"{delivery.folder.format(school_year=YEAR)}/{name}", written_as(one, way_of_one))
    outcomes = county.run(kind, sender.code)
    (record,) = [one for one in outcomes if one.name.rpartition("/")[2] == name]
    return record


@pytest.mark.parametrize("label", CONTRACTS)
def test_every_contract_has_an_example_of_three_rows_or_more(label: str) -> None:
    assert example_of(CONTRACTS[label]) is not None, f"write ingestion/contracts/{label}.example.csv"
    assert 3 <= rows_in(CONTRACTS[label]) <= 20


def test_every_example_has_a_contract() -> None:
    examples = {f"{path.parent.name}/{path.name.partition('.')[0]}" for path in FOLDER.glob("*/*.example.*")}
    assert len(examples) > 40
    assert examples <= set(CONTRACTS)


@pytest.mark.parametrize(("label", "way"), EVERY_WAY)
def test_an_example_is_loaded_whole_in_every_way_that_its_format_allows(
    settings: Settings, label: str, way: str
) -> None:
    contract = CONTRACTS[label]
    county = County(settings, only_sending(contract.source))
    record = load(county, contract, way)
    assert (record.outcome, record.message) == ("loaded", None)
    assert (record.file, county.rejects(record)) == (contract.file, [])
    assert (record.rows_in, record.rows_loaded, record.rows_rejected, record.rows_unmapped) == (
        rows_in(contract),
        rows_in(contract),
        0,
        0,
    )
