-- question: At how few schools are half of all chronically absent students?
-- asked_by: cabinet, attendance team
-- columns: place, district_name, school_name, chronic_count, share_so_far
-- mind:
--   - Large schools come first whatever their rate; the list says where help reaches many, not where it is needed most.
--   - A student who is chronically absent at two schools counts at both.
with

schools as (

    select
        entities.district_name,
        entities.entity_name as school_name,
        absence.chronic_count,
        row_number() over (order by absence.chronic_count desc, absence.cds_code) as place,
        sum(absence.chronic_count) over (order by absence.chronic_count desc, absence.cds_code) as so_far,
        sum(absence.chronic_count) over () as everywhere
    from marts.chronic_absence as absence
    inner join marts.dim_entities as entities using (entity_level, cds_code)
    where
        absence.entity_level = 'school'
        and absence.reporting_category = 'TA'
        and absence.chronic_count > 0
        and absence.school_year = (select max(school_year) from marts.chronic_absence)

)

select
    place,
    district_name,
    school_name,
    chronic_count,
    round(100.0 * so_far / everywhere, 1) as share_so_far
from schools
-- the school that crosses the half is the last
where (so_far - chronic_count) * 2 < everywhere
order by place
