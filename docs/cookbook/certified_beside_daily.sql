-- question: Are the days that each LEA certified those that it sent day by day?
-- asked_by: data team
-- columns: lea_name, check_name, compared, agreement_rate, differing, by_partial_days, unexplained
-- mind:
--   - Both agree within a day for each student and school.
--   - reconciliation_differences lists the students.
select
    leas.entity_name as lea_name,
    checks.check_name,
    checks.compared,
    checks.agreement_rate,
    checks.differing,
    checks.differing_by_partial_days as by_partial_days,
    checks.differing_by_unexplained as unexplained
from marts.reconciliation as checks
inner join marts.dim_entities as leas
    on leas.cds_code = checks.county_code || checks.district_code || coalesce(checks.school_code, '0000000')
where
    checks.compared > 0
    and checks.school_year = (select max(school_year) from marts.reconciliation)
order by checks.agreement_rate, checks.differing desc
