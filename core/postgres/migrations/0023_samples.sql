-- Reason: questions that people are offered were constants, which some indexes refuse. They are made of what was asked
-- and answered well, or of headings, tried, and kept for all processes until the sources change.

create table sample_question (
  scope       bytea primary key,                -- where they are offered: workspace, sources, language
  state       bytea not null,                   -- of these sources when the questions were tried
  asked       text[] not null default '{}',     -- what was asked and answered well by then
  questions   text[],                           -- null: being made
  made_at     timestamptz not null default now(),
  taken_until timestamptz                       -- a process is making them
);
