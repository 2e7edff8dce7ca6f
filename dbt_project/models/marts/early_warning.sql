-- Who is on the way to a year of chronic absence, at the end of each month of the latest school year: by the rules that
-- schools know, in words, and by what became of such students in the years before. A student of whom neither says
-- anything has no row: a county has ten rows of those for every four that somebody has to look at. A district reads no
-- days of another: who came from one within the year is judged by the days since, and nothing was learned of such.
{% set months = range(1, 13) %}
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

districts as (

    -- one row per LEA: a charter's own belongs to the district that authorised it
    select
        lea_code,
        max(cds_code) as district_cds_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'district'
    group by lea_code

),

helped as (

    -- help of tier 2 or 3, of a school of the district, since when it could have been answered
    select
        supports.school_year,
        supports.student_key,
        districts.district_cds_code,
        min({{ days_after('supports.start_date', 'cast(rules.response_days as integer)') }}) as answered_by
    from {{ ref('int_supports') }} as supports
    inner join latest on supports.school_year = latest.school_year
    inner join districts on supports.lea_code = districts.lea_code
    cross join rules
    where supports.tier >= 2
    group by supports.school_year, supports.student_key, districts.district_cds_code

),

schools as (

    select
        schools.*,
        entities.cds_code as district_cds_code
    from {{ ref('int_school_entities') }} as schools
    inner join {{ ref('int_school_entities') }} as entities
        on schools.lea_code = entities.lea_code
        and schools.school_code = entities.school_code
    where schools.entity_level = 'school' and entities.entity_level = 'district'

),

movers as (

    -- by each district of a student who was in several in one year: the first day at another
    select
        here.school_year,
        here.student_key,
        here.district_cds_code,
        min(elsewhere.first_date) as first_date_elsewhere
    from {{ ref('int_district_spans') }} as here
    inner join {{ ref('int_district_spans') }} as elsewhere
        on here.school_year = elsewhere.school_year
        and here.student_key = elsewhere.student_key
        and here.district_cds_code <> elsewhere.district_cds_code
    group by here.school_year, here.student_key, here.district_cds_code

),

own_days as (

    select
        {% for month in months %}
            to_date.days_expected_{{ month }},
            to_date.days_absent_{{ month }},
        {% endfor %}
        movers.school_year,
        movers.student_key,
        movers.district_cds_code,
        movers.first_date_elsewhere
    from movers
    inner join {{ ref('int_students_to_date') }} as to_date
        on movers.school_year = to_date.school_year
        and movers.student_key = to_date.student_key
        and movers.district_cds_code = to_date.cds_code
    where to_date.entity_level = 'district'

),

own_last_years as (

    -- who goes on at a school after a year in several districts is in no transitions, which grant the year as a whole
    select
        standing.school_year,
        standing.student_key,
        standing.cds_code as district_cds_code,
        standing.absence_rate,
        case when standing.is_eligible then standing.attendance_band else 'unknown' end as last_year_band
    from movers
    inner join {{ ref('student_attendance') }} as standing
        on movers.school_year = standing.school_year
        and movers.student_key = standing.student_key
        and movers.district_cds_code = standing.cds_code
    where standing.entity_level = 'district'

),

known as (

    -- what the district of the school may know
    select
        students.school_year,
        students.student_key,
        schools.cds_code,
        schools.district_cds_code,
        students.grade,
        students.school_month,
        students.as_of_date,
        case
            when own_days.student_key is null then students.days_expected
            {% for month in months %}
                when students.school_month = {{ month }} then own_days.days_expected_{{ month }}
            {% endfor %}
        end as days_expected,
        case
            when own_days.student_key is null then students.days_absent
            {% for month in months %}
                when students.school_month = {{ month }} then own_days.days_absent_{{ month }}
            {% endfor %}
        end as days_absent,
        case when own_days.student_key is null then students.days_absent_of_first else 0 end as days_absent_of_first,
        case when own_days.student_key is null then students.probability end as probability,
        case
            when own_last_years.student_key is not null and transitions.student_key is null
                then own_last_years.absence_rate
            else students.last_year_rate
        end as last_year_rate,
        case
            when own_last_years.student_key is not null and transitions.student_key is null
                then coalesce(own_last_years.last_year_band, 'unknown')
            else students.last_year_band
        end as last_year_band
    from students
    inner join schools
        on students.lea_code = schools.lea_code
        and students.school_code = schools.school_code
    left join own_days
        on students.school_year = own_days.school_year
        and students.student_key = own_days.student_key
        and schools.district_cds_code = own_days.district_cds_code
        and students.as_of_date >= own_days.first_date_elsewhere
    left join own_last_years
        on {{ year_before('students.school_year') }} = own_last_years.school_year
        and students.student_key = own_last_years.student_key
        and schools.district_cds_code = own_last_years.district_cds_code
    left join {{ ref('transitions') }} as transitions
        on students.school_year = transitions.school_year
        and students.student_key = transitions.student_key
        and schools.cds_code = transitions.cds_code

),

judged as (

    select
        students.school_year,
        students.student_key,
        students.cds_code,
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
    from known as students
    cross join rules
    left join helped
        on students.student_key = helped.student_key
        and students.district_cds_code = helped.district_cds_code

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
