-- Which system counts for an LEA's year: where a district moved from one to another, its students stand in both.
with

enrolled as (

    -- one row per system, LEA and year that has enrollments
    select distinct
        system,
        lea_code,
        school_year
    from (
        {{ union_of_sis('enrollments', ['lea_code', 'school_year']) }}
    ) as enrollments

),

submitted as (

    select
        system,
        lea_code,
        school_year,
        max(school_date) as last_submitted_date
    from (
        {{ union_of_sis('submitted_days', ['lea_code', 'school_year', 'school_date']) }}
    ) as submitted_days
    group by system, lea_code, school_year

),

list_order as (

    {% for system in sis_systems() %}
        select
            '{{ system }}' as system,
            {{ loop.index }} as place
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

ranked as (

    select
        enrolled.lea_code,
        enrolled.school_year,
        enrolled.system,
        row_number() over (
            partition by enrolled.lea_code, enrolled.school_year
            order by
                -- the one with attendance; of two, the one that the registry names; then the one that goes on longer
                case when submitted.system is not null then 0 else 1 end asc,
                case when enrolled.system = leas.system then 0 else 1 end asc,
                submitted.last_submitted_date desc nulls last,
                list_order.place asc
        ) as place
    from enrolled
    inner join list_order on enrolled.system = list_order.system
    left join submitted
        on enrolled.system = submitted.system
        and enrolled.lea_code = submitted.lea_code
        and enrolled.school_year = submitted.school_year
    left join {{ ref('stg_registry__leas') }} as leas on enrolled.lea_code = leas.lea_code

)

select
    lea_code,
    school_year,
    system
from ranked
where place = 1
