select
    school_year,
    lea_code,
    school_code,
    student_key,
    rule_code,
    finding
from {{ ref('int_stas_findings') }}
