{#
    The parts of a 14-digit CDS code that mean something at a level: county (2), district (5), school (7 digits);
    null where they do not, as a county has no district.
#}
{% macro codes_of(entity_level, cds_code) -%}
    substr({{ cds_code }}, 1, 2) as county_code,
    case when {{ entity_level }} in ('district', 'school') then substr({{ cds_code }}, 3, 5) end as district_code,
    case when {{ entity_level }} = 'school' then substr({{ cds_code }}, 8, 7) end as school_code
{%- endmacro %}
