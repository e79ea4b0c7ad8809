-- Reason: lists, figures and gaps over 100,000 questions took a pass over the wide rows of the inbox, and gaps were
-- compared at each look. What they count of a question is a narrow row, its text is kept in the form that is searched,
-- and what a gap is about is found once. Triggers write both rows with the question, so that whatever changes a question
-- or an opinion changes them; both go with it.

create table question_summary (
  question      bigint primary key references question on delete cascade,
  asked_at      timestamptz not null,
  finished_at   timestamptz,
  seconds       float8,                       -- to the last message of its reply; null, here and below: there is none
  first_seconds float8,                       -- until its first words could be read
  wording       bigint not null,              -- a hash of its text in lower case
  subject       bigint,                       -- a row of gap_subject, or of one that is gone; null: not gathered
  ups           int not null default 0,
  downs         int not null default 0,
  sent          int,                          -- tokens of its answer
  received      int,
  dropped       int not null,
  estimated     boolean not null,
  own           boolean not null,             -- no answer that was given in private before
  private       boolean not null,
  platform      text not null,
  outcome       text not null,
  tenant        text not null,
  channel       text not null,
  asker         text not null,
  places        text[] not null,
  read_from     text[],                       -- names of sources: of what was read for its answer
  cited         text[]                        -- and of what it cites
);

-- In lower case. Longer texts than usual stand in the row as well: to search is to read them all.
create table question_text (
  question bigint primary key references question on delete cascade,
  body     text not null,
  answer   text not null
) with (toast_tuple_target = 8160);
alter table question_text alter column body set storage external, alter column answer set storage external;

-- What gaps are about: the words of the question, or the report, that was the first one. Hashes of stems.
create table gap_subject (
  id       bigint generated always as identity primary key,
  question bigint unique references question on delete cascade,
  report   bigint unique references reported_gap on delete cascade,
  terms    bigint[] not null,
  check (num_nonnulls(question, report) = 1)
);
alter table reported_gap add column subject bigint;

-- Write the rows of these questions; null: of all.
create function summarize_questions(numbers bigint[]) returns void
language sql set search_path from current as $$
  insert into question_summary (
    question, asked_at, finished_at, seconds, first_seconds, wording, sent, received, dropped, estimated, own, private,
    platform, outcome, tenant, channel, asker, places, read_from, cited)
  select id, asked_at, finished_at,
    case when is_timed then extract(epoch from finished_at - asked_at)::float8 end,
    case when is_timed then extract(epoch from coalesce(first_shown_at, finished_at) - asked_at)::float8 end,
    hashtextextended(lower(body), 0), (usage ->> 'sent')::int, (usage ->> 'received')::int, dropped,
    coalesce((usage ->> 'estimated')::boolean, false), way <> 'shared', way in ('direct', 'private'),
    platform, outcome, tenant, channel, asker, places,
    case when read_from is not null then
      array(select distinct each from jsonb_array_elements_text(read_from) each order by each) end,
    case when cited is not null then
      array(select distinct each from jsonb_array_elements_text(cited) each order by each) end
  from question, lateral (select way <> 'shared' and state = 'done' and refusal = '' as is_timed) timed
  where numbers is null or id = any (numbers)
  on conflict (question) do update
  set asked_at = excluded.asked_at, finished_at = excluded.finished_at, seconds = excluded.seconds,
      first_seconds = excluded.first_seconds, sent = excluded.sent, received = excluded.received,
      dropped = excluded.dropped, estimated = excluded.estimated, own = excluded.own, private = excluded.private,
      platform = excluded.platform, outcome = excluded.outcome, tenant = excluded.tenant, channel = excluded.channel,
      asker = excluded.asker, places = excluded.places, read_from = excluded.read_from, cited = excluded.cited,
      wording = excluded.wording,
      subject = case when question_summary.wording = excluded.wording then question_summary.subject end;
  insert into question_text (question, body, answer)
  select id, lower(body), coalesce(lower(answer -> 'answer' ->> 'text'), '') from question
  where numbers is null or id = any (numbers)
  on conflict (question) do update set body = excluded.body, answer = excluded.answer
$$;

create function summarize_question() returns trigger language plpgsql set search_path from current as $$
begin
  perform summarize_questions(array[new.id]);
  if tg_op = 'UPDATE' and old.body <> new.body then
    delete from gap_subject where question = new.id;
  end if;
  return null;
end
$$;
create trigger summarize_new after insert on question for each row execute function summarize_question();
create trigger summarize_changed after update on question for each row
when ((old.state, old.refusal, old.outcome, old.way, old.revision, old.asked_at, old.answered_at, old.first_shown_at,
       old.finished_at, old.platform, old.tenant, old.channel, old.asker, old.places, old.body, old.read_from, old.cited,
       old.dropped, old.usage)
  is distinct from (new.state, new.refusal, new.outcome, new.way, new.revision, new.asked_at, new.answered_at,
       new.first_shown_at, new.finished_at, new.platform, new.tenant, new.channel, new.asker, new.places, new.body,
       new.read_from, new.cited, new.dropped, new.usage))
execute function summarize_question();

-- Added and taken away, and not counted again: two people may judge an answer at the same moment.
create function summarize_opinion() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op <> 'INSERT' then
    update question_summary set ups = ups - (old.thumb = 'up')::int, downs = downs - (old.thumb = 'down')::int
    where question = old.question;
  end if;
  if tg_op <> 'DELETE' then
    update question_summary set ups = ups + (new.thumb = 'up')::int, downs = downs + (new.thumb = 'down')::int
    where question = new.question;
  end if;
  return null;
end
$$;
create trigger summarize_opinion after insert or delete or update of thumb, question on feedback
for each row execute function summarize_opinion();

select summarize_questions(null);
update question_summary set ups = counted.ups, downs = counted.downs
from (select question, count(*) filter (where thumb = 'up') as ups, count(*) filter (where thumb = 'down') as downs
      from feedback group by question) counted
where counted.question = question_summary.question;

create index summary_newest on question_summary (asked_at, question);
create index summary_gap on question_summary (asked_at) where outcome in ('abstained', 'partly') or downs > 0;
create index summary_not_gathered on question_summary (question)
where subject is null and (outcome in ('abstained', 'partly') or downs > 0);

-- Tokens that a crawl takes to embed passages are counted as well, apart from those of questions.
alter table spend drop constraint spend_purpose_check;
alter table spend add constraint spend_purpose_check check (
  purpose in ('rewrite', 'answer', 'check', 'embed', 'rerank', 'crawl'));
