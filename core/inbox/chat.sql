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

-- name: begin_act
-- An act that somebody is about to do, or that is refused.
insert into audit (platform, tenant, who, channel, act, details, outcome) values ($1, $2, $3, $4, $5, $6::jsonb, $7)
returning id;

-- name: end_act
-- How act $1 ended, and what is known of it now.
update audit set outcome = $2, details = details || $3::jsonb where id = $1;

-- name: acts
-- The $1 latest acts, newest first.
select id, at, platform, tenant, who, channel, act, details, outcome from audit order by id desc limit $1;
