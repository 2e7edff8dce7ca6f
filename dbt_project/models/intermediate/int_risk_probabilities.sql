-- The probability of ending the year chronically absent, for students who stand alike at the end of a month: the share
-- of alike students of the years before who came to miss as much of the days left, beside their county, as these still
-- need to. A small group leans on the wider one around it.
with

rules as (

    select max(case when rule = 'pseudo_students' then value end) as pseudo_students
    from {{ ref('early_warning_rules') }}

),

standing as (

    select
        school_year,
        school_month,
        risk_bin,
        last_year_band,
        grade_span,
        needed_step,
        is_decided_so,
        sum(students) as students,
        sum(students_chronic) as students_chronic
    from {{ ref('int_risk_cells') }}
    group by school_year, school_month, risk_bin, last_year_band, grade_span, needed_step, is_decided_so

),

scored as (

    -- one row per year and month to be scored
    select distinct
        school_year,
        school_month
    from standing

),

earlier as (

    -- what is known of a month when a year is scored: the same month of every year before
    select
        scored.school_year,
        cells.school_month,
        cells.risk_bin,
        cells.last_year_band,
        cells.grade_span,
        cells.outcome_step,
        sum(cells.students) as students,
        sum(cells.students_chronic) as students_chronic
    from scored
    inner join {{ ref('int_risk_cells') }} as cells
        on scored.school_month = cells.school_month
        and scored.school_year > cells.school_year
    group by
        scored.school_year,
        cells.school_month,
        cells.risk_bin,
        cells.last_year_band,
        cells.grade_span,
        cells.outcome_step

),

of_all as (

    select
        school_year,
        school_month,
        sum(students) as students,
        sum(students_chronic) as students_chronic
    from earlier
    group by school_year, school_month

),

of_last_year as (

    select
        school_year,
        school_month,
        last_year_band,
        sum(students) as students,
        sum(students_chronic) as students_chronic
    from earlier
    group by school_year, school_month, last_year_band

),

{% set groups = {
    'of_bin': ['risk_bin'],
    'of_band': ['risk_bin', 'last_year_band'],
    'of_span': ['risk_bin', 'last_year_band', 'grade_span'],
} %}
{% for name, columns in groups.items() %}
    {% set keys = ['school_year', 'school_month'] + columns %}
    needed_{{ name }} as (

        -- one row per group and step from which its students stand
        select distinct
            {{ keys | join(',\n            ') }},
            needed_step
        from standing
        where needed_step is not null

    ),

    {{ name }} as (

        -- who came to as many steps or more; of those on the very step, half
        select
            needed_{{ name }}.{{ keys | join(',\n            needed_' ~ name ~ '.') }},
            needed_{{ name }}.needed_step,
            sum(earlier.students) as students,
            sum(
                case
                    when earlier.outcome_step > needed_{{ name }}.needed_step then earlier.students
                    when earlier.outcome_step = needed_{{ name }}.needed_step
                        then earlier.students / cast(2 as double)
                    else 0
                end
            ) as students_there
        from needed_{{ name }}
        inner join earlier
            on needed_{{ name }}.school_year = earlier.school_year
            and needed_{{ name }}.school_month = earlier.school_month
            {% for column in columns %}
                and needed_{{ name }}.{{ column }} = earlier.{{ column }}
            {% endfor %}
        where earlier.outcome_step is not null
        group by
            needed_{{ name }}.{{ keys | join(',\n            needed_' ~ name ~ '.') }},
            needed_{{ name }}.needed_step

    ),

{% endfor %}
shares as (

    select
        standing.*,
        rules.pseudo_students,
        cast(of_all.students_chronic as double) / of_all.students as share_of_all,
        coalesce(of_last_year.students, 0) as last_year_students,
        coalesce(of_last_year.students_chronic, 0) as last_year_chronic,
        coalesce(of_bin.students, 0) as bin_students,
        coalesce(of_bin.students_there, 0) as bin_there,
        coalesce(of_band.students, 0) as band_students,
        coalesce(of_band.students_there, 0) as band_there,
        coalesce(of_span.students, 0) as span_students,
        coalesce(of_span.students_there, 0) as span_there
    from standing
    cross join rules
    left join of_all
        on standing.school_year = of_all.school_year
        and standing.school_month = of_all.school_month
    left join of_last_year
        on standing.school_year = of_last_year.school_year
        and standing.school_month = of_last_year.school_month
        and standing.last_year_band = of_last_year.last_year_band
    {% for name, columns in groups.items() %}
        left join {{ name }}
            on standing.school_year = {{ name }}.school_year
            and standing.school_month = {{ name }}.school_month
            and standing.needed_step = {{ name }}.needed_step
            {% for column in columns %}
                and standing.{{ column }} = {{ name }}.{{ column }}
            {% endfor %}
    {% endfor %}

),

leaning as (

    select
        *,
        (last_year_chronic + pseudo_students * share_of_all) / (last_year_students + pseudo_students)
            as share_of_last_year,
        -- the widest group has thousands of students in a county: one student more keeps a share where it has none
        (bin_there + share_of_all) / (bin_students + 1) as share_of_bin
    from shares

),

leaning_on_band as (

    select
        *,
        (band_there + pseudo_students * share_of_bin) / (band_students + pseudo_students) as share_of_band
    from leaning

)

select
    school_year,
    school_month,
    risk_bin,
    last_year_band,
    grade_span,
    needed_step,
    is_decided_so,
    cast(students as integer) as students,
    cast(students_chronic as integer) as students_chronic,
    cast(
        round(
            case
                when share_of_all is null then null
                when is_decided_so then 1
                when not is_decided_so then 0
                else (span_there + pseudo_students * share_of_band) / (span_students + pseudo_students)
            end,
            4
        ) as decimal(6, 4)
    ) as probability,
    cast(round(share_of_last_year, 4) as decimal(6, 4)) as probability_by_last_year
from leaning_on_band
