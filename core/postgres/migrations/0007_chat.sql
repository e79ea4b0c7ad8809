-- Reason: channels that answer from some sources, in a tone or a language of their own, and a record of what
-- administrators did from chat.

-- Settings of a channel; one without a row has none.
create table channel (
  platform    text not null,
  tenant      text not null,                  -- workspace or guild
  channel     text not null,
  sources     text[] not null default '{}',   -- names; empty: all that the channel may see
  tone        text not null default '',       -- empty, here and below: the install's
  language    text not null default '',
  unmentioned boolean not null default false, -- questions that do not mention the bot are answered, too
  primary key (platform, tenant, channel)
);

-- Written before what it tells is done; an outcome that is empty was never reached.
create table audit (
  id       bigint generated always as identity primary key,
  at       timestamptz not null default now(),
  platform text not null,
  tenant   text not null,
  who      text not null,
  channel  text not null,
  act      text not null,
  details  jsonb not null default '{}',       -- names, urls and numbers; never what somebody asked
  outcome  text not null default '' check (outcome in ('', 'done', 'refused', 'failed'))
);
