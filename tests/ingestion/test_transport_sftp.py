"""Files from an SFTP server that is real, on this machine."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import asyncssh
import pytest

from ingestion.ledger import read_records_of
from ingestion.pull import PullError, pull_new_files
from ingestion.registry import Outbox
from ingestion.transports.credentials import Lookup, make_credentials
from ingestion.transports.remote import Patience
from ingestion.transports.sending import send
from tests.ingestion.county import ABS, ATT, LEA, County, absence_code, absences, csv
from tests.ingestion.peers import LOGGED_IN, LOGIN, PASSWORD, QUICK, SftpPeer, giving, knowing, sftp_peer

LARGE = b"".join(b"%08d\n" % number for number in range(500_000))


@pytest.fixture
def outgoing(tmp_path: Path) -> Path:
    """The folder that the server serves."""
    folder = tmp_path / "server"
    (folder / "out" / "2023-24").mkdir(parents=True)
    return folder


@pytest.fixture
def peer(outgoing: Path) -> Iterator[SftpPeer]:
    """The server."""
    with sftp_peer(outgoing) as serving:
        yield serving


def place(peer: SftpPeer, **other: Any) -> dict[str, Any]:
    """The server as the registry names it."""
    return {
        "host": "127.0.0.1",
        "port": peer.port,
        "path": "/out/{school_year}",
        "host_key": peer.host_key,
        "connection": "alder_sftp",
    } | other


def at(county: County, peer: SftpPeer, **other: Any) -> County:
    """The county whose LEA has its Aeries files on that server."""
    return giving(county, "aeries", sftp=place(peer, **other))


def pulled(county: County, credentials: Lookup = LOGGED_IN, patience: Patience = QUICK) -> list[str]:
    """Pull; the names of the deliveries that wait."""
    ids = pull_new_files(county.settings, county.registry, LEA, "sis", None, credentials, patience=patience)
    by_id = {record.delivery_id: record for record in read_records_of(county.settings, LEA)}
    return [by_id[one].name for one in ids]


def landed(county: County, name: str) -> bytes:
    """The bytes that landed of the delivery of that name."""
    digest = county.records()[name].digest
    return (county.settings.landing / digest[:2] / digest).read_bytes()


def partials(county: County) -> list[Path]:
    """Downloads that wait to be resumed."""
    return list((county.settings.landing / ".partial").rglob("*.partial"))


def put(outgoing: Path, name: str, content: bytes | str, age: float = 600) -> Path:
    """Put a file on the server, written so many seconds ago."""
    path = outgoing / "out" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def test_files_come_with_their_school_year_and_load(county: County, outgoing: Path, peer: SftpPeer) -> None:
    county = at(county, peer)
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    put(outgoing, "2023-24/ATT_20231101.csv", csv(ATT, absences(20)))
    put(outgoing, "2022-23/ABS_20220801.csv", csv(ABS, [absence_code("A")]))
    put(outgoing, "2023-24/.hidden.csv", "x")
    put(outgoing, "2023-24/STU_20231101.csv.filepart", "x")
    put(outgoing, "old/STU_20231101.csv", "x")
    assert pulled(county) == ["2022-23/ABS_20220801.csv", "2023-24/ABS_20230801.csv", "2023-24/ATT_20231101.csv"]
    assert {record.school_year_hint for record in county.records().values()} == {"2022-23", "2023-24"}
    assert landed(county, "ATT_20231101.csv") == csv(ATT, absences(20)).encode()
    assert partials(county) == []


def test_nothing_is_downloaded_twice(county: County, outgoing: Path, peer: SftpPeer) -> None:
    county = at(county, peer)
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    assert len(pulled(county)) == 1
    peer.reads.clear()
    assert len(pulled(county)) == 1
    assert peer.reads == []
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("B")]), age=300)
    assert len(pulled(county)) == 2
    assert peer.reads


def test_a_key_opens_the_door_as_a_password_does(county: County, outgoing: Path, peer: SftpPeer) -> None:
    county = at(county, peer)
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    by_key = knowing(alder_sftp=make_credentials(LOGIN, extra={"private_key": peer.client_key}))
    assert len(pulled(county, by_key)) == 1


def test_a_wrong_password_is_told_at_once_and_not_tried_again(
    county: County, peer: SftpPeer, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = knowing(alder_sftp=make_credentials(LOGIN, "Planted-wrong-passw0rd"))
    with pytest.raises(PullError, match="refuses the login of the connection alder_sftp") as error:
        pulled(at(county, peer), wrong)
    assert error.value.is_permanent
    assert peer.logins == 1
    assert "Planted" not in str(error.value) + caplog.text


def test_another_host_key_is_refused_before_anything_is_said(county: County, peer: SftpPeer) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(PullError, match="shows another host key than the registry knows") as error:
        pulled(at(county, peer, host_key=other))
    assert error.value.is_permanent
    assert peer.logins == 0


def test_without_a_known_host_key_nobody_connects(county: County, outgoing: Path, peer: SftpPeer) -> None:
    county = at(county, peer, host_key=None)
    with pytest.raises(PullError, match=r"ssh-keyscan -p \d+ 127.0.0.1"):
        pulled(county)
    assert peer.logins == 0
    county.settings.config.mkdir(parents=True)
    (county.settings.config / "known_hosts").write_text(f"[127.0.0.1]:{peer.port} {peer.host_key}\n")
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    assert len(pulled(county)) == 1


def test_a_connection_that_is_cut_is_resumed_where_it_broke(
    county: County, outgoing: Path, peer: SftpPeer, caplog: pytest.LogCaptureFixture
) -> None:
    county = at(county, peer)
    put(outgoing, "2023-24/ATT_20231101.csv", LARGE)
    peer.cut_after = [2_000_000, 1_000_000]
    with caplog.at_level(logging.INFO):
        assert pulled(county) == ["2023-24/ATT_20231101.csv"]
    assert landed(county, "ATT_20231101.csv") == LARGE
    assert caplog.text.count("resumed at") == 2
    assert peer.logins == 3


def test_what_has_come_is_kept_for_the_next_run_and_only_for_the_same_file(
    county: County, outgoing: Path, peer: SftpPeer
) -> None:
    county = at(county, peer)
    put(outgoing, "2023-24/ATT_20231101.csv", LARGE, age=1000)
    peer.cut_after = [2_000_000]
    once = Patience(attempts=1, timeout=5)
    with pytest.raises(PullError, match="broke off") as error:
        pulled(county, patience=once)
    assert not error.value.is_permanent
    (partial,) = partials(county)
    have = partial.stat().st_size
    assert 0 < have < len(LARGE)
    assert partial.stat().st_mode & 0o077 == 0
    peer.reads.clear()
    assert len(pulled(county, patience=once)) == 1
    assert min(offset for _, offset in peer.reads) == have
    # another version of the same size: nothing of the old one may be under it
    put(outgoing, "2023-24/ATT_20231101.csv", LARGE[::-1], age=900)
    peer.cut_after = [2_000_000]
    with pytest.raises(PullError):
        pulled(county, patience=once)
    put(outgoing, "2023-24/ATT_20231101.csv", LARGE.replace(b"1", b"7"), age=800)
    pulled(county, patience=once)
    assert landed(county, "ATT_20231101.csv") == LARGE.replace(b"1", b"7")


def test_a_server_that_is_slow_is_given_up_in_time_and_no_other_sender_waits(
    county: County, outgoing: Path, peer: SftpPeer
) -> None:
    county = at(county, peer)
    put(outgoing, "2023-24/ATT_20231101.csv", "x")
    peer.delay = 5
    began = time.monotonic()
    with pytest.raises(PullError, match="did not answer in time"):
        pulled(county, patience=Patience(attempts=2, first_wait=0.01, timeout=0.5))
    assert time.monotonic() - began < 4


def test_a_server_that_is_not_there_is_tried_again_and_then_told(
    county: County, peer: SftpPeer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(PullError, match=r"127\.0\.0\.1:9 broke off or refused to connect") as error:
        pulled(at(county, peer, port=9))
    assert not error.value.is_permanent
    assert "Try 2 in" in caplog.text
    assert "Try 3 in" in caplog.text


def test_a_folder_that_is_not_on_the_server_is_told(county: County, peer: SftpPeer) -> None:
    with pytest.raises(PullError, match=r"Elm Unified \(1999001\) has no folder /none at sftp://127.0.0.1"):
        pulled(at(county, peer, path="/none"))


def test_a_file_that_grows_on_the_server_is_left_until_it_stands_still(
    county: County, outgoing: Path, peer: SftpPeer
) -> None:
    county = at(county, peer)
    county = County(replace(county.settings, settle_seconds=0.5), county.registry)
    path = put(outgoing, "2023-24/ATT_20231101.csv", "half", age=0)
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]), age=600)
    growing = Timer(0.2, lambda: path.write_text("half and more"))
    growing.start()
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    growing.join()
    assert "2023-24/ATT_20231101.csv" in pulled(county)
    assert landed(county, "ATT_20231101.csv") == b"half and more"


def test_no_secret_reaches_log_error_or_ledger_even_when_everything_is_told(
    county: County, outgoing: Path, peer: SftpPeer, caplog: pytest.LogCaptureFixture
) -> None:
    put(outgoing, "2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    asyncssh.set_debug_level(2)
    try:
        with caplog.at_level(logging.DEBUG):
            pulled(at(county, peer))
            by_key = knowing(alder_sftp=make_credentials(LOGIN, extra={"private_key": peer.client_key}))
            pulled(at(county, peer), by_key)
            with pytest.raises(PullError) as error:
                pulled(at(county, peer), knowing(alder_sftp=make_credentials(LOGIN, PASSWORD + "x")))
    finally:
        asyncssh.set_debug_level(1)
    told = caplog.text + str(error.value) + repr(error.getrepr())
    written = "".join(path.read_text(errors="replace") for path in county.settings.home.rglob("*") if path.is_file())
    body = peer.client_key.splitlines()[2]
    for planted in (PASSWORD, body):
        assert planted not in told
        assert planted not in written


def test_files_are_put_on_the_server_whole_over_earlier_ones(
    county: County, outgoing: Path, peer: SftpPeer, tmp_path: Path
) -> None:
    page = tmp_path / "summary.html"
    page.write_bytes(LARGE)
    outbox = Outbox.model_validate({"sftp": place(peer, path="/in")})
    (outgoing / "in").mkdir()
    assert send(county.settings, outbox, [(page, "2023-11-12/summary.html")], LOGGED_IN, QUICK) == [
        "2023-11-12/summary.html"
    ]
    page.write_text("again")
    send(county.settings, outbox, [(page, "2023-11-12/summary.html")], LOGGED_IN, QUICK)
    folder = outgoing / "in" / "2023-11-12"
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("summary.html", "again")]
