-- Links and sessions of the web console (core/console/port.py); by name, as in queries.sql. Secrets are hashes here.

-- name: add_console_link
-- A link that works for $7 seconds, for a person $3 of tenant $2 on platform $1 in channel $4 around $5.
insert into console_link (platform, tenant, who, channel, around, hash, expires_at)
values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7));

-- name: console_link_is_live
-- Whether link $1 can still be used.
select exists (select from console_link where hash = $1 and expires_at > now());

-- name: use_console_link
-- Turn link $1 into session $2 of $3 seconds. Of two at once, one waits for the row of the other and finds none.
with used as (
  delete from console_link where hash = $1 and expires_at > now() returning platform, tenant, who, channel, around)
insert into console_session (platform, tenant, who, channel, around, hash, expires_at)
select platform, tenant, who, channel, around, $2, now() + make_interval(secs => $3) from used returning hash;

-- name: add_console_session
-- Session $3 of $4 seconds for person $2 of platform $1, who looks from the tenant where they were last: they asked
-- there, or gave a command.
insert into console_session (platform, tenant, who, channel, around, hash, expires_at)
select $1, coalesce((
  select tenant from (
    select tenant, asked_at as at from question where platform = $1 and asker = $2 and tenant <> ''
    union all select tenant, at from audit where platform = $1 and who = $2 and tenant <> '') seen
  order by at desc limit 1), ''), $2, '', '', $3, now() + make_interval(secs => $4);

-- name: console_session
-- Whose session $1 is.
select platform, tenant, who, channel, around from console_session where hash = $1 and expires_at > now();

-- name: end_console_session
-- Session $1 is over.
delete from console_session where hash = $1;

-- name: forget_console_links
-- Links that nobody used in time.
delete from console_link where expires_at <= now();

-- name: forget_console_sessions
-- Sessions that are over.
delete from console_session where expires_at <= now();

-- name: forget_console_links_of
-- The links of person $1 on platform $2 or (null) all.
delete from console_link where who = $1 and ($2::text is null or platform = $2);

-- name: forget_console_sessions_of
-- The sessions of person $1 on platform $2 or (null) all.
delete from console_session where who = $1 and ($2::text is null or platform = $2);
