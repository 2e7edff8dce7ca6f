-- A case that is due at a step was due at the one before it, and at its first had its meeting: what one figure leaves
-- of the other is nobody, or more than ten cases.
with

steps as (

    select
        shown.school_year,
        shown.ladder,
        shown.step,
        shown.cases_due,
        coalesce(
            lag(shown.cases_due) over (partition by shown.school_year, shown.ladder order by shown.step),
            meetings.cases_done
        ) as cases_before
    from {{ ref('open_followups') }} as shown
    left join {{ ref('open_followups') }} as meetings
        on shown.school_year = meetings.school_year
        and shown.ladder <> meetings.ladder
        and meetings.ladder = 'meeting'

)

select steps.*
from steps
inner join {{ ref('suppression_thresholds') }} as threshold on threshold.rule = 'largest_hidden_group'
where abs(steps.cases_before - steps.cases_due) between 1 and threshold.value
