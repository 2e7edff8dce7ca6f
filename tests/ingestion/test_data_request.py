"""What a district is asked to send: always as the contracts are, and told in words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from attendance.cli import app
from attendance.markdown import stale
from attendance.settings import PROJECT, Settings, read_settings
from ingestion.contract import Column, claiming, read_contracts
from ingestion.data_request import (
    DOCUMENTS,
    REWRITE,
    DataRequestError,
    documents,
    looks_like,
    means_in_words,
    read_words,
    render_lea,
    render_source,
    rules_in_words,
    sample_name,
    sources,
    write_documents,
)
from ingestion.registry import S3, Delivery, Outbox, Registry, Sftp, read_registry

CONTRACTS = {contract.label: contract for contract in read_contracts()}


@pytest.fixture
def settings() -> Settings:
    """The project's own places."""
    return replace(read_settings(), project=PROJECT, config=PROJECT / "config")


@pytest.fixture
def registry(settings: Settings) -> Registry:
    """The project's own registry."""
    return read_registry(settings.config)


def sending(registry: Registry, code: str, **sends: Delivery) -> Registry:
    """The registry with other deliveries of one LEA."""
    leas = tuple(lea.model_copy(update={"sends": sends}) if lea.code == code else lea for lea in registry.leas)
    return registry.model_copy(update={"leas": leas})


# ---- in step ----


def test_the_documents_are_as_the_contracts_are(settings: Settings) -> None:
    there = (PROJECT / DOCUMENTS).glob("*.md")
    assert stale(PROJECT, documents(settings), there) == [], (
        f"A contract has changed and its document has not. Run: {REWRITE}"
    )


def test_the_documents_are_rewritten_where_they_differ_and_nowhere_else(settings: Settings, tmp_path: Path) -> None:
    elsewhere = replace(settings, project=tmp_path)
    (tmp_path / "seeds").symlink_to(PROJECT / "seeds")
    first = write_documents(elsewhere)
    assert {path.name for path in first} == {"README.md", *(f"{source}.md" for source in sources())}
    (tmp_path / DOCUMENTS / "aeries.md").write_text("changed by hand")
    (tmp_path / DOCUMENTS / "punched_cards.md").write_text("a system that is no more")
    assert {path.name for path in write_documents(elsewhere)} == {"aeries.md", "punched_cards.md"}
    assert write_documents(elsewhere) == []
    assert not (tmp_path / DOCUMENTS / "punched_cards.md").exists()


def test_every_source_says_what_it_asks_and_why() -> None:
    assert set(read_words()) == set(sources()) == {contract.source for contract in read_contracts()}


# ---- what stands in one ----


@pytest.mark.parametrize("source", sources())
def test_a_request_names_every_file_column_and_code_of_its_contracts(settings: Settings, source: str) -> None:
    text = render_source(settings, source)
    for contract in (one for one in CONTRACTS.values() if one.source == source):
        assert f"### {contract.file.replace('_', ' ')}\n" in text
        for name, column in contract.layout(None).items():
            (row,) = {
                line
                for line in text.partition(f"### {contract.file.replace('_', ' ')}\n")[2]
                .partition("\n### ")[0]
                .splitlines()
                if re.search(rf"\| `{re.escape(name)}`( \(or [^|]*\))? \|", line)
            }
            assert all(f"`{code}`" in row for code in column.allowed or () if code), row
            assert ("**dropped at the door**" in row) == column.private
            assert ("only as a keyed hash" in row) == (column.pseudonym is not None)
            assert ("| always |" in row) == column.required


@pytest.mark.parametrize("source", sources())
def test_every_table_of_a_request_is_one(settings: Settings, source: str) -> None:
    """A bar inside a cell, or a line break, would break the table where a data person reads it."""
    rows: list[str] = []
    for line in [*render_source(settings, source).splitlines(), ""]:
        if line.startswith("|"):
            rows.append(line)
            continue
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(widths) <= 1, rows
        rows = []


@pytest.mark.parametrize("label", [label for label, one in CONTRACTS.items() if one.globs])
def test_the_name_that_a_request_suggests_is_one_that_the_contract_knows(label: str) -> None:
    contract = CONTRACTS[label]
    own = [one for one in CONTRACTS.values() if one.source == contract.source]
    for kind in contract.format.kinds:
        name = sample_name(contract, kind)
        assert claiming(own, name) is contract, name
        assert "*" not in name


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\d{7}", "7 digits"),
        (r"\d{1,5}|\d{7}|\d{14}", "up to 5 digits or 7 digits or 14 digits"),
        (r"\S{1,60}", "up to 60 characters, no space"),
        ("[a-z]{3}", "3 small letters"),
        (r"[A-Z]\d{3}", r"looks like `[A-Z]\d{3}`"),
    ],
)
def test_a_plain_pattern_is_told_in_words(pattern: str, words: str) -> None:
    assert looks_like(pattern) == words


