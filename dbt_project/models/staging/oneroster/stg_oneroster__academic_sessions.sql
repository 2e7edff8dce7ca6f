with

sessions as (

    select * from {{ source('oneroster', 'academic_sessions') }}

)

select
    school_year,
    sender as lea_code,
    session_id,
    parent_session_id,
    title as session_name,
    session_type,
    start_date,
    end_date
from sessions
where status is distinct from 'tobedeleted'
