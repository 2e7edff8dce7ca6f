"""Where things lie: every path that the warehouse reads or writes, from the environment or beside the project."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from attendance.errors import MendableError

PROJECT = Path(__file__).resolve().parent.parent
# A month's pull can be repeated from the landing alone, and a few days more for whoever was on holiday.
LANDING_DAYS = 35
SPARK_MEMORY = "2g"
DUCKDB, SPARK = TARGETS = ("duckdb", "spark")
SETTLE_SECONDS = 2.0
NO_POSTGRES = "off"


@dataclass(frozen=True)
class Settings:
    """Paths, two lengths of time and a number: no file is opened and no clock is read to make one.

    home:     runtime state, everything that a run writes (``ATTENDANCE_HOME``, default ``var`` beside the project)
    config:   the registry: who sends what, from where (``ATTENDANCE_CONFIG``, default ``config``)
    extracts: the folder in which the senders' extracts arrive (``ATTENDANCE_EXTRACTS``, default ``<home>/extracts``)
    public:   the folder of the state's published files (``ATTENDANCE_PUBLIC``, default ``../shared/data`` where it
              exists, else ``<home>/public``, which ``attendance fetch`` fills)

    landing_days:   how long the bytes of what was loaded stay in the landing (``ATTENDANCE_LANDING_DAYS``, 35)
    settle_seconds: how long a file younger than a minute is watched for growing (``ATTENDANCE_SETTLE_SECONDS``, 2)
    senders:        how many senders are loaded at a time (``ATTENDANCE_SENDERS``, as many as there are processors)

    target: the engine that builds, ``duckdb`` or ``spark`` (``ATTENDANCE_TARGET``, duckdb)
    spark:  host:port of the Thrift server of a Spark cluster (``ATTENDANCE_SPARK``); blank: a cluster on this machine,
            for as long as the build takes
    spark_memory: of each worker and of the driver of such a cluster (``ATTENDANCE_SPARK_MEMORY``, 2g)

    postgres: the PostgreSQL from which people are served (``ATTENDANCE_POSTGRES``): a connection URI, which may hold a
              password and is never shown; blank, the default of the environment: a server of our own below ``home``;
              ``off``: nobody is served but by pages and the warehouse file. The password may stand in a file of its own
              (``ATTENDANCE_POSTGRES_PASSWORD_FILE``)
    pages:    the folder in which the site's link and its folders lie (``ATTENDANCE_PAGES``, default ``<home>``): a
              folder apart, where a web server is to see the pages and nothing else

    metabase_url, metabase_key: the Metabase that dashboards are published to, and an administrator's API key, which is
                                never shown (``METABASE_URL``, ``METABASE_API_KEY``); blank: none. The key may stand in
                                a file of its own (``METABASE_API_KEY_FILE``), which is empty as long as there is none
    metabase_postgres: where that Metabase finds PostgreSQL, as host:port/database (``METABASE_POSTGRES``); blank: where
                       we find it
    """

    home: Path
    config: Path
    extracts: Path
    public: Path
    project: Path = PROJECT
    landing_days: int = LANDING_DAYS
    settle_seconds: float = 0.0
    senders: int = 1
    target: str = DUCKDB
    spark: str = ""
    spark_memory: str = SPARK_MEMORY
    postgres: str = field(default=NO_POSTGRES, repr=False)
    pages: Path | None = None
    metabase_url: str = ""
    metabase_key: str = field(default="", repr=False)
    metabase_postgres: str = field(default="", repr=False)

    @property
    def landing(self) -> Path:
        """Bytes as received, content-addressed, readable by their owner only."""
        return self.home / "landing"

    @property
    def ledger(self) -> Path:
        """One JSON record per received file."""
        return self.home / "ledger"

    @property
    def arrivals(self) -> Path:
        """What was seen at each sender, so that nothing is downloaded or unpacked twice."""
        return self.home / "arrivals"

    @property
    def lake(self) -> Path:
        """Typed Parquet, ``<source>/<file>/<sender>/<period>.parquet``."""
        return self.home / "lake"

    @property
    def company(self) -> Path:
        """Counts that stay hidden beside those that the rules hide, because an attack would have found others."""
        return self.lake / "suppression" / "company" / "company.parquet"

    @property
    def rejects(self) -> Path:
        """One Parquet file of rejected lines per received file that has any."""
        return self.home / "rejects"

    @property
    def warehouse(self) -> Path:
        """The published DuckDB file: always a whole one that passed its tests."""
        return self.home / "warehouse" / "attendance.duckdb"

    @property
    def warehouse_before(self) -> Path:
        """The DuckDB file that was published before, for a rollback."""
        return self.home / "warehouse" / "before" / "attendance.duckdb"

    @property
    def building(self) -> Path:
        """The DuckDB file that dbt is building, renamed to ``warehouse`` when it is good.

        Named alike, because DuckDB calls a database by its file and views remember the name.
        """
        return self.home / "warehouse" / "next" / "attendance.duckdb"

    @property
    def spark_home(self) -> Path:
        """What a Spark cluster on this machine keeps: its tables, and its scratch while it runs."""
        return self.home / "spark"

    @property
    def site(self) -> Path:
        """The static pages: a link to the folder that was published."""
        return (self.pages or self.home) / "site"

    @property
    def server_log(self) -> Path:
        """The log of the server below ``home``, which tells of reads until they are kept in the access log."""
        return self.home / "postgres" / "data" / "reads"

    @property
    def access_log(self) -> Path:
        """Who read which student-level mart and when, owner-only: JSON lines, a file per file of the server's log."""
        return self.home / "access-log"

    @property
    def copies(self) -> Path:
        """One DuckDB file per audience, with what that audience may read."""
        return self.home / "copies"

    @property
    def postgres_home(self) -> Path:
        """The PostgreSQL server of our own: its data, its password, its log."""
        return self.home / "postgres"

    @property
    def airflow(self) -> Path:
        """Airflow's own home."""
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        """What the tools printed, one file per command."""
        return self.home / "logs"

    @property
    def secret_file(self) -> Path:
        """The pseudonym key of a machine on which ``ATTENDANCE_SECRET`` is not set; made once, owner-only."""
        return self.home / "secret"

    @property
    def dbt_project(self) -> Path:
        """The dbt project."""
        return self.project / "dbt_project"

    @property
    def dashboards(self) -> Path:
        """The dashboards' definitions."""
        return self.project / "dashboards"

    def environment(self) -> dict[str, str]:
        """The variables with which another process finds the same places."""
        return {
            "ATTENDANCE_HOME": str(self.home),
            "ATTENDANCE_CONFIG": str(self.config),
            "ATTENDANCE_EXTRACTS": str(self.extracts),
            "ATTENDANCE_PUBLIC": str(self.public),
            "ATTENDANCE_LANDING_DAYS": str(self.landing_days),
            "ATTENDANCE_SETTLE_SECONDS": str(self.settle_seconds),
            "ATTENDANCE_SENDERS": str(self.senders),
            "ATTENDANCE_TARGET": self.target,
            "ATTENDANCE_SPARK": self.spark,
            "ATTENDANCE_SPARK_MEMORY": self.spark_memory,
            "ATTENDANCE_POSTGRES": self.postgres,
            "ATTENDANCE_PAGES": str(self.pages or ""),
        }


