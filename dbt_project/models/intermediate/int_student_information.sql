-- Gender, race, parents' education and the ZIP code of the residence as the best source that knows the student in that
-- year: SINF, then the cumulative enrollment extract, then report 8.1, then OneRoster. One source per student and
-- year, so that no record is mixed.
with

enrolled as (

    select * from {{ ref('stg_calpads__cumulative_enrollments') }}

),

profiled as (

    select * from {{ ref('stg_calpads__student_profiles') }}

),

rostered as (

    select
        demographics.school_year,
        demographics.lea_code,
        demographics.school_code,
        -- a roster rarely has the SSID
        coalesce(students.student_key, demographics.student_key) as student_key,
        demographics.first_date,
        demographics.gender,
        demographics.is_hispanic,
        {% for number in range(1, 6) %}
            demographics.race_{{ number }},
        {% endfor %}
        demographics.parent_education_level,
        -- a roster has no address
        cast(null as string) as residential_zip
    from {{ ref('stg_oneroster__demographics') }} as demographics
    left join {{ ref('int_student_keys') }} as students
        on demographics.lea_code = students.lea_code
        and demographics.school_year = students.school_year
        and demographics.student_key = students.local_student_key

),

coded as (

    select
        1 as priority,
        'SINF' as record_source,
        school_year,
        lea_code,
        school_code,
        student_key,
        first_date,
        gender,
        is_hispanic,
        {% for number in range(1, 6) %}
            race_{{ number }},
        {% endfor %}
        parent_education_level,
        residential_zip
    from {{ ref('stg_calpads__student_information') }}

    union all

    select
        4 as priority,
        'OneRoster' as record_source,
        school_year,
        lea_code,
        school_code,
        student_key,
        first_date,
        gender,
        is_hispanic,
        {% for number in range(1, 6) %}
            race_{{ number }},
        {% endfor %}
        parent_education_level,
        residential_zip
    from rostered

),

race_codes as (

    {% for number in range(1, 6) %}
        select
            priority,
            school_year,
            lea_code,
            school_code,
            student_key,
            first_date,
            substr(race_{{ number }}, 1, 1) as race_prefix
        from coded
        where race_{{ number }} is not null
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

races as (

    select
        race_codes.priority,
        race_codes.school_year,
        race_codes.lea_code,
        race_codes.school_code,
        race_codes.student_key,
        race_codes.first_date,
        count(distinct groups.reporting_category) as groups_named,
        max(groups.reporting_category) as only_group
    from race_codes
    inner join {{ ref('race_groups') }} as groups on race_codes.race_prefix = groups.race_prefix
    group by
        race_codes.priority,
        race_codes.school_year,
        race_codes.lea_code,
        race_codes.school_code,
        race_codes.student_key,
        race_codes.first_date

),

rolled_up as (

    select
        coded.priority,
        coded.record_source,
        coded.school_year,
        coded.lea_code,
        coded.school_code,
        coded.student_key,
        coded.first_date,
        coded.gender,
        -- Hispanic first, then several, then the one: federal practice, docs/rules.md A.8
        case
            when coded.is_hispanic then 'RH'
            when races.groups_named > 1 then 'RT'
            when races.groups_named = 1 then races.only_group
            else 'RD'
        end as race_category,
        coded.parent_education_level,
        coded.residential_zip
    from coded
    left join races
        on coded.priority = races.priority
        and coded.school_year = races.school_year
        and coded.lea_code = races.lea_code
        and coded.school_code = races.school_code
        and coded.student_key = races.student_key
        and coded.first_date = races.first_date

),

named as (

    select
        2 as priority,
        'CENR' as record_source,
        school_year,
        lea_code,
        school_code,
        student_key,
        first_date,
        gender,
        race_name
    from enrolled

    union all

    select
        3 as priority,
        'report 8.1' as record_source,
        school_year,
        lea_code,
        school_code,
        student_key,
        coalesce(first_date, {{ first_date_of('school_year') }}) as first_date,
        gender,
        race_name
    from profiled

),

looked_up as (

    select
        named.priority,
        named.record_source,
        named.school_year,
        named.lea_code,
        named.school_code,
        named.student_key,
        named.first_date,
        named.gender,
        coalesce(spellings.reporting_category, 'RD') as race_category,
        cast(null as string) as parent_education_level,
        cast(null as string) as residential_zip
    from named
    left join {{ ref('race_names') }} as spellings on named.race_name = spellings.race_name

),

known as (

    select * from rolled_up

    union all

    select * from looked_up

),

ranked as (

    select
        *,
        min(priority) over (partition by school_year, student_key) as best_priority,
        -- one enrollment may stand in two grades, and be two rows of a report
        row_number() over (
            partition by priority, school_year, lea_code, school_code, student_key, first_date
            order by race_category asc nulls last, gender asc nulls last
        ) as place
    from known

)

select
    school_year,
    lea_code,
    school_code,
    student_key,
    first_date,
    record_source,
    gender,
    race_category,
    parent_education_level,
    residential_zip
from ranked
where
    priority = best_priority
    and place = 1
