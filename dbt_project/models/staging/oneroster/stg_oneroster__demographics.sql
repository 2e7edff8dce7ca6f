-- Gender and race of each student at each school, in the codes of CALPADS and with the columns of its own file.
{% set races = [
    'american_indian_or_alaska_native',
    'asian',
    'native_hawaiian_or_other_pacific_islander',
    'black_or_african_american',
    'white',
] %}
with

demographics as (

    select * from {{ source('oneroster', 'demographics') }}
    where status is distinct from 'tobedeleted'

),

users as (

    select * from {{ ref('stg_oneroster__users') }}

),

races as (

    {% for race in races %}
        select
            school_year,
            sender,
            user_key,
            '{{ race }}' as race_column
        from demographics
        where {{ race }} = 'true'
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

numbered as (

    select
        races.school_year,
        races.sender,
        races.user_key,
        codes.race_code,
        row_number() over (
            partition by races.school_year, races.sender, races.user_key
            order by codes.race_code
        ) as place
    from races
    inner join {{ ref('oneroster_races') }} as codes on races.race_column = codes.race_column

),

listed as (

    select
        school_year,
        sender,
        user_key,
        max(case when place = 1 then race_code end) as race_1,
        max(case when place = 2 then race_code end) as race_2,
        max(case when place = 3 then race_code end) as race_3,
        max(case when place = 4 then race_code end) as race_4,
        max(case when place = 5 then race_code end) as race_5
    from numbered
    group by school_year, sender, user_key

),

attended as (

    select
        school_year,
        lea_code,
        school_code,
        user_key,
        first_date
    from {{ ref('stg_oneroster__enrollments') }}
    where user_role = 'student'

    union all

    -- a student without a class yet has a school all the same
    select
        users.school_year,
        users.lea_code,
        orgs.school_code,
        users.user_key,
        null as first_date
    from users
    inner join {{ ref('stg_oneroster__orgs') }} as orgs
        on users.school_year = orgs.school_year
        and users.lea_code = orgs.lea_code
        and users.org_id = orgs.org_id
    where users.is_student

),

schools as (

    select
        school_year,
        lea_code,
        school_code,
        user_key,
        coalesce(min(first_date), min({{ first_date_of('school_year') }})) as first_date
    from attended
    where school_code is not null
    group by school_year, lea_code, school_code, user_key

),

described as (

    select
        schools.school_year,
        schools.lea_code,
        schools.school_code,
        users.student_key,
        schools.first_date,
        sexes.gender,
        demographics.hispanic = 'true' as is_hispanic,
        listed.race_1,
        listed.race_2,
        listed.race_3,
        listed.race_4,
        listed.race_5,
        -- a student who was entered as two users is one: the later record counts
        row_number() over (
            partition by schools.school_year, schools.lea_code, schools.school_code, users.student_key
            order by schools.first_date desc, users.user_key asc
        ) as place
    from schools
    inner join users
        on schools.school_year = users.school_year
        and schools.lea_code = users.lea_code
        and schools.user_key = users.user_key
    inner join demographics
        on schools.school_year = demographics.school_year
        and schools.lea_code = demographics.sender
        and schools.user_key = demographics.user_key
    left join listed
        on schools.school_year = listed.school_year
        and schools.lea_code = listed.sender
        and schools.user_key = listed.user_key
    left join {{ ref('oneroster_sexes') }} as sexes on demographics.sex = sexes.sex
    where users.student_key is not null

)

select
    school_year,
    lea_code,
    school_code,
    student_key,
    first_date,
    gender,
    is_hispanic,
    race_1,
    race_2,
    race_3,
    race_4,
    race_5,
    -- OneRoster does not ask for it
    cast(null as string) as parent_education_level
from described
where place = 1
