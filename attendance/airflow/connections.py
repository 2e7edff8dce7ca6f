"""Airflow's connections as the credentials that the transports and the notices take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.transports.credentials import Credentials, credentials_from_environment, make_credentials

if TYPE_CHECKING:
    from airflow.sdk import Connection


def _address(found: Connection) -> str | None:
    """The host, with scheme and port where it is one of the web's and they stand apart from it."""
    if not found.host or "://" in found.host or found.conn_type not in {"http", "https"}:
        return found.host
    scheme = found.schema if found.schema in {"http", "https"} else found.conn_type
    return f"{scheme}://{found.host}{f':{found.port}' if found.port else ''}"


def connection(name: str) -> Credentials:
    """The credentials of an Airflow connection, from within a task: Airflow's own search order, then the environment.

    Raises TransportError, in words that say how to make one, where there is none of that name.
    """
    from airflow.sdk import Connection  # noqa: PLC0415 - only there while a task is running
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415

    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        # says, in our own words, what is missing and how to make it
        return credentials_from_environment(name)
    return make_credentials(found.login, found.password, _address(found), found.extra)
