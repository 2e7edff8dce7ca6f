-- question: How many students of each school stand in each attendance band, and how many are near the line?
-- asked_by: attendance team, student support staff
-- columns: district_name, school_name, students, missed_under_5, missed_5_to_10, missed_10_to_20, missed_20_or_more
-- mind:
--   - The bands are those of Attendance Works; the first three ask for other help than the last.
--   - Students who are not eligible (too few days, none attended, exempt) stand in no band.
select
    entities.district_name,
    entities.entity_name as school_name,
    count(*) as students,
    count_if(standing.attendance_band = 'satisfactory') as missed_under_5,
    count_if(standing.attendance_band = 'at_risk') as missed_5_to_10,
    count_if(standing.attendance_band = 'moderate_chronic') as missed_10_to_20,
    count_if(standing.attendance_band = 'severe_chronic') as missed_20_or_more
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    standing.entity_level = 'school'
    and standing.is_eligible
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by entities.district_name, entities.entity_name, standing.cds_code
order by missed_5_to_10 desc
