-- Reason: administrators sign in to the web console by a link that works once. Links and sessions are rows, so that any
-- process serves a session, and signing out ends it everywhere. Both hold hashes: who reads the database signs in nowhere.

create table console_link (
  hash       bytea primary key,
  platform   text not null,               -- 'machine': the user of the command line
  tenant     text not null,
  who        text not null,
  channel    text not null,               -- where the link was asked for: from there sources are seen, or not
  around     text not null,               -- the parent of a channel that is a thread
  expires_at timestamptz not null
);

create table console_session (
  hash       bytea primary key,
  platform   text not null,
  tenant     text not null,
  who        text not null,
  channel    text not null,
  around     text not null,
  expires_at timestamptz not null
);
