-- What administrators set and do from chat; by name, as in queries.sql.

-- name: channel
-- Settings of the channel $3 of tenant $2 on platform $1.
select sources, tone, language, unmentioned from channel where platform = $1 and tenant = $2 and channel = $3;

-- name: put_channel
-- All of them anew.
insert into channel (platform, tenant, channel, sources, tone, language, unmentioned)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (platform, tenant, channel) do update
set sources = excluded.sources, tone = excluded.tone, language = excluded.language, unmentioned = excluded.unmentioned;

-- name: begin_act
-- Somebody is about to do something, or is refused.
insert into audit (platform, tenant, who, channel, act, details, outcome) values ($1, $2, $3, $4, $5, $6::jsonb, $7)
returning id;

-- name: end_act
-- How it ended, and what is known of it now.
update audit set outcome = $2, details = details || $3::jsonb where id = $1;

-- name: acts
-- The $1 latest, newest first.
select id, at, platform, tenant, who, channel, act, details, outcome from audit order by id desc limit $1;
