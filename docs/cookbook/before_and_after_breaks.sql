-- question: How many more students stay away before and after a break than on an ordinary day?
-- asked_by: cabinet, board
-- columns: day_kind, school_days, attendance_rate, usual_attendance_rate, gap_points
-- mind:
--   - A gap below zero is attendance below what weekday and month lead one to expect.
--   - What is usual includes these days themselves, so the gaps are a little too small.
select
    day_kind,
    count(*) as school_days,
    round(100 * (1 - sum(students_absent) / sum(students_expected)), 1) as attendance_rate,
    round(sum(usual_attendance_rate * students_expected) / sum(students_expected), 1) as usual_attendance_rate,
    round(sum(gap_points * students_expected) / sum(students_expected), 1) as gap_points
from marts.attendance_day
where entity_level = 'school' and day_kind <> 'closed_alone'
group by day_kind
order by gap_points
