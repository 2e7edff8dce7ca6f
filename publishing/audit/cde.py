"""The same attack on the file that the state publishes: how much do its stars hide?

What is true of CDE's chronic absenteeism file of 2023-24 (Los Angeles County, 2,131 schools), and is taken for known:

- A star hides a head-count and its chronic count together, and the rate. The smallest head-count shown is 11, so a starred
  group has ten or fewer, and may have nobody: each school has all nine races. Zero is never shown.
- *Race not reported* is starred on 1,683 schools, nearly always beside another starred race, whatever its size: it has no
  upper bound of its own.
- Where nothing is starred, races (2 of 2 schools), genders (1,842 of 1,842) and grade spans (2,041 of 2,041) add up to all
  students, spans but for grades 9 to 12 to grades through 8 (1,664 of 1,664), in head-counts and chronic counts alike. So
  a gender or a span without a row has nobody, and nobody is without a grade.
- Spans and genders have no row where they have nobody; their stars are taken to be able to be empty all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from publishing.audit.attack import Attack, Ints, attack, pass_bounds
from publishing.audit.knowledge import (
    Knowledge,
    gather,
    observe_categories,
    relate_chronic,
    relate_families,
    relate_levels,
    relate_parts,
)
from publishing.audit.public import OPTIONAL, AuditError, Public, Rules, empty_table

WIDTH = 5
_COLUMNS = {
    "school_year": "Academic Year",
    "level": "Aggregate Level",
    "county_code": "County Code",
    "district_code": "District Code",
    "school_code": "School Code",
    "district_name": "District Name",
    "school_name": "School Name",
    "charter": "Charter School",
    "dass": "DASS",
    "category": "Reporting Category",
    "n": "ChronicAbsenteeismEligibleCumulativeEnrollment",
    "c": "ChronicAbsenteeismCount",
    "rate": "ChronicAbsenteeismRate",
}
_FAMILIES = (
    ("total", "All students", "everybody"),
    ("race", "Race and ethnicity", "everybody"),
    ("gender", "Gender", "everybody"),
    ("grade", "Grade spans", "everybody"),
    ("grade_total", "Grades through 8", "some"),
    ("program", "Programs and status", "some"),
)


@dataclass(frozen=True)
class CdeAudit:
    """What the stars of one county's schools hide.

    hidden:      starred counts of schools: head-counts and chronic counts
    known:       how many of them passing bounds through sums alone pins to a single value
    within_two:  how many it bounds to two apart or less
    known_more, within_two_more: the same once linear programs, programs' groups and districts are used as well
    """

    knowledge: Knowledge
    attack: Attack
    schools: int
    hidden: int
    known: int
    within_two: int
    known_more: int
    within_two_more: int
    unsafe: int

    def lines(self) -> list[str]:
        """The report, line by line."""

        def share(count: int) -> str:
            return f"{count:,} ({100 * count / max(self.hidden, 1):.1f} %)"

        return [
            f"{self.schools:,} schools, {self.hidden:,} hidden counts (enrollments and chronic counts).",
            f"Sums alone, bounds passed along: {share(self.known)} have a single value, {share(self.within_two)} lie at "
            "most two apart.",
            f"With districts, programs' groups and linear programs: {share(self.known_more)} have a single value, "
            f"{share(self.within_two_more)} lie at most two apart, {share(self.unsafe)} closer than {WIDTH}.",
        ]


def read_cde(file: Path, county: str) -> Public:
    """One county of CDE's file as public tables; AuditError where it is not such a file."""
    if not file.is_file():
        raise AuditError(f"{file} is not there. `attendance fetch` downloads the state's files.")
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(
            "create table raw as select * from read_csv(?, delim = '\t', header = true, all_varchar = true, quote = '')",
            [str(file)],
        )
        names = ", ".join(f'"{theirs}" as {ours}' for ours, theirs in _COLUMNS.items())
        connection.execute(f'create table rows as select {names} from raw where "County Code" = ?', [county])
    except duckdb.Error as error:
        raise AuditError(f"{file} is not CDE's chronic absenteeism file, tab separated ({error}).") from error
    connection.execute(
        """
        drop table raw;
        create table theirs as
        select *, case level when 'C' then county_code || '000000000000'
            when 'D' then county_code || district_code || '0000000' else county_code || district_code || school_code end
            as cds_code,
            case level when 'C' then 'county' when 'D' then 'district' else 'school' end as entity_level,
            county_code || district_code || '0000000' as district_cds_code
        from rows where level in ('C', 'D', 'S') and (level = 'S' or (charter = 'All' and dass = 'All'));
        create table entities as
        select distinct entity_level, cds_code, coalesce(school_name, district_name, 'County ' || county_code)
            as entity_name, county_code, case when entity_level <> 'county' then district_cds_code end
            as district_cds_code, charter = 'Yes' as is_charter
        from theirs;
        create table reporting_categories as
        select distinct category as reporting_category, category as category_name,
            case when category = 'TA' then 'total' when category = 'GRTK8' then 'grade_total'
                when category like 'GR%' then 'grade' when category like 'G_' then 'gender'
                when category like 'R_' then 'race' else 'program' end as category_family
        from theirs;
        create table chronic_absence as
        select school_year, entity_level, cds_code, category as reporting_category,
            try_cast(n as double) as eligible_enrollment, try_cast(c as double) as chronic_count,
            try_cast(rate as double) as chronic_rate,
            case when n = '*' and category = 'RD' then 'star_of_any_size' when n = '*' then 'star' end
            as suppression_reason, 'submitted' as submission_status
        from theirs;
        """
    )
    connection.execute("create table category_families (category_family varchar, family_name varchar, covers varchar)")
    connection.executemany("insert into category_families values (?, ?, ?)", [list(row) for row in _FAMILIES])
    for table in OPTIONAL:
        empty_table(connection, table)
    return Public(connection, Rules(10, 20, WIDTH), tuple(sorted(OPTIONAL)))


def _of_schools(knowledge: Knowledge) -> Ints:
    schools = np.asarray(
        knowledge.connection.execute(
            "select f from figures where entity_level = 'school' and is_n_hidden order by f"
        ).fetchnumpy()["f"]
    )
    return np.sort(np.concatenate([2 * schools, 2 * schools + 1]))


def audit_cde(file: Path, county: str, say: Callable[[str], None] = lambda _: None) -> CdeAudit:
    """Attack CDE's own file: by sums and passed bounds alone, then with all that is known of it."""
    plain = gather(read_cde(file, county), say, observe=(observe_categories,), relate=(relate_chronic, relate_families))
    passed = pass_bounds(plain.system)
    cells = _of_schools(plain)
    apart = (passed.upper - passed.lower)[cells]
    say(f"{int((apart == 0).sum()):,} of {len(cells):,} hidden counts of schools have a single value")
    full = gather(
        read_cde(file, county),
        say,
        observe=(observe_categories,),
        relate=(relate_chronic, relate_families, relate_parts, relate_levels),
    )
    found = attack(full.system, WIDTH, say, exact=True)
    cells = _of_schools(full)
    more = (found.upper - found.lower)[cells]
    schools = full.connection.execute("select count(*) from entities where entity_level = 'school'").fetchone()
    return CdeAudit(
        full,
        found,
        schools[0] if schools else 0,
        len(cells),
        int((apart == 0).sum()),
        int((apart <= 2).sum()),
        int((more == 0).sum()),
        int((more <= 2).sum()),
        int((more < WIDTH).sum()),
    )
