-- Reason: questions from chat. One table is inbox, queue and outbox: a question is on disk before it is acknowledged,
-- and leaves it with exactly one visible reply (core/inbox.py draws the states).

create table question (
  id          bigint generated always as identity primary key,
  platform    text not null check (platform in ('slack', 'discord')),
  tenant      text not null,                       -- workspace or server; '' of a direct message where it has none
  event_key   text not null,                       -- one delivery, however often it is repeated
  place_key   text not null,                       -- one message, however many events tell of it
  channel     text not null,
  thread      text not null,
  asker       text not null,
  way         text not null check (way in ('thread', 'direct', 'private', 'shared')),
  body        text not null,
  details     jsonb not null default '{}',
  turn        int not null,                        -- how many its asker had open: the fair order
  refusal     text not null default '' check (refusal in ('', 'busy', 'limit')),
  state       text not null check (state in ('queued', 'answered', 'withdrawing', 'done', 'withdrawn', 'undeliverable')),
  revision    int not null default 0,              -- edits; fences an answer to the old text
  stopped     boolean not null default false,
  answer      jsonb,
  owner       uuid,                                -- who works at it, until
  lease       timestamptz,                         -- ... then; without an owner: not before then
  tries       int not null default 0,
  sending     timestamptz,                         -- a message may be out whose id is not in parts
  parts       text[] not null default '{}',        -- ids of the messages of the reply
  asked_at    timestamptz not null default now(),
  answered_at timestamptz,
  finished_at timestamptz,
  unique (platform, tenant, event_key),
  unique (platform, tenant, place_key)
);
-- One answer in flight a thread: a message of ours there that nobody knows can only be this answer's.
create unique index one_answer_a_thread on question (platform, tenant, channel, thread) where owner is not null;
create index open_question on question (turn, id) where state in ('queued', 'answered', 'withdrawing');
create index question_of_thread on question (platform, tenant, channel, thread, id);
create index question_of_asker on question (platform, tenant, asker, asked_at);
create index question_over on question (finished_at) where finished_at is not null;

create table feedback (
  question bigint not null references question on delete cascade,
  who      text not null,
  thumb    text not null check (thumb in ('up', 'down')),
  reasons  text[] not null default '{}',
  comment  text not null default '',
  at       timestamptz not null default now(),
  primary key (question, who)
);

-- One row a minute in which a channel was told that answers take a while, however many processes would tell it.
create table notice (
  platform text not null,
  tenant   text not null,
  channel  text not null,
  minute   timestamptz not null,
  primary key (platform, tenant, channel, minute)
);
