-- From student_year (entity, year, student, expected, absent, groups, grade), of whom is eligible, and told (place), the
-- places that marked anyone on a school day, to the table.

-- Who a student is by the year's latest record, at the entity if it has one. Almost always all records agree.
create temp table known as
select
    year,
    student,
    arg_max({'race': race, 'gender': gender}, (first_day, -place)) as latest,
    min(race) <> max(race) or min(gender) <> max(gender) as differ
from person
group by year, student;

create temp table known_here as
select
    entity.entity,
    person.student,
    arg_max({'race': person.race, 'gender': person.gender}, (person.first_day, -person.place)) as latest
from person
inner join known on person.year = known.year and person.student = known.student and known.differ
inner join entity on person.place = entity.place
group by entity.entity, person.student;

copy (
    with grouped as (
        select
            student_year.entity,
            student_year.groups
            | flag('TA')
            | flag(coalesce(known_here.latest.race, known.latest.race, 'RD'))
            | flag(coalesce(known_here.latest.gender, known.latest.gender, 'GZ'))
            | case
                when student_year.grade is null then 0
                when student_year.grade <= 0 then flag('GRTKKN') | flag('GRTK8')
                when student_year.grade <= 3 then flag('GR13') | flag('GRTK8')
                when student_year.grade <= 6 then flag('GR46') | flag('GRTK8')
                when student_year.grade <= 8 then flag('GR78') | flag('GRTK8')
                else flag('GR912')
            end as groups,
            count(*) as eligible,
            count(*) filter (student_year.absent * 10 >= student_year.expected) as chronic
        from student_year
        left join known using (year, student)
        left join known_here
            on student_year.entity = known_here.entity and student_year.student = known_here.student
        group by all
    ),
    silent as (
        -- an entity that enrols and of whose schools none has told anything
        select entity.entity
        from (select distinct place from stint) as enrolling
        inner join entity using (place)
        left join told using (place)
        left join (select distinct place from summary) as summed using (place)
        group by entity.entity
        having count(told.place) + count(summed.place) = 0
    ),
    figures as (
        select
            grouped.entity,
            category.code,
            sum(grouped.eligible) as eligible_enrollment,
            sum(grouped.chronic) as chronic_count
        from grouped
        inner join (select unnest(categories()) as code) as category on grouped.groups & flag(category.code) <> 0
        group by grouped.entity, category.code
        union all
        select entity, 'TA', null, null from silent
    ),
    named as (
        -- one of the places of an entity: they share its name
        select entity, any_value(year) as year, any_value(entity_level) as entity_level, any_value(cds_code) as cds_code
        from entity
        group by entity
    )
    select
        span(named.year) as school_year,
        named.entity_level,
        named.cds_code,
        figures.code as reporting_category,
        figures.eligible_enrollment::integer as eligible_enrollment,
        figures.chronic_count::integer as chronic_count
    from figures
    inner join named using (entity)
    order by all
) to (getvariable('target')) (format parquet);
