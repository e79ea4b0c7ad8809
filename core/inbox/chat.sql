-- What administrators set and do from chat; by name, as in queries.sql.

-- name: channel
-- Settings of channel $3 of tenant $2 on platform $1. Of its sources, those that exist and that the places $4 see;
-- where there is none, the names stay: without a name, questions would be answered from all.
select case when there.names = '{}' then channel.sources else there.names end as sources, tone, language, unmentioned, ask
from channel, lateral (
  select coalesce(array_agg(source.name order by nth), '{}') as names
  from unnest(channel.sources) with ordinality named (name, nth) join source on source.name = named.name
  where source.visible_to is null or source.visible_to && $4::text[]) there
where platform = $1 and tenant = $2 and channel = $3;

-- name: put_channel
-- Replace all settings of a channel.
insert into channel (platform, tenant, channel, sources, tone, language, unmentioned, ask)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (platform, tenant, channel) do update
set sources = excluded.sources, tone = excluded.tone, language = excluded.language, unmentioned = excluded.unmentioned,
    ask = excluded.ask;

-- name: find_channels
-- Channels with settings in the places $1 (null: all) and their workspaces, by id, $2 after the first $3. Of the sources
-- that were set, those that exist and that $1 see; `hidden` counts the others.
select platform, tenant, channel, there.names as sources, cardinality(channel.sources) - cardinality(there.names) as hidden,
       tone, language, unmentioned, ask
from channel, lateral (
  select coalesce(array_agg(source.name order by nth), '{}') as names
  from unnest(channel.sources) with ordinality named (name, nth) join source on source.name = named.name
  where $1::text[] is null or source.visible_to is null or source.visible_to && $1) there
where $1::text[] is null or platform || ':' || tenant || '/' || channel = any ($1)
   or tenant <> '' and platform || ':' || tenant = any ($1) and not (platform = 'slack' and channel like 'D%')
order by platform, tenant, channel limit $2 offset $3;

-- name: find_mutes
-- Mutes that hold, in the places $1 (null: all) and their workspaces: nobody has called the bot there since.
select platform, tenant, channel, thread, author as who, to_timestamp(said_at) as since from (
  select distinct on (platform, tenant, channel, thread) * from utterance where kind = 'mute'
  order by platform, tenant, channel, thread, said_at desc) mute
where not exists (
    select from utterance later
    where (later.platform, later.tenant, later.channel, later.thread) = (mute.platform, mute.tenant, mute.channel, mute.thread)
      and later.kind in ('unmute', 'call') and later.said_at > mute.said_at)
  and not exists (
    select from question
    where (question.platform, question.tenant, question.channel, question.thread)
        = (mute.platform, mute.tenant, mute.channel, mute.thread)
      and way in ('thread', 'direct') and state not in ('silent', 'withdrawing', 'withdrawn')
      and coalesce((details ->> 'at')::float8, extract(epoch from asked_at)) > mute.said_at)
  and ($1::text[] is null or platform || ':' || tenant || '/' || channel = any ($1)
       or tenant <> '' and platform || ':' || tenant = any ($1) and not (platform = 'slack' and channel like 'D%'))
order by said_at desc limit $2 offset $3;

-- name: find_acts
-- Acts of person $2, kind $3 and outcome $4 (null: any) in the places $1 (null: all) and their workspaces, newest first,
-- $5 after the first $6. In another place than those of $1 an act may name what is not seen from there: no details then.
-- Who came through a proxy acted from the whole workspace, channel ''.
select id, at, platform, tenant, who, channel, act, outcome, via,
       case when $1::text[] is null or platform || ':' || tenant || '/' || channel = any ($1)
              or channel = '' and tenant <> '' and platform || ':' || tenant = any ($1)
         then details else '{}' end as details
from audit
where ($2::text is null or who = $2) and ($3::text is null or act = $3) and ($4::text is null or outcome = $4)
  and ($1::text[] is null or platform || ':' || tenant || '/' || channel = any ($1)
       or tenant <> '' and platform || ':' || tenant = any ($1) and not (platform = 'slack' and channel like 'D%'))
order by id desc limit $5 offset $6;

-- name: begin_act
-- An act that somebody is about to do, or that is refused.
insert into audit (platform, tenant, who, channel, act, details, outcome, via)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)
returning id;

-- name: end_act
-- How act $1 ended, and what is known of it now.
update audit set outcome = $2, details = details || $3::jsonb where id = $1;

-- name: acts
-- The $1 latest acts, newest first.
select id, at, platform, tenant, who, channel, act, details, outcome, via from audit order by id desc limit $1;
