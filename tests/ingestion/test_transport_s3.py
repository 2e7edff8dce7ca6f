"""Files from a store that speaks S3 and is real, on this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ingestion.ledger import read_records_of
from ingestion.pull import PullError, pull_new_files
from ingestion.registry import Outbox
from ingestion.transports.credentials import Lookup, make_credentials
from ingestion.transports.download import partial_folder, partial_name
from ingestion.transports.opening import open_transport
from ingestion.transports.remote import Patience
from ingestion.transports.sending import send
from tests.ingestion.county import ABS, ATT, LEA, County, absence_code, absences, csv
from tests.ingestion.peers import QUICK, giving, knowing

KEY_ID, KEY, SESSION = "PLANTEDKEYID", "Planted-s3-key", "Planted-s3-session"
LOGGED_IN = knowing(alder_s3=make_credentials(KEY_ID, KEY, extra={"aws_session_token": SESSION}))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The store's address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str) -> Any:
    """A client with which the sender fills its bucket."""
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket="alder", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    yield client
    for entry in client.list_objects_v2(Bucket="alder").get("Contents", ()):
        client.delete_object(Bucket="alder", Key=entry["Key"])
    client.delete_bucket(Bucket="alder")


def at(county: County, endpoint: str, **other: Any) -> County:
    """The county whose LEA has its Aeries files in that bucket."""
    told = {"bucket": "alder", "prefix": "out/{school_year}", "endpoint": endpoint, "connection": "alder_s3"} | other
    return giving(county, "aeries", s3=told)


def pulled(county: County, credentials: Lookup = LOGGED_IN, patience: Patience = QUICK) -> list[str]:
    """Pull; the names of the deliveries that wait."""
    ids = pull_new_files(county.settings, county.registry, LEA, "sis", None, credentials, patience=patience)
    by_id = {record.delivery_id: record for record in read_records_of(county.settings, LEA)}
    return [by_id[one].name for one in ids]


def test_keys_come_with_their_school_year_and_nothing_twice(
    county: County, endpoint: str, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    county = at(county, endpoint)
    for key, content in (
        ("out/2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")])),
        ("out/2022-23/ABS_20220801.csv", csv(ABS, [absence_code("A")])),
        ("out/2023-24/ATT_20231101.csv", csv(ATT, absences(9))),
        ("out/2023-24/deeper/ATT_20231101.csv", "x"),
        ("out/old/ATT_20231101.csv", "x"),
        ("outside/2023-24/ATT_20231101.csv", "x"),
    ):
        store.put_object(Bucket="alder", Key=key, Body=content.encode())
    expected = ["2022-23/ABS_20220801.csv", "2023-24/ABS_20230801.csv", "2023-24/ATT_20231101.csv"]
    assert pulled(county) == expected
    # another test of the same process may have let the first pull's lines through
    caplog.clear()
    with caplog.at_level(logging.INFO):
        assert pulled(county) == expected
    assert "received" not in caplog.text
    store.put_object(Bucket="alder", Key="out/2023-24/ATT_20231101.csv", Body=csv(ATT, absences(10)).encode())
    assert len(pulled(county)) == 4


def test_a_download_goes_on_where_it_broke_while_the_object_is_the_same(
    county: County, endpoint: str, store: Any
) -> None:
    county = at(county, endpoint)
    content = b"".join(b"%08d\n" % number for number in range(400_000))
    store.put_object(Bucket="alder", Key="out/2023-24/ATT_20231101.csv", Body=content)
    delivery = county.registry.leas[0].sends["aeries"]
    with open_transport(county.settings, delivery, LOGGED_IN, QUICK) as transport:
        listing = transport.files()
        assert listing is not None
        (file,) = listing.files
        with transport.read(file, 3_000_000) as stream:
            assert (stream.start, b"".join(stream.chunks)) == (3_000_000, content[3_000_000:])
    partial = partial_folder(county.settings, LEA) / partial_name("aeries", file)
    partial.write_bytes(b"!" * 3_000_000)  # so that it can be told from what is fetched now
    pulled(county)
    digest = county.records()["ATT_20231101.csv"].digest
    assert (county.settings.landing / digest[:2] / digest).read_bytes() == b"!" * 3_000_000 + content[3_000_000:]


@pytest.mark.usefixtures("store")
def test_a_bucket_or_a_prefix_that_is_not_there_is_told(county: County, endpoint: str) -> None:
    with pytest.raises(PullError, match="no such bucket") as error:
        pulled(at(county, endpoint, bucket="nobodys"))
    assert error.value.is_permanent
    with pytest.raises(PullError, match=r"has no folder out/ at s3://alder/out/\{school_year\}|has no folder out/"):
        pulled(at(county, endpoint))


def test_a_store_that_does_not_answer_is_tried_again(county: County, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(PullError, match="did not answer or broke off") as error:
        pulled(at(county, "http://127.0.0.1:9"))
    assert not error.value.is_permanent
    assert "Try 3" in caplog.text


def test_files_are_sent_to_a_bucket(county: County, endpoint: str, store: Any, tmp_path: Path) -> None:
    page = tmp_path / "summary.html"
    page.write_text("all is well")
    outbox = Outbox.model_validate(
        {"s3": {"bucket": "alder", "prefix": "in", "endpoint": endpoint, "connection": "alder_s3"}}
    )
    assert send(county.settings, outbox, [(page, "2023-11-12/summary.html")], LOGGED_IN) == ["2023-11-12/summary.html"]
    assert store.get_object(Bucket="alder", Key="in/2023-11-12/summary.html")["Body"].read() == b"all is well"


def test_no_key_reaches_log_error_or_ledger_even_when_everything_is_told(
    county: County, endpoint: str, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_object(Bucket="alder", Key="out/2023-24/ABS_20230801.csv", Body=csv(ABS, [absence_code("A")]).encode())
    caplog.clear()
    for name in ("botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        pulled(at(county, endpoint))
        with pytest.raises(PullError) as error:
            pulled(at(county, endpoint, bucket="nobodys"))
    for name in ("botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    written = "".join(path.read_text(errors="replace") for path in county.settings.home.rglob("*") if path.is_file())
    for planted in (KEY_ID, KEY, SESSION, "Signature="):
        assert planted not in caplog.text + str(error.value) + written
