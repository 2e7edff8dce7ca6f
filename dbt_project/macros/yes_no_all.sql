{# CDE writes Yes, Y and "No " for the same marks, differing by file and year. #}
{% macro yes_no_all(mark) -%}
    case upper(trim({{ mark }}))
        when 'Y' then 'Yes'
        when 'YES' then 'Yes'
        when 'N' then 'No'
        when 'NO' then 'No'
        when 'ALL' then 'All'
        else trim({{ mark }})
    end
{%- endmacro %}
