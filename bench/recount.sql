-- The figures of the console, counted once more from the rows of the inbox alone: bench/recount.py. Written apart from
-- core/history/history.sql: no summary, no common table, no function of ours. Each statement gets what it names of
-- :days, :keep (RETENTION_DAYS), and who looks: :all, :platform, :tenant, :person, :place (the channel), :private.

-- name: seen
-- A view for what follows: the questions that somebody counts, with what they may read of each.
create temporary view seen as
select q.id, q.platform, q.channel, q.body, q.asker, q.way, q.asked_at, q.finished_at, q.first_shown_at, q.state, q.refusal,
       q.answer, f.up, f.down,
       case
         when q.state in ('queued', 'answered') then 'open'
         when q.state = 'silent' then 'unsaid'
         when q.state like 'withdraw%' then 'withdrawn'
         when q.state = 'undeliverable' then 'undeliverable'
         when q.refusal in ('busy', 'limit') then q.refusal
         when q.answer is null then 'forgotten'
         when q.answer #> '{answer,faults}' @> '["model"]'
           or q.answer #>> '{answer,text}' ~ '^(Sorry, I could not write|Entschuldigung, ich konnte gerade keine)' then 'apology'
         when coalesce(q.answer #>> '{answer,abstention}', '') <> '' then 'abstained'
         when q.answer #>> '{answer,outcome}' = 'partly' then 'partly'
         else 'answered' end as ended,
       :all or q.mine or q.way not in ('direct', 'private') or :private as is_read,
       :all or q.mine or (q.way not in ('direct', 'private') or :private) and not exists (
         select from jsonb_array_elements(q.answer -> 'found') passage
         where not exists (select from source where name = passage ->> 'source'
           and (visible_to is null or :channel_place = any (visible_to) or :tenant_place = any (visible_to)))) as is_answer_read
from (
  select question.*, platform = :platform and asker = :person and (tenant = '' or tenant = :tenant) as mine from question) q
left join (
  select question, sum((thumb = 'up')::int) as up, sum((thumb = 'down')::int) as down from feedback group by question) f
  on f.question = q.id
where q.asked_at > now() - :days * interval '1 day'
  and not coalesce(q.finished_at < now() - :keep * interval '1 day', false)
  and (:all or q.mine
    or :channel_place in (q.platform || ':' || q.tenant || '/' || q.channel,
                          q.platform || ':' || q.tenant || '/' || coalesce(q.details ->> 'around', ''))
    or :tenant_place = q.platform || ':' || q.tenant and q.tenant <> '' and coalesce(q.details ->> 'shared', '') <> 'true')

-- name: outcomes
select platform, ended, count(*) from seen group by platform, ended

-- name: days
select to_char(asked_at at time zone 'utc', 'YYYY-MM-DD'), ended, count(*) from seen group by 1, 2

-- name: channels
select platform, channel, count(*) from seen where is_read group by platform, channel

-- name: private
select count(*) from seen where not is_read

-- name: thumbs
select coalesce(sum(up), 0), coalesce(sum(down), 0) from seen

-- name: times
select percentile_cont(0.5) within group (order by first), percentile_cont(0.95) within group (order by first),
       percentile_cont(0.5) within group (order by last), percentile_cont(0.95) within group (order by last)
from (
  select extract(epoch from finished_at)::float8 - extract(epoch from asked_at)::float8 as last,
         extract(epoch from coalesce(first_shown_at, finished_at))::float8 - extract(epoch from asked_at)::float8 as first
  from seen where state = 'done' and refusal = '' and way <> 'shared') took

-- name: tokens
select count(*), coalesce(sum((answer #>> '{answer,usage,sent}')::bigint), 0),
       coalesce(sum((answer #>> '{answer,usage,received}')::bigint), 0),
       count(*) filter (where answer #>> '{answer,usage,estimated}' = 'true')
from seen where jsonb_typeof(answer #> '{answer,usage}') = 'object' and way <> 'shared'

-- name: sources
select passage ->> 'source', count(distinct seen.id)
from seen cross join jsonb_array_elements(answer -> 'found') passage
where is_answer_read and way <> 'shared' and ended in ('answered', 'partly') and exists (
  select from jsonb_array_elements(answer #> '{answer,citations}') cited where cited ->> 'url' = passage ->> 'url')
group by 1

-- name: gaps
select count(*), count(*) filter (where not is_read), count(*) filter (where is_read and ended = 'abstained'),
       count(*) filter (where is_read and ended = 'partly'), count(*) filter (where is_read and down > 0)
from seen where ended in ('abstained', 'partly') and way <> 'shared' or down > 0 and ended in ('answered', 'partly', 'apology')

-- name: listed
select count(*) from seen where ended <> 'withdrawn'

-- name: listed_down
select count(*) from seen where ended <> 'withdrawn' and down > 0

-- name: listed_dropped
select count(*) from seen where ended <> 'withdrawn' and (answer #>> '{answer,dropped}')::int > 0

-- name: listed_text
select count(*) from seen where ended <> 'withdrawn' and (
  is_read and lower(body) like '%proxy%' or is_answer_read and lower(answer #>> '{answer,text}') like '%proxy%')

-- name: listed_source
select count(*) from seen where ended <> 'withdrawn' and is_answer_read and exists (
  select from jsonb_array_elements(answer -> 'found') passage where passage ->> 'source' = 'guide')

-- name: spend
select coalesce(sum(calls), 0), coalesce(sum(sent), 0), coalesce(sum(received), 0) from spend
where day between (now() at time zone 'utc')::date - :days + 1 and (now() at time zone 'utc')::date
