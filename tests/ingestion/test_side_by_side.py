"""Senders loaded side by side: the same lake as one after the other, each one's faults its own, stopped at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from attendance.settings import PROJECT, Settings
from attendance.steps import load_all
from ingestion.durable import only_one
from ingestion.errors import IngestionError
from ingestion.ledger import read_records
from tests.ingestion.county import ABS, ATT, SECRET, STU, County, absence_code, absences, caret, csv, stas, student

CODES = tuple(str(code) for code in range(1999001, 1999007))
AT_ONCE = 4


def register(county: County, codes: Sequence[str], most_schools: str = "") -> None:
    """Write the registry of those LEAs, each with school 101; one may have more schools than the others."""
    leas = county.settings.config / "leas"
    leas.mkdir(parents=True)
    top = {
        "county": {"code": "19", "name": "Invented County", "simulated": True},
        "state": {"code": "00", "name": "The State"},
    }
    (county.settings.config / "county.yml").write_text(yaml.safe_dump(top))
    for code in codes:
        schools = 1 if code != most_schools else 3
        lea = {
            "code": code,
            "name": f"District {code}",
            "sends": {"aeries": {"folder": f"{code}/aeries/{{school_year}}"}, "calpads": {"folder": f"{code}/calpads"}},
            "schools": [
                {"code": f"99101{number:02d}", "number": 100 + number, "name": "Elm Middle", "level": "Middle"}
                for number in range(1, schools + 1)
            ],
        }
        (leas / f"{code}.yml").write_text(yaml.safe_dump(lea))


def send(county: County, code: str) -> None:
    """What one LEA sends: codes, students, two files of attendance of which one has bad rows, a CALPADS file."""
    folder = f"{code}/aeries/2023-24"
    county.send(f"{folder}/ABS_20230801.csv", csv(ABS, [absence_code(one) for one in "AI"]))
    county.send(f"{folder}/STU_20230901.csv", csv(STU, [student(number) for number in range(1, 201)]))
    rows = absences(250)
    rows[17] |= {"SC": "x"}
    county.send(f"{folder}/ATT_20231031.csv", csv(ATT, rows))
    county.send(f"{folder}/ATT_20231101.csv", csv(ATT, absences(200) + absences(100, "2023-08-20")))
    county.send(f"{folder}/STU_20230902.csv", csv([*STU, "EXTRA"], [student(1)]))
    county.send(f"{code}/calpads/a_20240701.txt", caret([stas(number, lea=code) for number in range(1, 301)]))


def loaded(county: County, senders: int, home: Path) -> tuple[County, list[str], list[str]]:
    """The county loaded into a home of its own, so many senders at a time; the outcomes, and what was told."""
    told: list[str] = []
    own = County(replace(county.settings, home=home, senders=senders), county.registry)
    return own, load_all(own.settings, told.append), told


def accounted(settings: Settings) -> list[dict[str, object]]:
    """What the ledger says, but for the moments at which it was said."""
    return [record.model_dump(exclude={"received_at", "loaded_at"}) for record in read_records(settings)]


def test_senders_loaded_side_by_side_leave_the_bytes_of_one_after_the_other(county: County, tmp_path: Path) -> None:
    register(county, CODES)
    for code in CODES:
        send(county, code)
    alone, outcomes, told = loaded(county, 1, tmp_path / "alone")
    beside, same_outcomes, same_told = loaded(county, AT_ONCE, tmp_path / "beside")
    assert sorted(outcomes) == ["loaded"] * 5 * len(CODES) + ["refused"] * len(CODES)
    assert sorted(same_outcomes) == sorted(outcomes)
    assert sorted(same_told) == sorted(told)
    assert beside.lake_digests() == alone.lake_digests()
    assert accounted(beside.settings) == accounted(alone.settings)
    assert loaded(county, AT_ONCE, tmp_path / "beside")[1] == []


def test_one_senders_fault_stops_no_other_and_is_told_at_the_end(county: County, tmp_path: Path) -> None:
    register(county, CODES)
    for code in CODES[1:]:
        send(county, code)
    told: list[str] = []
    settings = replace(county.settings, home=tmp_path / "own", senders=AT_ONCE)
    with pytest.raises(IngestionError, match=f"District {CODES[0]}: .* has no folder"):
        load_all(settings, told.append)
    assert {line.split()[1] for line in told if line.endswith("FAILED")} == {CODES[0]}
    assert {record.sender for record in read_records(settings) if record.outcome == "loaded"} == set(CODES[1:])


def test_the_lea_with_the_most_schools_is_loaded_first(county: County, tmp_path: Path) -> None:
    register(county, CODES, most_schools=CODES[3])
    for code in CODES:
        send(county, code)
    _, _, told = loaded(county, 1, tmp_path / "own")
    assert [line.split()[1] for line in told[:2]] == [CODES[3], CODES[3]]


def test_a_load_is_stopped_at_once_and_the_next_one_does_the_rest(county: County, tmp_path: Path) -> None:
    register(county, CODES[:3])
    for code in CODES[:3]:
        send(county, code)
    expected, _, _ = loaded(county, 1, tmp_path / "undisturbed")
    own = County(replace(county.settings, home=tmp_path / "own", senders=2), county.registry)
    environment = {**os.environ, **own.settings.environment(), "ATTENDANCE_SECRET": SECRET, "PYTHONPATH": str(PROJECT)}
    # the first sender's load cannot go on while somebody else has its lock
    with only_one(own.settings.home / "locks", CODES[0]):
        run = subprocess.Popen(
            [sys.executable, "-m", "attendance.cli", "load"], env=environment, stderr=subprocess.PIPE, text=True
        )
        assert run.stderr is not None
        told = ""
        while f"District {CODES[2]}" not in told:
            told += run.stderr.readline()
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
        told += run.stderr.read()
    assert "Stopped." in told
    assert "Traceback" not in told
    assert {record.sender for record in read_records(own.settings)} == set(CODES[1:3])
    load_all(own.settings, str)
    assert own.lake_digests() == expected.lake_digests()
    assert accounted(own.settings) == accounted(expected.settings)
