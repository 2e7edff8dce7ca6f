with

letters as (

    select * from {{ source('interventions', 'letters') }}

)

select
    letters.school_year,
    letters.sender as lea_code,
    {{ key_of(['letters.sender', 'letters.letter_id']) }} as letter_key,
    letters.school_code,
    letters.local_student_key,
    letters.letter_type,
    types.meaning as letter_type_name,
    letters.letter_number,
    letters.sent_date,
    letters.trigger_rule,
    rules.meaning as trigger_rule_name,
    letters.trigger_count,
    letters.counted_through,
    letters.delivery_means,
    means.meaning as delivery_means_name,
    letters.language_code,
    languages.language_name,
    letters.delivery_outcome,
    letters.updated_at
from letters
left join {{ ref('intake_codes') }} as types
    on types.code_set = 'letter_type'
    and letters.letter_type = types.code
left join {{ ref('intake_codes') }} as rules
    on rules.code_set = 'trigger_rule'
    and letters.trigger_rule = rules.code
left join {{ ref('intake_codes') }} as means
    on means.code_set = 'delivery_means'
    and letters.delivery_means = means.code
left join {{ ref('languages') }} as languages on letters.language_code = languages.language_code
