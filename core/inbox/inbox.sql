-- Questions from chat (core/inbox/port.py), by name, as in queries.sql. Times are those of Postgres.
-- "open" is queued, answered or withdrawing: exactly the rows of the index open_question.

-- name: receive
-- A question, unless its delivery or its message is known. $10: a reply that is known already; $11 to $14: the limits
-- (open of one asker, a minute of one asker (0: none), open in all, seconds to wait); $15: seconds that each one costs.
with own as (
  select count(*) filter (where state in ('queued', 'answered')) as open,
         count(*) filter (where asked_at > now() - interval '1 minute') as lately
  from question
  where platform = $1 and tenant = $2 and asker = $7 and refusal = ''
    and (state in ('queued', 'answered') or asked_at > now() - interval '1 minute')
), ahead as (
  select count(*) as count from question where state in ('queued', 'answered') and refusal = ''
), judged as (
  select own.open, ahead.count, case
    when $10::jsonb is not null then ''
    when $11 > 0 and own.open >= $11 or $12 > 0 and own.lately >= $12 then 'limit'
    when ahead.count >= $13 or ahead.count * $15::float8 > $14::float8 then 'busy'
    else '' end as refusal
  from own, ahead)
insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, details, answer,
                      answered_at, turn, refusal, state)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $16::jsonb, $10::jsonb, case when $10::jsonb is null then null else now() end,
       case refusal when 'busy' then -1 when 'limit' then 1000000 else open end, refusal,
       case when $10::jsonb is null then 'queued' else 'answered' end
from judged
on conflict do nothing
returning id, refusal, (select count from ahead)::int as ahead;

-- name: revise
-- Message $3 was edited to $4 at $5 (0: unknown), unless a later edit is stored. A process that works at it meets
-- another revision. $6: its channel is shared with other workspaces now. $7 and $8: the limits of one asker, as for
-- `receive`; each edit counts as a question of the last minute, and one that was refused stays so while they are reached.
with mine as (
  select id, asker from question where platform = $1 and tenant = $2 and place_key = $3
), own as (
  select count(*) filter (where state in ('queued', 'answered') and question.id <> mine.id) as open,
         coalesce(sum(revision + 1) filter (where asked_at > now() - interval '1 minute'), 0) as lately
  from question join mine using (asker)
  where platform = $1 and tenant = $2 and refusal = ''
    and (state in ('queued', 'answered') or asked_at > now() - interval '1 minute'))
update question
set body = $4, revision = revision + 1, state = 'queued', answer = null, stopped = false, tries = 0, refusal = '',
    asked_at = now(), answered_at = null, first_shown_at = null, finished_at = null, turn = own.open,
    details = details || jsonb_build_object('edited', $5::float8)
      || case when $6 then '{"shared": true}'::jsonb else '{}' end
from own
where platform = $1 and tenant = $2 and place_key = $3 and body <> $4 and way in ('thread', 'direct')
  and coalesce((details ->> 'edited')::float8, 0) <= $5::float8
  and state in ('queued', 'answered', 'done', 'undeliverable', 'silent')
  and ($8::int = 0 or own.lately < $8) and ($7::int = 0 or refusal <> 'limit' or own.open < $7)
returning id;

-- name: withdraw
-- Message $3 was deleted: its text and the names of its files are dropped, and its reply is taken back if there is or
-- may be any.
update question
set body = '', answer = null, revision = revision + 1, finished_at = now(), details = details - 'secret' - 'files',
    state = case when sending is null and parts = '{}' and owner is null then 'withdrawn' else 'withdrawing' end
where platform = $1 and tenant = $2 and place_key = $3
  and state in ('queued', 'answered', 'done', 'undeliverable', 'silent')
returning id;

-- name: bar_missing
-- Message $3 was deleted: if it is not known yet, it is not received for $4 hours. -> whether that is so.
select bar_missing($1, $2, $3, $4);

-- name: stop
-- Stop the questions of thread $4 that are not answered yet; '': of all threads of the channel.
update question set stopped = true
where platform = $1 and tenant = $2 and channel = $3 and $4 in (thread, '') and state = 'queued' and not stopped
returning id;

