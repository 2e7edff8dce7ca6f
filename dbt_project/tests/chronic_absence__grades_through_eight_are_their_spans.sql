-- Tests: the students through grade 8 are those of the spans from transitional kindergarten to grade 8. Matters when: a
-- span is new. To resolve: seed grades says which grades a span has and which are through grade 8.
with

spans as (

    -- one row per span whose grades are through grade 8
    select distinct grade_span
    from {{ ref('grades') }}
    where is_tk8

),

added as (

    select
        absence.school_year,
        absence.entity_level,
        absence.cds_code,
        sum(absence.eligible_enrollment) as eligible_enrollment,
        sum(absence.chronic_count) as chronic_count
    from {{ ref('chronic_absence') }} as absence
    inner join spans on absence.reporting_category = spans.grade_span
    group by absence.school_year, absence.entity_level, absence.cds_code

),

told as (

    select * from {{ ref('chronic_absence') }}
    where reporting_category = 'GRTK8'

)

select
    coalesce(added.cds_code, told.cds_code) as cds_code,
    coalesce(added.school_year, told.school_year) as school_year,
    added.eligible_enrollment as of_spans,
    told.eligible_enrollment as through_grade_eight
from added
full outer join told
    on added.school_year = told.school_year
    and added.entity_level = told.entity_level
    and added.cds_code = told.cds_code
where
    coalesce(added.eligible_enrollment, 0) <> coalesce(told.eligible_enrollment, 0)
    or coalesce(added.chronic_count, 0) <> coalesce(told.chronic_count, 0)
