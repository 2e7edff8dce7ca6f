-- Where a student stands by the Education Code's ladder of truancy, which is not chronic absence: occasions from daily
-- records, notices and meetings from what the district keeps of them. Only students with an occasion or a notice.
with

rules as (

    select
        max(case when rule = 'truant_occasions' then value end) as truant_occasions,
        max(case when rule = 'habitual_reports' then value end) as habitual_reports,
        max(case when rule = 'chronic_percent' then value end) as chronic_percent
    from {{ ref('truancy_rules') }}

),

entities as (

    select * from {{ ref('int_school_entities') }}

),

keys as (

    select * from {{ ref('int_student_keys') }}

),

writing as (

    -- one row per LEA and year that tells of its letters: where none does, nobody knows what was sent
    select distinct
        school_year,
        lea_code
    from {{ ref('stg_interventions__letters') }}

),

steps as (

    select
        letters.school_year,
        letters.lea_code,
        letters.school_code,
        letters.local_student_key,
        'notice' as step,
        letters.sent_date as step_date
    from {{ ref('stg_interventions__letters') }} as letters
    where letters.letter_type = 'truancy_notice'

    union all

    select
        listed.school_year,
        listed.lea_code,
        listed.school_code,
        listed.local_student_key,
        'meeting' as step,
        listed.start_date as step_date
    from {{ ref('int_interventions') }} as listed
    inner join {{ ref('intervention_types') }} as types on listed.type_code = types.type_code
    where types.meets_family

    union all

    select
        school_year,
        lea_code,
        school_code,
        local_student_key,
        'meeting' as step,
        visit_date as step_date
    from {{ ref('stg_interventions__home_visits') }}

    union all

    select
        school_year,
        lea_code,
        school_code,
        local_student_key,
        case when board = 'sarb' then 'board' else 'meeting' end as step,
        coalesce(meeting_date, hearing_date, referral_date) as step_date
    from {{ ref('stg_interventions__sart_sarb') }}

),

taken as (

    select
        steps.school_year,
        entities.entity_level,
        entities.cds_code,
        keys.student_key,
        sum(case when steps.step = 'notice' then 1 else 0 end) as notices_sent,
        max(case when steps.step = 'notice' then steps.step_date end) as last_notice_date,
        sum(case when steps.step = 'meeting' then 1 else 0 end) as meetings,
        sum(case when steps.step = 'board' then 1 else 0 end) as board_referrals
    from steps
    inner join keys
        on steps.lea_code = keys.lea_code
        and steps.school_year = keys.school_year
        and steps.local_student_key = keys.local_student_key
    inner join entities
        on steps.lea_code = entities.lea_code
        and steps.school_code = entities.school_code
    group by steps.school_year, entities.entity_level, entities.cds_code, keys.student_key

),

telling as (

    -- distinct, because a district has many schools whose LEA writes letters
    select distinct
        writing.school_year,
        entities.entity_level,
        entities.cds_code
    from writing
    inner join entities on writing.lea_code = entities.lea_code

),

students as (

    select
        totals.school_year,
        totals.entity_level,
        totals.cds_code,
        totals.student_key,
        totals.days_expected,
        totals.days_unexcused,
        totals.truancy_occasions,
        totals.last_occasion_date,
        taken.last_notice_date,
        coalesce(taken.meetings, 0) as meetings,
        coalesce(taken.board_referrals, 0) as board_referrals,
        case when telling.cds_code is not null then coalesce(taken.notices_sent, 0) end as notices_sent
    from {{ ref('int_attendance_totals') }} as totals
    left join taken
        on totals.school_year = taken.school_year
        and totals.entity_level = taken.entity_level
        and totals.cds_code = taken.cds_code
        and totals.student_key = taken.student_key
    left join telling
        on totals.school_year = telling.school_year
        and totals.entity_level = telling.entity_level
        and totals.cds_code = telling.cds_code
    where totals.truancy_occasions > 0 or taken.notices_sent > 0

),

judged as (

    select
        students.*,
        rules.habitual_reports,
        students.truancy_occasions >= rules.truant_occasions as is_truant,
        coalesce(students.notices_sent >= rules.habitual_reports and students.meetings > 0, false) as is_habitual,
        students.days_unexcused * 100 >= students.days_expected * rules.chronic_percent as reaches_chronic
    from students
    cross join rules

)

select
    school_year,
    entity_level,
    cds_code,
    student_key,
    truancy_occasions,
    last_occasion_date,
    cast(notices_sent as integer) as truancy_notices_sent,
    last_notice_date,
    case
        -- each step of the law asks for the one before
        when is_truant and is_habitual and board_referrals > 0 and reaches_chronic then 'chronic_truant'
        when is_truant and is_habitual then 'habitual_truant'
        when is_truant then 'truant'
        else 'none'
    end as truancy_standing,
    case
        when notices_sent is null or notices_sent >= habitual_reports then null
        when notices_sent = 0 and is_truant then 1
        -- after a report, one more occasion is reported again
        when notices_sent > 0 and last_occasion_date > last_notice_date then cast(notices_sent + 1 as integer)
    end as truancy_notice_due
from judged
