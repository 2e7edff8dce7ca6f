"""Publication is whole or not there: whatever fails, and whenever, readers keep what they had."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from attendance.settings import Settings
from publishing import open_data
from publishing import publish as publication
from publishing.definition import DefinitionError
from publishing.publish import PublicationError, audit_built, publish, roll_back
from publishing.release import ReleaseError
from publishing.site.build import digest_of

PROJECT = Path(__file__).resolve().parents[2]

# One small page is enough to be published.
DASHBOARD = """\
title: "{{ county }}"
question: {en: "How many?", es: "¿Cuántos?"}
audience: public
filters:
  school_year: {label: {en: School year, es: Año escolar}, default: latest}
cards:
  - id: finding
    title: {en: The finding, es: El hallazgo}
    kind: sentence
    at: {row: 0, column: 0, width: 24, height: 3}
    sql: |
      select chronic_rate from open_data.chronic_absence
      where entity_level = 'county' and reporting_category = 'TA' and school_year = $school_year
    says:
      en: "{{ percent(chronic_rate) }} are chronically absent."
      es: "{{ percent(chronic_rate) }} tienen ausentismo crónico."
"""


@pytest.fixture(autouse=True)
def _no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    """These figures were invented for pages, not to be safe: the audit has tests/serving/test_audited.py."""
    monkeypatch.setattr(publication, "_audit", lambda *_: "not asked")


@pytest.fixture
def settings(tmp_path: Path, make_database: Callable[[Path], Path]) -> Settings:
    """A home in which a database waits to be published."""
    project = tmp_path / "project"
    (project / "dashboards").mkdir(parents=True)
    (project / "dashboards" / "county.yml").write_text(DASHBOARD, encoding="utf-8")
    made = Settings(
        home=tmp_path / "home",
        config=tmp_path / "config",
        extracts=tmp_path / "extracts",
        public=tmp_path / "public",
        project=project,
    )
    make_database(made.building)
    return made


def build_next(settings: Settings, make_database: Callable[[Path], Path], rate: str = "31.4") -> None:
    """Build another database, in which the county has that rate."""
    make_database(settings.building)
    writer = duckdb.connect(str(settings.building))
    writer.execute(
        f"update open_data.chronic_absence set chronic_rate = {rate} "
        "where entity_level = 'county' and reporting_category = 'TA' and school_year = '2023-24'"
    )
    writer.close()


def rate_of(database: Path) -> str:
    connection = duckdb.connect(str(database), read_only=True)
    row = connection.execute(
        "select chronic_rate from open_data.chronic_absence "
        "where entity_level = 'county' and reporting_category = 'TA' and school_year = '2023-24'"
    ).fetchone()
    connection.close()
    assert row
    return str(row[0])


def seen(settings: Settings) -> tuple[str, str]:
    """What readers see: the rate on the page, the rate in the database."""
    page = (settings.site / "index.html").read_text(encoding="utf-8")
    on_page = next(rate for rate in ("22.5", "31.4") if f"{rate}\N{NO-BREAK SPACE}% are chronically absent." in page)
    return on_page, rate_of(settings.warehouse)


def leftovers(settings: Settings) -> list[str]:
    """What lies in the home beside what should."""
    return sorted(path.name for path in settings.home.iterdir() if path.name.startswith("."))


def test_a_first_publication_puts_pages_and_database_in_place(settings: Settings) -> None:
    report = publish(settings)
    assert seen(settings) == ("22.5", "22.5")
    assert settings.site.is_symlink()
    assert (report.pages, report.school_years) == (2, ("2023-24", "2022-23"))
    assert report.folder.name == f"site-{report.digest[:16]}"
    assert digest_of(report.folder) == report.digest
    assert not settings.building.exists()
    assert leftovers(settings) == []


def test_a_later_publication_replaces_both_and_keeps_one_older_version(
    settings: Settings, make_database: Callable[[Path], Path]
) -> None:
    folders = []
    for rate in ("22.5", "31.4", "22.5", "31.4"):
        build_next(settings, make_database, rate)
        folders.append(publish(settings).folder)
        assert seen(settings) == (rate, rate)
    assert len({folder.name for folder in folders}) == 2
    build_next(settings, make_database, "27.0")
    publish(settings)
    kept = sorted(path.name for path in settings.home.glob("site-*"))
    assert len(kept) == 2
    assert folders[-1].name in kept


def test_publishing_the_same_data_again_gives_the_same_folder(
    settings: Settings, make_database: Callable[[Path], Path]
) -> None:
    first = publish(settings)
    make_database(settings.building)
    assert publish(settings).folder == first.folder
    assert seen(settings) == ("22.5", "22.5")


def test_folders_that_publications_did_not_make_are_left_alone(settings: Settings) -> None:
    mine = settings.home / "site-notes"
    mine.mkdir(parents=True)
    publish(settings)
    assert mine.is_dir()


STEPS = ["render_site", "check_database", "rename", "symlink", "turn", "move"]


def fail_at(step: str, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]) -> None:
    """Make one step of a publication fail."""

    def broken(*_: object, **__: object) -> None:
        raise error("planted")

    match step:
        case "render_site":
            monkeypatch.setattr(publication, "render_site", broken)
        case "check_database":
            monkeypatch.setattr(open_data, "check_database", broken)
        case "rename":
            monkeypatch.setattr(Path, "rename", broken)
        case "symlink":
            monkeypatch.setattr(Path, "symlink_to", broken)
        case "turn" | "move":
            original = Path.replace

            def broken_replace(self: Path, target: Path) -> Path:
                if (self.suffix == ".duckdb") is (step == "move"):
                    raise error("planted")
                return original(self, target)

            monkeypatch.setattr(Path, "replace", broken_replace)


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("step", STEPS)
def test_where_a_step_fails_nothing_has_changed_and_the_next_attempt_succeeds(
    settings: Settings,
    make_database: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: type[BaseException],
) -> None:
    publish(settings)
    build_next(settings, make_database)
    with monkeypatch.context() as broken:
        fail_at(step, broken, error)
        with pytest.raises(error, match="planted"):
            publish(settings)
    assert seen(settings) == ("22.5", "22.5")
    assert settings.building.exists()
    publish(settings)
    assert seen(settings) == ("31.4", "31.4")
    assert leftovers(settings) == []


@pytest.mark.parametrize("step", STEPS)
def test_where_a_first_publication_fails_there_is_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as broken:
        fail_at(step, broken, OSError)
        with pytest.raises(OSError, match="planted"):
            publish(settings)
    assert leftovers(settings) == []
    assert not settings.warehouse.exists()
    assert not settings.site.exists()
    assert not settings.site.is_symlink()
    publish(settings)
    assert seen(settings) == ("22.5", "22.5")


PROGRAM = """
import os, sys, signal
from pathlib import Path
from attendance.settings import Settings
from publishing import open_data
from publishing import publish as publication
home, project, step = sys.argv[1:]
path = Path(home)
settings = Settings(home=path, config=path, extracts=path, public=path, project=Path(project))

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if step == "rendered":
    publication.digest_of = kill
    original = publication.render_site
    publication.render_site = lambda *given: (original(*given), kill())
