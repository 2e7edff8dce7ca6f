-- Each school day of each entity beside what its weekday and season lead one to expect. What is expected is the
-- entity's own year, spread over its days as the county's days of all years are: by weekday and by month.
with

rules as (

    select
        max(case when rule = 'fewest_students' then value end) as fewest_students,
        max(case when rule = 'dip_points' then value end) as dip_points,
        max(case when rule = 'dip_deviations' then value end) as dip_deviations,
        max(case when rule = 'usual_deviations' then value end) as usual_deviations,
        max(case when rule = 'closed_share' then value end) as closed_share
    from {{ ref('attendance_day_rules') }}

),

days as (

    select
        *,
        {{ weekday_of('calendar_date') }} as weekday_number,
        {{ school_month_of('calendar_date') }} as school_month
    from {{ ref('int_attendance_days') }}
    where students_expected > 0

),

kinds as (

    -- an entity's day is before a break where most of its schools' is
    select
        kinds.school_year,
        entities.entity_level,
        entities.cds_code,
        kinds.calendar_date,
        count(*) as schools,
        count_if(kinds.day_kind = 'before_break') as before_break,
        count_if(kinds.day_kind = 'after_break') as after_break,
        count_if(kinds.day_kind = 'before_long_weekend') as before_long_weekend
    from {{ ref('int_day_kinds') }} as kinds
    inner join {{ ref('int_school_entities') }} as entities
        on kinds.lea_code = entities.lea_code
        and kinds.school_code = entities.school_code
    group by kinds.school_year, entities.entity_level, entities.cds_code, kinds.calendar_date

),

county as (

    select
        sum(students_absent) as absent,
        sum(students_expected) as expected
    from days
    where entity_level = 'county'

),

by_weekday as (

    select
        days.weekday_number,
        cast(sum(days.students_absent) as double) / sum(days.students_expected)
        / (max(cast(county.absent as double)) / max(county.expected)) as factor
    from days
    cross join county
    where days.entity_level = 'county' and county.absent > 0
    group by days.weekday_number

),

by_month as (

    select
        days.school_month,
        cast(sum(days.students_absent) as double) / sum(days.students_expected)
        / (max(cast(county.absent as double)) / max(county.expected)) as factor
    from days
    cross join county
    where days.entity_level = 'county' and county.absent > 0
    group by days.school_month

),

weighted as (

    select
        days.*,
        coalesce(by_weekday.factor, 1) * coalesce(by_month.factor, 1) as weight
    from days
    left join by_weekday on days.weekday_number = by_weekday.weekday_number
    left join by_month on days.school_month = by_month.school_month

),

spread as (

    select
        *,
        -- the year's absences, shared out: what is expected adds up to what was
        sum(students_absent) over entity_year * weight / nullif(sum(students_expected * weight) over entity_year, 0)
            as expected_share
    from weighted
    window entity_year as (partition by school_year, entity_level, cds_code)

),

deviating as (

    select
        *,
        students_absent - students_expected * expected_share as excess,
        students_expected * least(expected_share, 0.99) * (1 - least(expected_share, 0.99)) as chance
    from spread

),

dispersed as (

    -- Families are ill together, so days differ more than chance says: by how much, the entity's own days tell. None
    -- of them counts for more than is usual.
    select
        deviating.*,
        avg(
            least(
                deviating.excess * deviating.excess / nullif(deviating.chance, 0),
                rules.usual_deviations * rules.usual_deviations
            )
        ) over (partition by deviating.school_year, deviating.entity_level, deviating.cds_code) as dispersion
    from deviating
    cross join rules

),

measured as (

    select
        *,
        excess / nullif(sqrt(greatest(dispersion, 1) * chance), 0) as deviations,
        sum(students_expected - students_absent) over entity_so_far as attended_so_far,
        sum(students_expected) over entity_so_far as expected_so_far
    from dispersed
    window entity_so_far as (partition by school_year, entity_level, cds_code order by calendar_date)

),

to_date as (

    select
        school_year,
        entity_level,
        cds_code,
        school_month,
        chronic_rate
    from {{ ref('attendance_to_date') }}
    where reporting_category = 'TA'

),

