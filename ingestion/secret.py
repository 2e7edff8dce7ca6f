"""The key under which identifiers become pseudonyms: from the environment, else made once on this machine."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from attendance.settings import Settings
from ingestion.durable import PRIVATE_FILE, temporary_name
from ingestion.errors import IngestionError

VARIABLE = "ATTENDANCE_SECRET"
FILE_VARIABLE = "ATTENDANCE_SECRET_FILE"
SHORTEST = 16


class SecretError(IngestionError):
    """The key is missing or too weak; the message says how to make one."""


def _checked(key: str, where: str) -> bytes:
    if len(key) < SHORTEST:
        # ten-digit state identifiers are few: a key that can be guessed turns every pseudonym back into a person
        raise SecretError(
            f"{where} holds fewer than {SHORTEST} characters. Make a key with `openssl rand -hex 32` and keep it: "
            "with another key the pseudonyms of earlier years no longer match."
        )
    return key.encode()


def read_secret(settings: Settings) -> bytes:
    """The key's bytes: ``ATTENDANCE_SECRET``, else the content of the file that ``ATTENDANCE_SECRET_FILE`` names, else
    that of ``settings.secret_file``, made at the first call.

    Two processes that make it at the same time end with the same key: the first to link it into place wins.
    """
    if key := os.environ.get(VARIABLE, "").strip():
        return _checked(key, VARIABLE)
    if named := os.environ.get(FILE_VARIABLE, "").strip():
        # a key that is to come from elsewhere is never made here: another one would be another pseudonym
        try:
            return _checked(Path(named).read_text(encoding="utf-8").strip(), named)
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"{FILE_VARIABLE} is {named}, which cannot be read ({error}).") from error
    path = settings.secret_file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_name(path)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return _checked(path.read_text(encoding="ascii").strip(), str(path))
