-- Every count of students that open_data could show, of every table and year, and which of them are hidden for what
-- they say by themselves. Some rows are nobody's to see and yet can be worked out from two that are: they are hidden as
-- well.
with

thresholds as (

    select
        max(case when rule = 'largest_hidden_group' then value end) as largest_hidden_group,
        max(case when rule = 'none_hidden_under' then value end) as none_hidden_under,
        max(case when rule = 'few_absent' then value end) as few_absent,
        max(case when rule = 'narrowest_bounds' then value end) as narrowest_bounds
    from {{ ref('suppression_thresholds') }}

),

categories as (

    select
        categories.reporting_category,
        categories.category_family,
        nullif(categories.adds_up_to, '') as adds_up_to,
        categories.sort_order,
        families.is_personal
    from {{ ref('reporting_categories') }} as categories
    inner join {{ ref('category_families') }} as families on categories.category_family = families.category_family
    where families.is_open

),

groups as (

    select
        absence.school_year,
        absence.entity_level,
        absence.cds_code,
        'group' as topic,
        absence.reporting_category as part,
        categories.category_family,
        categories.adds_up_to,
        categories.is_personal,
        absence.eligible_enrollment as students,
        absence.chronic_count as chronic
    from {{ ref('chronic_absence') }} as absence
    inner join categories on absence.reporting_category = categories.reporting_category
    where absence.submission_status = 'submitted'

),

alone as (

    -- everybody at a place is of one race, or one gender
    select
        school_year,
        entity_level,
        cds_code,
        category_family,
        max(part) as only_part
    from groups
    where is_personal and adds_up_to is not null
    group by school_year, entity_level, cds_code, category_family
    having count(*) = 1

),

company as (

    -- an empty group that is hidden with it, so that it need not be everybody
    select
        alone.school_year,
        alone.entity_level,
        alone.cds_code,
        categories.reporting_category as part,
        categories.category_family,
        categories.adds_up_to,
        row_number() over (
            partition by alone.school_year, alone.entity_level, alone.cds_code, alone.category_family
            -- those of whom it is not reported come last: no other public table would lack a row for them
            order by categories.sort_order desc
        ) as place
    from alone
    inner join categories
        on alone.category_family = categories.category_family
        and alone.only_part <> categories.reporting_category

),

grades as (

    select
        by_grade.school_year,
        by_grade.entity_level,
        by_grade.cds_code,
        'grade' as topic,
        by_grade.grade as part,
        'grades' as category_family,
        by_grade.grade_span as adds_up_to,
        false as is_personal,
        by_grade.eligible_enrollment as students,
        by_grade.chronic_count as chronic
    from {{ ref('chronic_absence_by_grade') }} as by_grade
    where by_grade.reporting_category = 'TA' and by_grade.grade_span is not null

),

dashboard as (

    select
        accountability.school_year,
        accountability.entity_level,
        accountability.cds_code,
        accountability.student_group,
        categories.category_family,
        accountability.students,
        accountability.chronic_count,
        groups.students as students_all_grades,
        groups.chronic as chronic_all_grades
    from {{ ref('accountability') }} as accountability
    inner join categories on accountability.reporting_category = categories.reporting_category
    inner join groups
        on accountability.school_year = groups.school_year
        and accountability.entity_level = groups.entity_level
        and accountability.cds_code = groups.cds_code
        and groups.part
        = case when accountability.student_group = 'ALL' then 'GRTK8' else accountability.reporting_category end

),

months as (

    select
        school_year,
        entity_level,
        cds_code,
        'month' as topic,
        cast(school_month as string) as part,
        'months' as category_family,
        cast(null as string) as adds_up_to,
        false as is_personal,
        eligible_enrollment as students,
        chronic_count as chronic
    from {{ ref('attendance_to_date') }}
    where reporting_category = 'TA' and eligible_enrollment > 0

),

interventions as (

    select
        outcomes.school_year,
        outcomes.entity_level,
        outcomes.cds_code,
        outcomes.type_code,
        outcomes.students,
        outcomes.students_measured,
        -- those of whom the mart tells no comparison too: the county's less the other districts' would tell them
        compared.students_matched,
        compared.comparison_students,
        outcomes.matched_hidden_because is null as tells_comparison
    from {{ ref('intervention_outcomes') }} as outcomes
    left join {{ ref('int_matched_outcomes') }} as compared
        on outcomes.school_year = compared.school_year
        and outcomes.entity_level = compared.entity_level
        and outcomes.cds_code = compared.cds_code
        and outcomes.type_code = compared.type_code
        and outcomes.tier = compared.tier
        and outcomes.term = compared.term
        and outcomes.reporting_category = compared.reporting_category
    where
        outcomes.entity_level in ('county', 'district')
        -- parts of the whole are for staff
        and outcomes.tier = 'all'
        and outcomes.term = 'all'
        and outcomes.reporting_category = 'TA'

),

