with

schools as (

    select
        cds_code,
        lea_code,
        school_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

)

select
    findings.school_year,
    findings.lea_code,
    substr(schools.cds_code, 1, 2) as county_code,
    substr(schools.cds_code, 3, 5) as district_code,
    -- as the LEA wrote it: a school that the registry does not know is a finding too, and its district is not known
    findings.school_code,
    findings.student_key,
    findings.rule_code,
    findings.finding
from {{ ref('int_stas_findings') }} as findings
left join schools
    on findings.lea_code = schools.lea_code
    and findings.school_code = schools.school_code
