"""Files from a web server that is real, on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from ingestion.ledger import read_records_of
from ingestion.pull import PullError, pull_new_files
from ingestion.registry import RegistryError, read_registry
from ingestion.transports.credentials import Lookup, make_credentials
from ingestion.transports.remote import Patience
from tests.ingestion.county import ABS, ATT, LEA, County, absence_code, absences, csv
from tests.ingestion.peers import QUICK, WebFile, WebPeer, giving, knowing, web_peer

CODES = csv(ABS, [absence_code("A")]).encode()
LARGE = b"".join(b"%08d\n" % number for number in range(500_000))
TOKEN = "Planted-t0ken-https"
NOBODY = knowing()


@pytest.fixture
def peer() -> Iterator[WebPeer]:
    """The server."""
    with web_peer() as serving:
        yield serving


def at(county: County, peer: WebPeer, *paths: str, **other: Any) -> County:
    """The county whose LEA has its Aeries files on that server."""
    addresses = {"addresses": [peer.address + path for path in paths]} if paths else {}
    return giving(county, "aeries", https={**addresses, **other})


def pulled(county: County, credentials: Lookup = NOBODY, patience: Patience = QUICK) -> list[str]:
    """Pull; the names of the deliveries that wait."""
    ids = pull_new_files(county.settings, county.registry, LEA, "sis", None, credentials, patience=patience)
    by_id = {record.delivery_id: record for record in read_records_of(county.settings, LEA)}
    return [by_id[one].name for one in ids]


def landed(county: County, name: str) -> bytes:
    """The bytes that landed of the delivery of that name."""
    digest = county.records()[name].digest
    return (county.settings.landing / digest[:2] / digest).read_bytes()


def gets(peer: WebPeer) -> list[str]:
    """Paths that were downloaded."""
    return [path for method, path, _ in peer.asked if method == "GET"]


def test_a_list_of_addresses_is_pulled_and_nothing_of_it_twice(county: County, peer: WebPeer) -> None:
    county = at(county, peer, "/files/2023-24/ABS_20230801.csv", "/files/2023-24/ATT_20231101.csv")
    peer.files["/files/2023-24/ABS_20230801.csv"] = WebFile(CODES)
    peer.files["/files/2023-24/ATT_20231101.csv"] = WebFile(csv(ATT, absences(9)).encode(), etag=None)
    assert pulled(county) == ["2023-24/ABS_20230801.csv", "2023-24/ATT_20231101.csv"]
    assert {record.school_year_hint for record in county.records().values()} == {"2023-24"}
    peer.asked.clear()
    assert len(pulled(county)) == 2
    assert gets(peer) == []
    peer.files["/files/2023-24/ABS_20230801.csv"] = WebFile(csv(ABS, [absence_code("B")]).encode(), etag='"v2"')
    assert len(pulled(county)) == 3


def test_an_index_lists_files_with_what_is_known_of_them(county: County, peer: WebPeer) -> None:
    county = at(county, peer, index=f"{peer.address}/drop/index.json")
    peer.files["/drop/2023-24/ABS_20230801.csv"] = WebFile(CODES, etag=None, modified=None)
    listed = {"files": [{"name": "2023-24/ABS_20230801.csv", "size": len(CODES), "modified": "2023-08-01T02:00:00Z"}]}
    peer.files["/drop/index.json"] = WebFile(json.dumps(listed).encode(), kind="application/json")
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    pulled(county)
    assert gets(peer).count("/drop/2023-24/ABS_20230801.csv") == 1


@pytest.mark.parametrize(
    "index", [b"<html>", b'{"files": 3}', b'[{"size": 3}]', b'[{"name": "x", "url": "https://elsewhere.example/x"}]']
)
def test_what_is_no_index_of_that_server_is_told(county: County, peer: WebPeer, index: bytes) -> None:
    peer.files["/index.json"] = WebFile(index)
    with pytest.raises(PullError, match="is not an index of files"):
        pulled(at(county, peer, index=f"{peer.address}/index.json"))


def test_a_download_that_breaks_off_is_resumed_by_its_etag(
    county: County, peer: WebPeer, caplog: pytest.LogCaptureFixture
) -> None:
    county = at(county, peer, "/2023-24/ATT_20231101.csv")
    peer.files["/2023-24/ATT_20231101.csv"] = WebFile(LARGE, faults=["cut", 503, "cut"])
    with caplog.at_level(logging.INFO):
        pulled(county, patience=Patience(attempts=5, first_wait=0.01, longest_wait=0.05, timeout=5, progress=0))
    assert landed(county, "ATT_20231101.csv") == LARGE
    resumed = [headers for _, _, headers in peer.asked if "Range" in headers]
    assert len(resumed) == 3
    assert {headers["If-Range"] for headers in resumed} == {'"v1"'}
    assert "MB (" in caplog.text  # progress


def test_another_version_under_the_same_address_is_not_glued_to_the_first(county: County, peer: WebPeer) -> None:
    county = at(county, peer, "/2023-24/ATT_20231101.csv")
    peer.files["/2023-24/ATT_20231101.csv"] = WebFile(LARGE, faults=["cut"])
    once = Patience(attempts=1, timeout=5)
    with pytest.raises(PullError, match="broke off"):
        pulled(county, patience=once)
    other = LARGE.replace(b"1", b"7")
    peer.files["/2023-24/ATT_20231101.csv"] = WebFile(other, etag='"v2"')
    pulled(county, patience=once)
    assert landed(county, "ATT_20231101.csv") == other


def test_a_server_without_ranges_is_asked_from_the_beginning(county: County, peer: WebPeer) -> None:
    county = at(county, peer, "/2023-24/ATT_20231101.csv")
    peer.files["/2023-24/ATT_20231101.csv"] = WebFile(LARGE, faults=["cut"], ranges=False)
    pulled(county)
    assert landed(county, "ATT_20231101.csv") == LARGE


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(county: County, peer: WebPeer, status: int) -> None:
    county = at(county, peer, "/2023-24/ABS_20230801.csv")
    peer.files["/2023-24/ABS_20230801.csv"] = WebFile(CODES, faults=[status, status])
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]


@pytest.mark.parametrize(("status", "told"), [(401, "access refused"), (403, "access refused"), (404, "not there")])
def test_what_is_refused_or_gone_is_not_asked_again_and_stops_no_other_file(
    county: County, peer: WebPeer, status: int, told: str
) -> None:
    county = at(county, peer, "/2023-24/ABS_20230801.csv", "/2023-24/ATT_20231101.csv")
    peer.files["/2023-24/ABS_20230801.csv"] = WebFile(CODES, faults=[status] * 9)
    peer.files["/2023-24/ATT_20231101.csv"] = WebFile(csv(ATT, absences(9)).encode())
    with pytest.raises(PullError, match=told) as error:
        pulled(county)
    assert error.value.is_permanent
    assert gets(peer).count("/2023-24/ABS_20230801.csv") == 1
    assert [county.records()["ATT_20231101.csv"].delivery_id] == error.value.waiting


def test_a_login_page_is_not_taken_for_the_file(county: County, peer: WebPeer) -> None:
    county = at(county, peer, "/2023-24/ABS_20230801.csv")
    peer.files["/2023-24/ABS_20230801.csv"] = WebFile(b"<html>", kind="text/html; charset=utf-8")
    with pytest.raises(PullError, match="the answer is a web page"):
        pulled(county)
    assert county.records() == {}


def test_who_we_are_is_told_to_the_server_and_to_nobody_else(
    county: County, peer: WebPeer, caplog: pytest.LogCaptureFixture
) -> None:
    county = at(county, peer, "/2023-24/ABS_20230801.csv", connection="alder_web")
    peer.files["/2023-24/ABS_20230801.csv"] = WebFile(CODES)
    peer.authorization = f"Bearer {TOKEN}"
    with caplog.at_level(logging.DEBUG):
        assert len(pulled(county, knowing(alder_web=make_credentials(extra={"token": TOKEN})))) == 1
        peer.files["/2023-24/ABS_20230801.csv"].etag = '"v2"'
        peer.authorization = "Basic Y291bnR5OlBsYW50ZWQtcGFzcw=="
        pulled(county, knowing(alder_web=make_credentials("county", "Planted-pass")))
        with pytest.raises(PullError) as error:
            pulled(county, knowing(alder_web=make_credentials(extra={"token": TOKEN + "x"})))
    written = "".join(path.read_text(errors="replace") for path in county.settings.home.rglob("*") if path.is_file())
    for planted in (TOKEN, "Planted-pass", "Y291bnR5OlBsYW50ZWQtcGFzcw"):
        assert planted not in caplog.text + str(error.value) + written
    elsewhere = [headers for _, _, headers in peer.asked if "Authorization" not in headers]
    assert elsewhere == []


def test_credentials_do_not_follow_a_redirect_to_another_host(county: County, peer: WebPeer) -> None:
    with web_peer() as other:
        other.files["/2023-24/ABS_20230801.csv"] = WebFile(CODES)

        def redirect(handler: Any) -> bool:
            handler.send_response(302)
            handler.send_header("Location", f"{other.address.replace('127.0.0.1', 'localhost')}{handler.path}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True

        peer.answer = redirect
        county = at(county, peer, "/2023-24/ABS_20230801.csv", connection="alder_web")
        assert len(pulled(county, knowing(alder_web=make_credentials(extra={"token": TOKEN})))) == 1
        assert all("Authorization" not in headers for _, _, headers in other.asked)

        def downgrade(handler: Any) -> bool:
            handler.send_response(302)
            handler.send_header("Location", "http://files.example.org/x")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True

        peer.answer = downgrade
        with pytest.raises(PullError, match="not encrypted"):
            pulled(county, knowing(alder_web=make_credentials(extra={"token": TOKEN})))


def test_a_file_whose_server_says_nothing_of_it_is_one_delivery_all_the_same(county: County, peer: WebPeer) -> None:
    county = at(county, peer, "/2023-24/ABS.csv")
    peer.files["/2023-24/ABS.csv"] = WebFile(CODES, etag=None, modified=None)
    assert pulled(county) == ["2023-24/ABS.csv"]
    assert pulled(county) == ["2023-24/ABS.csv"]
    assert len(county.records()) == 1


def test_two_addresses_that_end_alike_are_told_apart_by_nobody(county: County, peer: WebPeer) -> None:
    with pytest.raises(PullError, match=r"ABS\.csv stands for two addresses"):
        pulled(at(county, peer, "/a/ABS.csv", "/b/ABS.csv"))


# checksum files


@pytest.mark.parametrize(
    ("beside", "content"),
    [
        ("ABS_20230801.csv.sha256", hashlib.sha256(CODES).hexdigest().upper()),
        ("ABS_20230801.csv.md5", f"{hashlib.md5(CODES).hexdigest()}  out/ABS_20230801.csv\r\n"),
        ("SHA256SUMS", f"{'0' * 64}  STU.csv\n{hashlib.sha256(CODES).hexdigest()} *ABS_20230801.csv\n"),
    ],
)
def test_a_file_that_is_what_its_checksum_says_is_taken(
    county: County, peer: WebPeer, beside: str, content: str
) -> None:
    county = at(county, peer, "/2023-24/ABS_20230801.csv", f"/2023-24/{beside}")
    peer.files["/2023-24/ABS_20230801.csv"] = WebFile(CODES)
    peer.files[f"/2023-24/{beside}"] = WebFile(content.encode())
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    assert list(county.records()) == ["ABS_20230801.csv"]


def test_a_file_that_is_not_what_its_checksum_says_is_refused_until_either_changes(
    county: County, peer: WebPeer, caplog: pytest.LogCaptureFixture
) -> None:
    county = at(county, peer, "/2023-24/ABS_20230801.csv", "/2023-24/ABS_20230801.csv.sha256")
    peer.files["/2023-24/ABS_20230801.csv"] = WebFile(CODES)
    peer.files["/2023-24/ABS_20230801.csv.sha256"] = WebFile(b"0" * 64)
    assert pulled(county) == []
    record = county.records()["ABS_20230801.csv"]
    assert record.outcome == "refused"
    assert "not what ABS_20230801.csv.sha256 says" in str(record.message)
    assert "Send both again" in caplog.text
    assert not (county.settings.landing / record.digest[:2] / record.digest).exists()
    peer.asked.clear()
    assert pulled(county) == []
    assert gets(peer) == []
    right = hashlib.sha256(CODES).hexdigest().encode()
    peer.files["/2023-24/ABS_20230801.csv.sha256"] = WebFile(right, etag='"v2"', modified=4_000_000_000.0)
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]


# archives


def packed(**members: str) -> bytes:
    """A zip archive of those files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return content.getvalue()


