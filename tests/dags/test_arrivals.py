"""What the tasks of an ingestion DAG do: who is pulled, what is asked for again, what happens when not all is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.sdk.exceptions import AirflowFailException

from attendance.airflow.arrivals import list_senders, pull
from attendance.settings import PROJECT, Settings
from ingestion.ledger import read_records_of

CODES = b"SC,CD,TI,AB,TY,SU,IS,AD\n101,A,Unexcused,UNX,3,N,,N\n"
NIGHT: dict[str, Any] = {"source": None, "lea": None, "from": None, "to": None}
SENDER = {"code": "1999001", "source": "aeries", "name": "Alder Unified"}


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/2023-24/ABS_20230801.csv"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(CODES) if found else 0))
        self.end_headers()
        self.wfile.write(CODES if found else b"")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def config(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example county's registry, to be changed; its home is the test's own."""
    folder = tmp_path / "config"
    (folder / "leas").mkdir(parents=True)
    for path in [PROJECT / "config" / "county.yml", *(PROJECT / "config" / "leas").glob("*.yml")]:
        (folder / path.relative_to(PROJECT / "config")).write_bytes(path.read_bytes())
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ATTENDANCE_CONFIG", str(folder))
    monkeypatch.setenv("ATTENDANCE_SECRET", "an invented key, only for tests")
    return folder


def alder_sends(config: Path, **sends: Any) -> None:
    path = config / "leas" / "alder.yml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "sends": sends}))


@pytest.mark.usefixtures("config")
def test_every_sender_of_a_kind_is_listed_once_by_name() -> None:
    listed = list_senders("sis", NIGHT, slow=False)
    assert {"code": "1999001", "source": "aeries", "name": "Alder Unified"} in listed
    assert len(listed) == len({entry["code"] for entry in listed}) == 8
    assert list_senders("sis", NIGHT, slow=True) == []


def test_a_slow_source_and_one_of_several_are_entries_of_their_own(config: Path) -> None:
    alder_sends(config, aeries={"folder": "a", "slow": True}, oneroster={"folder": "b"})
    assert list_senders("sis", NIGHT, slow=True) == [
        {"code": "1999001", "source": "aeries", "name": "Alder Unified, aeries"}
    ]
    assert {"code": "1999001", "source": "oneroster", "name": "Alder Unified, oneroster"} in list_senders(
        "sis", NIGHT, slow=False
    )


@pytest.mark.usefixtures("config")
def test_a_backfill_is_about_those_whom_it_names() -> None:
    asked = {"source": "synergy", "lea": None, "from": "2023-10-01", "to": "2023-10-31"}
    assert [entry["code"] for entry in list_senders("sis", asked, slow=False)] == ["1999009", "1999010"]
    assert [entry["code"] for entry in list_senders("sis", {**asked, "lea": "1999010"}, slow=False)] == ["1999010"]


@pytest.mark.usefixtures("config")
def test_a_backfill_that_was_typed_wrong_fails_at_once() -> None:
    with pytest.raises(AirflowFailException, match="needs source, from and to"):
        list_senders("sis", {**NIGHT, "source": "aeries"}, slow=False)
    with pytest.raises(AirflowFailException, match="belongs to sis"):
        list_senders("calpads", {"source": "aeries", "lea": None, "from": "2023-10-01", "to": "2023-10-31"}, slow=False)


def test_what_could_be_had_is_loaded_though_another_file_could_not(config: Path, settings: Settings, web: str) -> None:
    addresses = [f"{web}/2023-24/ABS_20230801.csv", f"{web}/2023-24/DAY_20230801.csv"]
    alder_sends(config, aeries={"https": {"addresses": addresses}})
    with pytest.raises(AirflowFailException, match="404"):
        pull("sis", SENDER, NIGHT)
    assert [record.outcome for record in read_records_of(settings, "1999001")] == ["loaded"]
