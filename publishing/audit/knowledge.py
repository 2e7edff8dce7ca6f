"""What an attacker knows: each count as a variable with bounds, and what ties counts together as linear relations.

A *figure* is what a public row says of a group: how many are eligible (its head-count) and how many of them are
chronically absent. Figure ``f`` has two cells, ``2f`` and ``2f + 1``. The same group in several tables is one figure,
whatever the table. Everything is made in SQL over whole tables; a relation's name is made in words, for people to read.

Relations are *hard* (they hold of every publication) or *soft*: a district's unduplicated head-count lies between its
largest school and the sum of its schools, except for students of several short stays. An attacker uses a soft relation
wherever what is public does not contradict it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np

from publishing.audit.attack import Ints, System
from publishing.audit.public import Public, Rules

MEASURES = ("eligible", "chronic")
# Pairs of shown figures that must agree, without exception, before an attacker takes an equality for granted.
_ENOUGH = 20
# What hides a count. Other reasons (a district that did not submit) hide no count that exists.
REASONS = ("small_group", "all_or_none", "complement")
# The state's stars, of which only one says a size.
STARS = ("star", "star_of_any_size")

# The kind of the relations that earlier releases tell.
_EARLIER = "earlier release"

_FIGURE = "school_year, cds_code, topic, item"


_NONE: Ints = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Earlier:
    """Relations by number, and what the sum of each is at least and at most."""

    rows: Ints
    lower: Ints
    upper: Ints


@dataclass(frozen=True)
class Knowledge:
    """A system of variables and relations, and the database in which their names stand.

    system:    the numbers; variable ``2f`` is figure ``f``'s head-count, ``2f + 1`` its chronic count
    relations: how many of each kind
    earlier:   the relations that earlier releases tell, with their least and most, which in ``system`` say nothing
    told:      the hidden counts that one of them showed by its rule, as they were then
    """

    connection: duckdb.DuckDBPyConnection
    system: System
    rules: Rules
    relations: dict[str, int] = field(default_factory=dict)
    earlier: Earlier = field(default_factory=lambda: Earlier(_NONE, _NONE, _NONE))
    told: Ints = field(default_factory=lambda: _NONE)

    def beside_earlier(self) -> System:
        """The system of who has earlier releases too.

        What one of them has told is not judged in it: it is out, and hiding it now takes nothing back. What none has
        told is judged.
        """
        judged = self.system.judged.copy()
        row_lower, row_upper = self.system.row_lower.copy(), self.system.row_upper.copy()
        judged[self.told] = False
        row_lower[self.earlier.rows], row_upper[self.earlier.rows] = self.earlier.lower, self.earlier.upper
        return replace(self.system, judged=judged, row_lower=row_lower, row_upper=row_upper)

    def describe(self, cell: int) -> dict[str, object]:
        """Table, school year, entity, group and measure of one cell, and the reason it is hidden for."""
        row = self.connection.execute(
            "select source, school_year, entity_level, cds_code, entity_name, topic, item, words, reason "
            "from figures where f = ?",
            [cell // 2],
        ).fetchone()
        if row is None:
            raise KeyError(cell)
        names = ("table", "school_year", "entity_level", "cds_code", "entity", "topic", "item", "group", "reason")
        return dict(zip(names, row, strict=True)) | {"measure": MEASURES[cell % 2]}

    def shown_by(self, cell: int) -> str:
        """Which table shows a count that another hides."""
        row = self.connection.execute(
            f"select {'n' if cell % 2 == 0 else 'c'}_source, source, place from figures where f = ?", [cell // 2]
        ).fetchone()
        if row is None or row[0] is None:
            return "its label and its place leave it one value"
        return f"{row[0]} shows it, {row[2]}, and {row[1]} hides it"

    def relation(self, row: int) -> str:
        """The name of one relation."""
        found = self.connection.execute("select name from relations where id = ?", [row]).fetchone()
        if found is None:
            raise KeyError(row)
        return str(found[0])


def gather_figures(
    connection: duckdb.DuckDBPyConnection,
    rules: Rules | None,
    observe: Sequence[Callable[[duckdb.DuckDBPyConnection], None]] | None = None,
) -> None:
    """Make the table ``figures`` of what is shown and what is hidden; without rules, the labels say no sizes."""
    _prepare(connection)
    for function in OBSERVATIONS if observe is None else observe:
        function(connection)
    _figures(connection, rules or Rules(0, 0, 0, 0))


def gather(
    public: Public,
    say: Callable[[str], None] = lambda _: None,
    *,
    observe: Sequence[Callable[[duckdb.DuckDBPyConnection], None]] | None = None,
    relate: Sequence[Callable[[duckdb.DuckDBPyConnection, Rules], None]] | None = None,
    recall: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None,
) -> Knowledge:
    """Write down all that the public tables and the rules of their suppression tell, or a part of it.

    recall: may add to ``recalled``, ``told`` and ``still_known`` what is known from elsewhere, such as earlier releases
    """
    connection = public.connection
    gather_figures(connection, public.rules, observe)
    recall(connection)
    for function_of_rules in RELATIONS if relate is None else relate:
        function_of_rules(connection, public.rules)
    knowledge = _numbers(connection, public.rules)
    say(
        f"{len(knowledge.system.lower):,} counts, {int(knowledge.system.judged.sum()):,} of them hidden, "
        f"{len(knowledge.system.row_lower):,} relations between them"
    )
    return knowledge


# ---------------------------------------------------------------------------------------------------------------------
# What is shown and what is hidden, one function for each table
# ---------------------------------------------------------------------------------------------------------------------


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create table seen (
            rank integer, source varchar, school_year varchar, cds_code varchar, topic varchar, item varchar,
            family varchar, n double, c double, rate double, reason varchar, has_chronic boolean, is_submitted boolean
        );
        create table terms (kind varchar, name varchar, cell bigint, coefficient double);
        create table limits (kind varchar, name varchar, lower double, upper double, is_soft boolean);
        create table measures as select * from (values ('eligible', 0), ('chronic', 1)) as pairs(measure, m);
        create table recalled (f bigint, m integer, lower double, upper double, release varchar);
        create table told (f bigint, m integer);
        create table still_known (f bigint, m integer);
        create table together (school_year varchar, cds_code varchar, item varchar, program varchar);
        """
    )


