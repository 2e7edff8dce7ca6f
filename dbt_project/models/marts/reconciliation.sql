-- Whether this warehouse's days and counts are those that the district certified and the state published, LEA by LEA,
-- and what explains the difference.
{% set causes = [
    'missing_school', 'exempt', 'missing_student', 'days_not_submitted', 'unmapped_codes', 'partial_days',
    'late_corrections', 'unexplained'
] %}
{% set level_of_lea = "case when substr(leas.cds_code, 8, 7) = '0000000' then 'district' else 'school' end" %}
with

checks as (

    select * from {{ ref('reconciliation_checks') }}

),

days as (

    {% for measure in ['days_expected', 'days_absent'] %}
        select
            record_source,
            '{{ measure }}' as measure,
            school_year,
            lea_code,
            count(*) as compared,
            count_if(agrees_in_{{ measure }}) as agreeing,
            sum(our_{{ measure }}) as our_total,
            {% for cause in causes %}
                count_if(not agrees_in_{{ measure }} and cause = '{{ cause }}') as {{ cause }},
            {% endfor %}
            sum(their_{{ measure }}) as their_total
        from {{ ref('int_compared_days') }}
        group by record_source, school_year, lea_code
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

published as (

    select
        'dataquest' as record_source,
        school_year,
        cds_code,
        eligible_enrollment,
        chronic_count
    from {{ ref('published_chronic_absence') }}
    -- a district's row is of all its schools, a school's own is the only one it has
    where
        reporting_category = 'TA'
        and (entity_level = 'school' or (charter = 'All' and coalesce(dass, 'All') = 'All'))

    union all

    select
        'dashboard' as record_source,
        school_year,
        cds_code,
        students as eligible_enrollment,
        chronic_count
    from {{ ref('published_dashboard_indicator') }}
    where student_group = 'ALL'

),

ours as (

    select
        'dataquest' as record_source,
        school_year,
        cds_code,
        eligible_enrollment,
        chronic_count
    from {{ ref('chronic_absence') }}
    where reporting_category = 'TA'

    union all

    -- counted as the Dashboard counts: a district without its charters
    select
        'dashboard' as record_source,
        school_year,
        cds_code,
        students as eligible_enrollment,
        chronic_count
    from {{ ref('int_dashboard_figures') }}
    where basis = 'ours' and student_group = 'ALL'

),

counts as (

    select
        published.record_source,
        published.school_year,
        leas.lea_code,
        ours.eligible_enrollment as our_eligible_enrollment,
        published.eligible_enrollment as their_eligible_enrollment,
        ours.chronic_count as our_chronic_count,
        published.chronic_count as their_chronic_count,
        coalesce(submissions.schools_submitted < submissions.schools_enrolling, true) as lacks_schools
    from published
    inner join {{ ref('stg_registry__leas') }} as leas on published.cds_code = leas.cds_code
    inner join ours
        on published.record_source = ours.record_source
        and published.school_year = ours.school_year
        and published.cds_code = ours.cds_code
    left join {{ ref('submissions') }} as submissions
        on published.school_year = submissions.school_year
        and published.cds_code = submissions.cds_code

),

of_counts as (

    {% for measure in ['eligible_enrollment', 'chronic_count'] %}
        select
            counts.record_source,
            '{{ measure }}' as measure,
            counts.school_year,
            counts.lea_code,
            counts.our_{{ measure }} as our_total,
            counts.their_{{ measure }} as their_total,
            counts.lacks_schools,
            counts.their_{{ measure }} is not null as is_compared,
            coalesce(
                abs(counts.our_{{ measure }} - counts.their_{{ measure }}) * 100
                <= counts.their_{{ measure }} * checks.tolerance,
                false
            ) as is_agreeing
        from counts
        inner join checks
            on counts.record_source = checks.record_source
            and checks.measure = '{{ measure }}'
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

united as (

    select
        record_source,
        measure,
        school_year,
        lea_code,
        compared,
        agreeing,
        our_total,
        their_total,
        {{ causes | join(',\n        ') }}
    from days

    union all

    select
        record_source,
        measure,
        school_year,
        lea_code,
        case when is_compared then 1 else 0 end as compared,
        case when is_agreeing then 1 else 0 end as agreeing,
        our_total,
        their_total,
        {% for cause in causes %}
            {% if cause == 'missing_school' %}
                case when is_compared and not is_agreeing and lacks_schools then 1 else 0 end as {{ cause }},
            {% elif cause == 'unexplained' %}
                case when is_compared and not is_agreeing and not lacks_schools then 1 else 0 end as {{ cause }}
            {% else %}
                0 as {{ cause }},
            {% endif %}
        {% endfor %}
    from of_counts

)

select
    united.school_year,
    united.lea_code,
    {{ codes_of(level_of_lea, 'leas.cds_code') }},
    checks.check_code,
    checks.check_name,
    cast(united.compared as integer) as compared,
    cast(united.agreeing as integer) as agreeing,
    cast(united.compared - united.agreeing as integer) as differing,
    {{ percent('united.agreeing', 'united.compared') }} as agreement_rate,
    cast(united.our_total as decimal(14, 2)) as our_total,
    cast(united.their_total as decimal(14, 2)) as their_total,
    {% for cause in causes %}
        cast(united.{{ cause }} as integer) as differing_by_{{ cause }},
    {% endfor %}
    cast(united.our_total - united.their_total as decimal(14, 2)) as difference
from united
inner join checks
    on united.record_source = checks.record_source
    and united.measure = checks.measure
inner join {{ ref('stg_registry__leas') }} as leas on united.lea_code = leas.lea_code
