-- question: Which figures does each LEA's LCAP need?
-- asked_by: cabinet, district analyst
-- columns: lea_name, metric_name, reporting_category, metric_value, prior_metric_value, students
-- mind:
--   - Only groups that are numerically significant; a charter has an LCAP of its own.
select
    lea_name,
    metric_name,
    reporting_category,
    metric_value,
    prior_metric_value,
    students
from marts.lcap_metrics
where is_numerically_significant and school_year = (select max(school_year) from marts.lcap_metrics)
order by lea_name, metric_name, reporting_category
