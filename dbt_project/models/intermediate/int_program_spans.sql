-- When a student belonged to a programme group, from programme records, foster lists, CALPADS's own yearly profile,
-- language status and parent education. One yes is enough: no source knows all programmes.
{% set yearly_flags = [
    ('has_disability', '144'),
    ('is_homeless', '191'),
    ('is_migrant', '135'),
    ('is_foster', '190'),
] %}
with

profiles as (

    select * from {{ ref('stg_calpads__student_profiles') }}

),

listed_foster as (

    select
        school_year,
        student_key,
        first_date,
        last_date
    from {{ ref('stg_calpads__foster_matches') }}

    union all

    select
        lists.school_year,
        coalesce(lists.student_key, students.student_key) as student_key,
        lists.first_date,
        lists.last_date
    from {{ ref('stg_eps__foster_youth') }} as lists
    left join {{ ref('int_student_keys') }} as students
        on lists.lea_code = students.lea_code
        and lists.school_year = students.school_year
        and lists.local_student_key = students.local_student_key

),

memberships as (

    select
        school_year,
        student_key,
        program_code,
        first_date,
        last_date
    from {{ ref('stg_calpads__programs') }}

    union all

    select
        school_year,
        student_key,
        '190' as program_code,
        -- the match does not always say since when: then for the year
        coalesce(first_date, {{ first_date_of('school_year') }}) as first_date,
        last_date
    from listed_foster
    where student_key is not null

    {% for flag, program_code in yearly_flags %}
        union all

        -- the profile is of the year, not of a day
        select
            school_year,
            student_key,
            '{{ program_code }}' as program_code,
            {{ first_date_of('school_year') }} as first_date,
            cast(null as date) as last_date
        from profiles
        where {{ flag }}
    {% endfor %}

),

programs as (

    select
        memberships.school_year,
        memberships.student_key,
        groups.reporting_category,
        memberships.first_date,
        memberships.last_date
    from memberships
    inner join {{ ref('program_groups') }} as groups on memberships.program_code = groups.program_code

),

disadvantaged as (

    select
        school_year,
        student_key,
        'SS' as reporting_category,
        {{ first_date_of('school_year') }} as first_date,
        cast(null as date) as last_date
    from profiles
    where is_disadvantaged

),

all_statuses as (

    select
        1 as priority,
        school_year,
        student_key,
        elas_code,
        first_date
    from {{ ref('stg_calpads__language_acquisition') }}

    union all

    -- the extract has one status for the year, without its date
    select
        2 as priority,
        school_year,
        student_key,
        elas_code,
        {{ first_date_of('school_year') }} as first_date
    from {{ ref('stg_calpads__cumulative_enrollments') }}
    where elas_code is not null

    union all

    select
        3 as priority,
        school_year,
        student_key,
        elas_code,
        coalesce(elas_first_date, {{ first_date_of('school_year') }}) as first_date
    from profiles
    where elas_code is not null

),

best_statuses as (

    select
        *,
        min(priority) over (partition by school_year, student_key) as best_priority
    from all_statuses

),

statuses as (

    -- distinct, because two schools may report the same status
    select distinct
        school_year,
        student_key,
        elas_code,
        first_date
    from best_statuses
    where priority = best_priority

),

ended as (

    select
        school_year,
        student_key,
        elas_code,
        first_date,
        lead(first_date) over (partition by school_year, student_key order by first_date nulls last) as next_first_date
    from statuses

),

learners as (

    select
        ended.school_year,
        ended.student_key,
        groups.reporting_category,
        ended.first_date,
        -- a status lasts until the day before the next one
        {{ days_after('ended.next_first_date', -1) }} as last_date
    from ended
    inner join {{ ref('language_groups') }} as groups on ended.elas_code = groups.elas_code

),

families as (

    select
        records.school_year,
        records.student_key,
        groups.reporting_category,
        -- parents' education is a trait of the year, not of a day
        {{ first_date_of('records.school_year') }} as first_date,
        cast(null as date) as last_date
    from {{ ref('int_student_information') }} as records
    inner join {{ ref('parent_education_groups') }} as groups
        on records.parent_education_level = groups.parent_education_level

),

spans as (

    select * from programs

    union all

    select * from disadvantaged

    union all

    select * from learners

    union all

    select * from families

)

-- distinct, because several programmes and several records lead to one group
select distinct
    school_year,
    student_key,
    reporting_category,
    first_date,
    coalesce(last_date, {{ last_date_of('school_year') }}) as last_date
from spans
