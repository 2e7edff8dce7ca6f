-- The monthly list of a school's attendance team: who has missed a tenth so far, who is new on it, what was tried. For
-- a spreadsheet: a key of its own for each school and student, and no name.
{% set months = range(1, 13) %}
with

latest as (

    select max(school_year) as school_year
    from {{ ref('int_submissions') }}

),

definition as (

    select * from {{ ref('attendance_definitions') }}
    where definition = 'to_date'

),

tiers as (

    -- in one row: a join by range would sort millions of students
    select
        max(case when tier = 2 then from_percent end) as second_from,
        max(case when tier = 3 then from_percent end) as third_from
    from {{ ref('attendance_tiers') }}

),

students as (

    select to_date.*
    from {{ ref('int_students_to_date') }} as to_date
    inner join latest on to_date.school_year = latest.school_year
    where to_date.entity_level = 'school'

),

monthly as (

    {% for month in months %}
        {% set expected, absent = 'totals.days_expected_' ~ month, 'totals.days_absent_' ~ month %}
        {% set before = ['totals.days_expected_' ~ (month - 1), 'totals.days_absent_' ~ (month - 1)] %}
        select
            totals.school_year,
            totals.cds_code,
            totals.student_key,
            {{ month }} as school_month,
            {{ expected }} as days_expected,
            {{ absent }} as days_absent,
            {% if month == 1 %}
                true as is_new
            {% else %}
                case
                    when
                        {{ is_eligible_by('definition', before[0], before[1]) }}
                        and {{ reaches_threshold_of('definition', before[0], before[1]) }}
                        then false
                    else true
                end as is_new
            {% endif %}
        from students as totals
        cross join definition
        where
            {{ is_eligible_by('definition', expected, absent) }}
            and {{ reaches_threshold_of('definition', expected, absent) }}
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

schools as (

    select
        cds_code,
        lea_code,
        school_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

listed as (

    -- those who are still there at the end of the month
    select
        monthly.*,
        schools.lea_code,
        stints.grade,
        months.as_of_date
    from monthly
    inner join schools on monthly.cds_code = schools.cds_code
    inner join {{ ref('int_school_months') }} as months
        on monthly.school_year = months.school_year
        and schools.lea_code = months.lea_code
        and schools.school_code = months.school_code
        and monthly.school_month = months.school_month
    inner join {{ ref('int_entity_stints') }} as stints
        on monthly.school_year = stints.school_year
        and monthly.cds_code = stints.cds_code
        and monthly.student_key = stints.student_key
        and stints.entity_level = 'school'
        and months.as_of_date >= stints.first_date
        and months.as_of_date <= stints.last_date
    where months.days_submitted > 0

),

tried as (

    select
        listed.cds_code,
        listed.student_key,
        listed.school_month,
        count(*) as supports_so_far,
        max(supports.start_date) as last_support_date,
        {{ list_of('supports.support_name') }} as supports_tried
    from listed
    inner join {{ ref('int_supports') }} as supports
        on listed.school_year = supports.school_year
        and listed.student_key = supports.student_key
        -- what another LEA tried this year is its own to tell
        and listed.lea_code = supports.lea_code
        and listed.as_of_date >= supports.start_date
    group by listed.cds_code, listed.student_key, listed.school_month

)

select
    listed.school_year,
    listed.cds_code,
    {{ codes_of("'school'", 'listed.cds_code') }},
    cast(listed.school_month as integer) as school_month,
    listed.as_of_date,
    listed.student_key,
    {{ key_of(['listed.cds_code', 'listed.student_key']) }} as list_key,
    listed.grade,
    cast(listed.days_expected as integer) as days_expected,
    cast(listed.days_absent as integer) as days_absent,
    {{ percent('listed.days_absent', 'listed.days_expected') }} as absence_rate,
    case
        when listed.days_absent * 100 >= listed.days_expected * tiers.third_from then 3
        when listed.days_absent * 100 >= listed.days_expected * tiers.second_from then 2
        else 1
    end as tier,
    listed.is_new,
    cast(coalesce(tried.supports_so_far, 0) as integer) as supports_so_far,
    tried.supports_tried,
    tried.last_support_date
from listed
cross join tiers
left join tried
    on listed.cds_code = tried.cds_code
    and listed.student_key = tried.student_key
    and listed.school_month = tried.school_month
