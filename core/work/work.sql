-- Work that processes share: batches to embed, requests for a crawl or a preview, slots of schedules; by name, as in
-- queries.sql. Times are those of Postgres, because the clocks of machines may differ.

-- name: drop_batches
-- The batches that a killed process left of crawl $1: what is not embedded yet is cut into batches again.
delete from batch where crawl = $1;

-- name: add_batches
-- Cut the identities $2 of crawl $1 into batches of $3.
insert into batch (crawl, identities)
select $1, array_agg(identity order by place)
from unnest($2::bytea[]) with ordinality asked (identity, place)
group by (place - 1) / $3::int order by (place - 1) / $3::int;

-- name: take_batch
-- A batch that nobody holds, of crawl $1 or (null) of any; held for $2 seconds from now. Batches held since $3
-- seconds are taken as well: their holder may be gone.
update batch set until = now() + make_interval(secs => $2) where id = (
  select id from batch
  where ($1::bigint is null or crawl = $1) and (until is null or until < now() + make_interval(secs => $2 - $3::float8))
  order by until nulls first, id for update skip locked limit 1)
returning id, crawl, identities;

-- name: drop_batch
-- The batch is embedded.
delete from batch where id = $1;

-- name: free_batch
-- Another worker may take the batch at once.
update batch set until = null where id = $1;

-- name: remaining
-- The number of passages in the batches of crawl $1, or (null) of all.
select coalesce(sum(cardinality(identities)), 0)::int from batch where $1::bigint is null or crawl = $1;

-- name: put_request
-- A new request, or the one for the same source that still waits; their options are merged.
insert into request (kind, source, options, asked_by) values ($1, $2, $3::jsonb, $4)
on conflict (source) where kind = 'crawl' and state = 'waiting'
do update set options = request.options || excluded.options
returning id;

-- name: put_crawls
-- The same of the sources $1, for the clock.
insert into request (kind, source, asked_by)
select 'crawl', id, 'schedule' from unnest($1::int[]) asked (id) order by id
on conflict (source) where kind = 'crawl' and state = 'waiting'
do update set options = request.options
returning id;

-- name: take_slots
-- The slots $2 of the sources $1, one row per firing: who inserts it may ask for the crawl. In one order, so that two
-- processes do not wait for each other; a source that is being removed is left out.
insert into schedule_slot (source, slot)
select source.id, asked.slot from unnest($1::int[], $2::timestamptz[]) asked (id, slot) join source on source.id = asked.id
order by source.id for key share of source
on conflict do nothing returning source;

-- name: forget_slots
-- Slots that can no longer fire, of the sources $1 that have just fired $2.
delete from schedule_slot old using unnest($1::int[], $2::timestamptz[]) fired (source, slot)
where old.source = fired.source and old.slot < fired.slot - interval '2 days';

-- name: schedules
-- What the clock goes by: every source, its schedule, and the slot at which that fired last.
select source.id, source.name, case when source.paused then 'off' else source.schedule end as schedule, source.added_at, last.slot
from source
left join lateral (select slot from schedule_slot where schedule_slot.source = source.id order by slot desc limit 1) last on true;

-- name: requests
-- One request ($1), or (null) the $2 latest.
select request.id, request.kind, coalesce(source.name, '') as source, request.options, request.asked_by,
       request.asked_at, request.state, request.worker, request.progress, request.report, request.error
from request left join source on source.id = request.source
where $1::bigint is null or request.id = $1
order by request.id desc limit $2;

-- name: request_progress
-- How far worker $3 is with request $1; the first call marks it as running.
update request set progress = $2::jsonb, worker = $3, state = 'running', started_at = coalesce(started_at, now())
where id = $1 and state in ('waiting', 'running');

-- name: end_request
-- Request $1 is done with the report $2 by worker $4, or failed with the sentence $3. Two crawls of a source never run
-- at once: an earlier one that is still marked as running has lost its process, and has failed.
with stale as (
  update request set state = 'failed', finished_at = now(), error = 'Its process ended before the crawl did.'
  where state = 'running' and id < $1 and kind = 'crawl' and source = (select source from request where id = $1))
update request set report = $2::jsonb, error = $3, finished_at = now(), worker = coalesce(nullif($4, ''), worker),
       state = case when $3 = '' then 'done' else 'failed' end
where id = $1 and state in ('waiting', 'running');

-- name: workers
-- The number of connections named $1: each is of a process that takes jobs.
select count(*)::int from pg_stat_activity where application_name = $1 and datname = current_database();

-- name: wake
-- Wake up all who listen on channel $1.
select pg_notify($1, '');

-- name: forget_jobs
-- What the queue keeps of jobs that are done, after 7 days.
delete from footnote_queue.pgqueuer_log where created < now() - interval '7 days';

-- name: forget_requests
-- Reports of previews are kept for an hour, of crawls for 90 days.
delete from request
where kind = 'preview' and finished_at < now() - interval '1 hour'
   or kind = 'crawl' and finished_at < now() - interval '90 days';
