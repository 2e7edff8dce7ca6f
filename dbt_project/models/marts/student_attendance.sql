with

judged as (

    select * from {{ ref('int_chronic_absence_rule') }}

),

traits as (

    select * from {{ ref('int_student_traits') }}

),

streaks as (

    select * from {{ ref('int_streaks') }}

),

truancy as (

    select * from {{ ref('int_truancy') }}

)

select
    judged.school_year,
    judged.entity_level,
    judged.cds_code,
    {{ codes_of('judged.entity_level', 'judged.cds_code') }},
    judged.student_key,
    traits.grade,
    judged.attendance_source,
    judged.days_expected,
    cast(judged.days_attended as decimal(8, 2)) as days_attended,
    judged.days_absent,
    judged.days_excused,
    judged.days_unexcused,
    judged.days_out_of_school_suspension,
    judged.days_non_ada_independent_study,
    judged.days_unmapped,
    judged.days_partial,
    judged.days_ada_independent_study,
    judged.days_unverified,
    judged.days_tardy,
    judged.days_recovered,
    judged.absence_rate,
    case when judged.attendance_source <> 'summary' then coalesce(streaks.longest_streak_days, 0) end
        as longest_streak_days,
    case when judged.attendance_source <> 'summary' then coalesce(streaks.current_streak_days, 0) end
        as current_streak_days,
    judged.truancy_occasions,
    case when judged.truancy_occasions is not null then coalesce(truancy.truancy_standing, 'none') end
        as truancy_standing,
    truancy.truancy_notices_sent,
    truancy.truancy_notice_due,
    judged.is_exempt,
    judged.is_eligible,
    judged.is_chronically_absent,
    judged.is_eligible_edfacts,
    judged.is_chronically_absent_edfacts,
    judged.is_chronically_absent_net_of_recovery,
    judged.attendance_band,
    judged.tier
from judged
left join traits
    on judged.school_year = traits.school_year
    and judged.entity_level = traits.entity_level
    and judged.cds_code = traits.cds_code
    and judged.student_key = traits.student_key
left join streaks
    on judged.school_year = streaks.school_year
    and judged.entity_level = streaks.entity_level
    and judged.cds_code = streaks.cds_code
    and judged.student_key = streaks.student_key
left join truancy
    on judged.school_year = truancy.school_year
    and judged.entity_level = truancy.entity_level
    and judged.cds_code = truancy.cds_code
    and judged.student_key = truancy.student_key
