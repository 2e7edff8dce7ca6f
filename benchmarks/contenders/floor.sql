-- The floor: days as bits of whole numbers, expected days as differences of running counts, one row per student and
-- entity. A school year has fewer than 366 school days: three numbers of 122 bits hold which of them were missed.
create macro bit_of(n, number) as if(n // 122 = number, 1::hugeint << (n % 122)::integer, 0::hugeint);
create macro bits_within(first_n, last_n, number) as
    if(
        greatest(first_n - 122 * number, 0) > least(last_n - 122 * number, 121),
        0::hugeint,
        (
            (1::hugeint << (least(last_n - 122 * number, 121) - greatest(first_n - 122 * number, 0) + 1)::integer)
            - 1::hugeint
        ) << greatest(first_n - 122 * number, 0)::integer
    );
create macro days_within(bits, first_n, last_n, number) as
    coalesce(bit_count(bits & bits_within(first_n, last_n, number)), 0)::integer;

-- the nth day in session of a place, from 0
create temp table numbered as
select place, day, (row_number() over (partition by place order by day) - 1)::smallint as n
from (select distinct place, day from session);

-- how many days in session a place had before each day of the year
create temp table running as
select
    dated.place,
    dated.day,
    count(numbered.n) over (partition by dated.place order by dated.day rows unbounded preceding)
    - if(numbered.n is null, 0, 1) as before
from (
    select place, unnest(range(0, 367))::smallint as day
    from (select distinct place from session)
) as dated
left join numbered using (place, day);

create temp table record_days as
select
    mark.place,
    mark.record,
    max(numbered.n) as through_n,
    bit_or(if(mark.said = absent(), bit_of(numbered.n, 0), 0)) as absent_0,
    bit_or(if(mark.said = absent(), bit_of(numbered.n, 1), 0)) as absent_1,
    bit_or(if(mark.said = absent(), bit_of(numbered.n, 2), 0)) as absent_2,
    bit_or(if(mark.said = unmapped(), bit_of(numbered.n, 0), 0)) as unmapped_0,
    bit_or(if(mark.said = unmapped(), bit_of(numbered.n, 1), 0)) as unmapped_1,
    bit_or(if(mark.said = unmapped(), bit_of(numbered.n, 2), 0)) as unmapped_2
from mark
inner join numbered using (place, day)
group by mark.place, mark.record;

-- a place has told of its days up to the last on which it marked anyone
create temp table told as
select place, max(through_n) as through_n
from record_days
group by place;

create temp table student_days as
select
    place,
    student,
    bit_or(absent_0) as absent_0,
    bit_or(absent_1) as absent_1,
    bit_or(absent_2) as absent_2,
    bit_or(unmapped_0) as unmapped_0,
    bit_or(unmapped_1) as unmapped_1,
    bit_or(unmapped_2) as unmapped_2
from record_days
inner join record using (place, record)
group by place, student;

-- Stays, cut where two overlap so that no day counts twice. Where none do, as almost always, a stay is whole at each
-- level: entity_level is null.
create temp table piece as
with followed as (
    select
        *,
        max(until_day) over (
            partition by year, student order by first_day, until_day rows between unbounded preceding and 1 preceding
        ) >= first_day as meets_another
    from stint
),
judged as (
    select *, max(meets_another) over (partition by year, student) as is_contested
    from followed
),
contested as (
    select judged.*, entity.entity, entity.entity_level
    from judged
    inner join entity using (place)
    where judged.is_contested
),
cuts as (
    select entity, student, first_day as cut from contested
    union
    select entity, student, until_day + 1 from contested
),
spans as (
    select
        entity,
        student,
        cut as first_day,
        lead(cut) over (partition by entity, student order by cut) - 1 as until_day
    from cuts
),
won as (
    select
        contested.entity_level,
        spans.entity,
        spans.student,
        spans.first_day,
        spans.until_day,
        -- status 10 wins over 30, then the later start
        arg_min(
            {'place': contested.place, 'year': contested.year, 'grade': contested.grade},
            (contested.priority, -contested.first_day, contested.place)
        ) as winner
    from spans
    inner join contested
        on spans.entity = contested.entity
        and spans.student = contested.student
        and spans.first_day between contested.first_day and contested.until_day
    group by all
)
select null as entity_level, place, year, student, first_day, until_day, grade
from judged
where not coalesce(is_contested, false)
union all
select entity_level, winner.place, winner.year, student, first_day, until_day, winner.grade
from won;

create temp table numbered_piece as
select *, row_number() over () as piece from piece;

create temp table piece_groups as
select numbered_piece.piece, bit_or(membership.groups) as groups
from numbered_piece
inner join membership
    on numbered_piece.year = membership.year
    and numbered_piece.student = membership.student
    and numbered_piece.first_day <= membership.last_day
    and numbered_piece.until_day >= membership.first_day
group by numbered_piece.piece;

-- in hundredths of a day, as summaries have them
create temp table spent as
with counted as (
    select
        piece.*,
        told.place is not null and not coalesce(summary.is_exempt, false) as counts,
        first_date.before as first_n,
        least(last_date.before - 1, told.through_n) as last_n
    from numbered_piece as piece
    left join told using (place)
    left join running as first_date on piece.place = first_date.place and piece.first_day = first_date.day
    left join running as last_date on piece.place = last_date.place and piece.until_day + 1 = last_date.day
    left join summary on piece.place = summary.place and piece.student = summary.student
)
select
    counted.entity_level,
    counted.place,
    counted.student,
    counted.first_day,
    counted.grade,
    coalesce(piece_groups.groups, 0) as groups,
    if(
        counted.counts,
        100 * (
            greatest(counted.last_n - counted.first_n + 1, 0)
            - days_within(unmapped_0 & ~absent_0, first_n, last_n, 0)
            - days_within(unmapped_1 & ~absent_1, first_n, last_n, 1)
            - days_within(unmapped_2 & ~absent_2, first_n, last_n, 2)
        ),
        0
    ) as expected,
    if(
        counted.counts,
        100 * (
            days_within(absent_0, first_n, last_n, 0)
            + days_within(absent_1, first_n, last_n, 1)
            + days_within(absent_2, first_n, last_n, 2)
        ),
        0
    ) as absent
from counted
left join student_days using (place, student)
left join piece_groups using (piece)
union all
-- a school that enrols and marked nobody is counted from its summaries
select null, summary.place, summary.student, null, null, 0, summary.expected, summary.absent
from summary
semi join stint on summary.place = stint.place
anti join told on summary.place = told.place
where not summary.is_exempt;

create temp table student_year as
select
    entity.entity,
    any_value(entity.year) as year,
    spent.student,
    sum(spent.expected) as expected,
    sum(spent.absent) as absent,
    bit_or(spent.groups) as groups,
    arg_max(spent.grade, spent.first_day) as grade
from spent
inner join entity
    on spent.place = entity.place
    and (spent.entity_level is null or spent.entity_level = entity.entity_level)
group by entity.entity, spent.student
having sum(spent.expected) >= 3100 and sum(spent.expected) > sum(spent.absent);
