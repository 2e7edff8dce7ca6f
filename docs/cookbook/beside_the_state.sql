-- question: Where do we stand beside the state's published figures, year by year?
-- asked_by: board, cabinet, district analyst
-- columns: school_year, our_rate, published_county_rate, published_state_rate
-- may_be_empty: before the state's files are fetched, the published columns are empty.
-- mind:
--   - The state counts a finished and certified year; ours moves with each night's files until then.
--   - Our county may differ from the published one where districts do not send to us, or sent corrections since.
--   - In the example county the students are invented and the published figures are real, so nothing agrees.
with

ours as (

    select school_year, chronic_rate
    from marts.chronic_absence
    where entity_level = 'county' and reporting_category = 'TA'

),

published as (

    select
        school_year,
        max(case when entity_level = 'county' then chronic_rate end) as county_rate,
        max(case when entity_level = 'state' then chronic_rate end) as state_rate
    from marts.published_chronic_absence
    where
        entity_level in ('county', 'state')
        and reporting_category = 'TA'
        and charter = 'All'
        and dass = 'All'
    group by school_year

)

select
    school_year,
    ours.chronic_rate as our_rate,
    published.county_rate as published_county_rate,
    published.state_rate as published_state_rate
from ours
full join published using (school_year)
order by school_year
