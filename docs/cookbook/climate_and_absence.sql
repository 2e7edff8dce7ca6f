-- question: Where students feel connected and safe, is less missed?
-- asked_by: board, cabinet, student support staff
-- columns: indicator_name, grade, schools, pearson_correlation, correlation_low, correlation_high
-- may_be_empty: with fewer schools than the seed asks for, no figure is given.
-- mind:
--   - Across schools, never of a student: the survey is anonymous.
--   - An association of a few schools; where the interval holds 0, chance alone may be it.
select
    indicator_name,
    grade,
    schools,
    pearson_correlation,
    correlation_low,
    correlation_high
from marts.climate_association
where school_year = (select max(school_year) from marts.climate_association)
order by pearson_correlation
