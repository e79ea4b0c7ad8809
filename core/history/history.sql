-- Stored questions, read for those who run the bot (core/history/port.py); by name, as in queries.sql.
-- Only report_gap and the statements that gather gaps write.
-- history_rows is the common table `asked` of all others: $1 to $7 are its own, and theirs begin at $8.

-- name: history_rows
-- Questions of the last $2 days that were asked in one of the places $3, or by person $5 of platform $4 and tenant $6;
-- places null: all of them. None that was over $1 days ago: it is about to be deleted. What was asked in private is
-- `withheld` from all but its asker, unless $7; an answer also where it was read from a source that the places do not
-- see. What is withheld is null, and a statement that reads further columns of a question asks `withheld` first: no filter finds
-- it, and no statement below can show it. A private answer that is shared is one more row (`own` is false): its tokens,
-- sources and seconds are counted in the first one. Narrow rows alone: question_summary is written with each question.
select id, asked_at, platform, tenant, asker, outcome, own, dropped, seconds, first_seconds, ups, downs, sent, received,
  estimated, withheld,
  case when withheld <> 'private' then channel end as channel,
  case when withheld <> 'private' then wording end as wording,
  case when withheld <> 'private' then subject end as subject,
  case when withheld = '' then read_from end as read_from,
  case when withheld = '' then cited end as cited,
  own and outcome in ('abstained', 'partly') or downs > 0 and outcome in ('answered', 'apology', 'partly') as is_gap
from (
  select *, question as id,
    case
      when $3::text[] is null or mine then ''
      when private and not $7::boolean then 'private'
      when not read_from <@ array(select name from source where visible_to is null or visible_to && $3::text[])
        then 'sources'
      else '' end as withheld
  from (
    select *, platform = $4::text and asker = $5::text and tenant in ('', $6::text) as mine
    from question_summary) stored
  where asked_at > (select now() - make_interval(days => $2))
    and (finished_at is null or finished_at >= (select now() - make_interval(days => $1)))
    and ($3::text[] is null or mine or places && $3::text[])) seen

-- name: history_passing
-- What precedes history_list and history_count: the questions with outcome $8, thumb $9, reason $10, channel $11, a passage
-- of source $12, platform $13, text $14 in question or answer, (if $15) a sentence that was dropped, number $16, those that
-- are gaps (if $17) of subject $18, and answers that cite source $19; null: any. Deleted ones are listed only if they are
-- asked for. Text is searched in all questions at once, before the rest.
, matching as materialized (
  select question, strpos(body, lower($14::text)) > 0 as in_body, strpos(answer, lower($14)) > 0 as in_answer
  from question_text
  where $14 is not null and (strpos(body, lower($14)) > 0 or strpos(answer, lower($14)) > 0)
), passing as not materialized (
  select *, $8::text is not null or $16::bigint is not null or outcome <> 'withdrawn' as is_listed from asked
  where ($8::text is null or outcome = $8::text)
    and ($9::text is null or case $9::text when 'up' then ups else downs end > 0)
    and ($10::text is null or id in (select question from feedback where $10::text = any (reasons)))
    and ($11::text is null or channel = $11::text)
    and ($12::text is null or $12::text = any (read_from))
    and ($13::text is null or platform = $13::text)
    and ($14::text is null or withheld <> 'private' and id in (select question from matching where in_body)
      or withheld = '' and id in (select question from matching where in_answer))
    and (not $15::boolean or dropped > 0)
    and ($16::bigint is null or id = $16::bigint)
    and (not $17::boolean or is_gap)
    and ($18::bigint is null or is_gap and coalesce(subject, wording | (-9223372036854775808)::bigint) = $18::bigint)
    and ($19::text is null or own and outcome in ('answered', 'partly') and $19::text = any (cited)))

-- name: history_list
-- The latest $20 of them before the one that was asked at $21 and has number $22; null: the latest. Answers are read for
-- those alone that are returned.
, latest as (
  select id, tenant, channel, asked_at, outcome, seconds, ups, downs, withheld from passing
  where is_listed and (asked_at, id) < (coalesce($21::timestamptz, 'infinity'), coalesce($22::bigint, 0))
  order by asked_at desc, id desc limit $20)
