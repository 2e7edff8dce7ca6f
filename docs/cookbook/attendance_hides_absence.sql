-- question: How can nine of ten students be there each day, and so many be chronically absent?
-- asked_by: board, cabinet
-- columns: school_name, attendance_rate, chronic_rate, severe_rate, eligible_enrollment
-- mind:
--   - Average daily attendance says how full the school is; chronic absence says who is missing too often.
--   - Neither is the attendance for which the state pays.
select
    entities.entity_name as school_name,
    absence.attendance_rate,
    absence.chronic_rate,
    absence.severe_rate,
    absence.eligible_enrollment
from marts.chronic_absence as absence
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    absence.entity_level = 'school'
    and absence.reporting_category = 'TA'
    and absence.attendance_rate >= 90
    and absence.school_year = (select max(school_year) from marts.chronic_absence)
order by absence.chronic_rate desc
limit 20