-- name: give_feedback
-- Feedback of person $4 about question $3 of this workspace; none about a question that was deleted.
insert into feedback (question, who, thumb, reasons, comment)
select id, $4, $5, $6::text[], $7 from question
where platform = $1 and tenant = $2 and id = $3 and state not in ('withdrawing', 'withdrawn')
on conflict (question, who)
do update set thumb = excluded.thumb, reasons = excluded.reasons, comment = excluded.comment, at = now()
returning question;

-- name: question
-- Question $3 of this workspace.
select *, extract(epoch from now() - asked_at)::float8 as age from question
where platform = $1 and tenant = $2 and id = $3;

-- name: notice_due
-- The notice of this minute in this channel; the first process gets the row.
insert into notice (platform, tenant, channel, minute) values ($1, $2, $3, date_trunc('minute', now()))
on conflict do nothing returning minute;

-- name: claim
-- The next $4 for owner $1, on platform $2 in the workspaces $3 (null: all), for $5 seconds, but none of $6. One of a
-- thread at a time: the one that was begun, else the oldest. Refusals of one asker are sent together, once a minute.
-- Sets, and no lookups row by row: before its first ANALYZE, Postgres uses any index for those, even a wrong one.
with open as materialized (
  select id, tenant, channel, thread, asker, owner, refusal from question
  where state in ('queued', 'answered', 'withdrawing') and platform = $2
    and ($3::text[] is null or tenant = any ($3::text[]))
), begun as (
  select distinct on (tenant, channel, thread) id from open order by tenant, channel, thread, owner is null, id
), told as (
  select distinct on (tenant, asker) id from open where refusal = 'limit' order by tenant, asker, id
), ready as (
  select id from question
  where id in (select id from begun) and state in ('queued', 'answered', 'withdrawing')
    and (lease is null or lease < now()) and id <> all ($6::bigint[])
    and (refusal <> 'limit' or asked_at < now() - interval '2 seconds' and id in (select id from told)
      and not exists (
        select from question lately
        where lately.platform = $2 and lately.tenant = question.tenant and lately.asker = question.asker
          and lately.refusal = 'limit' and lately.finished_at > now() - interval '1 minute'))
  order by turn, id limit $4 for update skip locked)
update question set owner = $1, lease = now() + make_interval(secs => $5::float8), tries = tries + 1
from ready where question.id = ready.id
returning question.*, extract(epoch from now() - asked_at)::float8 as age;

-- name: renew
-- Hold those of $3 that owner $1 holds for $2 seconds more. Not all that it owns: a question that was let go while a
-- message of its reply may be out keeps its owner until somebody claims it.
update question set lease = now() + make_interval(secs => $2::float8) where owner = $1 and id = any ($3::bigint[])
returning id, revision, stopped, state;

-- name: turns
-- What was answered in the thread of question $1 before it, the latest $2, newest first; outside of threads in a
-- conversation with one person, what was answered there within a day. A sentence of our own is no answer.
select body, answer from (
  select earlier.id, earlier.body, earlier.answer
  from question asked join question earlier using (platform, tenant, channel, thread)
  where asked.id = $1 and earlier.id < asked.id and earlier.state = 'done' and earlier.answer is not null
    and earlier.refusal = '' and earlier.way <> 'shared'
  union
  select earlier.id, earlier.body, earlier.answer
  from question asked join question earlier using (platform, tenant, channel)
  where asked.id = $1 and earlier.id < asked.id and earlier.state = 'done' and earlier.answer is not null
    and earlier.refusal = '' and asked.way = 'direct' and earlier.way = 'direct'
    and not coalesce((asked.details ->> 'in_thread')::boolean, false)
    and earlier.asked_at > asked.asked_at - interval '1 day') before
where answer -> 'answer' ->> 'model' <> '' or answer -> 'found' <> '[]'
order by id desc limit $2;

-- name: save
-- The reply $4 of owner $2 to revision $3 of question $1. $5: for how many seconds words of it can be read (null: none).
update question
set answer = $4::jsonb, state = 'answered', answered_at = now(),
    first_shown_at = now() - make_interval(secs => $5::float8)
