-- Access tokens (core/tokens/port.py), by name, as in queries.sql. Times are those of Postgres.

-- name: add_token
-- A token with hash $2 that is good until $5 (null: for ever); no row where its name $1 is taken.
insert into token (name, hash, visible_to, origins, expires_at, minute_limit, day_limit)
values ($1, $2, $3::text[], $4::text[], $5, $6, $7)
on conflict do nothing returning id;

-- name: tokens
-- All tokens by name, those that were revoked last.
select *, revoked_at is not null as is_revoked, coalesce(expires_at < now(), false) as is_expired from token
order by revoked_at is not null, name, id;

-- name: revoke_token
-- From now on the token named $1 is good for nothing.
update token set revoked_at = now() where name = $1 and revoked_at is null returning id;

-- name: find_token
-- The token with hash $1, whatever has become of it.
select *, revoked_at is not null as is_revoked, coalesce(expires_at < now(), false) as is_expired from token
where hash = $1;

-- name: count_call
-- One call more of token $1; no row where it has no more of this minute or day, or is no longer good.
update token
set minute_calls = case when minute = date_trunc('minute', now()) then minute_calls else 0 end + 1,
    day_calls = case when day = (now() at time zone 'utc')::date then day_calls else 0 end + 1,
    minute = date_trunc('minute', now()), day = (now() at time zone 'utc')::date, last_used_at = now()
where id = $1 and revoked_at is null and (expires_at is null or expires_at > now())
  and (minute_limit = 0 or minute is distinct from date_trunc('minute', now()) or minute_calls < minute_limit)
  and (day_limit = 0 or day is distinct from (now() at time zone 'utc')::date or day_calls < day_limit)
returning id;

-- name: calls_left
-- Whether token $1 may call again today, and in how many seconds.
select day_limit > 0 and day is not distinct from (now() at time zone 'utc')::date and day_calls >= day_limit as is_day,
       extract(epoch from date_trunc('minute', now()) + interval '1 minute' - now())::float8 as of_minute,
       extract(epoch from (now() at time zone 'utc')::date + interval '1 day' - (now() at time zone 'utc'))::float8 as of_day
from token where id = $1;

-- name: token_origins
-- The origins of all tokens, whatever has become of them.
select distinct unnest(origins) as origin from token;
