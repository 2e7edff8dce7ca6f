"""What must be there before Airflow's services start: ``python -m attendance.stack.ready``, once at each start.

It runs beside services that were started before, so it takes nothing away: a run that is under way stays so, and what
was set in Airflow's interface is left as it is. What a person has to mend is said in words, and nothing else starts.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from attendance.airflow.running import USER, keep_secret, password_file
from attendance.errors import MendableError
from attendance.settings import NO_POSTGRES, Settings, read_settings
from attendance.steps import make_sure_of_extracts
from ingestion.registry import read_registry
from ingestion.secret import read_secret

ADMIN_PASSWORD = "ATTENDANCE_AIRFLOW_PASSWORD_FILE"  # noqa: S105 - the name of a variable
SHORTEST = 12


class NotReadyError(MendableError):
    """Airflow cannot start like this; the message says what to mend."""


def _say(line: str) -> None:
    print(line, flush=True)


def check_folders(settings: Settings) -> None:
    """Whether this user may write where the warehouse writes; NotReadyError names the folder, and whose it must be."""
    for folder in (settings.home, settings.site.parent):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise NotReadyError(f"{folder} cannot be written to by user {os.getuid()}. Give it to that user.")


def write_password(settings: Settings) -> None:
    """Hand the administrator's password on in the form and place in which Airflow reads it; owner-only."""
    name = os.environ.get(ADMIN_PASSWORD, "").strip()
    if not name:
        raise NotReadyError(f"{ADMIN_PASSWORD} names no file. Make the secrets: sh deploy/make-secrets.sh")
    try:
        password = Path(name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NotReadyError(f"{ADMIN_PASSWORD} is {name}, which cannot be read ({error}).") from error
    if len(password) < SHORTEST:
        raise NotReadyError(f"The password in {name} has fewer than {SHORTEST} characters.")
    keep_secret(password_file(settings), json.dumps({USER: password}))


def migrate() -> None:
    """Bring Airflow's database to this version, with our pools."""
    from airflow.utils.db import upgradedb  # noqa: PLC0415 - takes seconds: after what may fail at once
    from airflow.utils.session import create_session  # noqa: PLC0415

    from attendance.airflow.database import make_pools  # noqa: PLC0415

    upgradedb()
    with create_session() as session:
        make_pools(session)


def main() -> int:
    """Look at everything that a person may have to mend, then make ready; 1 where something is to be mended."""
    settings = read_settings()
    try:
        check_folders(settings)
        read_secret(settings)
        registry = read_registry(settings.config)
        _say(f"{registry.county.name}: {len(registry.leas)} LEAs")
        make_sure_of_extracts(settings, registry, _say)
        if settings.postgres != NO_POSTGRES:
            from publishing.serving.server import how_to_connect, open_server  # noqa: PLC0415

            open_server(settings)
            _say(how_to_connect(settings))
        write_password(settings)
    except MendableError as error:
        _say(str(error))
        return 1
    migrate()
    _say("Ready.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
