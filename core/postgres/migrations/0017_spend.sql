-- Reason: what models cost is counted for all processes by day, person, channel, model and purpose; and when the first
-- words of a reply were seen is stored, to report it.

-- Tokens of calls that ended on that day, in UTC. Without a name: the command line, or a person who was forgotten.
create table spend (
  day       date not null,
  platform  text not null,
  tenant    text not null,
  person    text not null,
  channel   text not null,
  model     text not null,
  purpose   text not null check (purpose in ('rewrite', 'answer', 'check', 'embed', 'rerank')),
  calls     bigint not null,
  sent      bigint not null,
  received  bigint not null,
  estimated bigint not null,                        -- tokens, of both, that the provider did not report
  units     bigint not null,                        -- searches, as a reranker bills them
  primary key (day, platform, tenant, person, channel, model, purpose)
);
create index spend_of_person on spend (person, platform) where person <> '';

-- People who were forgotten a moment ago, as keyed hashes (hash_key): an answer in flight is counted without their name.
create table unnamed (
  hash  bytea primary key,
  until timestamptz not null
);

-- When the first words of the reply could be read; null: with its last message, or not yet.
alter table question add column first_shown_at timestamptz;