elif step == "linked":
    original = publication.point
    def point(link, folder):
        original(link, folder)
        kill()
    publication.point = point
elif step == "moved":
    publication._prune = kill
elif step == "renamed":
    publication._swap = kill
publication._audit = lambda *_: "not asked"
publication.publish(settings)
"""


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ("rendered", ("22.5", "22.5")),
        ("renamed", ("22.5", "22.5")),
        # The pages are new and whole, the database is old and whole; the next attempt brings it.
        ("linked", ("31.4", "22.5")),
        ("moved", ("31.4", "31.4")),
    ],
)
def test_a_publication_killed_at_any_moment_leaves_whole_things_and_can_be_repeated(
    settings: Settings, make_database: Callable[[Path], Path], step: str, after: tuple[str, str]
) -> None:
    publish(settings)
    build_next(settings, make_database)
    command = [sys.executable, "-c", PROGRAM, str(settings.home), str(settings.project), step]
    killed = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert seen(settings) == after
    if step != "moved":
        publish(settings)
    assert seen(settings) == ("31.4", "31.4")
    build_next(settings, make_database, "22.5")
    publish(settings)
    assert leftovers(settings) == []


def test_readers_find_a_whole_page_at_every_moment(settings: Settings, make_database: Callable[[Path], Path]) -> None:
    publish(settings)
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path\n"
            "page, stop = Path(sys.argv[1]), Path(sys.argv[2])\n"
            "while not stop.exists():\n"
            "    assert page.read_text().rstrip().endswith('</html>')\n",
            str(settings.site / "index.html"),
            str(settings.home / "stop"),
        ],
        stderr=subprocess.PIPE,
    )
    time.sleep(0.3)
    for rate in ("31.4", "22.5", "31.4"):
        build_next(settings, make_database, rate)
        publish(settings)
    (settings.home / "stop").touch()
    _, trouble = reader.communicate(timeout=20)
    assert reader.returncode == 0, trouble.decode()


def test_an_error_in_a_dashboard_publishes_nothing(settings: Settings, make_database: Callable[[Path], Path]) -> None:
    publish(settings)
    build_next(settings, make_database)
    (settings.dashboards / "county.yml").write_text(DASHBOARD.replace("open_data.", "marts."), encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"reads marts\.chronic_absence"):
        publish(settings)
    assert seen(settings) == ("22.5", "22.5")


def test_a_database_without_marts_is_not_published(settings: Settings) -> None:
    writer = duckdb.connect(str(settings.building))
    writer.execute("drop schema marts cascade")
    writer.close()
    with pytest.raises(PublicationError, match=r"Nothing was published\..* has no schema marts"):
        publish(settings)
    assert not settings.site.exists()


def test_a_database_that_was_not_built_is_not_published(settings: Settings) -> None:
    settings.building.unlink()
    with pytest.raises(PublicationError, match=r"is not there\. Build the warehouse first: attendance build"):
        publish(settings)


def test_a_database_that_someone_writes_to_is_not_replaced(
    settings: Settings, make_database: Callable[[Path], Path]
) -> None:
    publish(settings)
    make_database(settings.building)
    settings.warehouse.with_name(settings.warehouse.name + ".wal").touch()
    with pytest.raises(PublicationError, match="someone has it open for writing"):
        publish(settings)


def test_a_folder_in_the_place_of_the_link_is_left_alone(settings: Settings) -> None:
    settings.site.mkdir(parents=True)
    (settings.site / "index.html").write_text("mine")
    with pytest.raises(PublicationError, match="is a folder of its own"):
        publish(settings)
    assert (settings.site / "index.html").read_text() == "mine"


def test_a_failed_audit_publishes_nothing_and_a_passed_one_is_not_repeated(
    settings: Settings, make_database: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings)
    audited: list[str] = []

    def audit(given: Settings, _progress: object) -> str:
        audited.append(rate_of(given.building))
        return "all is safe"

    monkeypatch.setattr(publication, "_audit", audit)
    build_next(settings, make_database)
    assert audit_built(settings) == "all is safe"
    assert audited == ["31.4"]
    assert publish(settings).verdict == "all is safe"
    assert audited == ["31.4"]
    # of another file nothing is known, whatever was said of one before
    build_next(settings, make_database)
    audit_built(settings)
    build_next(settings, make_database, "22.5")
    publish(settings)
    assert audited == ["31.4", "31.4", "22.5"]

    def unsafe(*_: object) -> str:
        raise PublicationError("a hidden count is given away")

    monkeypatch.setattr(publication, "_audit", unsafe)
    build_next(settings, make_database)
    for step in (audit_built, publish):
        with pytest.raises(PublicationError, match="given away"):
            step(settings)
    assert seen(settings) == ("22.5", "22.5")


def test_a_rollback_brings_back_pages_and_database(settings: Settings, make_database: Callable[[Path], Path]) -> None:
    publish(settings)
    build_next(settings, make_database)
    publish(settings)
    assert roll_back(settings).site == settings.site.readlink().name
    assert seen(settings) == ("22.5", "22.5")
    roll_back(settings)
    assert seen(settings) == ("31.4", "31.4")


def test_what_was_published_before_there_was_a_record_can_be_brought_back(
    settings: Settings, make_database: Callable[[Path], Path]
) -> None:
    publish(settings)
    (settings.home / "publication.json").unlink()
    build_next(settings, make_database)
    publish(settings)
    roll_back(settings)
    assert seen(settings) == ("22.5", "22.5")


def test_a_damaged_record_is_told(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "publication.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"publication\.json is not a record"):
        publish(settings)


def test_two_publications_at_once_are_one(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "publish.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PublicationError, match="Another publication is at work"):
            publish(settings)
    publish(settings)


def test_pages_can_be_read_by_a_web_server_of_another_user(settings: Settings) -> None:
    report = publish(settings)
    for path in (report.folder, *report.folder.rglob("*")):
        assert path.stat().st_mode & 0o004, path
    assert str(settings.site.readlink()) == report.folder.name