select latest.*, question.platform, question.asker, question.way,
  case when withheld <> 'private' then question.body end as body,
  case when withheld = '' then question.answer end as answer, comments, reasons
from latest join question using (id), lateral (
  select coalesce(array_agg(comment order by at, who) filter (where comment <> '' and withheld <> 'private'), '{}') as comments
  from feedback where question = latest.id) judged, lateral (
  select coalesce(array_agg(distinct reason order by reason), '{}') as reasons
  from feedback, unnest(feedback.reasons) reason where question = latest.id) why
order by latest.asked_at desc, latest.id desc

-- name: history_count
-- How many of them are listed, and how many were deleted by their askers; the thumbs of all.
select count(*) filter (where is_listed)::int as listed, count(*) filter (where not is_listed)::int as deleted,
       coalesce(sum(ups), 0)::int as ups, coalesce(sum(downs), 0)::int as downs
from passing

-- name: history_question
-- The rest of question $8, where its text may be seen: where it is on its platform, when it was answered, and what each
-- person thought of its answer.
select question.*, extract(epoch from now() - asked_at)::float8 as age,
  (select coalesce(jsonb_agg(jsonb_build_object(
     'who', who, 'thumb', thumb, 'reasons', reasons, 'comment', comment, 'at', at) order by at, who), '[]')
   from feedback where feedback.question = question.id) as opinions
from question where id in (select id from asked where id = $8 and withheld <> 'private')

-- name: history_sections
-- The stored passages of sections, for sources that the places $1 see (null: all): those with the names $2 and urls and
-- anchors $3 and $4, and those with the identities $5 wherever they stand now. `nth` counts what was asked for.
select nth, passage.url, passage.anchor, passage.path, passage.body, passage.title, passage.kind, passage.language,
       passage.ordinal, passage.identity = wanted.identity as is_same, source.name, source.root_url, source.served_at
from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) with ordinality wanted (source, url, anchor, identity, nth)
join source on source.name = wanted.source and ($1::text[] is null or visible_to is null or visible_to && $1::text[])
join passage on passage.source = source.id
  and (passage.url = wanted.url and passage.anchor = wanted.anchor or passage.identity = wanted.identity)
order by nth, is_same desc nulls last, passage.url, passage.ordinal, passage.id

-- name: history_roots
-- Where the sources $1 are stored and served.
select name, root_url, served_at from source where name = any ($1::text[])

-- name: history_choices
-- What there is to choose from in filters: at most $8 channels, the latest first, and $8 reasons, the most frequent first,
-- of the latest $9 questions.
, latest as materialized (
  select id, platform, channel, own, asked_at, withheld, ups + downs > 0 as is_judged
  from asked order by asked_at desc, id desc limit $9
)
(select 'channel' as kind, platform || ' ' || channel as choice from latest where channel is not null and own
 group by platform, channel order by max(asked_at) desc, 2 limit $8)
union all
(select 'reason', reason from latest, feedback, unnest(reasons) reason
 where is_judged and withheld <> 'private' and question = latest.id
 group by reason order by count(*) desc, max(asked_at) desc, reason limit $8)

-- name: history_figures
-- All figures over these questions, of one moment: what is counted (`kind`), of which platform and of what, and the
-- figure; of channels and sources the $8 with the most. Two passes over narrow rows, which take less than to keep them:
-- one counts by three keys at once (`kept` says by which), one adds up and sorts the times.
, counted as materialized (
  select grouping(day, channel, is_cited) as kept, platform, outcome, day, channel, cited, is_cited, count(*)::float8 as figure
  from (select platform, outcome, (asked_at at time zone 'utc')::date as day, channel, cited,
               own and outcome in ('answered', 'partly') as is_cited from asked) each
  group by grouping sets ((platform, outcome, day), (platform, channel), (is_cited, cited))
)
select 'outcome' as kind, platform, outcome as name, sum(figure) as figure, null::date as day
from counted where kept = 3 group by 2, 3
union all select 'day', '', outcome, sum(figure), day from counted where kept = 3 group by 3, 5
union all (select 'channel', platform, channel, figure, null from counted where kept = 5 and channel is not null
           order by figure desc, platform, channel limit $8)
