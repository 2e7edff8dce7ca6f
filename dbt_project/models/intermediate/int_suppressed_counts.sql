-- Which public counts are hidden, and why: by themselves, or so that they give no other away.
with

hidden as (

    -- alike in every sum that a count stands in
    select
        count_id,
        bool_or(hides_students) as hides_students,
        bool_or(hides_chronic) as hides_chronic
    from {{ ref('int_suppression_16') }}
    group by count_id

)

select
    counts.school_year,
    counts.entity_level,
    counts.cds_code,
    counts.topic,
    counts.part,
    counts.students,
    counts.is_cover,
    counts.suppression_reason as reason_by_itself,
    coalesce(counts.suppression_reason, case when hidden.hides_students then 'complement' end) as suppression_reason,
    coalesce(hidden.hides_chronic, counts.hides_chronic) as hides_chronic
from {{ ref('int_public_counts') }} as counts
left join hidden on counts.count_id = hidden.count_id
where counts.topic <> 'beyond'