taught as (

    select
        measured.school_year,
        measured.entity_level,
        measured.cds_code,
        measured.calendar_date,
        measured.weekday_number,
        measured.school_month,
        case
            when kinds.before_break * 2 > kinds.schools then 'before_break'
            when kinds.after_break * 2 > kinds.schools then 'after_break'
            when kinds.before_long_weekend * 2 > kinds.schools then 'before_long_weekend'
            else 'ordinary'
        end as day_kind,
        measured.students_expected,
        measured.students_absent,
        {{ percent('measured.students_expected - measured.students_absent', 'measured.students_expected') }}
            as attendance_rate,
        cast(round(100 * (1 - measured.expected_share), 1) as decimal(5, 1)) as usual_attendance_rate,
        cast(round(-100 * measured.excess / measured.students_expected, 1) as decimal(5, 1)) as gap_points,
        cast(round(measured.deviations, 1) as decimal(7, 1)) as deviations,
        {{ percent('measured.attended_so_far', 'measured.expected_so_far') }} as attendance_rate_to_date,
        to_date.chronic_rate as chronic_rate_to_date
    from measured
    left join kinds
        on measured.school_year = kinds.school_year
        and measured.entity_level = kinds.entity_level
        and measured.cds_code = kinds.cds_code
        and measured.calendar_date = kinds.calendar_date
    left join to_date
        on measured.school_year = to_date.school_year
        and measured.entity_level = to_date.entity_level
        and measured.cds_code = to_date.cds_code
        and measured.school_month = to_date.school_month

),

ranked as (

    select
        taught.*,
        row_number() over (
            partition by taught.school_year, taught.entity_level, taught.cds_code
            order by taught.gap_points, taught.calendar_date
        ) as worst_rank,
        taught.students_expected >= rules.fewest_students
        and taught.gap_points <= -rules.dip_points
        and coalesce(taught.deviations >= rules.dip_deviations, false) as is_dip
    from taught
    cross join rules

),

county_days as (

    select
        days.school_year,
        days.calendar_date,
        days.students_expected * 100
        >= max(days.students_expected) over (partition by days.school_year) * rules.closed_share as is_usual
    from days
    cross join rules
    where days.entity_level = 'county'

),

years as (

    select
        school_year,
        entity_level,
        cds_code,
        min(calendar_date) as first_day,
        max(calendar_date) as last_day
    from days
    group by school_year, entity_level, cds_code

),

closed as (

    -- weekdays on which most of the county was at school and the entity was not, within its year
    select
        years.school_year,
        years.entity_level,
        years.cds_code,
        county_days.calendar_date
    from years
    inner join county_days
        on years.school_year = county_days.school_year
        and years.first_day < county_days.calendar_date
        and years.last_day > county_days.calendar_date
    left join days
        on years.school_year = days.school_year
        and years.entity_level = days.entity_level
        and years.cds_code = days.cds_code
        and county_days.calendar_date = days.calendar_date
    where county_days.is_usual and days.calendar_date is null

)

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    calendar_date,
    weekday_number,
    school_month,
    day_kind,
    students_expected,
    students_absent,
    attendance_rate,
    usual_attendance_rate,
    gap_points,
    deviations,
    is_dip,
    cast(worst_rank as integer) as worst_rank,
    attendance_rate_to_date,
    chronic_rate_to_date
from ranked

union all

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    calendar_date,
    {{ weekday_of('calendar_date') }} as weekday_number,
    {{ school_month_of('calendar_date') }} as school_month,
    'closed_alone' as day_kind,
    cast(null as integer) as students_expected,
    cast(null as integer) as students_absent,
    cast(null as decimal(5, 1)) as attendance_rate,
    cast(null as decimal(5, 1)) as usual_attendance_rate,
    cast(null as decimal(5, 1)) as gap_points,
    cast(null as decimal(7, 1)) as deviations,
    false as is_dip,
    cast(null as integer) as worst_rank,
    cast(null as decimal(5, 1)) as attendance_rate_to_date,
    cast(null as decimal(5, 1)) as chronic_rate_to_date
from closed
