"""Set what the marts compute from students' days beside what the state published, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from attendance.errors import MendableError
from attendance.settings import Settings

# A district's or the county's unduplicated total counts as met within so much of it, or so many students.
SHARE, STUDENTS = 0.005, 5
# Cells that differ, shown one by one.
SHOWN = 20

# One row per published school cell that is not hidden, beside ours; schools that are not in the warehouse left out.
SCHOOL_CELLS = """
    create or replace temp table school_cells as
    select published.school_year, published.cds_code, published.entity_name, published.reporting_category,
           published.eligible_enrollment, published.chronic_count,
           ours.eligible_enrollment as our_eligible, ours.chronic_count as our_chronic,
           entities.cds_code is not null as is_here
    from marts.published_chronic_absence as published
    left join marts.dim_entities as entities
        on published.entity_level = entities.entity_level and published.cds_code = entities.cds_code
    left join marts.chronic_absence as ours
        on published.school_year = ours.school_year and published.entity_level = ours.entity_level
        and published.cds_code = ours.cds_code and published.reporting_category = ours.reporting_category
    where published.entity_level = 'school' and published.eligible_enrollment is not null
      and published.school_year in (select distinct school_year from marts.student_attendance)
"""
# One row per district and the county whose schools are all here: all students.
TOTALS = """
    create or replace temp table totals as
    with schools as (
        select published.school_year, published.county_code, published.district_code,
               bool_and(entities.cds_code is not null) as is_whole
        from marts.published_chronic_absence as published
        left join marts.dim_entities as entities
            on published.entity_level = entities.entity_level and published.cds_code = entities.cds_code
        where published.entity_level = 'school' and published.reporting_category = 'TA'
        group by all
    )
    select published.school_year, published.entity_level, published.entity_name, published.cds_code,
           published.eligible_enrollment, published.chronic_count,
           ours.eligible_enrollment as our_eligible, ours.chronic_count as our_chronic
    from marts.published_chronic_absence as published
    inner join marts.chronic_absence as ours
        on published.school_year = ours.school_year and published.entity_level = ours.entity_level
        and published.cds_code = ours.cds_code and published.reporting_category = ours.reporting_category
    where published.reporting_category = 'TA' and published.eligible_enrollment is not null
      and published.entity_level in ('district', 'county')
      and not exists (
          select 1 from schools
          where schools.school_year = published.school_year and not schools.is_whole
            and (published.entity_level = 'county' or schools.district_code = published.district_code)
      )
"""
EQUAL = "(eligible_enrollment, chronic_count) is not distinct from (our_eligible, our_chronic)"
SUMMARY = f"""
    select school_year, count(distinct cds_code), count(distinct cds_code) filter (is_here),
           count(*), count(*) filter (is_here), count(*) filter (is_here and {EQUAL})
    from school_cells group by school_year order by school_year
"""
DIFFERENT = f"""
    select cds_code, entity_name, reporting_category, eligible_enrollment, our_eligible, chronic_count, our_chronic
    from school_cells where school_year = ? and is_here and not ({EQUAL}) order by cds_code, reporting_category
"""
BY_TOTAL = """
    select entity_level, entity_name, eligible_enrollment, our_eligible, chronic_count, our_chronic
    from totals where school_year = ? order by entity_level, entity_name
