"""Who we are at a sender's place: from an Airflow connection or from the environment, never from ``config/``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingestion.transports.remote import TransportError

PREFIX = "AIRFLOW_CONN_"
NESTED = "__extra__"


class Credentials(BaseModel):
    """What an Airflow connection holds. Nothing of it is shown by ``str`` or ``repr``.

    login:    user, or the id of an access key
    password: password, secret access key, or certificate
    host:     the address to call, for a webhook
    extra:    whatever else the connection has, by name: ``private_key``, ``private_key_passphrase``, ``token``, …
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    login: str | None = Field(default=None, repr=False)
    password: SecretStr | None = None
    host: SecretStr | None = None
    extra: Mapping[str, SecretStr] = Field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """As empty as its repr."""
        return repr(self)

    def secret(self, *names: str) -> str | None:
        """The first of these that the extra has."""
        return next((self.extra[name].get_secret_value() for name in names if name in self.extra), None)


Lookup = Callable[[str], Credentials]


def make_credentials(
    login: str | None = None, password: str | None = None, host: str | None = None, extra: object = None
) -> Credentials:
    """Credentials from the parts of an Airflow connection; ``extra`` as a dictionary or as its JSON."""
    if isinstance(extra, str):
        extra = json.loads(extra) if extra.strip() else {}
    told = extra if isinstance(extra, Mapping) else {}
    return Credentials(
        login=login or None,
        password=SecretStr(password) if password else None,
        host=SecretStr(host) if host else None,
        extra={
            str(name): SecretStr(value if isinstance(value, str) else json.dumps(value))
            for name, value in told.items()
            if value not in (None, "")
        },
    )


def _of_json(text: str) -> Credentials:
    told = json.loads(text)
    if not isinstance(told, dict):
        raise TypeError("not an object")
    return make_credentials(told.get("login"), told.get("password"), _address(told), told.get("extra"))


def _address(told: Mapping[str, Any]) -> str | None:
    """Host, with scheme and port where they stand in fields of their own."""
    host = told.get("host")
    if not host or "://" in str(host):
        return host
    scheme, port = told.get("schema") or told.get("conn_type"), told.get("port")
    return f"{scheme}://{host}{f':{port}' if port else ''}" if scheme in {"http", "https"} else str(host)


def _of_uri(text: str) -> Credentials:
    parts = urlsplit(text)
    if not parts.scheme:
        raise ValueError("no scheme")
    extra: dict[str, object] = dict(parse_qsl(parts.query))
    if isinstance(nested := extra.pop(NESTED, None), str):
        extra |= json.loads(nested)
    told = {"conn_type": parts.scheme, "host": unquote(parts.hostname or ""), "port": parts.port}
    return make_credentials(unquote(parts.username or ""), unquote(parts.password or ""), _address(told), extra)


def credentials_from_environment(name: str) -> Credentials:
    """The credentials in ``AIRFLOW_CONN_<NAME>``, a URI or JSON as Airflow itself reads it.

    Raises TransportError where the variable is missing or cannot be read; never repeats any of it.
    """
    variable = f"{PREFIX}{name.upper()}"
    text = os.environ.get(variable, "").strip()
    if not text:
        raise TransportError(
            f"No credentials for the connection {name}: make an Airflow connection of that name, or set the "
            f"environment variable {variable}. docs/connecting-a-district.md shows how each is written."
        )
    try:
        return _of_json(text) if text.startswith("{") else _of_uri(text)
    except (ValueError, TypeError):
        # the parser's own words may repeat what it read
        raise TransportError(
            f"The environment variable {variable} is neither JSON nor a URI as Airflow writes them. Characters such as "
            "@ : / ? # % in a password must be percent-encoded in a URI; JSON takes them as they are."
        ) from None
