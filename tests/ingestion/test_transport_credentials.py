"""Credentials come from the environment as Airflow writes them, and are shown to nobody."""

from __future__ import annotations

import json

import pytest

from ingestion.transports.credentials import Credentials, credentials_from_environment, make_credentials
from ingestion.transports.remote import TransportError

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nPlantedKey\n-----END OPENSSH PRIVATE KEY-----\n"


def told(found: Credentials) -> tuple[str | None, str | None, dict[str, str]]:
    """Login, password and extra in plain."""
    password = None if found.password is None else found.password.get_secret_value()
    return found.login, password, {name: value.get_secret_value() for name, value in found.extra.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sftp://county:Pl%40nted%2F1@files.example.org:2222", ("county", "Pl@nted/1", {})),
        ("aws://KEYID:Pl%2Bnted@/?aws_session_token=T%3D1", ("KEYID", "Pl+nted", {"aws_session_token": "T=1"})),
        ("http://:Planted@", (None, "Planted", {})),
        ("ssh://county@h/?__extra__=%7B%22private_key%22%3A%20%22P%22%7D", ("county", None, {"private_key": "P"})),
        (json.dumps({"conn_type": "sftp", "login": "county", "password": "p@/:"}), ("county", "p@/:", {})),
        (
            json.dumps({"login": "county", "extra": {"private_key": KEY, "port": 3, "none": None}}),
            ("county", None, {"private_key": KEY, "port": "3"}),
        ),
        (json.dumps({"login": "county", "extra": json.dumps({"token": "T"})}), ("county", None, {"token": "T"})),
    ],
)
def test_a_connection_is_read_as_airflow_writes_it(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: tuple[str | None, str | None, dict[str, str]]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ALDER_SFTP", text)
    assert told(credentials_from_environment("alder_sftp")) == expected


@pytest.mark.parametrize(
    "text", ["{Planted", '["Planted"]', "Planted", "sftp://u:Planted@h:port", '{"extra": "{Planted"}']
)
def test_what_cannot_be_read_is_an_error_that_repeats_nothing_of_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ALDER_SFTP", text)
    with pytest.raises(TransportError, match="AIRFLOW_CONN_ALDER_SFTP is neither JSON nor a URI") as error:
        credentials_from_environment("alder_sftp")
    assert "Planted" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_connection_that_is_nowhere_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_ALDER_SFTP", raising=False)
    with pytest.raises(TransportError, match="AIRFLOW_CONN_ALDER_SFTP") as error:
        credentials_from_environment("alder_sftp")
    assert error.value.is_permanent


def test_nothing_of_credentials_is_shown() -> None:
    found = make_credentials("planted_login", "Planted1", "https://hooks.example.org/Planted2", {"token": "Planted3"})
    shown = f"{found} {found!r} {found.extra!r} {found.model_dump()!r} {found.model_dump_json()}"
    assert "Planted" not in shown
    assert "planted_login" not in f"{found} {found!r}"
    assert found.host is not None
    assert found.host.get_secret_value().startswith("https://hooks.example.org/")


def test_the_address_of_a_webhook_may_stand_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "https", "host": "hooks.example.org", "port": 8443})
    )
    host = credentials_from_environment("hook").host
    assert host is not None
    assert host.get_secret_value() == "https://hooks.example.org:8443"
