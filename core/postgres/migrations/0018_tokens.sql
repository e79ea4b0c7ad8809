-- Reason: programs and web pages ask over HTTP and MCP with a token. Only its SHA-256 is stored: 256 random bits need no
-- slow hash. Its calls are counted in its row, so that limits hold over all processes and restarts.

create table token (
  id           bigint generated always as identity primary key,
  name         text not null,                   -- the place token:NAME, from which sources are seen
  hash         bytea not null unique,
  visible_to   text[] not null default '{}',    -- further places whose sources it sees
  origins      text[] not null default '{}',    -- of a public one: it answers these origins alone
  minute_limit int not null,                    -- calls; 0, here and below: any number
  day_limit    int not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  minute       timestamptz,                     -- the minute and the day (UTC) whose calls are counted
  minute_calls int not null default 0,
  day          date,
  day_calls    int not null default 0
);
create unique index token_name on token (name) where revoked_at is null;
