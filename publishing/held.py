"""What the suppression is to hide again: the counts that the last release hid, and how many students each place had.

Where a place has hardly moved since, a count that is shown now would tell what was hidden then
(``publishing/audit/releases.py`` looks for it). So a build begins with all that was hidden, and a publication seldom
has to mend anything.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from attendance.settings import Settings
from publishing.audit.releases import folder, releases, write_private


def hold_cells(settings: Settings, database: Path) -> None:
    """Keep for the next build what the latest release on record hid, for whatever reason.

    database: what was released
    One row of the file is one count as ``int_public_counts`` names it, or a band of attendance: whether its students
    are hidden or the chronically absent alone, and how many students and chronically absent the place has in all.
    Those two are not public, so the file is its owner's alone: how far a place has moved only the suppression asks.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_quoted(database)}' as built (read_only)")
        write_private(
            connection,
            f"""
            select hidden.school_year, hidden.entity_level, hidden.cds_code,
                case hidden.topic when 'category' then 'group' when 'accountability' then 'dashboard' else hidden.topic
                end as topic,
                hidden.item as part, hidden.n is null as hides_students,
                whole.eligible_enrollment as students_of_all, whole.chronic_count as chronic_of_all
            from read_parquet('{_quoted(releases(settings)[-1].path)}') as hidden
            inner join built.marts.chronic_absence as whole
                on hidden.school_year = whole.school_year and hidden.entity_level = whole.entity_level
                and hidden.cds_code = whole.cds_code and whole.reporting_category = 'TA'
            -- two programs at once are told of the county alone, which never stands still
            where hidden.topic <> 'overlap' and hidden.reason is not null
            order by all
            """,
            _file(settings),
        )


def held_cells(settings: Settings) -> Path | None:
    """The Parquet file of ``hold_cells``; None before the first release."""
    path = _file(settings)
    return path if path.is_file() else None


def _file(settings: Settings) -> Path:
    return folder(settings) / "hidden.parquet"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
