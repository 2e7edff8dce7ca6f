"""A home as a county's runs leave it, small and invented; and a backup or a restore of it in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import tarfile
from pathlib import Path
from typing import Any, NoReturn

from attendance.backup import backup, restore
from attendance.settings import Settings
from publishing.serving import access_log, logins, server

KEY = "an invented key, only for tests"
FILES = {
    "landing/ab/abcd": "bytes as received",
    "landing/.work/1999001/landing.tmp": "half written",
    "ledger/1999001/06ce.json": "{}",
    "arrivals/1999001.json": "{}",
    "lake/aeries/students/1999001/2023-24.parquet": "a lake",
    "lake/suppression/company/company.parquet": "what is hidden with others",
    "lake/aeries/students/1999001/.2023-24.parquet.0123.tmp": "half written",
    "rejects/06ce.parquet": "lines",
    "outbox/1999001/rejects.csv": "a,b",
    "outbox/.sent/1999001": "digest",
    "released/release-1.parquet": "figures",
    "access-log/postgresql-1.jsonl": "{}",
    "metabase/passwords.yml": "county_analyst: {password: a-word, told: true, made: true}",
    "metabase/passwords.yml.unfinished": "half written",
    "metabase/0123456789abcdef.json": "{}",
    "metabase/lock": "",
    "warehouse/attendance.duckdb": "what people read",
    "warehouse/before/attendance.duckdb": "what they read before",
    "publication.json": "{}",
    "logs/dbt.log": "printed",
    "secret": KEY,
    "site-0123456789abcdef/index.html": "<p>",
}
CONFIG = {
    "county.yml": 'county: {code: "19", name: A county}\nstate: {code: "00", name: A state, sends: {}}\n',
    "leas/alder.yml": 'code: "1999001"\nname: Alder\nsends: {aeries: {folder: "1999001"}}\nschools: []\n',
    "known_hosts": "files.example.org ssh-ed25519 AAAA\n",
}
# Where the files of a backup are found again in a home that was restored.
KEPT = {
    path: text
    for path, text in FILES.items()
    if path.split("/")[0]
    in {"landing", "ledger", "arrivals", "lake", "rejects", "outbox", "released", "access-log", "metabase"}
    and "half written" not in text
    and path != "metabase/lock"
} | {
    "warehouse/next/attendance.duckdb": FILES["warehouse/attendance.duckdb"],
    **{f"config/{path}": text for path, text in CONFIG.items()},
}


def settings_at(folder: Path, home: str = "home") -> Settings:
    """Settings of that home below a folder."""
    return Settings(home=folder / home, config=folder / "config", extracts=folder, public=folder)


def write(folder: Path, files: dict[str, str]) -> None:
    """Files of those names and texts, owner-only, long ago."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        os.utime(file, (1_700_000_000, 1_700_000_000))


def made_home(folder: Path) -> Settings:
    """A home and a registry below a folder."""
    settings = settings_at(folder)
    write(settings.home, FILES)
    write(settings.config, CONFIG)
    return settings


def seen(folder: Path, *, hidden: bool = True) -> dict[str, str]:
    """Every file below a folder, with its text, but for locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.suffix != ".lock"
        and (hidden or not path.relative_to(folder).parts[0].startswith("."))
    }


# ---- in a process of its own ----

STEPS = (
    (Path, "hardlink_to"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "write_text"),
    (os, "fsync"),
    (os, "utime"),
    (tarfile.TarFile, "addfile"),
)


def kill_at(step: int) -> None:
    """From now on count what changes something, and end just before the given one."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1
        if counted == step:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in STEPS:
        done = getattr(owner, name)

        def counting(*each: Any, _done: Any = done, **more: Any) -> Any:
            count()
            return _done(*each, **more)

        setattr(owner, name, counting)


def do_and_end(what: str, folder: Path, home: str, step: int | None) -> NoReturn:
    """In the child: do it, and never return."""
    code = 1
    try:
        if step is not None:
            kill_at(step)
        settings = settings_at(folder, home)
        if what == "backup":
            backup(settings, folder / "file.tar.zst")
        else:
            restore(settings, folder / "file.tar.zst")
        code = 0
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def main() -> None:
    """Answer line by line with exit codes, negative for a signal, until there are no more lines."""
    # loaded here once, not in each child
    assert access_log, (logins, server)
    # what is on the disk is not what a killed process leaves to the next
    os.sync = lambda: None
    for line in sys.stdin:
        asked = json.loads(line)
        if (child := os.fork()) == 0:
            do_and_end(asked["what"], Path(asked["folder"]), asked["home"], asked["step"])
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
