-- question: On which days did far fewer students come than was to be expected?
-- asked_by: attendance team, cabinet
-- columns: school_name, calendar_date, day_kind, attendance_rate, usual_attendance_rate, gap_points, is_dip
-- mind:
--   - What is usual is the school's own year, by weekday and month.
--   - is_dip marks days so far out that chance hardly makes them; the others are only the worst.
select
    entities.entity_name as school_name,
    days.calendar_date,
    days.day_kind,
    days.attendance_rate,
    days.usual_attendance_rate,
    days.gap_points,
    days.is_dip
from marts.attendance_day as days
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    days.entity_level = 'school'
    and days.worst_rank <= 3
    and days.students_expected >= 100
    and days.school_year = (select max(school_year) from marts.attendance_day)
order by days.is_dip desc, days.gap_points
limit 25
