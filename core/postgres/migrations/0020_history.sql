-- Reason: lists and figures over 100,000 questions read a narrow row for each, and no stored answer. Postgres keeps these
-- columns right by itself, so that whatever changes a question changes them; the names of outcomes are those of
-- core/inbox/outcome.py, and the apologies those of core/sentences.py (a test compares both).

-- Answers of over 2 kB, which most are, stand apart from the row: those that are stored already as well, because the
-- new columns write the table once more.
alter table question set (toast_tuple_target = 128);

alter table question
  add column outcome text not null generated always as (
    case
      when state in ('queued', 'answered') then 'open'
      when state = 'silent' then 'unsaid'
      when state in ('withdrawing', 'withdrawn') then 'withdrawn'
      when state = 'undeliverable' then 'undeliverable'
      when refusal <> '' then refusal
      when answer is null then 'forgotten'
      when answer -> 'answer' -> 'faults' ? 'model'
        or starts_with(answer -> 'answer' ->> 'text', 'Sorry, I could not write an answer just now.')
        or starts_with(answer -> 'answer' ->> 'text', 'Entschuldigung, ich konnte gerade keine Antwort schreiben.')
        then 'apology'
      when answer -> 'answer' ->> 'abstention' is not null then 'abstained'
      when answer -> 'answer' ->> 'outcome' = 'partly' then 'partly'
      else 'answered' end) stored,
  -- The places that it was asked in, as core.inbox.channels.build_audience has them.
  add column places text[] not null generated always as (
    case when tenant <> '' and coalesce(details -> 'shared', 'false') <> 'true' then array[platform || ':' || tenant]
      else '{}'::text[] end
    || array[platform || ':' || tenant || '/' || channel]
    || case when coalesce(details ->> 'around', '') <> '' then array[platform || ':' || tenant || '/' || (details ->> 'around')]
      else '{}'::text[] end) stored,
  -- Names of sources: those of the passages that were read for its answer, and those of the ones that it cites.
  add column read_from jsonb generated always as (jsonb_path_query_array(answer, '$.found[*].source')) stored,
  add column cited jsonb generated always as (
    jsonb_path_query_array(answer, '$.found[*] ? (@.url == $.answer.citations[*].url).source')) stored,
  add column dropped int not null generated always as (coalesce((answer -> 'answer' ->> 'dropped')::int, 0)) stored,
  add column usage jsonb generated always as (nullif(answer -> 'answer' -> 'usage', 'null')) stored;

create index question_newest on question (asked_at, id);
