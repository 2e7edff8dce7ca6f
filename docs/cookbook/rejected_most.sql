-- question: Which rows are rejected most often, and why?
-- asked_by: data team, district analyst
-- columns: sender, source, file, column_name, reason, files, rows_rejected
-- may_be_empty: nothing was ever rejected.
-- mind:
--   - The lines themselves, with their numbers, go back to the sender by `attendance outbox`.
--   - Counted over all deliveries. A mistake that was mended since still stands here; deliveries.standing says which
--     are in use.
--   - Rejected survey rows of fewer than ten answers are a rule of privacy, not a mistake.
select
    sender,
    source,
    file,
    column_name,
    reason,
    count(*) as files,
    sum(rows_listed) as rows_rejected
from marts.rejects
where is_rejected
group by
    sender,
    source,
    file,
    column_name,
    reason
order by rows_rejected desc
limit 20
