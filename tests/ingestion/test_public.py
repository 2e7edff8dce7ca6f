"""What the state publishes: fetched where it can be, and the real file loaded whole."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from attendance.settings import read_settings
from ingestion.fetch import fetch_public
from ingestion.registry import Registry
from tests.ingestion.county import County

HEADER = (
    "Academic Year\tAggregate Level\tCounty Code\tDistrict Code\tSchool Code\tCounty Name\tDistrict Name\tSchool Name"
    "\tCharter School\tDASS\tReporting Category\tChronicAbsenteeismEligibleCumulativeEnrollment"
    "\tChronicAbsenteeismCount\tChronicAbsenteeismRate"
)
ROWS = [
    "2023-24\tC\t19\t\t\tInvented\t\t\tAll\tAll\tTA\t1000\t220\t22.0",
    '2023-24\tS\t19\t99001\t9910101\tInvented\tElm Unified\tPeña "Elm" School\tNo \tNo \tRI\t*\t*\t*',
]


class States(BaseHTTPRequestHandler):
    """A state's server: one file, one that breaks off, one page instead of a file, and nothing else."""

    def do_GET(self) -> None:
        """Answer by the name asked for."""
        known = {"/a/good%2023.txt": (b"content", 7, "text/plain"), "/cut.txt": (b"half", 99, "text/plain")}
        known["/page.txt"] = (b"<html>", 6, "text/html")
        body, length, kind = known.get(self.path, (b"", 0, ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), States) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


def fetching(registry: Registry, *addresses: str) -> Registry:
    """The registry with those addresses for the state's files."""
    sends = {"cde": registry.state.sends["cde"].model_copy(update={"fetch": addresses})}
    return registry.model_copy(update={"state": registry.state.model_copy(update={"sends": sends})})


def test_what_can_be_had_is_fetched_and_what_cannot_is_told(county: County, server: str) -> None:
    addresses = [f"{server}/{name}" for name in ("a/good%2023.txt", "gone.txt", "cut.txt", "page.txt")]
    nobody = "http://127.0.0.1:9/nobody.txt"
    report = fetch_public(
        county.settings, fetching(county.registry, *addresses, nobody, "file:///etc/hosts"), timeout=3
    )
    assert report.fetched == ("good 23.txt",)
    reasons = dict(report.failed)
    assert set(reasons) == {*addresses[1:], nobody, "file:///etc/hosts"}
    assert reasons[addresses[1]] == "Not Found"
    assert "a web page, not the file" in reasons[addresses[3]]
    assert "not an http" in reasons["file:///etc/hosts"]
    folder = county.settings.public / "cde"
    assert [path.name for path in folder.iterdir()] == ["good 23.txt"]
    assert (folder / "good 23.txt").read_text() == "content"
    assert len(report.lines()) == 6


def test_what_is_there_already_even_packed_is_not_fetched_again(county: County, server: str) -> None:
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True)
    (folder / "good 23.txt.gz").write_bytes(gzip.compress(b"here"))
    report = fetch_public(county.settings, fetching(county.registry, f"{server}/a/good%2023.txt"))
    assert (report.present, report.fetched, report.failed, report.lines()) == (("good 23.txt",), (), (), [])


def test_where_the_folder_cannot_be_written_the_failure_is_told(county: County, server: str) -> None:
    county.settings.public.write_text("a file where a folder should be")
    report = fetch_public(county.settings, fetching(county.registry, f"{server}/a/good%2023.txt"))
    assert len(report.failed) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_states_file_is_loaded_with_its_stars_as_nulls(county: County, encoding: str, packed: bool) -> None:
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True)
    content = "\r\n".join([HEADER, *ROWS]).encode(encoding)
    name = "chronicabsenteeism24.txt"
    (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    record = county.run_one("state", "00")
    assert (record.outcome, record.rows_in, record.rows_loaded, record.periods) == ("loaded", 2, 2, ("2023-24",))
    first, second = county.lake("cde/chronic_absenteeism", "00")
    assert (first["eligible_enrollment"], first["chronic_count"], float(first["chronic_rate"])) == (1000, 220, 22.0)
    assert (second["eligible_enrollment"], second["chronic_count"], second["chronic_rate"]) == (None, None, None)
    assert (second["school_name"], second["charter_school"]) == ('Peña "Elm" School', "No")
    assert first["district_code"] is None


REAL = read_settings().public / "cde" / "chronicabsenteeism24.txt.gz"


@pytest.mark.skipif(
    not REAL.exists(), reason=f"CDE's real file is not at {REAL}; `attendance fetch` downloads the original"
)
def test_the_real_file_is_loaded_whole(county: County) -> None:
    public = replace(county.settings, public=REAL.parent.parent)
    county = County(public, county.registry)
    outcomes = {Path(record.name).name[18:20]: record for record in county.run("state", "00")}
    assert {year: (one.outcome, one.rows_in, one.rows_rejected) for year, one in outcomes.items()} == {
        "23": ("loaded", 45_242, 0),
        "24": ("loaded", 45_743, 0),
    }
    (total,) = [
        row
        for row in county.lake("cde/chronic_absenteeism", "00")
        if (row["school_year"], row["aggregate_level"], row["reporting_category"]) == ("2023-24", "C", "TA")
    ]
    assert (total["chronic_count"], total["eligible_enrollment"]) == (292_881, 1_330_028)
    assert len(county.lake("cde/chronic_absenteeism", "00")) == 45_242 + 45_743
