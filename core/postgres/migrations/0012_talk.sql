-- Reason: who speaks to whom is decided from the order of turns in a thread. What is left alone is remembered without
-- its text, so that no restart and no other process answers it; a mute is such a row; an answer that nobody asked for
-- and that the documentation does not give stays unsaid (state silent).

alter table question drop constraint question_state_check;
alter table question add constraint question_state_check check (
  state in ('queued', 'answered', 'withdrawing', 'done', 'withdrawn', 'undeliverable', 'silent'));

-- One row for each message that is not answered, in threads that the bot is in. Of a channel as a whole: thread ''.
create table utterance (
  platform  text not null,
  tenant    text not null,
  channel   text not null,
  thread    text not null,
  place_key text not null,                      -- one message, as in question
  author    text not null,
  kind      text not null check (kind in ('call', 'asks', 'remark', 'noise', 'mute', 'unmute', 'hand_over')),
  said_at   double precision not null,          -- by the platform's clock, in seconds since 1970
  stored_at timestamptz not null default now(),
  primary key (platform, tenant, place_key)
);
create index utterance_of_thread on utterance (platform, tenant, channel, thread, said_at);
create index utterance_of_author on utterance (platform, author);
create index utterance_stored on utterance (stored_at);

-- Whom to ask where the bot cannot help, with one mention at most; empty: the install's.
alter table channel add column ask text not null default '';