union all select 'withheld', '', '', sum(figure), null from counted where kept = 5 and channel is null
union all (select 'source', '', source, sum(figure), null from counted, unnest(cited) source
           where kept = 6 and is_cited group by source order by 4 desc, source limit $8)
union all
select each.kind, '', each.name, each.figure, null
from (
  select sum(ups) as up, sum(downs) as down, count(sent) filter (where own) as answers,
         sum(sent) filter (where own) as sent, sum(received) filter (where own) as received,
         count(*) filter (where own and estimated) as estimated,
         percentile_cont(array[0.5, 0.95]) within group (order by first_seconds) filter (where seconds is not null) as first,
         percentile_cont(array[0.5, 0.95]) within group (order by seconds) as last
  from asked) totals,
lateral (values ('first', 'p50', first[1]), ('first', 'p95', first[2]), ('last', 'p50', last[1]), ('last', 'p95', last[2]),
  ('thumb', 'up', up), ('thumb', 'down', down), ('tokens', 'answers', answers), ('tokens', 'sent', sent),
  ('tokens', 'received', received), ('tokens', 'estimated', estimated)) each (kind, name, figure)
where each.figure is not null

-- name: history_gaps
-- The $8 gaps with the most questions and reports, of as many the latest first: questions that were not (wholly) answered
-- or thumbed down, and what was reported as missing, which the user of the machine alone sees, by what they are about
-- (question_summary.subject). And first, under null, the questions whose text is withheld. What its reporter asked as
-- well is counted as a question; a report adds only itself. `questions_in_all`: those of all gaps. `examples`: the three
-- wordings that are most frequent. What is not gathered yet is a gap of its wording, under a number below 0.
, ungathered as (
  select (-9223372036854775808)::bigint as ungathered
), gap as materialized (
  select id, coalesce(subject, wording | ungathered) as subject, wording, platform, asker, asked_at, outcome,
         downs > 0 as down, false as is_reported, '' as missing
  from asked, ungathered where is_gap
  union all
  select id, coalesce(subject, wording | ungathered), wording, platform, asker, at, '', false, true, missing
  from reported_gap, ungathered, lateral (select hashtextextended(lower(body), 0) as wording) hashed
  where $3::text[] is null and at > now() - make_interval(days => least($1, $2))
), tally as materialized (
  select subject, count(*) filter (where not is_reported)::int as questions,
         (sum(count(*) filter (where not is_reported)) over ())::int as questions_in_all,
         min(asked_at) as first, max(asked_at) as last,
         count(*) filter (where outcome = 'abstained')::int as abstained,
         count(*) filter (where outcome = 'partly')::int as partly, count(*) filter (where down)::int as down,
         count(*) filter (where is_reported)::int as reported, count(*) as entries,
         coalesce((array_agg(missing order by asked_at desc) filter (where missing <> ''))[1:3], '{}') as missing
  from gap group by subject order by subject is not null, count(*) desc, max(asked_at) desc, subject limit $8 + 1
), people as (
  select subject, count(*)::int as askers
  from (select distinct subject, platform, asker from gap join tally using (subject)) each group by subject
), worded as (
  select subject, wording, last, nth
  from (
    select subject, wording, max(asked_at) as last,
           row_number() over (partition by subject order by count(*) desc, max(asked_at) desc, wording) as nth
    from gap join tally using (subject) group by subject, wording) ranked
  where nth <= 3
), chosen as (
  select distinct on (subject, nth) subject, nth, id, is_reported
  from worded join gap using (subject, wording) where asked_at = worded.last order by subject, nth, id desc
), shown as (
  select chosen.subject, array_agg(coalesce(question.body, reported_gap.body) order by nth) as examples
  from chosen left join question on question.id = chosen.id and not is_reported
  left join reported_gap on reported_gap.id = chosen.id and is_reported group by chosen.subject
)
select * from tally left join people using (subject) left join shown using (subject)
order by subject is not null, entries desc, last desc, subject