"""


class CompareError(MendableError):
    """There is nothing to compare; the message says what is missing."""


@dataclass(frozen=True)
class Total:
    """A district's or the county's students: the published counts and ours."""

    level: str
    name: str
    eligible: int
    our_eligible: int
    chronic: int
    our_chronic: int

    @property
    def is_met(self) -> bool:
        """Whether both counts are within half a percent, or five students."""
        pairs = ((self.eligible, self.our_eligible), (self.chronic, self.our_chronic))
        return all(abs(ours - theirs) <= max(STUDENTS, SHARE * theirs) for theirs, ours in pairs)


@dataclass(frozen=True)
class Year:
    """A school year's comparison.

    schools, schools_here: those with a published cell, and those of them that are in the warehouse
    cells, cells_here, equal: published cells that are not hidden; of the schools that are here; with both counts equal
    different: the others, as rows of ``DIFFERENT``
    totals:    districts and the county, where all their published schools are here
    """

    school_year: str
    schools: int
    schools_here: int
    cells: int
    cells_here: int
    equal: int
    different: list[tuple[object, ...]]
    totals: list[Total]


def last_built(settings: Settings) -> Path:
    """The warehouse that was built last: the one that waits to be published, else the published one."""
    for path in (settings.building, settings.warehouse):
        if path.exists():
            return path
    raise CompareError(f"There is no warehouse at {settings.warehouse}. Next: attendance load, attendance build")


def compare(connection: duckdb.DuckDBPyConnection, school_year: str | None = None) -> tuple[list[Year], list[str]]:
    """Compare each school year that has both figures, or one of them; returns them, and the names of all such years.

    connection: on a database with the marts
    """
    connection.execute(SCHOOL_CELLS)
    connection.execute(TOTALS)
    summary = connection.execute(SUMMARY).fetchall()
    years = [
        Year(
            school_year=name,
            schools=schools,
            schools_here=schools_here,
            cells=cells,
            cells_here=cells_here,
            equal=equal,
            different=connection.execute(DIFFERENT, [name]).fetchall(),
            totals=[Total(*total) for total in connection.execute(BY_TOTAL, [name]).fetchall()],
        )
        for name, schools, schools_here, cells, cells_here, equal in summary
        if school_year in {None, name} and schools_here
    ]
    return years, [row[0] for row in summary if row[2]]


def compare_published(settings: Settings, school_year: str | None = None) -> list[Year]:
    """Compare the years of the warehouse that was built last.

    Raises CompareError where there is no warehouse or no published file of such a year.
    """
    with duckdb.connect(str(last_built(settings)), read_only=True) as connection:
        years, known = compare(connection, school_year)
    if not years:
        asked = f" of {school_year}" if school_year else ""
        raise CompareError(
            f"No school of the warehouse has published figures{asked}; years with both: {', '.join(known) or 'none'}. "
            f"The state's file belongs into {settings.public / 'cde'} (attendance fetch). "
            "Then: attendance load, attendance build"
        )
    return years


def _signed(value: int) -> str:
    return f"{value:+,}" if value else "0"


def _print_totals(year: Year, console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("All students", no_wrap=True, overflow="ellipsis")
    for name, width in (("eligible", 9), ("ours", 9), ("+/-", 5), ("chronic", 7), ("ours", 7), ("+/-", 5)):
        # of a narrow terminal the names give way, not the figures
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    table.add_column("", min_width=0)
    for total in year.totals:
        table.add_row(
            total.name,
            f"{total.eligible:,}",
            f"{total.our_eligible:,}",
            _signed(total.our_eligible - total.eligible),
            f"{total.chronic:,}",
            f"{total.our_chronic:,}",
            _signed(total.our_chronic - total.chronic),
            "" if total.is_met else "<- beyond",
        )
    console.print(table)


def print_comparison(years: list[Year], console: Console) -> bool:
    """Print each year's comparison; returns whether every school cell is equal."""
    for year in years:
        console.print(f"\n{year.school_year}: the state's published figures beside ours", style="bold")
        console.print(
            f"{year.equal:,} of {year.cells_here:,} school cells equal in both counts, "
            f"{year.equal / year.cells_here:.2%} "
            f"({year.schools_here:,} of {year.schools:,} published schools are in this warehouse)."
        )
        if year.totals:
            met = sum(total.is_met for total in year.totals)
            whole = "district" if len(year.totals) == 1 else "districts, the county included"
            console.print(f"{met:,} of {len(year.totals):,} whole {whole}, within 0.5 % or five students:")
            _print_totals(year, console)
        else:
            console.print("No district is here with all its published schools, so none is set beside its total.")
        if year.different:
            table = Table(box=SIMPLE_HEAD, pad_edge=False)
            for name in ("CDS code", "School", "Category", "Eligible: state", "ours", "Chronic: state", "ours"):
                table.add_column(name, overflow="fold")
            for row in year.different[:SHOWN]:
                table.add_row(*("none" if value is None else str(value) for value in row))
            console.print(table)
            console.print(
                f"{len(year.different):,} cells differ; the first {min(SHOWN, len(year.different))} are shown."
            )
    return not any(year.different for year in years)
