{{ config(alias='concentration_zip') }}
-- In which ZIP codes the county's chronically absent students live. Places of residence stand in no other table. ZIP
-- codes add up to all students, so what is not told would be the rest: small ones, and students without one, are put
-- together, and the smallest of the others with them until the rest is as large as a ZIP code must be. Nothing is
-- hidden, so nothing can be subtracted.
with

{{ public_limits(['largest_hidden_group', 'fewest_of_zip']) }},

public_years as (

    -- where the county's own count is hidden, its parts would tell it
    select school_year
    from {{ ref('int_suppressed_counts') }}
    where
        topic = 'group'
        and entity_level = 'county'
        and part = 'TA'
        and not hides_chronic

),

places as (

    select
        zips.*,
        zips.eligible_enrollment - zips.chronic_count as other_count,
        zips.residential_zip is not null
        and zips.eligible_enrollment >= limits.fewest_of_zip
        and zips.chronic_count > limits.largest_hidden_group
        and zips.eligible_enrollment - zips.chronic_count > limits.largest_hidden_group as is_large
    from {{ ref('chronic_absence_by_zip') }} as zips
    inner join public_years on zips.school_year = public_years.school_year
    cross join limits
    where zips.entity_level = 'county'

),

ordered as (

    -- those that are told by themselves last, the smallest first: how much the rest would be with all up to here
    select
        *,
        sum(case when is_large then 0 else 1 end) over year_of as small_places,
        sum(eligible_enrollment) over so_far as eligible_so_far,
        sum(chronic_count) over so_far as chronic_so_far,
        sum(other_count) over so_far as other_so_far,
        row_number() over (
            partition by school_year
            order by is_large, eligible_enrollment, residential_zip nulls first
        ) as place
    from places
    window
        year_of as (partition by school_year),
        so_far as (
            partition by school_year
            order by is_large, eligible_enrollment, residential_zip nulls first
            rows between unbounded preceding and current row
        )

),

rests as (

    -- through which place the rest goes; 0 where all are told by themselves, null where it is never large enough
    select
        ordered.school_year,
        case
            when max(ordered.small_places) = 0 then 0
            else min(
                case
                    when
                        ordered.place >= ordered.small_places
                        and ordered.eligible_so_far >= limits.fewest_of_zip
                        and ordered.chronic_so_far > limits.largest_hidden_group
                        and ordered.other_so_far > limits.largest_hidden_group
                        then ordered.place
                end
            )
        end as rest_through
    from ordered
    cross join limits
    group by ordered.school_year

),

told as (

    select
        ordered.school_year,
        ordered.cds_code,
        case when ordered.place > rests.rest_through then ordered.residential_zip end as residential_zip,
        count(ordered.residential_zip) as zip_codes,
        sum(ordered.eligible_enrollment) as eligible_enrollment,
        sum(ordered.chronic_count) as chronic_count
    from ordered
    inner join rests on ordered.school_year = rests.school_year
    where rests.rest_through is not null
    group by
        ordered.school_year,
        ordered.cds_code,
        case when ordered.place > rests.rest_through then ordered.residential_zip end

),

ranked as (

    select
        *,
        row_number() over (
            partition by school_year
            order by case when residential_zip is null then 1 else 0 end asc, chronic_count desc, residential_zip asc
        ) as place,
        sum(chronic_count) over (partition by school_year) as chronic_of_all,
        sum(eligible_enrollment) over (partition by school_year) as enrollment_of_all,
        sum(chronic_count) over (
            partition by school_year
            order by case when residential_zip is null then 1 else 0 end asc, chronic_count desc, residential_zip asc
            rows between unbounded preceding and current row
        ) as chronic_so_far
    from told

)

select
    school_year,
    cds_code,
    residential_zip,
    cast(zip_codes as integer) as zip_codes,
    cast(eligible_enrollment as integer) as eligible_enrollment,
    cast(chronic_count as integer) as chronic_count,
    {{ percent('chronic_count', 'eligible_enrollment') }} as chronic_rate,
    cast(case when residential_zip is not null then place end as integer) as chronic_rank,
    {{ percent('chronic_count', 'chronic_of_all') }} as share_of_chronic,
    {{ percent('chronic_so_far', 'chronic_of_all') }} as share_so_far,
    {{ percent('eligible_enrollment', 'enrollment_of_all') }} as share_of_enrollment
from ranked
