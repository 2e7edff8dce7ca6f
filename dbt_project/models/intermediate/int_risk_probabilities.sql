-- The probability of ending the year chronically absent, for each group of students who look alike at the end of a
-- month: the share of such students who did in the years before. A small group leans on the wider one around it.
with

rules as (

    select max(case when rule = 'pseudo_students' then value end) as pseudo_students
    from {{ ref('early_warning_rules') }}

),

cells as (

    select
        school_year,
        school_month,
        risk_bin,
        last_year_band,
        grade_span,
        count(*) as students,
        count_if(ends_chronically_absent) as students_chronic
    from {{ ref('int_student_risk') }}
    where risk_bin is not null
    group by school_year, school_month, risk_bin, last_year_band, grade_span

),

scored as (

    -- one row per year and month to be scored
    select distinct
        school_year,
        school_month
    from cells

),

earlier as (

    -- what is known of a month when a year is scored: the same month of every year before
    select
        scored.school_year,
        cells.school_month,
        cells.risk_bin,
        cells.last_year_band,
        cells.grade_span,
        cells.students,
        cells.students_chronic
    from scored
    inner join cells
        on scored.school_month = cells.school_month
        and scored.school_year > cells.school_year

),

{% set groups = {
    'of_all': [],
    'of_bin': ['risk_bin'],
    'of_band': ['risk_bin', 'last_year_band'],
    'of_span': ['risk_bin', 'last_year_band', 'grade_span'],
    'of_last_year': ['last_year_band'],
} %}
{% for name, columns in groups.items() %}
    {{ name }} as (

        select
            {{ (['school_year', 'school_month'] + columns) | join(',\n            ') }},
            sum(students) as students,
            sum(students_chronic) as students_chronic
        from earlier
        group by {{ (['school_year', 'school_month'] + columns) | join(', ') }}

    ),

{% endfor %}
shares as (

    select
        cells.*,
        rules.pseudo_students,
        cast(of_all.students_chronic as double) / of_all.students as share_of_all,
        coalesce(of_bin.students, 0) as bin_students,
        coalesce(of_bin.students_chronic, 0) as bin_chronic,
        coalesce(of_band.students, 0) as band_students,
        coalesce(of_band.students_chronic, 0) as band_chronic,
        coalesce(of_span.students, 0) as span_students,
        coalesce(of_span.students_chronic, 0) as span_chronic,
        coalesce(of_last_year.students, 0) as last_year_students,
        coalesce(of_last_year.students_chronic, 0) as last_year_chronic
    from cells
    cross join rules
    {% for name, columns in groups.items() %}
        left join {{ name }}
            on cells.school_year = {{ name }}.school_year
            and cells.school_month = {{ name }}.school_month
            {% for column in columns %}
                and cells.{{ column }} = {{ name }}.{{ column }}
            {% endfor %}
    {% endfor %}

),

leaning as (

    select
        *,
        (last_year_chronic + pseudo_students * share_of_all) / (last_year_students + pseudo_students)
            as share_of_last_year,
        (bin_chronic + pseudo_students * share_of_all) / (bin_students + pseudo_students) as share_of_bin
    from shares

),

leaning_on_band as (

    select
        *,
        (band_chronic + pseudo_students * share_of_bin) / (band_students + pseudo_students) as share_of_band
    from leaning

)

select
    school_year,
    school_month,
    risk_bin,
    last_year_band,
    grade_span,
    cast(students as integer) as students,
    cast(students_chronic as integer) as students_chronic,
    cast(
        round(
            case
                when share_of_all is null then null
                -- a tenth of the whole year is missed already: to lean on others would only blur what is nearly certain
                when risk_bin = 0 then (bin_chronic + 1.0) / (bin_students + 1)
                else (span_chronic + pseudo_students * share_of_band) / (span_students + pseudo_students)
            end,
            4
        ) as decimal(6, 4)
    ) as probability,
    cast(round(share_of_last_year, 4) as decimal(6, 4)) as probability_by_last_year
from leaning_on_band
