-- Marks of the system that counts: a view, because a county has tens of millions.
{{ config(materialized='view') }}

with

marks as (

    {{ counted_sis(
        'marks',
        [
            'school_year', 'lea_code', 'school_code', 'record_key', 'school_date', 'part',
            'parts_of_day', 'attendance_category', 'is_unverified', 'is_tardy', 'is_unexcused_tardy'
        ]
    ) }}
)

select
    school_year,
    lea_code,
    school_code,
    record_key,
    school_date,
    part,
    parts_of_day,
    attendance_category,
    is_unverified,
    is_tardy,
    is_unexcused_tardy
from marks
