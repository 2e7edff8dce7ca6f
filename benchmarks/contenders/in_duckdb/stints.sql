-- The stays that count, of the system where it is connected, else of CALPADS: what both ways in DuckDB start from.
create temp table stint as
with connected as (
    select distinct place.sender, place.year
    from enrolment
    inner join place using (place)
),
told as (
    select
        enrolment.place,
        enrolment.student,
        enrolment.first_day,
        enrolment.last_day,
        enrolment.grade,
        -- few systems say primary or short-term; the same enrolment in CALPADS does
        coalesce(enrolment.status, state_enrolment.status, '10') as status,
        enrolment.reason
    from enrolment
    left join state_enrolment using (place, student, first_day)
    union all
    select place, student, first_day, last_day, grade, status, reason
    from state_enrolment
    anti join connected using (sender, year)
)
select
    told.place,
    place.year,
    told.student,
    if(told.status = '10', 1, 2)::tinyint as priority,
    greatest(told.first_day, 0)::smallint as first_day,
    least(coalesce(told.last_day, last_day(place.year)), last_day(place.year)) as until_day,
    max(if(told.grade between -1 and 12, told.grade, null)) as grade
from told
inner join place using (place)
where
    told.status in ('10', '30')
    and coalesce(told.reason, '') not in ('N420', 'N470')
    and coalesce(told.grade, 0) <> 99
    and greatest(told.first_day, 0) <= least(coalesce(told.last_day, last_day(place.year)), last_day(place.year))
group by all;

-- an entity is a school, a district or the county in a year; a place belongs to one of each
create temp table entity as
with belonging as (
    select place, year, 'school' as entity_level, district || code as cds_code from place
    union all
    select place, year, 'district', district || '0000000' from place
    union all
    select place, year, 'county', getvariable('county') || '000000000000' from place
)
select dense_rank() over (order by entity_level, cds_code, year)::integer as entity, belonging.*
from belonging;

-- which groups a programme, a status and a family without a diploma make a student of
create temp table membership as
with statuses as (
    select
        year,
        student,
        status,
        first_day,
        -- a status lasts until the day before the next one
        coalesce(lead(first_day) over (partition by year, student order by first_day) - 1, last_day(year)) as last_day
    from language
)
select
    year,
    student,
    case program
        when '135' then flag('SM') | flag('SS')
        when '144' then flag('SD')
        when '191' then flag('SH') | flag('SS')
        when '190' then flag('SF') | flag('SS')
        when '193' then flag('SF') | flag('SS')
        else flag('SS')
    end as groups,
    first_day,
    last_day
from programme
union all
select year, student, flag('SE'), first_day, last_day
from statuses
where status = 'EL'
union all
select year, student, flag('SS'), 0, last_day(year)
from person
where is_of_parents_without_diploma;
