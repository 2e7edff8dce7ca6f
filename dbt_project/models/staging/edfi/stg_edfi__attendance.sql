with

events as (

    select * from {{ source('edfi', 'attendance_events') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    events.school_year,
    events.sender as lea_code,
    schools.school_code,
    events.local_student_key,
    events.school_date,
    {{ descriptor('events.category') }} as category,
    events.event_duration
from events
inner join schools
    on events.sender = schools.lea_code
    and events.school_number = schools.school_number
