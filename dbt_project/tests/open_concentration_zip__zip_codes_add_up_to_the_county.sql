-- What is told of ZIP codes is all of the county: nothing is left to be subtracted.
select
    zips.school_year,
    sum(zips.eligible_enrollment) as eligible_enrollment,
    sum(zips.chronic_count) as chronic_count
from {{ ref('open_concentration_zip') }} as zips
inner join {{ ref('open_chronic_absence') }} as county
    on zips.school_year = county.school_year
    and county.entity_level = 'county'
    and county.reporting_category = 'TA'
group by zips.school_year
having
    sum(zips.eligible_enrollment) <> max(county.eligible_enrollment)
    or sum(zips.chronic_count) <> max(county.chronic_count)
    or count(county.chronic_count) = 0
