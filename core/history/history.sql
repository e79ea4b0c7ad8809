-- Stored questions, read for those who run the bot (core/history/port.py); by name, as in queries.sql.
-- Only report_gap writes.
-- history_rows is the common table `asked` of all others: $1 to $7 are its own, and theirs begin at $8.

-- name: history_rows
-- Questions of the last $2 days that were asked in one of the places $3, or by person $5 of platform $4 and tenant $6;
-- places null: all of them. None that was over $1 days ago: it is about to be deleted. What was asked in private is
-- `withheld` from all but its asker, unless $7; an answer also where it was read from a source that the places do not
-- see. What is withheld is null: no filter finds it, and no statement below can show it. `seconds`: to the last message
-- of the reply, `first_seconds`: until its first words could be read. A private answer that is shared is one more row
-- (`own` is false): its tokens, sources and seconds are counted in the first one.
select *, own and outcome in ('abstained', 'partly') or down and outcome in ('answered', 'apology', 'partly') as is_gap
from (
  select id, platform, tenant, asker, way, own, asked_at, outcome, dropped, usage, seconds, first_seconds, down, withheld,
    case when withheld <> 'private' then channel end as channel,
    case when withheld <> 'private' then body end as body,
    case when withheld = '' then answer end as answer,
    case when withheld = '' then read_from end as read_from,
    case when withheld = '' then cited end as cited
  from (
    select *, way <> 'shared' as own,
      case
        when $3::text[] is null or mine then ''
        when way in ('direct', 'private') and not $7::boolean then 'private'
        when not read_from <@ (
          select coalesce(jsonb_agg(name), '[]') from source where visible_to is null or visible_to && $3::text[])
          then 'sources'
        else '' end as withheld,
      exists (select from feedback where feedback.question = stored.id and thumb = 'down') as down,
      case when way <> 'shared' and state = 'done' and refusal = ''
        then extract(epoch from finished_at - asked_at)::float8 end as seconds,
      case when way <> 'shared' and state = 'done' and refusal = ''
        then extract(epoch from coalesce(first_shown_at, finished_at) - asked_at)::float8 end as first_seconds
    from (
      select *, platform = $4::text and asker = $5::text and tenant in ('', $6::text) as mine from question) stored
    where asked_at > now() - make_interval(days => $2)
      and (finished_at is null or finished_at >= now() - make_interval(days => $1))
      and ($3::text[] is null or mine or places && $3::text[])) seen) shown

-- name: history_list
-- The latest $17 questions before the one that was asked at $18 and has number $19 (null: the latest), with outcome $8,
-- thumb $9, reason $10, channel $11, a passage of source $12, platform $13, text $14 in question or answer, number $16,
-- and (if $15) a sentence that was dropped; null: any. Deleted ones only if they are asked for. Thumbs are counted for
-- those alone that are returned.
select latest.*, ups, downs, reasons, comments
from (
  select id, platform, tenant, channel, asker, way, body, asked_at, outcome, seconds, answer, withheld from asked
  where (asked_at, id) < (coalesce($18::timestamptz, 'infinity'), coalesce($19::bigint, 0))
    and (outcome = $8::text or $8::text is null and ($16::bigint is not null or outcome <> 'withdrawn'))
    and ($9::text is null or exists (select from feedback where question = asked.id and thumb = $9::text))
    and ($10::text is null or exists (select from feedback where question = asked.id and $10::text = any (reasons)))
    and ($11::text is null or channel = $11::text)
    and ($12::text is null or read_from ? $12::text)
    and ($13::text is null or platform = $13::text)
    and ($14::text is null or strpos(lower(body), lower($14::text)) > 0
      or strpos(lower(answer -> 'answer' ->> 'text'), lower($14::text)) > 0)
    and (not $15::boolean or dropped > 0)
    and ($16::bigint is null or id = $16::bigint)
  order by asked_at desc, id desc limit $17) latest, lateral (
  select count(*) filter (where thumb = 'up')::int as ups, count(*) filter (where thumb = 'down')::int as downs,
         coalesce(array_agg(comment order by at, who) filter (where comment <> '' and withheld <> 'private'), '{}') as comments
  from feedback where question = latest.id) judged, lateral (
  select coalesce(array_agg(distinct reason order by reason), '{}') as reasons
  from feedback, unnest(feedback.reasons) reason where question = latest.id) why
order by asked_at desc, id desc

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
select kind, choice from (
  select kind, choice, row_number() over (
    partition by kind order by case kind when 'reason' then count(*) end desc, max(asked_at) desc, choice) as nth
  from (
    select id, platform, channel, own, asked_at, withheld from asked order by asked_at desc, id desc limit $9) latest, lateral (
    select 'channel' as kind, platform || ' ' || channel as choice where channel is not null and own
    union all
    select 'reason', reason from feedback, unnest(reasons) reason where question = latest.id and withheld <> 'private') offered
  group by kind, choice) ranked