def test_a_zip_with_two_tables_is_two_deliveries_once(county: County, peer: WebPeer) -> None:
    county = at(county, peer, "/2023-24/night_20231102.zip")
    peer.files["/2023-24/night_20231102.zip"] = WebFile(
        packed(ABS_20231101=CODES.decode(), ATT=csv(ATT, absences(9))), kind="application/zip"
    )
    assert pulled(county) == ["2023-24/night_20231102.zip/ABS_20231101.csv", "2023-24/night_20231102.zip/ATT.csv"]
    records = county.records()
    assert records["ABS_20231101.csv"].sent_at.isoformat()[:10] == "2023-11-01"
    assert records["ATT.csv"].sent_at.isoformat()[:10] == "2023-11-02"
    assert {record.file for record in records.values()} == {"absence_codes", "attendance"}
    peer.asked.clear()
    assert len(pulled(county)) == 2
    assert gets(peer) == []
    assert not list((county.settings.landing / ".work").rglob("*unpacked*"))
    assert not list((county.settings.landing / ".partial").rglob("*.partial"))


# the registry


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sftp: {host: h, path: /out, connection: c, password: Planted1}", "sends.aeries.sftp.password"),
        ("aeries_api: {url: 'https://h.example', cert: Planted1, connection: c}", "sends.aeries.aeries_api.cert"),
        ("https: {addresses: ['https://me:Planted1@h.example/x']}", "sends.aeries.https.addresses.0"),
        ("https: {addresses: ['https://h.example/x?cert=Planted1']}", "sends.aeries.https.addresses.0"),
        ("s3: {bucket: b, connection: c, secret_key: Planted1}", "sends.aeries.s3.secret_key"),
    ],
)
def test_a_secret_in_the_registry_is_refused_and_not_repeated(county: County, line: str, told: str) -> None:
    with pytest.raises(RegistryError, match="may not stand in config/") as error:
        read_registry(written(county, line))
    assert told in str(error.value)
    assert "Planted1" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "folder: a\n    sftp: {host: h, path: /out, connection: c}",
            "exactly one of folder, sftp, https, s3, aeries_api",
        ),
        ("slow: true", "exactly one of"),
        ("https: {addresses: ['http://files.example.org/x']}", "not encrypted"),
        ("https: {connection: c}", "needs addresses"),
        ("sftp: {host: h, path: ../out, connection: c}", "must not climb"),
        ("sftp: {host: h, path: /out, connection: c, port: x}", "sends.aeries.sftp.port"),
        ("sftp: {host: h, path: /out, connection: c, pth: x}", "sends.aeries.sftp.pth"),
        ("sftp: {host: h, path: /out, connection: [Planted1}", "not valid YAML at line 6"),
        ("folder: a\n  calpads: {aeries_api: {url: 'https://h.example', connection: c}}", "that is for aeries"),
    ],
)
def test_a_place_that_is_not_said_right_is_an_error_that_names_file_and_key(
    county: County, line: str, told: str
) -> None:
    with pytest.raises(RegistryError) as error:
        read_registry(written(county, line))
    assert told in str(error.value)
    assert "elm.yml" in str(error.value)
    assert "Planted1" not in str(error.value)


def written(county: County, line: str) -> Any:
    """A registry whose LEA says so of its Aeries files."""
    config = county.settings.config
    (config / "leas").mkdir(parents=True)
    (config / "county.yml").write_text(
        "county: {code: '19', name: Invented}\nstate: {code: '00', name: State}\n", encoding="utf-8"
    )
    (config / "leas" / "elm.yml").write_text(
        f"code: '1999001'\nname: Elm\nschools: []\nsends:\n  aeries:\n    {line}\n", encoding="utf-8"
    )
    return config
