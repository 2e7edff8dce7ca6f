-- The day as of which the build looks at what has arrived. A simulated county's clock stands at its last school day.
with

county as (

    select * from {{ ref('stg_registry__county') }}

),

last_day as (

    select max(calendar_date) as last_school_day
    from {{ ref('int_calendar') }}
    where in_session = 1

)

select
    {% set otherwise -%}
        case when county.is_simulated then coalesce(last_day.last_school_day, {{ today() }}) else {{ today() }} end
    {%- endset -%}
    {{ as_of_date(otherwise) }} as as_of_date
from county
cross join last_day
