-- Questions that people may be offered (core/history/samples.py); by name, as in queries.sql.

-- name: samples_get
-- The questions of scope $1, unless its sources were in another state than $2 when they were made.
select questions from sample_question where scope = $1 and state = $2 and questions is not null;

-- name: samples_offered
-- Whether $1 is offered anywhere.
select exists (select from sample_question where $1 = any (questions));

-- name: samples_take
-- One process makes the questions of scope $1 in state $2, for $3 minutes at most; no row: another one does. It waits
-- while somebody is forgotten: what it reads after that holds none of their words.
insert into sample_question (scope, state, taken_until) values ($1, $2, now() + make_interval(mins => $3))
on conflict (scope) do update
set taken_until = excluded.taken_until, state = excluded.state,
    questions = case when sample_question.state = excluded.state then sample_question.questions end
where sample_question.taken_until is null or sample_question.taken_until < now()
returning taken_until;

-- name: samples_put
-- The questions $4 of scope $1, taken until $2, made while $3 were asked and answered well. No row: the right to put them
-- is over. Somebody was forgotten since, perhaps one of them.
update sample_question set asked = $3::text[], questions = $4::text[], made_at = now(), taken_until = null
where scope = $1 and taken_until = $2::timestamptz
returning scope;

-- name: samples_same
-- Whether the questions of scope $1, taken until $2, were made while $3 were asked and answered well.
update sample_question set made_at = now(), taken_until = null
where scope = $1 and taken_until = $2::timestamptz and asked = $3::text[] and questions is not null
returning scope;

-- name: samples_forget
-- All of them: they may hold the words of a person who is forgotten, and are made once more.
delete from sample_question;

-- name: samples_tidy
-- What was made over a day ago: a question that was forgotten or deleted since must not live on in it.
delete from sample_question where made_at < now() - interval '1 day' and (taken_until is null or taken_until < now());

-- name: samples_asked
-- The $3 wordings that were asked most on platform $1 in workspace $2: at the beginning of threads, in the asker's own
-- words, twice at least, each time answered wholly, with a thumb up and none down. How often in each channel.
with told as (
  select lower(body) as wording, body, channel, id,
         answer -> 'answer' ->> 'outcome' = 'answered' and answer -> 'answer' -> 'abstention' = 'null'::jsonb
           and answer -> 'answer' -> 'faults' = '[]'::jsonb as fine,
         exists (select from feedback where question = question.id and thumb = 'up') as up,
         exists (select from feedback where question = question.id and thumb = 'down') as down
  from question
  where platform = $1 and tenant = $2 and way = 'thread' and state = 'done' and refusal = '' and answer is not null
    and not coalesce((details ->> 'in_thread')::boolean, false) and not details ? 'authors' and not details ? 'sources'
    and not details ? 'files' and not coalesce((details ->> 'shared')::boolean, false)
    and length(body) between 8 and 120 and body !~ '[@\n]|://'
), wordings as (
  select wording, (array_agg(body order by id desc))[1] as body, count(*) as times from told
  group by wording having count(*) > 1 and bool_and(fine) and bool_or(up) and not bool_or(down)
  order by count(*) desc, max(id) desc limit $3)
select wordings.body, channel, count(*)::int as times from wordings join told using (wording)
group by wordings.body, wordings.times, channel order by wordings.times desc, wordings.body, channel;

-- name: samples_sections
-- The sections of the $2 pages of the sources $1 that are nearest to the top, by the length of their urls.
with near as (
  select page.source, page.url from page join source on source.id = page.source
  where source.name = any ($1::text[]) order by length(page.url), page.url limit $2)
select near.url, passage.path from near join passage using (source, url)
where cardinality(passage.path) > 1 and passage.anchor <> ''
group by near.url, passage.path order by length(near.url), near.url, min(passage.ordinal);