surveys as (

    -- those asked are the same for all that was asked, but for answers left out
    select
        school_year,
        entity_level,
        cds_code,
        'survey' as topic,
        grade as part,
        min(respondents) as students
    from {{ ref('school_climate') }}
    where respondent_group = 'all' and respondents > 0
    group by school_year, entity_level, cds_code, grade

),

counts as (

    select
        *,
        false as is_cover,
        true as is_told
    from groups

    union all

    select
        school_year,
        entity_level,
        cds_code,
        'group' as topic,
        part,
        category_family,
        adds_up_to,
        true as is_personal,
        0 as students,
        0 as chronic,
        true as is_cover,
        true as is_told
    from company
    where place = 1

    union all

    select
        *,
        false as is_cover,
        true as is_told
    from grades

    union all

    select
        *,
        false as is_cover,
        true as is_told
    from months

    union all

    -- through grade 8, where the place has others too
    select
        school_year,
        entity_level,
        cds_code,
        'dashboard' as topic,
        student_group as part,
        category_family,
        case when category_family = 'race' then 'ALL' end as adds_up_to,
        student_group <> 'ALL' as is_personal,
        students,
        chronic_count as chronic,
        false as is_cover,
        true as is_told
    from dashboard
    where students < students_all_grades

    union all

    -- the others: what a page leaves to be worked out
    select
        school_year,
        entity_level,
        cds_code,
        'beyond' as topic,
        student_group as part,
        category_family,
        cast(null as string) as adds_up_to,
        false as is_personal,
        students_all_grades - students as students,
        chronic_all_grades - chronic_count as chronic,
        false as is_cover,
        true as is_told
    from dashboard
    where students < students_all_grades

    {% for column, topic, told in [
        ('students', 'intervention', 'true'), ('students_measured', 'measured', 'true'),
        ('students_matched', 'matched', 'tells_comparison'), ('comparison_students', 'comparison', 'tells_comparison')
    ] %}
        union all

        select
            school_year,
            entity_level,
            cds_code,
            '{{ topic }}' as topic,
            type_code as part,
            'interventions' as category_family,
            cast(null as string) as adds_up_to,
            false as is_personal,
            cast({{ column }} as integer) as students,
            cast(null as integer) as chronic,
            false as is_cover,
            {{ told }} as is_told
        from interventions
        where {{ column }} > 0

    {% endfor %}
    union all

    select
        school_year,
        entity_level,
        cds_code,
        topic,
        part,
        'surveys' as category_family,
        cast(null as string) as adds_up_to,
        false as is_personal,
        students,
        cast(null as integer) as chronic,
        false as is_cover,
        true as is_told
    from surveys

),

placed as (

    select
        counts.*,
        coalesce(entities.district_cds_code, counts.cds_code) as district_cds_code
    from counts
    left join {{ ref('dim_entities') }} as entities
        on counts.entity_level = entities.entity_level
        and counts.cds_code = entities.cds_code

),

beside as (

    select
        *,
        max(case when part = 'TA' then students end) over place as students_at_place,
        max(case when part = 'TA' then chronic end) over place as chronic_at_place,
        case
            when adds_up_to is null or adds_up_to in ('TA', 'ALL') then null
            {% for whole in ['GRTK8', 'GRTKKN', 'GR13', 'GR46', 'GR78', 'GR912'] %}
                when adds_up_to = '{{ whole }}' then max(case when part = '{{ whole }}' then students end) over place
            {% endfor %}
        end as students_of_span,
        -- of what a group and all others are the whole
        case
            when topic = 'dashboard'
                then coalesce(
                    max(case when topic = 'dashboard' and part = 'ALL' then students end) over place,
                    max(case when topic = 'group' and part = 'GRTK8' then students end) over place
                )
            when topic in ('group', 'grade') then max(case when part = 'TA' then students end) over place
        end as students_of_all,
        case
            when topic = 'dashboard'
                then coalesce(
                    max(case when topic = 'dashboard' and part = 'ALL' then chronic end) over place,
                    max(case when topic = 'group' and part = 'GRTK8' then chronic end) over place
                )
            when topic in ('group', 'grade') then max(case when part = 'TA' then chronic end) over place
        end as chronic_of_all,
        bool_or(part = 'GR912') over place as has_upper_grades,
        bool_or(part = 'GRTK8') over place as has_lower_grades,
        count(*) over (
            partition by school_year, entity_level, cds_code, topic, category_family, adds_up_to
        ) as sisters,
        count(case when adds_up_to = 'GRTK8' then 1 end) over place as lower_spans
    from placed
    window place as (partition by school_year, entity_level, cds_code)

),

