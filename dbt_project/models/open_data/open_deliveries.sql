{{ config(alias='deliveries') }}
-- Who sends what, and what of it is in use: one row per sender and source, those that never sent anything too.
with

sends as (

    select * from {{ ref('stg_registry__sends') }}

),

systems as (

    select
        systems.source,
        systems.system_name,
        systems.kind,
        thresholds.expected_every,
        thresholds.days as stale_after_days
    from {{ ref('source_systems') }} as systems
    inner join {{ ref('submission_thresholds') }} as thresholds on systems.kind = thresholds.applies_to

),

arrived as (

    select
        sender,
        source,
        max(cast(sent_at as date)) as last_sent,
        sum(case when standing = 'in_use' then 1 else 0 end) as files,
        sum(case when standing = 'in_use' then rows_loaded else 0 end) as rows_loaded,
        sum(case when standing = 'in_use' then rows_rejected else 0 end) as rows_rejected,
        sum(case when standing = 'refused' then 1 else 0 end) as files_refused,
        sum(case when standing = 'waiting' then 1 else 0 end) as files_waiting
    from {{ ref('deliveries') }}
    group by sender, source

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

threshold as (

    select value as largest_hidden_group
    from {{ ref('suppression_thresholds') }}
    where rule = 'largest_hidden_group'

),

judged as (

    select
        sends.sender,
        sends.sender_name,
        sends.cds_code,
        sends.source,
        systems.system_name,
        systems.kind,
        systems.expected_every,
        systems.stale_after_days,
        arrived.last_sent,
        -- what was sent after the as-of day is not late
        case
            when arrived.last_sent > as_of.as_of_date then 0
            else {{ dbt.datediff('arrived.last_sent', 'as_of.as_of_date', 'day') }}
        end as days_since,
        arrived.files,
        arrived.rows_loaded,
        arrived.rows_rejected,
        arrived.files_refused,
        arrived.files_waiting,
        as_of.as_of_date,
        -- so few rows may be as few students
        coalesce(arrived.rows_loaded between 1 and threshold.largest_hidden_group, false) as is_small
    from sends
    inner join systems on sends.source = systems.source
    cross join as_of
    cross join threshold
    left join arrived
        on sends.sender = arrived.sender
        and sends.source = arrived.source

)

select
    sender,
    sender_name,
    cds_code,
    source,
    system_name,
    kind,
    expected_every,
    last_sent,
    cast(days_since as integer) as days_since,
    case
        when last_sent is null then 'never'
        when days_since > stale_after_days then 'late'
        else 'on_time'
    end as freshness,
    cast(coalesce(files, 0) as integer) as files,
    case when not is_small then cast(coalesce(rows_loaded, 0) as bigint) end as rows_loaded,
    case when not is_small then cast(coalesce(rows_rejected, 0) as bigint) end as rows_rejected,
    cast(coalesce(files_refused, 0) as integer) as files_refused,
    cast(coalesce(files_waiting, 0) as integer) as files_waiting,
    case when is_small then 'small_group' end as suppression_reason,
    as_of_date
from judged