where id = $1 and owner = $2 and revision = $3 and state = 'queued'
returning *, extract(epoch from now() - asked_at)::float8 as age;

-- name: sending
-- A message of the reply to question $1 is about to be sent.
update question set sending = now() where id = $1 and owner = $2 and revision = $3
returning *, extract(epoch from now() - asked_at)::float8 as age;

-- name: sent
-- The messages of its reply are $3, and none is on its way. Also for an older revision: all messages must be known.
update question set sending = null, parts = $3::text[] where id = $1 and owner = $2
returning *, extract(epoch from now() - asked_at)::float8 as age;

-- name: finish
-- Question $1 is over as $5, with the messages $4.
update question
set sending = null, parts = $4::text[], state = $5, owner = null, lease = null, finished_at = now(),
    details = details - 'secret'
where id = $1 and owner = $2 and revision = $3
returning id;

-- name: finish_refused
-- All refusals of the asker of question $1: they were sent together.
with told as (select platform, tenant, asker from question where id = $1 and owner = $2)
update question
set state = 'done', owner = null, lease = null, sending = null, finished_at = now(), details = details - 'secret'
from told
where question.platform = told.platform and question.tenant = told.tenant and question.asker = told.asker
  and question.refusal = 'limit' and question.state = 'queued'
returning question.id;

-- name: release
-- Others may claim it in $3 seconds. If it may have sent something, it stays its thread's only one. $4: the try counts.
update question
set owner = case when sending is null then null else owner end, lease = now() + make_interval(secs => $3::float8),
    tries = greatest(tries - case when $4 then 0 else 1 end, 0)
where id = $1 and owner = $2
returning id;

-- name: release_all
-- Others may claim at once what owner $1 holds: its process ends.
update question set owner = case when sending is null then null else owner end, lease = now() where owner = $1
returning id;

-- name: known_parts
-- The messages among $5 in channel $4 that belong to a question other than $3.
select unnest(parts) as part from question
where platform = $1 and tenant = $2 and channel = $4 and id <> $3 and parts && $5::text[];

-- name: conversations
-- The channels of platform $1 outside of any workspace, the latest first, $2 at most.
select channel from question where platform = $1 and tenant = '' group by channel order by max(asked_at) desc limit $2;

-- name: participants
-- Who asked in which thread of workspace $2, by the latest $3 questions there; the latest first. With it what the
-- platform reported of the channel: whether it is shared with other workspaces (null: nothing).
select channel, thread, asker, extract(epoch from min(asked_at))::float8 as since,
       extract(epoch from max(asked_at))::float8 as lately,
       (array_agg((details ->> 'shared')::boolean order by id desc) filter (where details ? 'shared'))[1] as external
from (
  select id, channel, thread, asker, asked_at, details from question
  where platform = $1 and tenant = $2 and way in ('thread', 'direct') and state <> 'withdrawn'
  order by id desc limit $3) lately
group by channel, thread, asker order by max(id) desc;

-- name: open_count
-- Questions that wait or are being answered.
select count(*)::int from question where state in ('queued', 'answered');

-- name: give_up
-- A reply that could not be sent for a day will not be.
update question
set state = 'undeliverable', owner = null, lease = null, finished_at = now(), details = details - 'secret'
where state in ('answered', 'withdrawing') and asked_at < now() - interval '1 day' and (lease is null or lease < now());

-- name: forget_questions
-- Questions that have been over for $1 days.
delete from question where finished_at < now() - make_interval(days => $1) returning id;

-- name: forget_notices
-- Notices of minutes that are over an hour ago.
delete from notice where minute < now() - interval '1 hour';

-- name: forget_acts
-- What administrators did is kept for a year, or for $1 days where that is longer. The oldest thousand are looked at:
-- their numbers rise with time, and there is no index for it.
delete from audit
where id in (select id from audit order by id limit 1000) and at < now() - make_interval(days => greatest($1, 365));

-- name: forget_gaps
-- What was reported as missing $1 days ago.
delete from reported_gap where at < now() - make_interval(days => $1);

