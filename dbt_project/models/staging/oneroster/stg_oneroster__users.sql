with

users as (

    select * from {{ source('oneroster', 'users') }}
    where status is distinct from 'tobedeleted'

),

-- OneRoster 1.2 tells what a user is in a file of its own; a student somewhere is a student
parts as (

    select
        school_year,
        sender,
        user_key,
        coalesce(
            max(case when role = 'student' then role end),
            max(case when role_type = 'primary' then role end),
            max(role)
        ) as user_role,
        min(case when role = 'student' then org_id end) as student_org_id
    from {{ source('oneroster', 'roles') }}
    where status is distinct from 'tobedeleted'
    group by school_year, sender, user_key

)

select
    users.school_year,
    users.sender as lea_code,
    users.user_key,
    -- a student without an SSID yet is still one student of the LEA
    coalesce(users.ssid_key, users.local_student_key) as student_key,
    users.local_student_key,
    coalesce(users.role, parts.user_role) as user_role,
    coalesce(users.role, parts.user_role, '') = 'student' as is_student,
    grades.grade,
    -- 1.1 lists a user's schools, the main one first
    coalesce(users.primary_org_id, parts.student_org_id, trim(split_part(users.org_ids, ',', 1))) as org_id
from users
left join parts
    on users.school_year = parts.school_year
    and users.sender = parts.sender
    and users.user_key = parts.user_key
left join {{ ref('grades') }} as grades
    on case substr(users.grades, 1, 2) when 'KG' then 'KN' else substr(users.grades, 1, 2) end = grades.grade
