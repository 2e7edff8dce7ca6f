-- What followed each kind of intervention, and beside it what happened meanwhile to students alike who had none. Both
-- are associations: who is chosen, and who is willing, no comparison can undo.
with

interventions as (

    select
        intervention_key,
        school_year,
        lea_code,
        school_code,
        student_key,
        type_code,
        coalesce(cast(tier as string), 'not_stated') as tier,
        term
    from {{ ref('int_intervention_students') }}

),

windows as (

    select windows.*
    from {{ ref('int_intervention_windows') }} as windows
    inner join {{ ref('intervention_windows') }} as lengths
        on windows.window_days = lengths.window_days
    where lengths.is_compared

),

measured as (

    select
        before_start.intervention_key,
        before_start.days_expected as days_expected_before,
        before_start.days_absent as days_absent_before,
        after_start.days_expected as days_expected_after,
        after_start.days_absent as days_absent_after
    from windows as before_start
    inner join windows as after_start
        on before_start.intervention_key = after_start.intervention_key
        and after_start.side = 'after'
    -- a window with few school days says little about a student
    where
        before_start.side = 'before'
        and before_start.has_enough_days
        and after_start.has_enough_days

),

counted as (

    -- one row per intervention and group, so that everything is summed once
    select
        interventions.school_year,
        interventions.lea_code,
        interventions.school_code,
        interventions.student_key,
        interventions.type_code,
        interventions.tier,
        interventions.term,
        grouped.reporting_category,
        case when measured.intervention_key is not null then 1 else 0 end as is_measured,
        measured.days_expected_before,
        measured.days_absent_before,
        measured.days_expected_after,
        measured.days_absent_after
    from interventions
    inner join {{ ref('int_intervention_groups') }} as grouped
        on interventions.intervention_key = grouped.intervention_key
    left join measured on interventions.intervention_key = measured.intervention_key

),

by_student as (

    -- a student once per row in which they count, so that nobody has to be counted as different later
    select
        counted.school_year,
        entities.entity_level,
        entities.cds_code,
        counted.type_code,
        counted.tier,
        counted.term,
        counted.reporting_category,
        counted.student_key,
        count(*) as interventions,
        sum(counted.is_measured) as interventions_measured,
        sum(counted.days_expected_before) as days_expected_before,
        sum(counted.days_absent_before) as days_absent_before,
        sum(counted.days_expected_after) as days_expected_after,
        sum(counted.days_absent_after) as days_absent_after
    from counted
    inner join {{ ref('int_school_entities') }} as entities
        on counted.lea_code = entities.lea_code
        and counted.school_code = entities.school_code
    group by
        counted.school_year,
        entities.entity_level,
        entities.cds_code,
        counted.type_code,
        counted.tier,
        counted.term,
        counted.reporting_category,
        counted.student_key

),

summed as (

    {% for tier, term in [('tier', 'term'), ('tier', "'all'"), ("'all'", 'term'), ("'all'", "'all'")] %}
        select
            school_year,
            entity_level,
            cds_code,
            type_code,
            {{ tier if tier == 'tier' else "'all' as tier" }},
            reporting_category,
            {{ term if term == 'term' else "'all' as term" }},
            sum(interventions) as interventions,
            count(distinct student_key) as students,
            sum(interventions_measured) as interventions_measured,
            count(distinct case when interventions_measured > 0 then student_key end) as students_measured,
            sum(days_expected_before) as days_expected_before,
            sum(days_absent_before) as days_absent_before,
            sum(days_expected_after) as days_expected_after,
            sum(days_absent_after) as days_absent_after
        from by_student
        group by
            school_year,
            entity_level,
            cds_code,
            type_code,
            {{ tier ~ ',' if tier == 'tier' }}
            {{ term ~ ',' if term == 'term' }}
            reporting_category
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}

),

rules as (

    select
        max(case when rule = 'minimum_students' then value end) as minimum_students,
        max(case when rule = 'minimum_schools' then value end) as minimum_schools,
        max(case when rule = 'implausible_percent' then value end) as implausible_percent
    from {{ ref('matching_rules') }}

),

