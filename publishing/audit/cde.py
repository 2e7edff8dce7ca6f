"""The same attack on the file that the state publishes: how much do its stars hide?

What is true of CDE's chronic absenteeism file of 2023-24 (Los Angeles County, 2,131 schools), and is taken for known:

- A star hides a head-count and its chronic count together, and the rate. The smallest head-count shown is 11, so a
  starred group has ten or fewer. It may have nobody: each school has a row for all nine races, and zero is never shown.
- *Race not reported* is starred on 1,683 schools, all but one beside another starred race, whatever its size: it has no
  upper bound of its own. On 446 others it is shown although another race is starred.
- Where nothing is starred, races (2 of 2 schools), genders (1,842 of 1,842) and grade spans (2,041 of 2,041) add up to
  all students, spans but for grades 9 to 12 to grades through 8 (1,664 of 1,664), in head-counts and in chronic counts.
  So a gender or a span without a row has nobody, and nobody is without a grade. No sum of the file contradicts that;
  some inequalities between levels are contradicted, and dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from publishing.audit.attack import Ints, attack, pass_bounds
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

    hidden:        starred counts of schools: head-counts and chronic counts
    known:         how many of them passing bounds through sums alone pins to a single value
    within_two:    how many it bounds to two apart or less
    known_more, within_two_more: the same once linear programs, programs' groups and districts are used as well
    unsafe:        how many are then bounded closer than the width
    dropped:       inequalities between levels that the file contradicts
    contradictory: sums that the file contradicts
    """

    schools: int
    hidden: int
    known: int
    within_two: int
    known_more: int | None = None
    within_two_more: int = 0
    unsafe: int = 0
    dropped: int = 0
    contradictory: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The report, line by line."""

        def share(count: int) -> str:
            return f"{count:,} ({100 * count / max(self.hidden, 1):.1f} %)"

        text = [
            f"{self.schools:,} schools, {self.hidden:,} hidden counts (enrollments and chronic counts).",
            f"Sums alone, bounds passed along: {share(self.known)} have a single value, {share(self.within_two)} lie "
            "at most two apart.",
        ]
        if self.known_more is not None:
            text.append(
                f"With districts, programs' groups and linear programs: {share(self.known_more)} have a single value, "
                f"{share(self.within_two_more)} lie at most two apart, {share(self.unsafe)} closer than {WIDTH}. "
                f"{self.dropped:,} inequalities between levels and {len(self.contradictory):,} sums do not hold there."
            )
        return text + [f"- does not hold: {line}" for line in self.contradictory[:10]]


def read_cde(file: Path, county: str) -> Public:
    """One county of CDE's file as public tables; AuditError where it is not such a file."""
    if not file.is_file():
        raise AuditError(f"{file} is not there. `attendance fetch` downloads the state's files.")
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(
            "create table raw as "
            "select * from read_csv(?, delim = '\t', header = true, all_varchar = true, quote = '')",
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
    return Public(connection, Rules(10, 20, 0, WIDTH), tuple(sorted(OPTIONAL)))


def _of_schools(knowledge: Knowledge) -> Ints:
    schools = np.asarray(
        knowledge.connection.execute(
            "select f from figures where entity_level = 'school' and is_n_hidden order by f"
        ).fetchnumpy()["f"],
        dtype=np.int64,
    )
    return np.sort(np.concatenate([2 * schools, 2 * schools + 1]))


def _sums(public: Public, say: Callable[[str], None] = lambda _: None) -> Knowledge:
    """What sums and stars alone tell."""
    return gather(public, say, observe=(observe_categories,), relate=(relate_chronic, relate_families))


def plain_bounds(public: Public) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Bounds of head-count and chronic count of each starred category, for a file of one school."""
    knowledge = _sums(public)
    passed = pass_bounds(knowledge.system)
    cells = _of_schools(knowledge)
    found = {str(knowledge.describe(int(n))["item"]): (int(n), int(n) + 1) for n in cells[cells % 2 == 0]}
    bounds = {}
    for item, (n, c) in found.items():
        bounds[item] = (
            (int(passed.lower[n]), int(passed.upper[n])),
            (int(passed.lower[c]), int(passed.upper[c])),
        )
    return bounds


def audit_cde(
    file: Path, county: str, say: Callable[[str], None] = lambda _: None, *, only_sums: bool = False
) -> CdeAudit:
    """Attack CDE's own file: by sums and passed bounds alone, then with all that is known of it."""
    plain = _sums(read_cde(file, county), say)
    passed = pass_bounds(plain.system)
    apart = (passed.upper - passed.lower)[_of_schools(plain)]
    schools = plain.connection.execute("select count(*) from entities where entity_level = 'school'").fetchone()
    told = CdeAudit(
        schools=schools[0] if schools else 0,
        hidden=len(apart),
        known=int((apart == 0).sum()),
        within_two=int((apart <= 2).sum()),
    )
    if only_sums:
        return told
    full = gather(
        read_cde(file, county),
        say,
        observe=(observe_categories,),
        relate=(relate_chronic, relate_families, relate_parts, relate_levels),
    )
    found = attack(full.system, WIDTH, say, exact=True)
    more = (found.upper - found.lower)[_of_schools(full)]
    return replace(
        told,
        known_more=int((more == 0).sum()),
        within_two_more=int((more <= 2).sum()),
        unsafe=int((more < WIDTH).sum()),
        dropped=len(found.dropped),
        contradictory=tuple(full.relation(int(row)) for row in found.contradictory),
    )
