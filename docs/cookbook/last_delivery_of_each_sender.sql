-- question: What did each sender send last, when, and how much of it was loaded?
-- asked_by: data team
-- columns: sender, system_name, file, files, last_loaded_at, rows_loaded, rows_rejected, files_refused
-- mind:
--   - A file that was refused left the one before it in use, so figures may be older than the last delivery.
--   - `attendance status` says the same in words, and who is late.
select
    deliveries.sender,
    systems.system_name,
    deliveries.file,
    count(*) as files,
    max(deliveries.loaded_at) as last_loaded_at,
    sum(deliveries.rows_loaded) as rows_loaded,
    sum(deliveries.rows_rejected) as rows_rejected,
    count_if(deliveries.outcome = 'refused') as files_refused
from marts.deliveries as deliveries
left join reference.source_systems as systems on deliveries.source = systems.source
group by
    deliveries.sender,
    systems.system_name,
    deliveries.source,
    deliveries.file
order by deliveries.sender, deliveries.source, deliveries.file
