-- Where levels of grades are told they are all of the county: no other level is left to be subtracted, and where they
-- are not, none is.
with

levels as (

    select
        school_year,
        school_month,
        count(*) as levels,
        count(students_enrolled) as levels_told,
        sum(students_enrolled) as students_enrolled,
        sum(students_tier_2) as students_tier_2,
        sum(students_tier_3) as students_tier_3,
        count(students_watched) as levels_watched,
        sum(students_watched) as students_watched
    from {{ ref('open_early_warning') }}
    where grade_level <> 'all'
    group by school_year, school_month

)

select
    levels.*,
    whole.students_enrolled as students_of_all
from levels
inner join {{ ref('open_early_warning') }} as whole
    on levels.school_year = whole.school_year
    and levels.school_month = whole.school_month
    and whole.grade_level = 'all'
where
    levels.levels_told not in (0, levels.levels)
    or levels.levels_watched not in (0, levels.levels)
    or (
        levels.levels_told > 0
        and (
            coalesce(levels.students_enrolled <> whole.students_enrolled, true)
            or coalesce(levels.students_tier_2 <> whole.students_tier_2, true)
            or coalesce(levels.students_tier_3 <> whole.students_tier_3, true)
        )
    )
    or (levels.levels_watched > 0 and coalesce(levels.students_watched <> whole.students_watched, true))
