-- When a student belonged to a programme group, from programme records, language status and parent education.
with

programs as (

    select
        programs.school_year,
        programs.student_key,
        groups.reporting_category,
        programs.first_date,
        programs.last_date
    from {{ ref('stg_calpads__programs') }} as programs
    inner join {{ ref('program_groups') }} as groups on programs.program_code = groups.program_code

),

statuses as (

    -- distinct, because two schools may report the same status
    select distinct
        school_year,
        student_key,
        elas_code,
        first_date
    from {{ ref('stg_calpads__language_acquisition') }}

),

ended as (

    select
        school_year,
        student_key,
        elas_code,
        first_date,
        lead(first_date) over (partition by school_year, student_key order by first_date) as next_first_date
    from statuses

),

learners as (

    select
        ended.school_year,
        ended.student_key,
        groups.reporting_category,
        ended.first_date,
        -- a status lasts until the day before the next one
        {{ days_after('ended.next_first_date', -1) }} as last_date
    from ended
    inner join {{ ref('language_groups') }} as groups on ended.elas_code = groups.elas_code

),

families as (

    select
        records.school_year,
        records.student_key,
        groups.reporting_category,
        -- parents' education is a trait of the year, not of a day
        {{ first_date_of('records.school_year') }} as first_date,
        cast(null as date) as last_date
    from {{ ref('stg_calpads__student_information') }} as records
    inner join {{ ref('parent_education_groups') }} as groups
        on records.parent_education_level = groups.parent_education_level

),

spans as (

    select * from programs

    union all

    select * from learners

    union all

    select * from families

)

-- distinct, because several programmes and several records lead to one group
select distinct
    school_year,
    student_key,
    reporting_category,
    first_date,
    coalesce(last_date, {{ last_date_of('school_year') }}) as last_date
from spans
