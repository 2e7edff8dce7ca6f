-- Who is on the way to a year of chronic absence, at the end of each month of the latest school year: by the rules that
-- schools know, in words, and by what became of such students in the years before. A student of whom neither says
-- anything has no row: a county has ten rows of those for every four that somebody has to look at.
with

rules as (

    select
        max(case when rule = 'month_days' then value end) as month_days,
        max(case when rule = 'days_a_month' then value end) as days_a_month,
        max(case when rule = 'first_days' then value end) as first_days,
        max(case when rule = 'chronic_percent' then value end) as chronic_percent,
        max(case when rule = 'severe_percent' then value end) as severe_percent,
        max(case when rule = 'fewest_days' then value end) as fewest_days,
        max(case when rule = 'response_days' then value end) as response_days,
        max(case when rule = 'watch_percent' then value end) as watch_percent
    from {{ ref('early_warning_rules') }}

),

latest as (

    select max(school_year) as school_year
    from {{ ref('int_submissions') }}

),

students as (

    select
        risk.*,
        probabilities.probability
    from {{ ref('int_student_risk') }} as risk
    inner join latest on risk.school_year = latest.school_year
    left join {{ ref('int_risk_probabilities') }} as probabilities
        on risk.school_year = probabilities.school_year
        and risk.school_month = probabilities.school_month
        and risk.risk_bin = probabilities.risk_bin
        and risk.last_year_band = probabilities.last_year_band
        and risk.grade_span = probabilities.grade_span
        and coalesce(risk.needed_step, -2) = coalesce(probabilities.needed_step, -2)
        and coalesce(risk.is_decided_so, false) = coalesce(probabilities.is_decided_so, false)

),

helped as (

    -- help of tier 2 or 3 since when it could have been answered
    select
        supports.school_year,
        supports.student_key,
        min({{ days_after('supports.start_date', 'cast(rules.response_days as integer)') }}) as answered_by
    from {{ ref('int_supports') }} as supports
    inner join latest on supports.school_year = latest.school_year
    cross join rules
    where supports.tier >= 2
    group by supports.school_year, supports.student_key

),

schools as (

    select * from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

judged as (

    select
        students.school_year,
        students.student_key,
        schools.cds_code,
        students.grade,
        students.school_month,
        students.as_of_date,
        students.days_expected,
        students.days_absent,
        students.days_absent_of_first,
        students.last_year_rate,
        rules.first_days,
        case when students.last_year_band <> 'unknown' then students.last_year_rate end as last_year_rate_counted,
        students.days_absent >= rules.days_a_month * ceil(students.days_expected / cast(rules.month_days as double))
        and students.days_absent > 0 as is_by_month,
        students.days_expected >= rules.first_days
        and students.days_absent_of_first * 100 >= rules.first_days * rules.chronic_percent as is_by_first_days,
        coalesce(
            students.last_year_band <> 'unknown' and students.last_year_rate >= rules.chronic_percent, false
        ) as is_by_last_year,
        coalesce(
            students.last_year_band <> 'unknown' and students.last_year_rate >= rules.severe_percent, false
        ) as was_severe_last_year,
        students.days_expected >= rules.fewest_days
        and students.days_absent * 100 >= students.days_expected * rules.chronic_percent as is_chronic_so_far,
        students.days_expected >= rules.fewest_days
        and students.days_absent * 100 >= students.days_expected * rules.severe_percent as is_severe_so_far,
        coalesce(helped.answered_by <= students.as_of_date, false) as had_help_in_time,
        students.probability,
        rules.watch_percent
    from students
    inner join schools
        on students.lea_code = schools.lea_code
        and students.school_code = schools.school_code
    cross join rules
    left join helped on students.student_key = helped.student_key

),

tiered as (

    select
        *,
        had_help_in_time and is_chronic_so_far as is_without_answer,
        case
            when was_severe_last_year or is_severe_so_far or (had_help_in_time and is_chronic_so_far) then 3
            when is_by_last_year or is_by_month or is_by_first_days then 2
            else 1
        end as tier
    from judged

)

select
    school_year,
    cds_code,
    {{ codes_of("'school'", 'cds_code') }},
    student_key,
    school_month,
    as_of_date,
    grade,
    cast(days_expected as integer) as days_expected,
    cast(days_absent as integer) as days_absent,
    {{ percent('days_absent', 'days_expected') }} as absence_rate,
    cast(last_year_rate_counted as decimal(7, 3)) as last_year_rate,
    is_by_month,
    is_by_first_days,
    is_by_last_year,
    is_severe_so_far,
    is_without_answer,
    cast(tier as integer) as tier,
    case
        when tier > 1
            then concat_ws(
                '; ',
                case
                    when is_by_month
                        then
                            'missed '
                            || cast(days_absent as string)
                            || ' of '
                            || cast(days_expected as string)
                            || ' days so far'
                end,
                case
                    when is_by_first_days
                        then
                            'missed '
                            || cast(days_absent_of_first as string)
                            || ' of the first '
                            || cast(first_days as string)
                            || ' days'
                end,
                case
                    when is_by_last_year
                        then
                            'missed '
                            || cast(cast(last_year_rate as decimal(5, 1)) as string)
                            || ' percent of last year'
                end,
                case when is_without_answer then 'still misses a tenth after help of tier 2' end
            )
    end as reasons,
    cast(100 * probability as decimal(5, 1)) as probability
from tiered
where tier > 1 or 100 * probability >= watch_percent