def test_each_rule_of_a_column_is_told() -> None:
    column = Column.model_validate(
        {
            "is": "a_date",
            "type": "date",
            "within": "school_year",
            "not_before": "ENTERED",
            "past": True,
            "nulls": ["*"],
            "school": "code",
        }
    )
    assert rules_in_words(column) == [
        "one of your schools",
        "a day of the school year of its folder",
        "not before `ENTERED`",
        "not in the future",
        "`*` is read as blank",
    ]


def test_what_nobody_explained_is_told_by_its_name_in_the_lake() -> None:
    def told(name: str, **column: object) -> str:
        return means_in_words(name, Column.model_validate(column))

    assert told("SN", **{"is": "student_number_key", "pseudonym": "lea"}) == "student number"
    assert told("Exit Date", **{"is": "exit_date"}) == ""
    assert told("SN", **{"is": "student_number_key", "means": "its number"}) == "its number"
    assert told("NOTE", private=True) == ""


# ---- for one LEA ----


def test_an_lea_is_asked_for_its_own_systems_schools_and_folders_only(settings: Settings, registry: Registry) -> None:
    text = render_lea(settings, registry, "1999001")
    assert text.startswith("# Data request: Alder Unified\n")
    assert "in a folder per school year, such as `1999001/aeries/2023-24`" in text
    assert "leave date of your student system as the last day expected" in text
    assert "| Alder Middle | 9910201 | 201 | by period, 6 a day |" in text
    assert "Cedar" not in text
    titles = set(re.findall(r"^## (.+), file by file$", text, re.MULTILINE))
    assert titles == {"Aeries", "CALPADS", "Goals", "Interventions"}


def test_an_lea_may_be_asked_for_one_system(settings: Settings, registry: Registry) -> None:
    text = render_lea(settings, registry, "1999001", "interventions")
    assert re.findall(r"^## (.+), file by file$", text, re.MULTILINE) == ["Interventions"]


@pytest.mark.parametrize(
    ("code", "system", "told"),
    [
        ("1999001", "synergy", r"Alder Unified \(1999001\) does not send synergy; it sends aeries"),
        ("00", None, "not an LEA"),
        ("7777777", None, "No sender 7777777"),
    ],
)
def test_a_request_that_cannot_be_made_says_why(
    settings: Settings, registry: Registry, code: str, system: str | None, told: str
) -> None:
    with pytest.raises(Exception, match=told):
        render_lea(settings, registry, code, system)


def test_a_request_says_where_files_lie_and_never_with_which_login(settings: Settings, registry: Registry) -> None:
    key = "ssh-ed25519 AAAAinvented"
    registry = sending(
        registry,
        "1999002",
        aeries=Delivery(sftp=Sftp(host="sftp.example.org", port=2222, path="out", host_key=key, connection="hush_one")),
        calpads=Delivery(s3=S3(bucket="birch", prefix="calpads", connection="hush_two")),
    )
    lea = registry.sender("1999002").model_copy(update={"outbox": Outbox(folder="1999002/outbox")})
    registry = registry.model_copy(
        update={"leas": tuple(lea if one.code == lea.code else one for one in registry.leas)}
    )
    text = render_lea(settings, registry, "1999002")
    assert "on the SFTP server sftp.example.org, port 2222, in `out`" in text
    assert "in the bucket `birch`, under `calpads`" in text
    assert "in `1999002/outbox`" in text
    assert "hush" not in text
    assert "AAAAinvented" not in text


# ---- the command ----


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    """Run the command; returns its exit code, what it printed and what it raised."""
    result = CliRunner().invoke(app, ["data-request", *arguments])
    return result.exit_code, result.output, result.exception


def test_the_command_prints_a_request_or_writes_it(tmp_path: Path) -> None:
    code, printed, _ = run("--system", "goals")
    assert code == 0
    assert printed.startswith("# Data request: Goals")
    code, _, _ = run("--system", "goals", "--out", str(tmp_path / "goals.md"))
    assert code == 0
    assert (tmp_path / "goals.md").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize(
    ("arguments", "told"), [((), "Say for whom: --lea CODE"), (("--system", "ledger"), "no data request for ledger")]
)
def test_the_command_says_what_it_needs(arguments: tuple[str, ...], told: str) -> None:
    _, _, error = run(*arguments)
    assert isinstance(error, DataRequestError)
    assert told in str(error)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--all", "--system", "goals"), "leave the other options out"),
        (("--system", "goals", "--out", "no such folder/goals.md"), "is not a folder"),
    ],
)
def test_the_command_refuses_options_that_cannot_be_meant(arguments: tuple[str, ...], told: str) -> None:
    code, printed, _ = run(*arguments)
    assert code == 2
    assert told in " ".join(re.sub("[│╭╮╰╯─]", " ", printed).split())
