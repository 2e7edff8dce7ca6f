-- A student's stints at an entity, cut so that no day is counted twice: status 10 wins over 30, then the later start.
with

stints as (

    select
        *,
        count(*) over (partition by school_year, student_key) as stints_in_year
    from {{ ref('int_stints') }}

),

placed as (

    select
        entities.entity_level,
        entities.cds_code,
        stints.school_year,
        stints.student_key,
        stints.stint_key,
        stints.school_code,
        stints.grade,
        stints.status_priority,
        stints.first_date,
        stints.last_date
    from stints
    inner join {{ ref('int_school_entities') }} as entities
        on stints.lea_code = entities.lea_code
        and stints.school_code = entities.school_code
    where stints.stints_in_year > 1

),

cuts as (

    -- distinct, because stints that end and begin together share a cut
    select
        entity_level,
        cds_code,
        school_year,
        student_key,
        first_date as cut_date
    from placed

    union

    select
        entity_level,
        cds_code,
        school_year,
        student_key,
        {{ days_after('last_date', 1) }} as cut_date
    from placed

),

spans as (

    select
        entity_level,
        cds_code,
        school_year,
        student_key,
        cut_date as first_date,
        lead(cut_date) over (
            partition by entity_level, cds_code, school_year, student_key order by cut_date
        ) as next_cut_date
    from cuts

),

contested as (

    select
        spans.entity_level,
        spans.cds_code,
        spans.school_year,
        spans.student_key,
        placed.stint_key,
        placed.school_code,
        placed.grade,
        spans.first_date,
        {{ days_after('spans.next_cut_date', -1) }} as last_date,
        row_number() over (
            partition by spans.entity_level, spans.cds_code, spans.school_year, spans.student_key, spans.first_date
            order by placed.status_priority asc, placed.first_date desc, placed.stint_key asc
        ) as place
    from spans
    inner join placed
        on spans.entity_level = placed.entity_level
        and spans.cds_code = placed.cds_code
        and spans.school_year = placed.school_year
        and spans.student_key = placed.student_key
        and spans.first_date >= placed.first_date
        and spans.first_date <= placed.last_date

),

won as (

    select
        *,
        max(first_date) over student_at_entity as latest_first_date,
        count(*) over student_at_entity as spans
    from contested
    where place = 1
    window student_at_entity as (partition by entity_level, cds_code, school_year, student_key)

)

select
    entity_level,
    cds_code,
    school_year,
    student_key,
    stint_key,
    school_code,
    grade,
    first_date,
    last_date,
    first_date = latest_first_date as is_latest,
    spans = 1 as is_only
from won

union all

-- nearly every student has one stint in the year, which nothing contests at any entity
select
    entities.entity_level,
    entities.cds_code,
    stints.school_year,
    stints.student_key,
    stints.stint_key,
    stints.school_code,
    stints.grade,
    stints.first_date,
    stints.last_date,
    true as is_latest,
    true as is_only
from stints
inner join {{ ref('int_school_entities') }} as entities
    on stints.lea_code = entities.lea_code
    and stints.school_code = entities.school_code
where stints.stints_in_year = 1
