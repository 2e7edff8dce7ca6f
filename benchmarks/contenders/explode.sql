-- As the field does it: a row for every student and school day, whether or not anything happened on it; attendance is
-- joined to it, and everything else is counted from there (edanalytics/edu_wh, fct_student_daily_attendance).
create temp table school_day as
select distinct place, day from session;

-- a place has told of its days up to the last on which it marked anyone
create temp table told as
select place, max(day) as through_day
from mark
semi join school_day on mark.place = school_day.place and mark.day = school_day.day
group by place;

create temp table event as
select mark.place, record.student, mark.day, max(mark.said) as said
from mark
inner join record using (place, record)
group by mark.place, record.student, mark.day;

create temp table stay as
select row_number() over ()::integer as stay, * from stint;

-- Days of a stay that another stay of the same student has: status 10 wins over 30, then the later start. Levels are
-- bits: 1 the school, 2 the district, 4 the county.
create temp table lost_day as
with rival as (
    select
        loser.stay,
        if(loser.place = winner.place, 1, 0) | if(of_loser.district = of_winner.district, 2, 0) | 4 as levels,
        greatest(loser.first_day, winner.first_day) as first_day,
        least(loser.until_day, winner.until_day) as until_day
    from stay as loser
    inner join stay as winner
        on loser.year = winner.year
        and loser.student = winner.student
        and loser.first_day <= winner.until_day
        and loser.until_day >= winner.first_day
        and (loser.priority, -loser.first_day, loser.place, loser.stay)
            > (winner.priority, -winner.first_day, winner.place, winner.stay)
    inner join place as of_loser on loser.place = of_loser.place
    inner join place as of_winner on winner.place = of_winner.place
),
lost as (
    select stay, levels, unnest(range(first_day, until_day + 1))::smallint as day
    from rival
)
select stay, day, bit_or(levels)::utinyint as levels
from lost
group by stay, day;

create temp table student_day as
select
    stay.stay,
    school_day.day,
    coalesce(event.said, attended()) as said,
    xor(7::utinyint, coalesce(lost_day.levels, 0::utinyint)) as levels
from stay
inner join told using (place)
inner join school_day
    on stay.place = school_day.place
    and school_day.day between stay.first_day and least(stay.until_day, told.through_day)
left join event
    on stay.place = event.place and stay.student = event.student and school_day.day = event.day
left join lost_day
    on stay.stay = lost_day.stay and school_day.day = lost_day.day;

create temp table stay_days as
select
    stay,
    count(*) filter (said <> unmapped() and levels & 1 <> 0) as expected_at_school,
    count(*) filter (said = absent() and levels & 1 <> 0) as absent_at_school,
    count(*) filter (said <> unmapped() and levels & 2 <> 0) as expected_in_district,
    count(*) filter (said = absent() and levels & 2 <> 0) as absent_in_district,
    count(*) filter (said <> unmapped() and levels & 4 <> 0) as expected_in_county,
    count(*) filter (said = absent() and levels & 4 <> 0) as absent_in_county
from student_day
group by stay;

create temp table stay_groups as
select stay.stay, bit_or(membership.groups) as groups
from stay
inner join membership
    on stay.year = membership.year
    and stay.student = membership.student
    and stay.first_day <= membership.last_day
    and stay.until_day >= membership.first_day
group by stay.stay;

create temp table student_year as
with spent as (
    select
        entity.entity,
        entity.year,
        stay.student,
        case
            when summary.is_exempt then 0
            when entity.entity_level = 'school' then 100 * days.expected_at_school
            when entity.entity_level = 'district' then 100 * days.expected_in_district
            else 100 * days.expected_in_county
        end as expected,
        case
            when summary.is_exempt then 0
            when entity.entity_level = 'school' then 100 * days.absent_at_school
            when entity.entity_level = 'district' then 100 * days.absent_in_district
            else 100 * days.absent_in_county
        end as absent,
        coalesce(stay_groups.groups, 0) as groups,
        stay.grade,
        -- the grade of the stay that has the last day
        (stay.until_day, -stay.priority, stay.first_day, -stay.place, -stay.stay) as last
    from stay
    inner join entity using (place)
    left join stay_days as days using (stay)
    left join stay_groups using (stay)
    left join summary on stay.place = summary.place and stay.student = summary.student
    union all
    -- a school that enrols and marked nobody is counted from its summaries
    select entity.entity, entity.year, summary.student, summary.expected, summary.absent, 0, null, null
    from summary
    semi join stint on summary.place = stint.place
    anti join told on summary.place = told.place
    inner join entity on summary.place = entity.place
    where not summary.is_exempt
)
select
    entity,
    year,
    student,
    sum(expected) as expected,
    sum(absent) as absent,
    bit_or(groups) as groups,
    max_by(grade, last) as grade
from spent
group by entity, year, student
having sum(expected) >= 3100 and sum(expected) > sum(absent);