whole as (

    select
        *,
        coalesce(students_of_span, students_of_all) as students_of_whole
    from beside

),

limited as (

    select
        whole.*,
        thresholds.largest_hidden_group,
        thresholds.none_hidden_under,
        thresholds.few_absent,
        thresholds.narrowest_bounds
    from whole
    cross join thresholds

),

weighed as (

    -- a group that is hidden for being small has no parts
    select
        *,
        coalesce(coalesce(chronic_of_all, chronic_at_place) <= few_absent, false) as is_of_few_absent
    from limited
    where
        students_of_whole is null
        or students_of_whole > largest_hidden_group
        or part in ('TA', 'ALL')

),

judged as (

    select
        *,
        case
            when students <= largest_hidden_group then 'small_group'
            when students_of_all - students between 1 and largest_hidden_group then 'complement'
            when is_personal and students_of_all = students then 'complement'
            -- so few students leave no room for a hidden group above the limit
            when part = 'TA' and students <= largest_hidden_group + narrowest_bounds then 'complement'
            when not is_told then 'complement'
        end as suppression_reason,
        -- all or none of the group, or of those beside it
        coalesce(chronic = students or (chronic = 0 and students < none_hidden_under), false)
        or coalesce(
            students_of_all > students
            and (
                chronic_of_all - chronic = students_of_all - students
                or (chronic_of_all = chronic and students_of_all - students < none_hidden_under)
            ),
            false
        ) as is_all_or_none
    from weighed

),

with_units as (

    -- what is equal by the grades that a place has is hidden together
    select
        *,
        case
            when part = 'GRTK8' and not has_upper_grades then 'TA'
            when part = 'GR912' and not has_lower_grades then 'TA'
            when part = 'GR912' then 'GRTK8'
            when adds_up_to = 'GRTK8' and lower_spans = 1 and has_upper_grades then 'GRTK8'
            when adds_up_to = 'GRTK8' and lower_spans = 1 then 'TA'
            when topic = 'grade' and sisters = 1 and adds_up_to = 'GR912' and has_lower_grades then 'GRTK8'
            when topic = 'grade' and sisters = 1 and adds_up_to = 'GR912' then 'TA'
            when topic = 'grade' and sisters = 1 and lower_spans = 1 and has_upper_grades then 'GRTK8'
            when topic = 'grade' and sisters = 1 and lower_spans = 1 then 'TA'
            when topic = 'grade' and sisters = 1 then adds_up_to
            when topic in ('group', 'dashboard') then part
            else topic || ' ' || part
        end as unit
    from judged

)

select
    cast(row_number() over (
        order by with_units.school_year, with_units.entity_level, with_units.cds_code, with_units.topic, with_units.part
    ) as integer) as count_id,
    cast(dense_rank() over (
        order by with_units.school_year, with_units.entity_level, with_units.cds_code
    ) as integer) as place_id,
    cast(dense_rank() over (
        order by
            with_units.school_year, with_units.entity_level, with_units.cds_code,
            with_units.topic = 'dashboard', with_units.unit
    ) as integer) as unit_id,
    with_units.school_year,
    with_units.entity_level,
    with_units.cds_code,
    with_units.district_cds_code,
    with_units.topic,
    with_units.part,
    with_units.category_family,
    with_units.adds_up_to,
    cast(with_units.students as integer) as students,
    cast(with_units.chronic as integer) as chronic,
    cast(with_units.students_at_place as integer) as students_at_place,
    with_units.is_cover,
    with_units.is_of_few_absent and with_units.chronic is not null as is_of_few_absent,
    with_units.suppression_reason,
    with_units.chronic is not null
    and (
        with_units.suppression_reason is not null or with_units.is_of_few_absent or with_units.is_all_or_none
    ) as hides_chronic,
    -- what hiding it costs: the students of whom less is said, more where more people look
    cast(levels.times as bigint) * case
        when with_units.unit in ('TA', 'GRTK8') then totals.times * with_units.students_at_place
        else with_units.students
    end as price
from with_units
inner join {{ ref('suppression_prices') }} as levels on with_units.entity_level = levels.what
inner join {{ ref('suppression_prices') }} as totals on totals.what = 'total'
