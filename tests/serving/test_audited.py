"""What gives a hidden count away is not published: all that people read stays as it was, and they are told why."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from publishing import publish as publication
from publishing.audit.releases import releases
from publishing.held import held_cells
from publishing.publish import PublicationError, audit_built, publish
from tests.audit.county import BIRCH, SCHOOLS, YEARS, County, safe_county
from tests.serving.conftest import AUDIT, Place

SAFE = "Every hidden count is safe: its bounds lie at least 5 apart."


@pytest.fixture(autouse=True)
def _with_the_audit(_no_audit: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "_audit", AUDIT)


def build(place: Place, county: County, version: int) -> None:
    """Have a county wait to be published; of what is public, everything that holds counts is the given county's."""
    place.build(version)
    counts = county.write(place.settings.home / "counts.duckdb")
    with duckdb.connect(str(place.settings.building)) as writer:
        writer.execute(f"attach '{counts}' as given (read_only)")
        writer.execute("delete from open_data.school_climate")
        for table in county.tables:
            known, given = (
                dict(writer.execute(f"select column_name, column_type from (describe {name})").fetchall())
                for name in (f"open_data.{table}", f"given.open_data.{table}")
            )
            rest = "".join(f", null::{kind} as {name}" for name, kind in known.items() if name not in given)
            writer.execute(f"create or replace table open_data.{table} as select *{rest} from given.open_data.{table}")
        writer.execute("create or replace table marts.chronic_absence as select * from open_data.chronic_absence")
        writer.execute("detach given")
    counts.unlink()


def leaking_county() -> County:
    """A companion is shown, so that the small group beside it can be worked out."""
    county = safe_county()
    county.show(
        county.row("chronic_absence", school_year=YEARS[1], cds_code=SCHOOLS[BIRCH][0], reporting_category="RA")
    )
    return county


def everything(place: Place) -> dict[str, Any]:
    """What people see, and by which things of PostgreSQL and of the disk they see it."""
    settings = place.settings
    return {
        "schemas": place.ask(
            "select nspname::text, oid::bigint, nspacl::text, obj_description(oid) from pg_namespace "
            "where nspname ~ '^(marts|open_data)' order by 1"
        ),
        "tables": place.ask(
            "select oid::bigint, relacl::text from pg_class where relnamespace = 'marts'::regnamespace order by 1"
        ),
        "rows": place.ask("select distinct version from marts.stamp_left"),
        "site": settings.site.readlink(),
        "pages": {path: path.read_bytes() for path in sorted(settings.site.rglob("*.html"))},
        "copies": settings.copies.readlink(),
        "files": {path: path.stat().st_mtime_ns for path in sorted(settings.copies.iterdir())},
        "warehouse": settings.warehouse.read_bytes(),
        "record": (settings.home / "publication.json").read_text(encoding="utf-8"),
        "released": releases(settings),
    }


def test_a_publication_whose_audit_fails_leaves_all_that_people_read_as_it_was_and_says_why(place: Place) -> None:
    build(place, safe_county(), 1)
    assert publish(place.settings).verdict == SAFE
    assert len(releases(place.settings)) == 1
    before = everything(place)
    build(place, leaking_county(), 2)
    for step in (audit_built, publish):
        with pytest.raises(PublicationError, match="Nothing was published: the audit stops it") as raised:
            step(place.settings)
        said = str(raised.value)
        assert "American Indian or Alaska Native (RI): eligible, hidden as small_group, is 6" in said
        assert "Races add up to all students" in said
        assert "This must not be published" in said
        assert everything(place) == before
    build(place, safe_county(), 3)
    told: list[str] = []
    assert audit_built(place.settings, told.append) == SAFE
    assert told[-1] == SAFE
    publish(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(3,)]


def test_what_was_audited_and_then_changed_is_audited_again(place: Place) -> None:
    build(place, safe_county(), 1)
    audit_built(place.settings)
    build(place, leaking_county(), 1)
    with pytest.raises(PublicationError, match="the audit stops it"):
        publish(place.settings)
    assert not place.settings.warehouse.exists()


def test_an_earlier_release_is_an_attackers_too(place: Place) -> None:
    """A count that was hidden then and would be shown now, where nothing else has changed, is told of the past."""
    build(place, safe_county(), 1)
    publish(place.settings)
    county = safe_county()
    for row in county.rows("chronic_absence", school_year=YEARS[1], entity_level="school", reporting_category="SM"):
        county.show(row)
    build(place, county, 2)
    with pytest.raises(PublicationError, match="counts that an earlier release hid would be shown"):
        publish(place.settings)


def test_what_a_publication_hides_is_kept_for_the_next_build_with_no_row_more_than_it_shows(place: Place) -> None:
    build(place, safe_county(), 1)
    publish(place.settings)
    kept = held_cells(place.settings)
    assert kept is not None
    (release,) = releases(place.settings)
    hidden = "count(distinct (school_year, cds_code, topic, item)) filter (reason is not null)"
    of = "topic <> 'overlap'"
    with duckdb.connect() as connection:
        (rows,) = connection.execute("select count(*) from read_parquet(?)", [str(kept)]).fetchall()
        (told,) = connection.execute(f"select {hidden} from read_parquet(?) where {of}", [str(release.path)]).fetchall()
    assert 0 < rows[0] <= told[0]
