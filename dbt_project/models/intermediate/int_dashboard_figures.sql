-- What the Dashboard's rule is asked about: the counts of a year and the year before, ours and those that the state
-- published.
with

members as (

    -- A district is its schools that are no charters: on the Dashboard a charter is an LEA of its own.
    select
        totals.school_year,
        totals.entity_level,
        totals.cds_code,
        groups.student_group,
        totals.is_chronically_absent,
        totals.students
    from {{ ref('int_group_totals') }} as totals
    inner join {{ ref('dashboard_groups') }} as groups on totals.reporting_category = groups.reporting_category
    inner join {{ ref('grades') }} as grades on totals.grade = grades.grade
    left join {{ ref('school_groups') }} as charters
        on totals.charter_category = charters.reporting_category
        and charters.school_trait = 'charter'
        and charters.trait_value = 'true'
    where
        totals.entity_level in ('district', 'school')
        and grades.is_tk8
        and charters.reporting_category is null

),

counted as (

    select
        school_year,
        entity_level,
        cds_code,
        student_group,
        sum(case when is_chronically_absent then students else 0 end) as chronic_count,
        sum(students) as students
    from members
    group by school_year, entity_level, cds_code, student_group

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    'ours' as basis,
    counted.school_year,
    counted.entity_level,
    counted.cds_code,
    counted.student_group,
    cast(counted.chronic_count as integer) as chronic_count,
    cast(counted.students as integer) as students,
    cast(previous.chronic_count as integer) as prior_chronic_count,
    cast(previous.students as integer) as prior_students
from counted
left join counted as previous
    on {{ year_before('counted.school_year') }} = previous.school_year
    and counted.entity_level = previous.entity_level
    and counted.cds_code = previous.cds_code
    and counted.student_group = previous.student_group

union all

select
    'published' as basis,
    published.school_year,
    published.entity_level,
    published.cds_code,
    published.student_group,
    published.current_count as chronic_count,
    published.current_students as students,
    published.prior_count as prior_chronic_count,
    published.prior_students
from {{ ref('stg_cde__dashboard_chronic') }} as published
inner join county
    -- the files are of all California: ours, and the state beside which it is read
    on substr(published.cds_code, 1, 2) = county.county_code or published.entity_level = 'state'
