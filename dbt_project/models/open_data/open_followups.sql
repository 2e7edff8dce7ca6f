{{ config(alias='followups') }}
-- Follow-ups of attendance review cases: how many were due, done and overdue. Cases of the whole county by step
-- alone, not by board, place or group. A case that is due at a step was due at the one before, and one that is
-- followed had its meeting: where a few lie between two steps, the later ones are not told. Due is done and overdue;
-- where either is small, neither is told, and so of done in time and late.
with

{{ public_limits(['largest_hidden_group', 'none_hidden_under']) }},

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

answered as (

    -- whose grace is over: of the others, those who were met already would stand for all
    select
        school_year,
        ladder,
        step,
        step_name,
        case_key,
        -- a student may have several cases
        coalesce(student_key, case_key) as person,
        case
            when followup_status = 'overdue' then 'overdue'
            when contact_date <= due_date then 'in_time'
            else 'late'
        end as answer
    from {{ ref('case_followups') }}
    where followup_status in ('documented', 'overdue') and window_last_date < judged_on

),

counted as (

    select
        school_year,
        ladder,
        step,
        max(step_name) as step_name,
        count(*) as cases_due,
        count_if(answer = 'in_time') as cases_in_time,
        count_if(answer = 'late') as cases_late,
        count_if(answer = 'overdue') as cases_overdue,
        count(distinct person) as people_due,
        count(distinct case when answer <> 'overdue' then person end) as people_done,
        count(distinct case when answer = 'in_time' then person end) as people_in_time,
        count(distinct case when answer = 'late' then person end) as people_late,
        count(distinct case when answer = 'overdue' then person end) as people_overdue
    from answered
    group by school_year, ladder, step

),

within as (

    -- the cases that a step takes its own from: those of the step before, at first those that had their meeting
    select
        counted.*,
        counted.cases_due - counted.cases_overdue as cases_done,
        coalesce(
            lag(counted.cases_due) over (partition by counted.school_year, counted.ladder order by counted.step),
            meetings.cases_due - meetings.cases_overdue
        ) as cases_before
    from counted
    left join counted as meetings
        on counted.school_year = meetings.school_year
        and counted.ladder <> meetings.ladder
        and meetings.ladder = 'meeting'

),

judged as (

    select
        within.*,
        within.people_due > limits.largest_hidden_group
        and coalesce(
            not abs(within.cases_before - within.cases_due) between 1 and limits.largest_hidden_group, true
        ) as is_due_large,
        within.cases_due >= limits.none_hidden_under
        and (within.people_done = 0 or within.people_done > limits.largest_hidden_group)
        and (within.people_overdue = 0 or within.people_overdue > limits.largest_hidden_group) as is_done_large,
        within.cases_done >= limits.none_hidden_under
        and (within.people_in_time = 0 or within.people_in_time > limits.largest_hidden_group)
        and (within.people_late = 0 or within.people_late > limits.largest_hidden_group) as is_time_large
    from within
    cross join limits

),

told as (

    select
        *,
        min(case when is_due_large then 1 else 0 end) over (
            partition by school_year, ladder order by step
            rows between unbounded preceding and current row
        ) = 1 as shows_due
    from judged

)

select
    told.school_year,
    county.cds_code,
    told.ladder,
    told.step,
    told.step_name,
    cast(case when told.shows_due then told.cases_due end as integer) as cases_due,
    cast(case when told.shows_due and told.is_done_large then told.cases_done end as integer) as cases_done,
    cast(
        case when told.shows_due and told.is_done_large and told.is_time_large then told.cases_in_time end as integer
    ) as cases_done_in_time,
    cast(
        case when told.shows_due and told.is_done_large and told.is_time_large then told.cases_late end as integer
    ) as cases_done_late,
    cast(case when told.shows_due and told.is_done_large then told.cases_overdue end as integer) as cases_overdue,
    case
        when told.shows_due and told.is_done_large then {{ percent('told.cases_done', 'told.cases_due') }}
    end as done_rate,
    case when not told.shows_due then 'small_group' end as suppression_reason,
    case
        when told.shows_due and not (told.is_done_large and told.is_time_large) then 'small_group'
    end as part_suppression_reason
from told
cross join county
