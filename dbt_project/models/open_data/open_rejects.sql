{{ config(alias='rejects') }}
-- Why rows of the files in use were rejected, by sender and kind of file. Counts of rows, no values.
with

named as (

    select
        sends.sender_name,
        sends.sender,
        sends.source,
        systems.system_name
    from {{ ref('stg_registry__sends') }} as sends
    inner join {{ ref('source_systems') }} as systems on sends.source = systems.source

),

in_use as (

    select delivery_id
    from {{ ref('deliveries') }}
    where standing = 'in_use'

)

select
    named.sender,
    named.sender_name,
    named.source,
    named.system_name,
    rejects.file,
    rejects.column_name,
    rejects.reason,
    rejects.is_rejected,
    cast(count(*) as integer) as files,
    cast(sum(rejects.rows_listed) as bigint) as rows_listed
from {{ ref('rejects') }} as rejects
inner join in_use on rejects.delivery_id = in_use.delivery_id
inner join named
    on rejects.sender = named.sender
    and rejects.source = named.source
group by
    named.sender,
    named.sender_name,
    named.source,
    named.system_name,
    rejects.file,
    rejects.column_name,
    rejects.reason,
    rejects.is_rejected
