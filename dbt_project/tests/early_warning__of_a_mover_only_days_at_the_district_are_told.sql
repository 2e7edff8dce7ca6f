-- What: a student who came from another district within the year is told of by the days at the district of the row.
-- When it matters: a district would read how often a student was absent at another one (docs/access.md).
-- How to resolve: the days in early_warning must be those of int_students_to_date at the row's district.
select
    warned.student_key,
    warned.cds_code,
    warned.school_month
from {{ ref('early_warning') }} as warned
inner join {{ ref('int_district_spans') }} as elsewhere
    on warned.school_year = elsewhere.school_year
    and warned.student_key = elsewhere.student_key
    and warned.district_code <> substr(elsewhere.district_cds_code, 3, 5)
    and warned.as_of_date >= elsewhere.first_date
inner join {{ ref('student_attendance') }} as standing
    on warned.school_year = standing.school_year
    and warned.student_key = standing.student_key
    and warned.district_code = standing.district_code
    and standing.entity_level = 'district'
where
    warned.days_expected > standing.days_expected
    or warned.days_absent > standing.days_absent
    or warned.probability is not null
