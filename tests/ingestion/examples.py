"""The example files beside the contracts as somebody would send them: who does, where to, and in which ways."""

from __future__ import annotations

import csv
import io
import json
from typing import TypeVar

from openpyxl import Workbook

from attendance.settings import PROJECT
from ingestion.contract import DELIMITERS, Contract, read_contracts
from ingestion.data_request import example_of, example_rows, kind_of_example
from ingestion.registry import Delivery, Registry, Sender, read_registry
from tests.ingestion.county import LEA

SenderT = TypeVar("SenderT", bound=Sender)

# an example is text; of the programs' own formats only the sheet is cheap to make of it
WAYS = {"csv", "caret", "tab", "xlsx"}


def ways_of(contract: Contract) -> list[str]:
    """The ways in which a test sends the example: its own, and those into which it is easily turned."""
    if example_of(contract) is None:
        return []
    own = kind_of_example(contract)
    return [own, *(kind for kind in contract.format.kinds if kind != own and {kind, own} <= WAYS)]


def written_as(contract: Contract, kind: str) -> bytes:
    """The example's bytes in that way of writing."""
    path = example_of(contract)
    assert path is not None
    if kind == kind_of_example(contract):
        return path.read_bytes()
    rows = example_rows(contract)
    if kind == "xlsx":
        return _sheet(rows, (contract.format.sheets or "Sheet").replace("*", ""))
    if kind == "caret":
        return "".join("^".join(row) + "\r\n" for row in rows).encode()
    text = io.StringIO()
    csv.writer(text, delimiter=DELIMITERS[kind], lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _sheet(rows: list[list[str]], title: str) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rows_in(contract: Contract) -> int:
    """How many rows the example holds."""
    path = example_of(contract)
    assert path is not None, f"write {contract.path.removesuffix('.yml')}.example.csv"
    if kind_of_example(contract) != "json":
        return len([row for row in example_rows(contract) if row]) - (1 if contract.format.header else 0)
    told = json.loads(path.read_text(encoding="utf-8"))
    listed = told if isinstance(told, list) else next(value for value in told.values() if isinstance(value, list))
    explode = contract.format.explode
    return sum(len(item[explode]) for item in listed) if explode else len(listed)


def only_sending(source: str) -> Registry:
    """The project's own registry, in which one sender sends one source and nobody anything else.

    The state and the county office send what they send there; whatever else, Alder does.
    """
    registry = read_registry(PROJECT / "config")
    county, state = registry.county, registry.state
    code = next((sender.code for sender in (state, county) if source in sender.sends), LEA)
    return registry.model_copy(
        update={
            "state": _sending(state, code, source),
            "county": _sending(county, code, source),
            "leas": tuple(_sending(lea, code, source) for lea in registry.leas),
        }
    )


def _sending(sender: SenderT, code: str, source: str) -> SenderT:
    sends = {source: Delivery(folder=folder_of(code, source))} if sender.code == code else {}
    return sender.model_copy(update={"sends": sends})


def folder_of(sender: str, source: str) -> str:
    """Where the sender's files arrive: by school year where a file of the source does not tell its own."""
    by_year = any(contract.school_year == "folder" for contract in read_contracts() if contract.source == source)
    return f"{sender}/{source}/{{school_year}}" if by_year else f"{sender}/{source}"


def sender_of(registry: Registry, source: str) -> Sender:
    """Who sends the source."""
    return next(sender for sender in registry.senders() if source in sender.sends)


def with_referred(contract: Contract) -> list[Contract]:
    """The contract and the files that explain it, those first."""
    own = {one.file: one for one in read_contracts() if one.source == contract.source}
    files = [column.refers.file for column in contract.kept().values() if column.refers]
    files += [contract.calendar.file] if contract.calendar else []
    needed = {one.file: one for file in dict.fromkeys(files) for one in with_referred(own[file])}
    return [*needed.values(), contract]
