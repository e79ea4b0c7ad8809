-- Reason: programs that ask may report what the documentation lacks, without a question of theirs that failed.

create table reported_gap (
  id       bigint generated always as identity primary key,
  platform text not null,                       -- the door that it came through
  asker    text not null,                       -- as in question
  body     text not null,                       -- what was to be found out
  missing  text not null default '',            -- what was missing, in the reporter's words
  at       timestamptz not null default now()
);
create index reported_gap_at on reported_gap (at);
create index reported_gap_of_asker on reported_gap (asker);