-- name: forget_gaps_of
-- What person $1 reported as missing.
delete from reported_gap where asker = $1 and ($2::text is null or platform = $2);

-- name: hold_questions
-- Until the transaction ends, no question comes in or changes. One under way would otherwise be stored after all: its
-- insert has looked for the bar before there is one, and waits for the row that is deleted. Nor does any process begin
-- to make sample questions: it would still read what is being forgotten.
lock table question, sample_question in share row exclusive mode;

-- name: conversations_of
-- The channels in which person $1 talks with the bot alone, on platform $2 or (null) all.
select platform, tenant, channel from question
where asker = $1 and ($2::text is null or platform = $2) and (way = 'direct' or platform = 'slack' and channel like 'D%')
union
select platform, tenant, channel from audit
where who = $1 and ($2::text is null or platform = $2) and (tenant = '' or platform = 'slack' and channel like 'D%');

-- name: forget_notices_in
-- The notices in conversations with one person: platforms $1, tenants $2, channels $3.
delete from notice
where (platform, tenant, channel) in (select * from unnest($1::text[], $2::text[], $3::text[]));

-- name: forget_settings_of
-- The settings of the same conversations.
delete from channel
where (platform, tenant, channel) in (select * from unnest($1::text[], $2::text[], $3::text[]));

-- name: forget_context_of
-- Later answers to others in the threads where person $1 asked: they were written with $1's words as context. One that
-- is being written or sent now is written once more, as after an edit.
with earlier as materialized (
  select platform, tenant, channel, thread, min(id) as first from question
  where (asker = $1 or details -> 'authors' ? $1) and ($2::text is null or platform = $2)
  group by platform, tenant, channel, thread)
update question later
set answer = null, answered_at = null, revision = revision + 1,
    state = case later.state when 'answered' then 'queued' else later.state end
from earlier
where (later.platform, later.tenant, later.channel, later.thread)
    = (earlier.platform, earlier.tenant, earlier.channel, earlier.thread)
  and later.id > earlier.first and later.asker <> $1 and later.state in ('queued', 'answered', 'done', 'undeliverable')
  and later.refusal = '';

-- name: forget_person
-- Every question that person $1 asked or that holds their words, on platform $2 or (null) all. Their messages
-- are barred for $3 hours: longer than anybody looks back.
with gone as (
  delete from question where (asker = $1 or details -> 'authors' ? $1) and ($2::text is null or platform = $2)
  returning id, platform, tenant, event_key, place_key
), bars as (
  insert into barred (hash, until)
  select distinct hash_key(platform, tenant, key), now() + make_interval(hours => $3)
  from gone, lateral (values (event_key), (place_key)) keys (key)
  on conflict (hash) do update set until = excluded.until)
select id from gone;

-- name: forget_feedback_of
-- The feedback of person $1 on answers to others.
delete from feedback using question
where feedback.question = question.id and who = $1 and ($2::text is null or platform = $2);

-- name: forget_previews_of
-- The previews that persons $1, as in "slack:U1", asked for.
delete from request where kind = 'preview' and asked_by = any ($1::text[]);

-- name: forget_request_of
-- The name of the person who asked for a crawl; the crawl stays. $1 as in "slack:U1".
update request set asked_by = 'somebody' where asked_by = any ($1::text[]);

-- name: forget_audit_of
-- What person $1 did as an administrator stays, without who it was and what they typed: its details keep the names and
-- numbers of what was there. The channel of a direct message names a person, too, and goes.
update audit
set who = 'somebody', channel = case when tenant = '' or platform = 'slack' and channel like 'D%' then '' else channel end,
    details = (
      select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(details)
      where key in ('force', 'removed', 'request', 'requests') or key = 'source' and outcome = 'done')
where who = $1 and ($2::text is null or platform = $2);

-- name: bar
-- Bar $1 for $2 minutes; no row where it is barred already.
insert into barred (hash, until) values ($1, now() + make_interval(mins => $2)) on conflict do nothing returning hash;

-- name: lift_bars
-- Bars that are over.
delete from barred where until < now();
