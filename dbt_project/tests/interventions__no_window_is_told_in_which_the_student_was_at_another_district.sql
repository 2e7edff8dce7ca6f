-- What: days before and after an intervention are told only where the student was at no other district in the window.
-- When it matters: a district would read how often a student was absent at another one (docs/access.md).
-- How to resolve: look at own_windows in marts/interventions.sql.
select listed.intervention_key
from {{ ref('interventions') }} as listed
inner join {{ ref('int_district_spans') }} as elsewhere
    on listed.school_year = elsewhere.school_year
    and listed.student_key = elsewhere.student_key
    and listed.district_code <> substr(elsewhere.district_cds_code, 3, 5)
where
    (listed.days_expected_so_far is not null and elsewhere.first_date < listed.start_date)
    {% for days in [30, 60, 90] %}
        or (
            listed.days_expected_before_{{ days }} is not null
            and elsewhere.first_date < listed.start_date
            and elsewhere.last_date >= {{ days_after('listed.start_date', -days) }}
        )
        or (
            listed.days_expected_after_{{ days }} is not null
            and elsewhere.last_date > listed.start_date
            and elsewhere.first_date <= {{ days_after('listed.start_date', days) }}
        )
    {% endfor %}
