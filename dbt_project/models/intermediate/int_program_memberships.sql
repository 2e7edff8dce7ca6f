-- Whether each combination of program groups is of each group: what pairs and threes of groups are counted from.
select
    combinations.school_year,
    combinations.cds_code,
    combinations.combination,
    cast(categories.reporting_category as string) as reporting_category,
    cast(categories.category_name as string) as category_name,
    combinations.students,
    combinations.chronic,
    combinations.students - combinations.chronic as other,
    case
        when ', ' || combinations.combination || ',' like '%, ' || categories.reporting_category || ',%' then 1
        else 0
    end as is_in
from {{ ref('int_program_combinations') }} as combinations
inner join {{ ref('reporting_categories') }} as categories on categories.category_family = 'program'
