-- Students of districts that log interventions, by the spans that count for the district: those who had one, and of
-- each grade span as many as are looked at for a comparison. A county has more than a million students, and an interval
-- is hardly narrower with all of them. Who is looked at follows from the key, a hash that knows nothing of the student.
with

rules as (

    select value as most_students
    from {{ ref('matching_rules') }}
    where rule = 'comparison_students'

),

interventions as (

    select *
    from {{ ref('int_intervention_students') }}
    where student_key is not null

),

logging as (

    -- one row per district and year with interventions
    select distinct
        interventions.school_year,
        entities.cds_code
    from interventions
    inner join {{ ref('int_school_entities') }} as entities
        on interventions.lea_code = entities.lea_code
        and interventions.school_code = entities.school_code
    where entities.entity_level = 'district'

),

treated as (

    -- one row per student and year with interventions
    select distinct
        school_year,
        student_key
    from interventions

),

spans as (

    select
        stints.school_year,
        stints.cds_code as district_cds_code,
        expected.school_code,
        stints.student_key,
        grades.grade_span,
        expected.first_date,
        expected.last_date,
        -- what lies behind the as-of day is not known yet, whatever has arrived
        least(expected.last_counted_date, as_of.as_of_date) as last_known_date,
        row_number() over (
            partition by stints.school_year, stints.cds_code, grades.grade_span
            order by stints.student_key, expected.first_date
        ) as place,
        treated.student_key is not null as is_treated
    from {{ ref('int_entity_stints') }} as stints
    inner join logging
        on stints.school_year = logging.school_year
        and stints.cds_code = logging.cds_code
    inner join {{ ref('int_days_expected') }} as expected
        on stints.stint_key = expected.stint_key
        and stints.first_date = expected.first_date
        and stints.last_date = expected.last_date
    inner join {{ ref('grades') }} as grades on stints.grade = grades.grade
    cross join {{ ref('int_as_of') }} as as_of
    left join treated
        on stints.school_year = treated.school_year
        and stints.student_key = treated.student_key
    where stints.entity_level = 'district'

),

chosen as (

    -- of a student who is looked at, every span in the district counts
    select
        spans.*,
        bool_or(spans.place <= rules.most_students) over (
            partition by spans.school_year, spans.district_cds_code, spans.student_key
        ) as is_candidate
    from spans
    cross join rules

)

select
    chosen.school_year,
    chosen.district_cds_code,
    chosen.school_code,
    chosen.student_key,
    rosters.roster_number,
    -- the first of the student's numbers in the district: numbers are compared faster than keys
    min(rosters.roster_number) over (
        partition by chosen.school_year, chosen.district_cds_code, chosen.student_key
    ) as student_number,
    chosen.grade_span,
    chosen.first_date,
    chosen.last_known_date,
    first_day.days_before,
    last_day.days_so_far as days_scheduled,
    greatest(coalesce(last_known_day.days_so_far, 0), first_day.days_before) as days_known,
    chosen.is_candidate,
    chosen.is_treated
from chosen
inner join {{ ref('int_sis_students') }} as rosters
    on chosen.school_year = rosters.school_year
    and chosen.school_code = rosters.school_code
    and chosen.student_key = rosters.student_key
    -- the first of a student's records at the school has the number of all of them
    and rosters.record_number = rosters.roster_number
inner join {{ ref('int_calendar') }} as first_day
    on chosen.school_year = first_day.school_year
    and chosen.school_code = first_day.school_code
    and chosen.first_date = first_day.calendar_date
inner join {{ ref('int_calendar') }} as last_day
    on chosen.school_year = last_day.school_year
    and chosen.school_code = last_day.school_code
    and chosen.last_date = last_day.calendar_date
left join {{ ref('int_calendar') }} as last_known_day
    on chosen.school_year = last_known_day.school_year
    and chosen.school_code = last_known_day.school_code
    and chosen.last_known_date = last_known_day.calendar_date
where chosen.is_treated or chosen.is_candidate