def read_settings() -> Settings:
    """Read the settings from the environment as it is now; raises MendableError for a number that is none."""

    def path(variable: str, default: Path) -> Path:
        value = os.environ.get(variable, "").strip()
        return (Path(value).expanduser() if value else default).resolve()

    def number(variable: str, default: float, least: float) -> float:
        value = os.environ.get(variable, "").strip()
        try:
            found = float(value) if value else default
        except ValueError:
            found = -1
        if not least <= found < math.inf:
            raise MendableError(f"{variable} is {value!r}: it must be a number of at least {least:g}.")
        return found

    def one_of(variable: str, values: tuple[str, ...]) -> str:
        value = os.environ.get(variable, "").strip() or values[0]
        if value not in values:
            raise MendableError(f"{variable} is {value!r}: it must be one of {', '.join(values)}.")
        return value

    def address(variable: str) -> str:
        value = os.environ.get(variable, "").strip()
        if value not in {"", NO_POSTGRES} and not value.startswith(("postgresql://", "postgres://")):
            # what it says may hold a password: it is not repeated here
            raise MendableError(
                f"{variable} must be a connection URI such as postgresql://user@host:5432/database, or "
                f"{NO_POSTGRES} for none, or blank for a server of our own."
            )
        return value

    def in_file(variable: str) -> str:
        name = os.environ.get(variable, "").strip()
        try:
            return Path(name).read_text(encoding="utf-8").strip() if name else ""
        except (OSError, UnicodeDecodeError) as error:
            raise MendableError(f"{variable} is {name}, which cannot be read ({error}).") from error

    def with_password(uri: str, variable: str) -> str:
        if not os.environ.get(variable, "").strip() or not uri or uri == NO_POSTGRES:
            return uri
        scheme, _, rest = uri.partition("://")
        user, has_user, place = rest.partition("@")
        if not has_user or ":" in user:
            # a process that was given the whole address by its parent has the variable of the file too
            return uri
        return f"{scheme}://{user}:{quote(in_file(variable), safe='')}@{place}"

    home = path("ATTENDANCE_HOME", PROJECT / "var")
    beside = PROJECT.parent / "shared" / "data"
    return Settings(
        home=home,
        config=path("ATTENDANCE_CONFIG", PROJECT / "config"),
        extracts=path("ATTENDANCE_EXTRACTS", home / "extracts"),
        public=path("ATTENDANCE_PUBLIC", beside if beside.is_dir() else home / "public"),
        landing_days=int(number("ATTENDANCE_LANDING_DAYS", LANDING_DAYS, 1)),
        settle_seconds=number("ATTENDANCE_SETTLE_SECONDS", SETTLE_SECONDS, 0),
        senders=int(number("ATTENDANCE_SENDERS", os.cpu_count() or 1, 1)),
        target=one_of("ATTENDANCE_TARGET", TARGETS),
        spark=os.environ.get("ATTENDANCE_SPARK", "").strip(),
        spark_memory=os.environ.get("ATTENDANCE_SPARK_MEMORY", "").strip() or SPARK_MEMORY,
        postgres=with_password(address("ATTENDANCE_POSTGRES"), "ATTENDANCE_POSTGRES_PASSWORD_FILE"),
        pages=path("ATTENDANCE_PAGES", home) if os.environ.get("ATTENDANCE_PAGES", "").strip() else None,
        metabase_url=os.environ.get("METABASE_URL", "").strip(),
        metabase_key=os.environ.get("METABASE_API_KEY", "").strip() or in_file("METABASE_API_KEY_FILE"),
        metabase_postgres=os.environ.get("METABASE_POSTGRES", "").strip(),
    )