def observe_categories(connection: duckdb.DuckDBPyConnection) -> None:
    """All students and each reporting category."""
    connection.execute(
        """
        insert into seen
        select 1, 'chronic_absence', school_year, cds_code, 'category', reporting_category, category_family,
            eligible_enrollment, chronic_count, chronic_rate, suppression_reason, true,
            submission_status is not distinct from 'submitted'
        from chronic_absence left join reporting_categories using (reporting_category)
        """
    )


def observe_grades(connection: duckdb.DuckDBPyConnection) -> None:
    """All students of a grade; the family of a grade is its span."""
    connection.execute(
        """
        insert into seen
        select 2, 'chronic_absence_by_grade', school_year, cds_code, 'grade', grade, grade_span,
            eligible_enrollment, chronic_count, chronic_rate, suppression_reason, true, true
        from chronic_absence_by_grade
        """
    )


def observe_months(connection: duckdb.DuckDBPyConnection) -> None:
    """All students so far, by school month."""
    connection.execute(
        """
        insert into seen
        select 3, 'attendance_to_date', school_year, cds_code, 'month', cast(school_month as integer)::varchar, 'month',
            eligible_enrollment, chronic_count, chronic_rate, suppression_reason, true, true
        from attendance_to_date
        """
    )


def observe_accountability(connection: duckdb.DuckDBPyConnection) -> None:
    """The Dashboard's groups, this year's and the year before's; at a school ALL is the cell of grades through 8."""
    for prefix, year in (
        ("", "school_year"),
        ("prior_", "printf('%d-%02d', left(school_year, 4)::int - 1, left(school_year, 4)::int % 100)"),
    ):
        connection.execute(
            f"""
            insert into seen
            select {4 if not prefix else 5}, 'accountability{" (prior year)" if prefix else ""}', {year}, cds_code,
                case when student_group = 'ALL' and entity_level = 'school' then 'category' else 'accountability' end,
                case when student_group = 'ALL' and entity_level = 'school' then 'GRTK8' else student_group end,
                case when student_group = 'ALL' and entity_level = 'school' then 'grade_total' else category_family end,
                {prefix}students, {prefix}chronic_count, {prefix}chronic_rate, {prefix}suppression_reason, true, true
            from accountability
            inner join entities using (cds_code)
            left join student_groups using (student_group)
            left join reporting_categories using (reporting_category)
            where {prefix}students is not null or {prefix}chronic_count is not null or {prefix}chronic_rate is not null
                or {prefix}suppression_reason is not null
            """
        )


def observe_bands(connection: duckdb.DuckDBPyConnection) -> None:
    """Students by the share of days they missed."""
    connection.execute(
        """
        insert into seen
        select 6, 'attendance_bands', school_year, cds_code, 'band', attendance_band, 'band',
            students, null, null, suppression_reason, false, true
        from attendance_bands
        """
    )


def observe_all_students_elsewhere(connection: duckdb.DuckDBPyConnection) -> None:
    """Head-counts of all students that stand in tables about something else."""
    connection.execute(
        """
        insert into seen
        select 7, 'absence_by_reason', school_year, cds_code, 'category', 'TA', 'total',
            eligible_enrollment, null, null, suppression_reason, false, true
        from absence_by_reason;
        insert into seen
        select distinct 8, 'school_climate', school_year, cds_code, 'category', 'TA', 'total',
            eligible_enrollment, null::double, chronic_rate, null::varchar, true, true
        from school_climate
        where eligible_enrollment is not null or chronic_rate is not null
        """
    )


def observe_interventions(connection: duckdb.DuckDBPyConnection) -> None:
    """Students with a kind of intervention, those of them who were measured, and both sides of a comparison."""
    # of a row that is hidden whole nothing says that there is a comparison
    compared = "case when suppression_reason is null then matched_suppression_reason end"
    for topic, column, reason in (
        ("intervention", "students", "suppression_reason"),
        ("measured", "students_measured", "suppression_reason"),
        ("matched", "students_matched", compared),
        ("comparison", "comparison_students", compared),
    ):
        connection.execute(
            f"""
            insert into seen
            select 10, 'intervention_outcomes', school_year, cds_code, '{topic}', type_code, 'intervention',
                {column}, null, null, {reason}, false, true
            from intervention_outcomes
            """
        )


def observe_surveys(connection: duckdb.DuckDBPyConnection) -> None:
    """Respondents of a grade: the fewest of any question."""
    connection.execute(
        """
        insert into seen
        select 11, 'school_climate', school_year, cds_code, 'survey', grade, 'survey', min(respondents), null, null,
            min(suppression_reason), false, true
        from school_climate
        group by school_year, cds_code, grade
        """
    )


def observe_overlaps(connection: duckdb.DuckDBPyConnection) -> None:
    """Students in two program groups, and in each combination of them all, which stands in no table.

    The table ``together`` says of which programs each combination is.
    """
    connection.execute(
        """
        insert into seen
        select 12, 'group_overlap', school_year, cds_code, 'overlap', reporting_category || ' and ' || other_category,
            'overlap', eligible_enrollment, chronic_count, chronic_rate, suppression_reason, true, true
        from group_overlap where reporting_category < other_category;
        create temp table combinations as
        with programs as (
            select school_year, cds_code, list(distinct reporting_category order by reporting_category) as codes
            from chronic_absence
            inner join reporting_categories using (reporting_category)
            semi join group_overlap using (school_year, cds_code)
            where category_family = 'program'
            group by school_year, cds_code
        )
        select school_year, cds_code, list_filter(codes, lambda code, place: (mask >> (place - 1)) & 1 = 1) as codes
        from programs cross join lateral (select unnest(range(1 << len(codes))) as mask);
        insert into seen
        select 12, 'no table', school_year, cds_code, 'rest',
            'of programs ' || coalesce(nullif(array_to_string(codes, ', '), ''), 'none') || ' alone', 'rest',
            null, null, null, null, true, true
        from combinations;
        insert into together
        select school_year, cds_code, 'of programs ' || array_to_string(codes, ', ') || ' alone', unnest(codes)
        from combinations
        """
    )


OBSERVATIONS: tuple[Callable[[duckdb.DuckDBPyConnection], None], ...] = (
    observe_categories,
    observe_grades,
    observe_months,
    observe_accountability,
    observe_bands,
    observe_all_students_elsewhere,
    observe_interventions,
    observe_surveys,
    observe_overlaps,
)


