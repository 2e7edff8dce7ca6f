-- question: What does the early warning know beyond last year's rate?
-- asked_by: data team
-- columns: school_year, school_month, ordered_pairs, ordered_pairs_by_last_year, lead_in_pairs
-- mind:
--   - Of a student who was and one who was not chronically absent, how often the first stood higher: 0.5 is chance.
--   - Where only one earlier year is known, last year's rate has taught nothing yet and stands at 0.5.
select
    school_year,
    school_month,
    ordered_pairs,
    ordered_pairs_by_last_year,
    lead_in_pairs
from marts.early_warning_skill
order by school_year, school_month
