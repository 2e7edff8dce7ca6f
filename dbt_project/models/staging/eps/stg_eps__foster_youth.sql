with

stays as (

    select * from {{ source('eps', 'foster_youth') }}

)

select
    school_year,
    lea_code,
    school_code,
    ssid_key as student_key,
    -- a local number is hashed within its sender: in the county's list it names nobody
    case when sender = lea_code then local_student_key end as local_student_key,
    foster_start_date as first_date,
    foster_end_date as last_date,
    agency,
    school_of_origin,
    school_moves,
    last_move_date,
    best_interest_date,
    best_interest_outcome,
    transport_needed = 'Y' as needs_transport,
    transport_provided = 'Y' as has_transport
from stays