def _figures(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """One figure for each group of an entity and year, with the bounds that its label gives."""
    reasons = ", ".join(f"'{reason}'" for reason in REASONS + STARS)
    # students of no grade, and those of no reported race through grade 8, stand in no table: figures nobody judges
    connection.execute(
        """
        insert into seen
        select 9, 'no table', school_year, cds_code, 'rest', 'ungraded', 'rest', null, null, null, null, true, true
        from seen where topic = 'category' and item = 'TA' and rank = 1 and is_submitted;
        insert into seen
        select distinct 9, 'no table', school_year, cds_code, 'rest', 'no race through grade 8', 'rest',
            null::double, null::double, null::double, null::varchar, true, true
        from seen inner join entities using (cds_code) where topic = 'accountability' and entity_level = 'school'
        """
    )
    connection.execute(
        f"""
        create table figures as
        with grouped as (
            select {_FIGURE},
                arg_min(source, rank) as source, arg_min(family, rank) as family,
                arg_min(n, rank) filter (where n is not null) as n,
                arg_min(c, rank) filter (where c is not null) as c,
                arg_min(source, rank) filter (where n is not null) as n_source,
                arg_min(source, rank) filter (where c is not null) as c_source,
                arg_min(rate, rank) filter (where rate is not null) as rate,
                arg_min(reason, rank) filter (where reason in ({reasons})) as reason,
                arg_min(source, rank) filter (where reason in ({reasons})) as hidden_source,
                bool_or(reason in ({reasons}) and n is null) as is_n_hidden,
                bool_or(reason in ({reasons}) and c is null and has_chronic) as is_c_hidden,
                bool_or(has_chronic) as has_chronic, bool_and(is_submitted) as is_submitted
            from seen
            group by {_FIGURE}
        ),
        counted as (
            select *,
                count(*) over family_of as family_rows,
                count(*) filter (where n is not null) over family_of as family_shown
            from grouped
            window family_of as (partition by school_year, cds_code, topic, family)
        )
        select row_number() over (order by school_year, cds_code, topic, item) - 1 as f,
            counted.school_year, counted.cds_code, entities.entity_level, entities.entity_name,
            case entities.entity_level when 'school' then entities.district_cds_code
                when 'district' then (select min(cds_code) from entities where entity_level = 'county') end as parent,
            coalesce(entities.is_charter, false) as is_charter,
            entities.entity_name || ' (' || counted.cds_code || '), ' || counted.school_year as place,
            counted.topic, counted.item, counted.family,
            case counted.topic
                when 'category' then coalesce(reporting_categories.category_name, counted.item)
                when 'grade' then 'Grade ' || counted.item
                when 'month' then 'All students through school month ' || counted.item
                when 'accountability' then 'Dashboard group ' || counted.item
                when 'band' then 'Band ' || counted.item
                when 'intervention' then 'Students with ' || counted.item
                when 'measured' then 'Students measured with ' || counted.item
                when 'matched' then 'Students set beside others with ' || counted.item
                when 'comparison' then 'Students alike without ' || counted.item
                when 'survey' then 'Respondents of grade ' || counted.item
                when 'overlap' then 'Students in both ' || counted.item
                else counted.item end as words,
            coalesce(counted.hidden_source, counted.source) as source, counted.n, counted.c, counted.rate,
            counted.n_source, counted.c_source,
            counted.reason, coalesce(counted.is_n_hidden, false) as is_n_hidden,
            coalesce(counted.is_c_hidden, false) as is_c_hidden,
            counted.has_chronic, counted.is_submitted,
            case when counted.n is not null then counted.n
                -- all bands of a place have the label of the smallest; of two groups it may be that of either alone
                when counted.topic in ('band', 'overlap') then 0
                -- it may be said of either side alone; and of those with an intervention or those measured
                when counted.topic in ('measured', 'matched', 'comparison') and counted.reason <> 'complement' then 0
                when counted.reason = 'small_group'
                    then case when counted.family_rows = 2 and counted.family_shown = 0 then 0 else 1 end
                when counted.reason = 'complement' then {rules.largest_hidden_group + 1}
                else 0 end as n_lower,
            case when counted.n is not null then counted.n
                when counted.topic in ('band', 'overlap', 'intervention', 'matched', 'comparison') then null
                when counted.reason in ('small_group', 'star') then {rules.largest_hidden_group} end as n_upper,
            case when counted.c is not null then counted.c else 0 end as c_lower,
            case when counted.c is not null then counted.c
                when counted.topic = 'overlap' then null
                when counted.reason in ('small_group', 'star') then {rules.largest_hidden_group} end as c_upper
        from counted
        inner join entities using (cds_code)
        left join reporting_categories on counted.item = reporting_categories.reporting_category
        """
    )


# ---------------------------------------------------------------------------------------------------------------------
# What ties them together
# ---------------------------------------------------------------------------------------------------------------------


def _relate(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    terms: str,
    lower: float | None,
    upper: float | None,
    *,
    soft: bool = False,
) -> None:
    """Add one relation per name of ``terms`` (name, cell, coefficient), each between the same two numbers."""
    connection.execute(f"insert into terms select '{kind}', name, cell, coefficient from ({terms}) as named")
    connection.execute(
        "insert into limits select distinct kind, name, ?::double, ?::double, ?::boolean from terms where kind = ?",
        [lower, upper, soft, kind],
    )


def _pairs(smaller: str, larger: str, on: str, words: str, where: str = "true", *, measures: str = "true") -> str:
    """Terms of ``smaller <= larger`` for pairs of figures, where either cell is hidden."""
    return f"""
        with pairs as (
            select {words} || ': ' || measure as name, 2 * small.f + m as small, 2 * large.f + m as large
            from figures as small inner join figures as large
                on small.school_year = large.school_year and small.cds_code = large.cds_code and {on}
            cross join measures
            where {smaller} and {larger} and {where} and {measures} and small.f <> large.f
                and (case m when 0 then small.n is null or large.n is null else small.c is null or large.c is null end)
        )
        select name, large as cell, 1.0 as coefficient from pairs
        union all select name, small, -1.0 from pairs
    """


def _rest_pairs(smaller: str, larger: str, on: str, words: str, where: str = "true") -> str:
    """Terms of ``those of small not chronically absent <= those of large``."""
    return f"""
        with pairs as (
            select {words} as name, small.f as small, large.f as large
            from figures as small inner join figures as large
                on small.school_year = large.school_year and small.cds_code = large.cds_code and {on}
            where {smaller} and {larger} and {where} and small.f <> large.f
                and (small.n is null or small.c is null or large.n is null or large.c is null)
        )
        select name, 2 * large as cell, 1.0 as coefficient from pairs
        union all select name, 2 * large + 1, -1.0 from pairs
        union all select name, 2 * small, -1.0 from pairs
        union all select name, 2 * small + 1, 1.0 from pairs
    """


_UNKNOWN = "(n is null or c is null)"


def _of_hidden(words: str, n: float, c: float, where: str) -> str:
    """Terms ``n x head-count + c x chronic count`` of each figure for which ``where`` holds."""
    return f"""
        select words || ', ' || place || ': {words}' as name, 2 * f + m as cell,
            case m when 0 then {n} else {c} end as coefficient
        from figures cross join measures where {_UNKNOWN} and has_chronic and {where}
    """


def relate_chronic(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """No more are chronically absent than are eligible."""
    terms = _of_hidden("chronic is at most eligible", 1, -1, "true")
    _relate(connection, "chronic within eligible", terms, 0, None)


def relate_labels(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Where it is said of no group of a place how many are chronically absent, few are in all."""
    _relate(
        connection,
        "few absent",
        """
        with silent as (
            select school_year, cds_code from figures
            where topic = 'category' and has_chronic
            group by school_year, cds_code
            having bool_and(is_c_hidden) and bool_or(item = 'TA' and not is_n_hidden)
        )
        select 'Of no group of ' || place || ' is it told how many are chronically absent, so few are' as name,
            2 * f + 1 as cell, 1.0 as coefficient
        from figures inner join silent using (school_year, cds_code)
        where topic = 'category' and item = 'TA'
        """,
        None,
        rules.few_absent,
        soft=True,
    )
    _relate(
        connection,
        "few absent through grade 8",
        """
        with silent as (
            select school_year, cds_code from figures
            where topic = 'accountability' and entity_level = 'district'
            group by school_year, cds_code
            having bool_and(is_c_hidden) and bool_or(item = 'ALL' and not is_n_hidden)
        )
        select 'Of no Dashboard group of ' || place || ' is it told how many are chronically absent, so few are'
                as name, 2 * f + 1 as cell, 1.0 as coefficient
        from figures inner join silent using (school_year, cds_code)
        where topic = 'accountability' and item = 'ALL'
        """,
        None,
        rules.few_absent,
        soft=True,
    )


def relate_rates(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """A rate that is shown beside a hidden count, rounded to one decimal."""
    for kind, sign in (("rate from below", -1), ("rate from above", 1)):
        _relate(
            connection,
            kind,
            f"""
            select words || ', ' || place || ': the rate is shown (' || rate || '), {kind}' as name, 2 * f + m as cell,
                case m when 0 then (rate + {sign} * 0.05) / 100 else -1.0 end as coefficient
            from figures cross join measures where {_UNKNOWN} and rate is not null
            """,
            None if sign < 0 else 0,
            0 if sign < 0 else None,
        )


def _small_wholes(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``small_wholes``: groups so small that their parts have no rows, which does not mean nobody.

    depth: grades lie in a span, spans in grades through 8, and all in all students; the first that is there counts
    """
    connection.execute(
        """
        create table if not exists small_wholes as
        select f, school_year, cds_code, entity_level, parent, is_charter, topic, item,
            case when item = 'TA' then 3 when item in ('GRTK8', 'ALL') then 2 else 1 end as depth
        from figures
        where is_n_hidden and reason = 'small_group'
            and ((topic = 'category' and (item in ('TA', 'GRTK8') or family = 'grade'))
                or (topic = 'accountability' and item = 'ALL'))
        """
    )


# Whether a figure (large, of any place) is a part of a small whole (small, of the place below it).
_PART_OF_SMALL = """
    case
        when small.item = 'TA' then large.topic in ('category', 'grade', 'accountability') and large.item <> 'TA'
        when small.item = 'GRTK8' then (large.topic = 'category' and large.family = 'grade' and large.item <> 'GR912')
            or (large.topic = 'grade' and large.family <> 'GR912')
            or (large.topic = 'accountability' and large.item <> 'ALL')
        when small.item = 'ALL' then large.topic = 'accountability' and large.item <> 'ALL'
        else large.topic = 'grade' and large.family = small.item
    end
"""

# Figures of a place and the same of the places right below it. Where a place below has no row for the group because a
# group around it is small, that group stands for it: it has at most so many.
_CHILDREN = f"""
    below as (
        select small.f as child, large.f as parent, true as is_same
        from figures as small inner join figures as large
            on small.parent = large.cds_code and small.school_year = large.school_year
            and ((small.topic = large.topic and small.item = large.item)
                -- at a school all of the Dashboard are those through grade 8
                or (small.entity_level = 'school' and small.topic = 'category' and small.item = 'GRTK8'
                    and large.topic = 'accountability' and large.item = 'ALL'))
        where large.topic <> 'accountability' or not small.is_charter
        union all
        select small.f, large.f, false
        from small_wholes as small inner join figures as large
            on small.parent = large.cds_code and small.school_year = large.school_year
        anti join figures as own
            on small.cds_code = own.cds_code and small.school_year = own.school_year
            and ((large.topic = own.topic and large.item = own.item)
                or (large.topic = 'accountability' and large.item = 'ALL'
                    and own.topic = 'category' and own.item = 'GRTK8'))
        -- schools have no rows of charters and others
        where {_PART_OF_SMALL} and (large.topic <> 'accountability' or not small.is_charter)
            and (large.family <> 'charter' or small.entity_level <> 'school')
        qualify row_number() over (partition by small.cds_code, large.f order by small.depth) = 1
    ),
    children as (
        select below.child, below.parent, below.is_same, large.words, large.topic, large.item, large.family,
            large.school_year, large.cds_code, large.entity_level, small.place as below, large.place as above,
            small.has_chronic and large.has_chronic as has_chronic,
            small.n is null as is_small_hidden, large.n is null as is_large_hidden,
            small.n is null or small.c is null or large.n is null or large.c is null as is_hidden
        from below
        inner join figures as small on below.child = small.f
        inner join figures as large on below.parent = large.f
        where large.topic in ('category', 'grade', 'month', 'intervention', 'measured', 'matched', 'comparison',
                'survey', 'accountability')
            or large.item = 'ungraded'
    )
"""

# Places of which one below sent nothing: nothing is known of the sum of those.
_SILENT = """
    silent as (
        select distinct parent as cds_code, school_year from figures
        where topic = 'category' and item = 'TA' and (not is_submitted or (n is null and reason is null))
    )
"""


def relate_families(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Races, genders, charter and others add up to all; spans to grades through 8, and those to all with a grade."""
    _small_wholes(connection)
    _relate(
        connection,
        "family",
        """
        with members as (
            select figures.*, category_families.family_name
            from figures inner join category_families on figures.family = category_families.category_family
            where topic = 'category' and covers = 'everybody' and item <> 'TA'
            union all
            -- the spans by way of grades through 8, whose parts have no rows where they are few
            select figures.*, 'Grades' as family_name
            from figures
            -- a small school has no row of its grades 9 to 12, if it has any
            anti join small_wholes
                on figures.school_year = small_wholes.school_year and figures.cds_code = small_wholes.cds_code
                and small_wholes.item = 'TA'
            where (topic = 'category' and item in ('GRTK8', 'GR912')) or (topic = 'rest' and item = 'ungraded')
        ),
        sums as (
            select family_name || ' add up to all students, ' || members.place || ': ' || measure as name,
                2 * members.f + m as part, 2 * totals.f + m as whole,
                bool_or(case m when 0 then members.n is null or totals.n is null
                    else members.c is null or totals.c is null end)
                    over (partition by family_name, totals.f, m) as any_hidden
            from members inner join figures as totals
                on members.school_year = totals.school_year and members.cds_code = totals.cds_code
                and totals.topic = 'category' and totals.item = 'TA'
            cross join measures
            where members.is_submitted
        )
        select name, part as cell, 1.0 as coefficient from sums where any_hidden
        union all select distinct name, whole, -1.0 from sums where any_hidden
        """,
        0,
        0,
    )
    _relate(
        connection,
        "spans",
        """
        with sums as (
            select 'Grade spans add up to grades through 8, ' || members.place || ': ' || measure as name,
                2 * members.f + m as part, 2 * totals.f + m as whole,
                bool_or(case m when 0 then members.n is null or totals.n is null
                    else members.c is null or totals.c is null end) over (partition by totals.f, m) as any_hidden
            from figures as members inner join figures as totals
                on members.school_year = totals.school_year and members.cds_code = totals.cds_code
                and totals.topic = 'category' and totals.item = 'GRTK8'
            cross join measures
            where members.topic = 'category' and members.family = 'grade' and members.item <> 'GR912'
        )
        select name, part as cell, 1.0 as coefficient from sums where any_hidden
        union all select distinct name, whole, -1.0 from sums where any_hidden
        """,
        0,
        0,
    )
    _relate(
        connection,
        "grades",
        """
        with sums as (
            select 'Grades add up to ' || totals.words || ', ' || members.place || ': ' || measure as name,
                2 * members.f + m as part, 2 * totals.f + m as whole,
                bool_or(case m when 0 then members.n is null or totals.n is null
                    else members.c is null or totals.c is null end) over (partition by totals.f, m) as any_hidden
            from figures as members inner join figures as totals
                on members.school_year = totals.school_year and members.cds_code = totals.cds_code
                and totals.topic = 'category' and totals.item = members.family
            cross join measures
            where members.topic = 'grade'
        )
        select name, part as cell, 1.0 as coefficient from sums where any_hidden
        union all select distinct name, whole, -1.0 from sums where any_hidden
        """,
        0,
        0,
    )


def relate_parts(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Each group is a part of all students: its eligible, its chronically absent, and those of it who are not."""
    part = "small.topic in ('category', 'grade', 'rest') and small.item not in ('TA', 'no race through grade 8')"
    whole = "large.topic = 'category' and large.item = 'TA'"
    words = "small.words || ' within all students, ' || small.place"
    _relate(connection, "within all students", _pairs(part, whole, "true", words), 0, None)
    _relate(
        connection,
        "the rest within all students",
        _rest_pairs(part, whole, "true", "small.words || ' within all students, ' || small.place || ': not chronic'"),
        0,
        None,
    )


def relate_levels(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """A head-count of a district lies between its largest school and the sum of its schools; so for the county."""
    _small_wholes(connection)
    _relate(
        connection,
        "at least the largest",
        f"""
        with {_CHILDREN},
        pairs as (select words || ', ' || above || ' is at least ' || below || ': eligible' as name, child, parent
            from children where is_same and (is_small_hidden or is_large_hidden))
        select name, 2 * parent as cell, 1.0 as coefficient from pairs
        union all select name, 2 * child, -1.0 from pairs
        """,
        0,
        None,
        soft=True,
    )
    _relate(
        connection,
        "at most the sum",
        f"""
        with {_CHILDREN},
        {_SILENT},
        sums as (
            select children.words || ', ' || above || ' is at most the sum of those below it: eligible' as name,
                child, children.parent,
                bool_or(is_small_hidden or is_large_hidden) over (partition by children.parent) as any_hidden
            from children
            anti join silent on children.cds_code = silent.cds_code and children.school_year = silent.school_year
        )
        select name, 2 * child as cell, 1.0 as coefficient from sums where any_hidden
        union all select distinct name, 2 * parent, -1.0 from sums where any_hidden
        """,
        0,
        None,
        soft=True,
    )


def relate_levels_further(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Who is chronically absent at a district, or is not, is so at one of its schools; whoever a group counts at two of
    them, all students count there too; and whose last school is a charter was at one of the charters."""
    _small_wholes(connection)
    sums = f"""
        {_CHILDREN},
        {_SILENT},
        sums as (
            select *, bool_or(is_hidden) over (partition by parent) as any_hidden
            from children
            anti join silent on children.cds_code = silent.cds_code and children.school_year = silent.school_year
            where has_chronic
                and (topic in ('category', 'grade', 'month')
                    or (topic = 'accountability' and entity_level = 'district'))
        )
    """
    for kind, n, c in (("chronic", 0, 1), ("not chronic", 1, -1)):
        _relate(
            connection,
            f"{kind}, at most the sum",
            f"""
            with {sums},
            named as (
                select words || ', ' || above || ' is at most the sum of those below it: {kind}' as name, child, parent
                from sums where any_hidden
            ),
            sides as (
                select name, child as f, 1 as sign from named
                union all select distinct name, parent, -1 from named
            )
            select name, 2 * f + m as cell, 1.0 * sign * case m when 0 then {n} else {c} end as coefficient
            from sides cross join measures
            where case m when 0 then {n} else {c} end <> 0
            """,
            0,
            None,
            soft=True,
        )
    _relate(
        connection,
        "counted twice",
        f"""
        with {sums},
        all_students as (select * from sums where topic = 'category' and item = 'TA'),
        groups as (
            select distinct parent, school_year, cds_code, words from sums
            where any_hidden and topic = 'category' and family in ('program', 'grade_total')
        ),
        named as (
            select groups.words || ', ' || all_students.above || ': no more are counted twice than of all students'
                    as name,
                groups.parent as of_group, all_students.child, all_students.parent
            from groups inner join all_students
                on groups.school_year = all_students.school_year and groups.cds_code = all_students.cds_code
        )
        select name, 2 * child as cell, 1.0 as coefficient from named
        union all select distinct name, 2 * parent, -1.0 from named
        union all select distinct name, 2 * sums.child, -1.0 from named inner join sums on named.of_group = sums.parent
        where sums.is_same
        union all select distinct name, 2 * of_group, 1.0 from named
        """,
        0,
        None,
        soft=True,
    )
    _relate(
        connection,
        "charters",
        """
        with named as (
            select groups.words || ', ' || groups.place || ' is at most the sum of such schools' as name,
                schools.f as child, groups.f as parent,
                bool_or(schools.n is null or groups.n is null) over (partition by groups.f) as any_hidden
            from figures as groups inner join figures as schools
                on groups.cds_code = schools.parent and groups.school_year = schools.school_year
                and schools.topic = 'category' and schools.item = 'TA'
                and schools.is_charter = (groups.item = 'CHY')
            where groups.topic = 'category' and groups.item in ('CHY', 'CHN') and groups.entity_level = 'district'
        )
        select name, 2 * child as cell, 1.0 as coefficient from named where any_hidden
        union all select distinct name, 2 * parent, -1.0 from named where any_hidden
        """,
        0,
        None,
        soft=True,
    )


def relate_interventions(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Who was measured had the intervention, and who is set beside others was measured."""
    for small, large, words in (("measured", "intervention", "had it"), ("matched", "measured", "were measured")):
        _relate(
            connection,
            small,
            _pairs(
                f"small.topic = '{small}'",
                f"large.topic = '{large}'",
                "small.item = large.item",
                f"small.words || ', ' || small.place || ', {words}'",
                measures="m = 0",
            ),
            0,
            None,
        )


def _always_equal(connection: duckdb.DuckDBPyConnection, pairs: str) -> bool:
    """Whether the shown pairs (a, b) agree without exception, and are enough that an attacker relies on it."""
    found = connection.execute(
        f"select count(*), count(*) filter (where a = b) from ({pairs}) as shown where a is not null and b is not null"
    ).fetchone()
    return found is not None and bool(found[0] >= _ENOUGH and found[0] == found[1])


def relate_months(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Head-counts so far never fall; the last month is the year, where all that is shown says so."""
    next_month = "large.topic = 'month' and small.topic = 'month' and large.item::int = small.item::int + 1"
    _relate(
        connection,
        "months do not fall",
        _pairs(
            "true",
            "true",
            next_month,
            "'From school month ' || small.item || ' to ' || large.item || ' no head-count falls, ' || small.place",
            measures="m = 0",
        ),
        0,
        None,
    )
    last = """
        select months.f as month, totals.f as total, months.place, months.n as month_n, totals.n as total_n,
            months.c as month_c, totals.c as total_c
        from (select *, row_number() over (partition by school_year, cds_code order by item::int desc) as place_from_end
            from figures where topic = 'month') as months
        inner join figures as totals on months.school_year = totals.school_year and months.cds_code = totals.cds_code
            and totals.topic = 'category' and totals.item = 'TA'
        where place_from_end = 1
    """
    for m, measure in enumerate(MEASURES):
        letter = "nc"[m]
        if _always_equal(connection, f"select month_{letter} as a, total_{letter} as b from ({last}) as last_months"):
            _relate(
                connection,
                f"the last month is the year: {measure}",
                f"""
                with pairs as (select 'The last month is the year, ' || place || ': {measure}' as name, * from ({last})
                    as last_months where month_{letter} is null or total_{letter} is null)
                select name, 2 * month + {m} as cell, 1.0 as coefficient from pairs
                union all select name, 2 * total + {m}, -1.0 from pairs
                """,
                0,
                0,
            )


def relate_accountability(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Dashboard groups are the reporting categories through grade 8: within them, and within everybody through 8."""
    _small_wholes(connection)
    connection.execute(
        """
        create temp table groups as
        select figures.f, figures.school_year, figures.cds_code, figures.entity_level, figures.place, figures.item,
            category.f as category, category.words, everybody.f as everybody,
            coalesce(figures.n is null or figures.c is null or category.n is null or category.c is null
                or everybody.n is null or everybody.c is null, false) as any_hidden
        from figures
        left join student_groups on figures.item = student_groups.student_group
        left join figures as category on figures.school_year = category.school_year
            and figures.cds_code = category.cds_code and category.topic = 'category'
            and category.item = case figures.item when 'ALL' then 'GRTK8' else student_groups.reporting_category end
        left join figures as everybody on figures.school_year = everybody.school_year
            and figures.cds_code = everybody.cds_code
            and ((figures.entity_level = 'school' and everybody.topic = 'category' and everybody.item = 'GRTK8')
                or (figures.entity_level = 'district' and everybody.topic = 'accountability' and everybody.item = 'ALL'
                    and figures.item <> 'ALL'))
        where figures.topic = 'accountability'
        """
    )

    def within(kind: str, whole: str, where: str, words: str, measures: str = "true") -> None:
        _relate(
            connection,
            kind,
            f"""
            with pairs as (select 'Dashboard group ' || item || '{words}' || place || ': ' || measure as name,
                2 * f + m as small, 2 * {whole} + m as large from groups cross join measures
                where any_hidden and {whole} is not null and {where} and {measures})
            select name, large as cell, 1.0 as coefficient from pairs
            union all select name, small, -1.0 from pairs
            """,
            0,
            None,
        )

    def rest_within(kind: str, whole: str, where: str, words: str) -> None:
        _relate(
            connection,
            kind,
            f"""
            with pairs as (select 'Dashboard group ' || item || '{words}' || place || ': not chronic' as name,
                2 * f as small, 2 * {whole} as large from groups where any_hidden and {whole} is not null and {where})
            select name, large as cell, 1.0 as coefficient from pairs
            union all select name, large + 1, -1.0 from pairs
            union all select name, small, -1.0 from pairs
            union all select name, small + 1, 1.0 from pairs
            """,
            0,
            None,
        )

    school = "entity_level = 'school'"
    within("Dashboard within category", "category", school, " within its category, ")
    rest_within("Dashboard rest within category", "category", school, " within its category, ")
    # a district's Dashboard is without its charters, so that days at one may make a student chronic in one table only
    within("Dashboard within category", "category", "entity_level <> 'school'", " within its category, ", "m = 0")
    within("Dashboard within everybody", "everybody", "true", " within everybody through grade 8, ")
    rest_within("Dashboard rest within everybody", "everybody", "true", " within everybody through grade 8, ")
    # who is in the category and not in the group is in grade 9 to 12, or in none
    _relate(
        connection,
        "Dashboard and grades 9 to 12",
        # where grades 9 to 12 have no row though there may be some, nothing is known
        """
        with pairs as (
            select 'Dashboard group ' || groups.item || ' is its category but for grades 9 to 12, ' || groups.place
                || ': ' || measure as name, 2 * groups.f + m as small, 2 * groups.category + m as large,
                2 * high.f + m as high, 2 * ungraded.f + m as ungraded
            from groups cross join measures
            left join figures as high on high.school_year = groups.school_year and high.cds_code = groups.cds_code
                and high.topic = 'category' and high.item = 'GR912'
            left join figures as ungraded on ungraded.school_year = groups.school_year
                and ungraded.cds_code = groups.cds_code and ungraded.topic = 'rest' and ungraded.item = 'ungraded'
            anti join small_wholes on groups.school_year = small_wholes.school_year
                and groups.cds_code = small_wholes.cds_code and small_wholes.item = 'TA'
            where groups.entity_level = 'school' and category is not null and any_hidden
        )
        select name, small as cell, 1.0 as coefficient from pairs
        union all select name, large, -1.0 from pairs
        union all select name, high, 1.0 from pairs where high is not null
        union all select name, ungraded, 1.0 from pairs where ungraded is not null
        """,
        0,
        None,
    )
    # the races add up to everybody through grade 8, but for those whose race is not reported
    _relate(
        connection,
        "Dashboard races",
        """
        with members as (
            select figures.f, everybody.f as everybody, figures.place,
                -- a few students through grade 8 have no groups, or not all of them
                bool_or(figures.topic = 'accountability') over (partition by everybody.f) as has_groups,
                bool_or(figures.n is null or figures.c is null or everybody.n is null or everybody.c is null)
                    over (partition by everybody.f) as any_hidden
            from figures inner join figures as everybody on figures.school_year = everybody.school_year
                and figures.cds_code = everybody.cds_code and everybody.topic = 'category' and everybody.item = 'GRTK8'
            anti join small_wholes on everybody.f = small_wholes.f
            where figures.entity_level = 'school'
                and ((figures.topic = 'accountability' and figures.family = 'race')
                    or figures.item = 'no race through grade 8')
        )
        select 'Dashboard races add up to everybody through grade 8, ' || place || ': ' || measure as name,
            2 * f + m as cell, 1.0 as coefficient from members cross join measures where any_hidden and has_groups
        union all
        select distinct 'Dashboard races add up to everybody through grade 8, ' || place || ': ' || measure,
            2 * everybody + m, -1.0 from members cross join measures where any_hidden and has_groups
        """,
        0,
        0,
    )
    _relate(
        connection,
        "no race through grade 8",
        """
        with pairs as (
            select 'No race reported through grade 8 within no race reported, ' || rest.place || ': ' || measure
                    as name,
                2 * rest.f + m as small, 2 * reported.f + m as large
            from figures as rest cross join measures
            left join figures as reported on rest.school_year = reported.school_year
                and rest.cds_code = reported.cds_code and reported.topic = 'category' and reported.item = 'RD'
            anti join small_wholes on rest.school_year = small_wholes.school_year
                and rest.cds_code = small_wholes.cds_code and small_wholes.item = 'TA'
            where rest.item = 'no race through grade 8'
        )
        select name, small as cell, -1.0 as coefficient from pairs
        union all select name, large, 1.0 from pairs where large is not null
        """,
        0,
        None,
    )


def relate_bands(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Bands add up to all eligible students, and those of 10 percent and more to the chronically absent."""
    for m, where in ((0, "true"), (1, "bands.item like '%chronic'")):
        _relate(
            connection,
            f"bands: {MEASURES[m]}",
            f"""
            with sums as (
                select 'Bands add up to all students, ' || bands.place || ': {MEASURES[m]}' as name,
                    2 * bands.f as part, 2 * totals.f + {m} as whole,
                    bool_or(bands.n is null or totals.{"nc"[m]} is null) over (partition by totals.f) as any_hidden
                from figures as bands inner join figures as totals
                    on bands.school_year = totals.school_year and bands.cds_code = totals.cds_code
                    and totals.topic = 'category' and totals.item = 'TA'
                where bands.topic = 'band' and {where}
            )
            select name, part as cell, 1.0 as coefficient from sums where any_hidden
            union all select distinct name, whole, -1.0 from sums where any_hidden
            """,
            0,
            0,
        )


# Who is in the first group is in the second by definition: docs/rules.md A.5.
_WITHIN = (("SM", "SS"), ("SF", "SS"), ("SH", "SS"))


def relate_overlaps(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """Combinations of programs add up to each program, to each two of them, and to all students."""
    connection.execute(
        """
        create table wholes as
        with overlapping as (select distinct school_year, cds_code from figures where topic = 'overlap'),
        combinations as (
            select figures.f, figures.school_year, figures.cds_code, coalesce(list(together.program), []) as programs
            from figures semi join overlapping using (school_year, cds_code)
            left join together using (school_year, cds_code, item)
            where figures.topic = 'rest' and figures.item like 'of programs % alone'
            group by all
        )
        select wholes.f as whole, combinations.f as part, wholes.words || ', ' || wholes.place as words
        from figures as wholes inner join combinations using (school_year, cds_code)
        where (wholes.topic = 'category' and wholes.item = 'TA')
            or (wholes.topic = 'category' and wholes.family = 'program' and list_contains(programs, wholes.item))
            or (wholes.topic = 'overlap' and list_has_all(programs, string_split(wholes.item, ' and ')))
        """
    )
    _relate(
        connection,
        "combinations of programs",
        """
        select 'Combinations of programs add up to ' || words || ': ' || measure as name, 2 * part + m as cell,
            1.0 as coefficient from wholes cross join measures
        union all
        select distinct 'Combinations of programs add up to ' || words || ': ' || measure, 2 * whole + m, -1.0
        from wholes cross join measures
        """,
        0,
        0,
    )
    within = " union all ".join(f"select '{inner}' as inner_code, '{outer}' as outer_code" for inner, outer in _WITHIN)
    _relate(
        connection,
        "program within program",
        f"""
        with nested as ({within}),
        inside as (
            select together.*, nested.outer_code from together inner join nested on together.program = nested.inner_code
        )
        select inside.program || ' lies within ' || outer_code || ', ' || figures.place as name, 2 * figures.f as cell,
            1.0 as coefficient
        from inside inner join figures
            on inside.school_year = figures.school_year and inside.cds_code = figures.cds_code
            and inside.item = figures.item and figures.topic = 'rest'
        anti join together as others
            on inside.school_year = others.school_year and inside.cds_code = others.cds_code
            and inside.item = others.item and inside.outer_code = others.program
        """,
        0,
        0,
        soft=True,
    )


def relate_earlier(connection: duckdb.DuckDBPyConnection, _: Rules) -> None:
    """What an earlier release showed of a count that is hidden now, give or take what may have changed since."""
    connection.execute(
        f"""
        create temp table earlier_figures as
        select recalled.release || ' shows it' || case when recalled.upper > recalled.lower
                then ', and it has changed by at most ' || ((recalled.upper - recalled.lower) / 2)::int else '' end
                || ', ' || figures.place || ', ' || figures.words || ': ' || measures.measure as name,
            2 * f + m as cell, recalled.lower, recalled.upper
        from recalled inner join figures using (f) inner join measures using (m);
        insert into terms select '{_EARLIER}', name, cell, 1.0 from earlier_figures;
        insert into limits select '{_EARLIER}', name, lower, upper, true from earlier_figures
        """
    )


RELATIONS: tuple[Callable[[duckdb.DuckDBPyConnection, Rules], None], ...] = (
    relate_chronic,
    relate_labels,
    relate_rates,
    relate_families,
    relate_parts,
    relate_levels,
    relate_levels_further,
    relate_interventions,
    relate_months,
    relate_accountability,
    relate_bands,
    relate_overlaps,
    relate_earlier,
)


def _numbers(connection: duckdb.DuckDBPyConnection, rules: Rules) -> Knowledge:
    """The tables as arrays; a relation all of whose cells are shown is left out."""
    connection.execute(
        """
        create table relations as
        select row_number() over (order by kind, name) - 1 as id, kind, name,
            min(lower) as lower, min(upper) as upper, bool_or(is_soft) as is_soft
        from limits group by kind, name;
        create table numbered as
        select relations.id, terms.cell, sum(terms.coefficient) as coefficient
        from terms inner join relations using (kind, name)
        group by relations.id, terms.cell;
        """
    )
    figures = connection.execute(
        "select n_lower, n_upper, c_lower, c_upper, is_n_hidden, is_c_hidden from figures order by f"
    ).fetchnumpy()
    count = len(figures["n_lower"])

    def pairs(n: str, c: str, empty: float) -> np.ndarray:
        both = np.empty(2 * count)
        both[0::2] = np.ma.filled(np.ma.asarray(figures[n], dtype=float), empty)
        both[1::2] = np.ma.filled(np.ma.asarray(figures[c], dtype=float), empty)
        return both

    judged = np.empty(2 * count, dtype=bool)
    judged[0::2], judged[1::2] = figures["is_n_hidden"], figures["is_c_hidden"]
    told = connection.execute("select distinct 2 * f + m as cell from told order by cell").fetchnumpy()["cell"]
    limits = connection.execute(
        """
        with far as (
            select numbered.id from numbered inner join figures on numbered.cell // 2 = figures.f
            group by numbered.id having bool_or(figures.entity_level = 'county')
        )
        select lower, upper, is_soft, far.id is not null as is_far, kind = ? as is_earlier
        from relations left join far using (id) order by id
        """,
        [_EARLIER],
    ).fetchnumpy()
    terms = connection.execute("select id, cell, coefficient from numbered order by id, cell").fetchnumpy()
    rows = len(limits["lower"])
    system = System(
        lower=pairs("n_lower", "c_lower", 0.0),
        upper=pairs("n_upper", "c_upper", np.inf),
        judged=judged,
        start=np.searchsorted(np.asarray(terms["id"]), np.arange(rows + 1)),
        column=np.asarray(terms["cell"], dtype=np.int64),
        value=np.asarray(terms["coefficient"], dtype=float),
        row_lower=np.ma.filled(np.ma.asarray(limits["lower"], dtype=float), -np.inf),
        row_upper=np.ma.filled(np.ma.asarray(limits["upper"], dtype=float), np.inf),
        soft=np.asarray(limits["is_soft"], dtype=bool),
        far=np.asarray(limits["is_far"], dtype=bool),
    )
    kinds = dict(connection.execute("select kind, count(*) from relations group by kind order by kind").fetchall())
    rows_earlier = np.flatnonzero(limits["is_earlier"])
    least, most = (np.asarray(each[rows_earlier], dtype=np.int64) for each in (system.row_lower, system.row_upper))
    system.row_lower[rows_earlier], system.row_upper[rows_earlier] = -np.inf, np.inf
    earlier = Earlier(rows_earlier, least, most)
    return Knowledge(connection, system, rules, kinds, earlier, np.asarray(told, dtype=np.int64))
