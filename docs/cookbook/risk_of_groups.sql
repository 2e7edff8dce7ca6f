-- question: Which groups are chronically absent more often than all others, and how sure is that?
-- asked_by: board, cabinet, student support staff
-- columns: category_name, chronic_rate, risk_ratio, risk_ratio_low, risk_ratio_high, eligible_enrollment
-- mind:
--   - 1.5 means half as often again as among all other students; where the interval holds 1, chance alone may be it.
--   - Groups overlap: a student without a home is socioeconomically disadvantaged, too.
select
    categories.category_name,
    absence.chronic_rate,
    absence.risk_ratio,
    absence.risk_ratio_low,
    absence.risk_ratio_high,
    absence.eligible_enrollment
from marts.chronic_absence as absence
inner join marts.dim_student_groups as categories using (reporting_category)
where
    absence.entity_level = 'county'
    and absence.risk_ratio is not null
    and absence.school_year = (select max(school_year) from marts.chronic_absence)
order by absence.risk_ratio desc