-- name: history_gap_sections
-- The three sections that most often came first to third for the latest $9 questions of each gap $8, of as many the one
-- that came earlier. Not for all questions: each has its whole answer read.
, latest as materialized (
  select subject, id from (
    select coalesce(subject, wording | (-9223372036854775808)::bigint) as subject, id,
           row_number() over (
             partition by coalesce(subject, wording | (-9223372036854775808)::bigint) order by asked_at desc, id desc) as late
    from asked where is_gap and withheld = '' and read_from <> '{}') gap
  where late <= $9 and subject = any ($8::bigint[])
)
select subject, url, path, source from (
  select subject, passage ->> 'url' as url, min(passage ->> 'path') as path, min(passage ->> 'source') as source,
         row_number() over (
           partition by subject
           order by count(distinct latest.id) desc, sum((passage ->> 'place')::int), passage ->> 'url') as nth
  from latest join question using (id), jsonb_path_query(answer, '$.found[*] ? (@.place <= 3)') passage
  group by subject, passage ->> 'url') ranked
where nth <= 3 order by subject, nth

-- name: gaps_waiting
-- Whether there are gaps that are not gathered.
select exists (select from question_summary where subject is null and (outcome in ('abstained', 'partly') or downs > 0))
  or exists (select from reported_gap where subject is null)

-- name: gaps_new
-- At most $1 questions and reports that are gaps and that no subject has, the oldest first; of those whose subject is
-- gone, too. What is being deleted at this moment is not waited for.
select question.id as question, null::bigint as report, question.body
from question_summary summary join question on question.id = summary.question
where (summary.outcome in ('abstained', 'partly') or summary.downs > 0)
  and (subject is null or not exists (select from gap_subject where gap_subject.id = subject))
order by question.id limit $1
for update of summary skip locked for key share of question skip locked

-- name: gaps_new_reports
-- The same of what was reported.
select null::bigint as question, id as report, body from reported_gap
where subject is null or not exists (select from gap_subject where gap_subject.id = subject)
order by id limit $1 for update skip locked

-- name: gap_subjects
-- The hashes of the terms of each subject, the oldest first.
select id, terms from gap_subject order by id

-- name: gaps_lock
-- One process gathers at a time, until its transaction ends.
select pg_advisory_xact_lock(hashtextextended('footnote gather gaps', 0))

-- name: gap_subjects_add
-- New subjects: rows of `question` or `report`, and `terms`, as JSON.
insert into gap_subject (question, report, terms)
select question, report, array(select jsonb_array_elements_text(terms)::bigint)
from jsonb_to_recordset($1::jsonb) added (question bigint, report bigint, terms jsonb)
on conflict (question) do update set terms = excluded.terms
returning id, question, report

-- name: gaps_gather
-- The subjects $2 of the questions $1.
update question_summary set subject = given.subject
from unnest($1::bigint[], $2::bigint[]) given (question, subject) where question_summary.question = given.question

-- name: gaps_gather_reports
-- The subjects $2 of the reports $1.
update reported_gap set subject = given.subject
from unnest($1::bigint[], $2::bigint[]) given (report, subject) where reported_gap.id = given.report

-- name: history_troubles
-- Each part that broke for an answer of the last hour and for no later answer worked: what to mend, and how often. What
-- was shared was counted before; an answer for which no reader was asked says nothing of models.
with lately as materialized (
  select id, answer -> 'answer' as answer, answered_at from question
  where asked_at > now() - interval '70 minutes' and answered_at > now() - interval '1 hour' and way <> 'shared'
    and answer -> 'answer' -> 'timings_ms' ? 'read'
), broken as (
  select cause ->> 'part' as part, (array_agg(cause ->> 'sentence' order by answered_at desc, id desc))[1] as sentence,
         count(distinct id)::int as answers, max(answered_at) as last
  from lately, jsonb_array_elements(coalesce(answer -> 'causes', '[]')) cause group by 1)
select * from broken
where not exists (select from lately where answered_at > broken.last and not answer -> 'faults' ? broken.part)
order by part

-- name: report_gap
-- Store what somebody ($2, through door $1) misses in the documentation.
insert into reported_gap (platform, asker, body, missing) values ($1, $2, $3, $4) returning id
