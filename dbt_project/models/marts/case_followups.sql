-- When each attendance review case is to be followed up, whether somebody did, and what is next. For staff.
with

cases as (

    select * from {{ ref('int_attendance_cases') }}

),

absences as (

    select * from {{ ref('int_case_absences') }}

),

ladders as (

    select * from {{ ref('followup_ladders') }}

),

begun as (

    -- the day from which each ladder counts: the referral, the meeting, the day on which absences have begun again
    select
        cases.*,
        coalesce(absences.unexcused_days_after, 0) as unexcused_days_after,
        absences.regressed_on,
        coalesce(absences.independent_study_days, 0) as independent_study_days,
        ladders.ladder,
        ladders.step,
        ladders.step_name,
        ladders.next_step,
        ladders.days_after,
        ladders.days_early,
        ladders.days_late,
        case ladders.ladder
            when 'meeting' then cases.referral_date
            when 'regular' then cases.followed_from
            when 'regression' then absences.regressed_on
        end as counted_from
    from cases
    cross join ladders
    left join absences on cases.case_key = absences.case_key

),

due as (

    select
        *,
        -- a hearing that is set is due on its day
        case
            when ladder = 'meeting' and hearing_ahead is not null then hearing_ahead
            else {{ days_after('counted_from', 'days_after') }}
        end as due_date
    from begun
    -- no meeting yet, or no absences again: nothing is due on that ladder
    where counted_from is not null

),

windows as (

    select
        *,
        {{ days_after('due_date', '-days_early') }} as window_first_date,
        {{ days_after('due_date', 'days_late') }} as window_last_date
    from due

),

contacts as (

    select *
    from {{ ref('int_family_contacts') }}
    where is_contact

),

contacted as (

    select
        windows.case_key,
        windows.ladder,
        windows.step,
        min(contacts.contact_date) as contact_date,
        -- of the first day, and of several sources of that day the first by name
        substr(min(cast(contacts.contact_date as string) || contacts.contact_source), 11) as contact_source
    from windows
    inner join contacts
        on windows.lea_code = contacts.lea_code
        and windows.school_year = contacts.school_year
        and windows.local_student_key = contacts.local_student_key
        and windows.window_first_date <= contacts.contact_date
        and least(windows.window_last_date, windows.judged_on) >= contacts.contact_date
    where windows.ladder <> 'meeting'
    group by windows.case_key, windows.ladder, windows.step

),

judged as (

    select
        windows.*,
        case when windows.ladder = 'meeting' then windows.followed_from else contacted.contact_date end as contact_date,
        case
            when windows.ladder <> 'meeting' then contacted.contact_source
            when windows.followed_from is not null then 'case'
        end as contact_source
    from windows
    left join contacted
        on windows.case_key = contacted.case_key
        and windows.ladder = contacted.ladder
        and windows.step = contacted.step

),

told as (

    select
        *,
        case
            when contact_date is not null then 'documented'
            when closed_on < due_date then 'closed_before'
            when window_last_date < judged_on then 'overdue'
            when window_first_date <= judged_on then 'due'
            else 'upcoming'
        end as followup_status
    from judged

),

before_review as (

    select
        case_key,
        count_if(is_documented) as steps_documented,
        count_if(not is_documented) as steps_missing,
        {% for step in range(1, 7) %}
            max(case when step = {{ step }} and not is_documented then step_name end) as missing_{{ step }},
        {% endfor %}
        max(step) as last_step
    from {{ ref('int_presart_steps') }}
    group by case_key

),

limits as (

    select value as independent_study_limit
    from {{ ref('followup_rules') }}
    where rule = 'independent_study_days'

),

schools as (

    select *
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

)

select
    told.school_year,
    told.case_key,
    told.lea_code,
    {{ codes_of("'school'", 'schools.cds_code') }},
    told.student_key,
    told.board,
    told.board_name,
    told.case_status,
    told.outcome_code,
    told.referral_date,
    told.followed_from,
    told.ladder,
    cast(told.step as integer) as step,
    told.step_name,
    told.due_date,
    told.window_first_date,
    told.window_last_date,
    told.contact_date,
    told.contact_source,
    told.followup_status,
    told.followup_status = 'overdue' as is_overdue,
    case when told.followup_status in ('overdue', 'due', 'upcoming') then told.next_step end as next_step,
    cast(told.unexcused_days_after as integer) as unexcused_days_after,
    told.regressed_on,
    cast(before_review.steps_documented as integer) as presart_steps_documented,
    cast(before_review.steps_missing as integer) as presart_steps_missing,
    nullif(
        concat_ws(
            ', ',
            before_review.missing_1,
            before_review.missing_2,
            before_review.missing_3,
            before_review.missing_4,
            before_review.missing_5,
            before_review.missing_6
        ),
        ''
    ) as presart_missing,
    cast(told.independent_study_days as integer) as independent_study_days,
    cast(limits.independent_study_limit as integer) as independent_study_limit,
    told.independent_study_days > limits.independent_study_limit as is_over_independent_study_limit,
    told.judged_on
from told
cross join limits
inner join before_review on told.case_key = before_review.case_key
left join schools
    on told.lea_code = schools.lea_code
    and told.school_code = schools.school_code
