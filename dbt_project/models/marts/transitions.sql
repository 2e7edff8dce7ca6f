-- Students who are new at a school this year, with what is known of their last one, at whichever district it was: so
-- that support goes with the student.
with

latest as (

    select max(school_year) as school_year
    from {{ ref('int_submissions') }}

),

schools as (

    select
        cds_code,
        lea_code,
        school_code,
        substr(cds_code, 1, 7) as district
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

arrivals as (

    select
        stints.school_year,
        stints.cds_code,
        stints.student_key,
        min(stints.first_date) as first_date,
        min_by(stints.grade, stints.first_date) as grade
    from {{ ref('int_entity_stints') }} as stints
    inner join latest on stints.school_year = latest.school_year
    where stints.entity_level = 'school'
    group by stints.school_year, stints.cds_code, stints.student_key

),

last_year as (

    -- where a student was last, of all the county's schools
    select
        stints.school_year,
        stints.student_key,
        schools.cds_code as from_cds_code,
        schools.district as from_district,
        standing.grade as last_year_grade,
        standing.days_expected,
        standing.absence_rate,
        standing.is_eligible,
        standing.is_chronically_absent,
        standing.attendance_band,
        standing.truancy_standing
    from {{ ref('int_entity_stints') }} as stints
    inner join {{ ref('student_attendance') }} as standing
        on stints.school_year = standing.school_year
        and stints.entity_level = standing.entity_level
        and stints.cds_code = standing.cds_code
        and stints.student_key = standing.student_key
    inner join schools on stints.school_code = schools.school_code
    where stints.entity_level = 'county' and stints.is_latest

),

supports as (

    select
        school_year,
        student_key,
        count(*) as supports_last_year,
        {{ list_of('support_name') }} as supports_given
    from {{ ref('int_supports') }}
    group by school_year, student_key

)

select
    arrivals.school_year,
    arrivals.cds_code,
    {{ codes_of("'school'", 'arrivals.cds_code') }},
    arrivals.student_key,
    arrivals.grade,
    arrivals.first_date,
    case
        when grades.is_entry then 'entry_grade'
        when last_year.from_cds_code is null then 'new_to_county'
        when last_year.from_district <> schools.district then 'from_another_district'
        else 'from_another_school'
    end as arrival_kind,
    last_year.from_cds_code,
    last_year.from_district <> schools.district as is_from_another_district,
    last_year.last_year_grade,
    last_year.absence_rate as last_year_rate,
    case when last_year.is_eligible then last_year.is_chronically_absent end as was_chronically_absent,
    last_year.attendance_band as last_year_band,
    last_year.truancy_standing as last_year_truancy_standing,
    cast(coalesce(supports.supports_last_year, 0) as integer) as supports_last_year,
    supports.supports_given
from arrivals
inner join schools on arrivals.cds_code = schools.cds_code
left join {{ ref('grades') }} as grades on arrivals.grade = grades.grade
left join last_year
    on {{ year_before('arrivals.school_year') }} = last_year.school_year
    and arrivals.student_key = last_year.student_key
left join supports
    on {{ year_before('arrivals.school_year') }} = supports.school_year
    and arrivals.student_key = supports.student_key
-- who goes on at the same school is no arrival
where last_year.from_cds_code is null or last_year.from_cds_code <> arrivals.cds_code
