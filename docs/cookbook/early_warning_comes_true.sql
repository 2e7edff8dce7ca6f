-- question: Of the students with a probability of so much, how many did become chronically absent?
-- asked_by: data team, cabinet
-- columns: decile, students, predicted_rate, observed_rate, gap_points
-- mind:
--   - Of years that are over, and learned from the years before them alone.
--   - After a single earlier year the last year's standing is not yet learned from, and the gaps are wide.
select
    decile,
    sum(students) as students,
    round(sum(predicted_rate * students) / sum(students), 1) as predicted_rate,
    round(100 * sum(students_chronic) / sum(students), 1) as observed_rate,
    round(sum(gap_points * students) / sum(students), 1) as gap_points
from marts.early_warning_calibration
group by decile
order by decile