where nth <= $8 order by kind, nth

-- name: history_figures
-- All figures over these questions, in one pass: what is counted (`kind`), of which platform and of what, and the figure;
-- of channels and sources the $8 with the most.
, narrow as materialized (
  select id, platform, channel, outcome, own, (asked_at at time zone 'utc')::date as day, seconds, first_seconds, usage, cited
  from asked
), counted as materialized (
  select platform, outcome, channel, day, count(*)::float8 as figure,
         grouping(outcome, channel, day) as kind
  from narrow group by grouping sets ((platform, outcome), (platform, channel), (day, outcome))
)
select 'outcome' as kind, platform, outcome as name, figure, null::date as day from counted where kind = 3
union all select 'day', '', outcome, figure, day from counted where kind = 2
union all (select 'channel', platform, channel, figure, null from counted where kind = 5 and channel is not null
           order by figure desc, platform, channel limit $8)
union all select 'withheld', '', '', sum(figure), null from counted where kind = 5 and channel is null
union all (
  select 'source', '', source, count(distinct id)::float8, null from narrow, jsonb_array_elements_text(cited) source
  where own and outcome in ('answered', 'partly') group by source order by 4 desc, source limit $8)
union all select 'thumb', '', thumb, count(*)::float8, null from feedback join narrow on narrow.id = feedback.question group by thumb
union all
select each.kind, '', each.name, each.figure, null
from (
  select percentile_cont(array[0.5, 0.95]) within group (order by first_seconds) as first,
         percentile_cont(array[0.5, 0.95]) within group (order by seconds) as last,
         count(usage)::float8 as answers, sum((usage ->> 'sent')::float8) as sent,
         sum((usage ->> 'received')::float8) as received,
         count(*) filter (where (usage ->> 'estimated')::boolean)::float8 as estimated
  from narrow where own) totals,
lateral (values ('first', 'p50', first[1]), ('first', 'p95', first[2]), ('last', 'p50', last[1]), ('last', 'p95', last[2]),
  ('tokens', 'answers', answers), ('tokens', 'sent', sent), ('tokens', 'received', received),
  ('tokens', 'estimated', estimated)) each (kind, name, figure)
where each.figure is not null

-- name: history_gap_wordings
-- The $8 most frequent wordings of questions that were not (wholly) answered or thumbed down, and of what was reported as
-- missing, which the user of the machine alone sees; and first, under null, the questions whose text is withheld. What
-- its reporter asked as well is counted as a question; a report adds only itself. `questions_in_all`: those of all
-- wordings.
select wording, (array_agg(body order by asked_at desc))[1] as body,
       count(*) filter (where not is_reported)::int as questions,
       (sum(count(*) filter (where not is_reported)) over ())::int as questions_in_all,
       array_agg(distinct platform || ' ' || asker) as askers, min(asked_at) as first, max(asked_at) as last,
       count(*) filter (where outcome = 'abstained')::int as abstained,
       count(*) filter (where outcome = 'partly')::int as partly, count(*) filter (where down)::int as down,
       count(*) filter (where is_reported)::int as reported,
       coalesce((array_agg(missing order by asked_at desc) filter (where missing <> ''))[1:3], '{}') as missing,
       coalesce((array_agg(asked_at order by asked_at desc) filter (where missing <> ''))[1:3], '{}') as missing_at
from (
  select lower(body) as wording, body, asked_at, platform, asker, outcome, down, false as is_reported, '' as missing
  from asked where is_gap
  union all
  select lower(body), body, at, platform, asker, '', false, true, missing
  from reported_gap where $3::text[] is null and at > now() - make_interval(days => least($1, $2))) gap
group by wording order by wording is not null, count(*) desc, max(asked_at) desc, wording limit $8 + 1

-- name: history_gap_sections
-- The three sections that most often came first to third for the latest $10 questions of each group $9 of wordings $8, of
-- as many the one that came earlier. Not for all questions: each has its whole answer read.
select place, url, path, source from (
  select place, passage ->> 'url' as url, min(passage ->> 'path') as path, min(passage ->> 'source') as source,
         row_number() over (
           partition by place order by count(distinct id) desc, sum((passage ->> 'place')::int), passage ->> 'url') as nth
  from (
    select id, place, answer, row_number() over (partition by place order by asked_at desc, id desc) as late
    from asked join unnest($8::text[], $9::int[]) gathered (wording, place) on lower(body) = wording
    where is_gap and answer is not null) latest, jsonb_array_elements(answer -> 'found') passage
  where late <= $10 and (passage ->> 'place')::int <= 3
  group by place, passage ->> 'url') ranked
where nth <= 3 order by place, nth

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
