-- Tests: one definition stands on every public page. Matters when: a definition is added to the seed.
-- To resolve: set is_published on one row of seeds/attendance_definitions.csv and on no other.
select count(*) as definitions_published
from {{ ref('attendance_definitions') }}
where is_published
having count(*) <> 1