compared as (

    select
        summed.*,
        estimates.interventions_matched,
        estimates.students_matched,
        estimates.comparison_students,
        estimates.schools_matched,
        estimates.effective_schools,
        case
            when summed.entity_level = 'school' then 'one_school'
            when estimates.interventions_matched is null then 'nobody_alike'
            when estimates.students_matched < rules.minimum_students then 'few_treated'
            when estimates.comparison_students < rules.minimum_students then 'few_comparison'
            when estimates.effective_schools < rules.minimum_schools then 'few_schools'
        end as matched_hidden_because,
        estimates.mean_change,
        estimates.mean_change_in_cell,
        estimates.difference,
        estimates.margin,
        estimates.difference_longer,
        estimates.difference_longest,
        -- of the days that would have been missed
        estimates.difference * 100 < (estimates.difference - estimates.mean_rate_after) * rules.implausible_percent
            as is_implausible
    from summed
    cross join rules
    left join {{ ref('int_matched_outcomes') }} as estimates
        on summed.school_year = estimates.school_year
        and summed.entity_level = estimates.entity_level
        and summed.cds_code = estimates.cds_code
        and summed.type_code = estimates.type_code
        and summed.tier = estimates.tier
        and summed.reporting_category = estimates.reporting_category
        and summed.term = estimates.term
    -- a school's groups are told of the whole year and all tiers: in smaller parts they are one student or two
    where
        summed.entity_level <> 'school'
        or summed.reporting_category = 'TA'
        or (summed.tier = 'all' and summed.term = 'all')

),

rated as (

    select
        *,
        {{ percent('days_absent_before', 'days_expected_before') }} as rate_before,
        {{ percent('days_absent_after', 'days_expected_after') }} as rate_after,
        matched_hidden_because is null as is_shown
    from compared

)

select
    rated.school_year,
    rated.entity_level,
    rated.cds_code,
    {{ codes_of('rated.entity_level', 'rated.cds_code') }},
    rated.type_code,
    coalesce(types.type_name, rated.type_code) as type_name,
    rated.tier,
    rated.reporting_category,
    rated.term,
    'association' as figure_kind,
    cast(rated.interventions as integer) as interventions,
    cast(rated.students as integer) as students,
    cast(rated.interventions_measured as integer) as interventions_measured,
    cast(rated.students_measured as integer) as students_measured,
    cast(rated.days_expected_before as integer) as days_expected_before,
    cast(rated.days_absent_before as integer) as days_absent_before,
    cast(rated.days_expected_after as integer) as days_expected_after,
    cast(rated.days_absent_after as integer) as days_absent_after,
    rated.rate_before,
    rated.rate_after,
    cast(rated.rate_after - rated.rate_before as decimal(5, 1)) as change,
    cast(case when rated.is_shown then rated.interventions_matched end as integer) as interventions_matched,
    cast(case when rated.is_shown then rated.students_matched end as integer) as students_matched,
    cast(case when rated.is_shown then rated.comparison_students end as integer) as comparison_students,
    cast(case when rated.is_shown then rated.schools_matched end as integer) as schools_matched,
    {% for name, figure in [
        ('effective_schools', 'rated.effective_schools'),
        ('matched_change', 'rated.mean_change'),
        ('comparison_change', 'rated.mean_change_in_cell'),
        ('matched_difference', 'rated.difference'),
        ('matched_lower', 'rated.difference - rated.margin'),
        ('matched_upper', 'rated.difference + rated.margin'),
        ('difference_before_longer', 'rated.difference_longer'),
        ('difference_before_longest', 'rated.difference_longest'),
    ] %}
        cast(round(case when rated.is_shown then {{ figure }} end, 2) as decimal(6, 2)) as {{ name }},
    {% endfor %}
    case when rated.is_shown then rated.is_implausible end as is_implausible,
    rated.matched_hidden_because
from rated
left join {{ ref('intervention_types') }} as types on rated.type_code = types.type_code
