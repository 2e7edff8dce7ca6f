-- question: In how many schools are half of all chronically absent students?
-- asked_by: cabinet, board
-- columns: school_name, chronic_count, share_of_chronic, share_so_far, share_of_enrollment
-- mind:
--   - A student who was chronically absent at two schools stands at both.
--   - A large school has many because it has many students: share_of_enrollment says how many.
select
    school_name,
    chronic_count,
    share_of_chronic,
    share_so_far,
    share_of_enrollment
from marts.concentration
where
    place_kind = 'school'
    and school_year = (select max(school_year) from marts.concentration)
    and share_so_far - share_of_chronic < 50
order by chronic_rank
