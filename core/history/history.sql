-- Stored questions, read for those who run the bot (core/history/port.py); by name, as in
-- queries.sql. They write nothing, but for report_gap.
-- history_rows is the common table `asked` of all others: $1 to $3 are its own, and theirs begin at $4.

-- name: history_rows
-- Questions of the last $3 days with their outcome, by the names of core/inbox/outcome.py. None that was over $1 days
-- ago: it is about to be deleted. $2: how apologies begin. `seconds`: to the last message of the reply. A private
-- answer that is shared is one more row (`own` is false): its tokens, sources and seconds are counted in the first one.
select *, own and outcome in ('abstained', 'partly') or down and outcome in ('answered', 'apology', 'partly') as is_gap
from (
  select id, platform, tenant, channel, asker, way, way <> 'shared' as own, body, asked_at, answer,
    case
      when state in ('queued', 'answered') then 'open'
      when state = 'silent' then 'unsaid'
      when state in ('withdrawing', 'withdrawn') then 'withdrawn'
      when state = 'undeliverable' then 'undeliverable'
      when refusal <> '' then refusal
      when answer is null then 'forgotten'
      when answer -> 'answer' -> 'faults' ? 'model'
        or exists (select from unnest($2::text[]) apology where starts_with(answer -> 'answer' ->> 'text', apology))
        then 'apology'
      when answer -> 'answer' ->> 'abstention' is not null then 'abstained'
      when answer -> 'answer' ->> 'outcome' = 'partly' then 'partly'
      else 'answered' end as outcome,
    exists (select from feedback where feedback.question = question.id and thumb = 'down') as down,
    case when way <> 'shared' and state = 'done' and refusal = '' then extract(epoch from finished_at - asked_at)::float8 end as seconds
  from question
  where asked_at > now() - make_interval(days => $3)
    and (finished_at is null or finished_at >= now() - make_interval(days => $1))) stored

-- name: history_list
-- The latest $11 questions with outcome $4, thumb $5, channel $6, a passage of source $7, platform $8, text $9 in
-- question or answer, and (if $10) a sentence that was dropped; null: any. Deleted ones only if they are asked for.
-- Thumbs are counted for those alone that are returned.
select latest.*, ups, downs, reasons, comments
from (
  select id, platform, tenant, channel, asker, way, body, asked_at, outcome, seconds, answer from asked
  where (outcome = $4::text or $4::text is null and outcome <> 'withdrawn')
    and ($5::text is null or exists (select from feedback where question = asked.id and thumb = $5::text))
    and ($6::text is null or channel = $6::text)
    and ($7::text is null
      or exists (select from jsonb_array_elements(answer -> 'found') passage where passage ->> 'source' = $7::text))
    and ($8::text is null or platform = $8::text)
    and ($9::text is null or strpos(lower(body), lower($9::text)) > 0
      or strpos(lower(answer -> 'answer' ->> 'text'), lower($9::text)) > 0)
    and (not $10::boolean or (answer -> 'answer' ->> 'dropped')::int > 0)
  order by asked_at desc, id desc limit $11) latest, lateral (
  select count(*) filter (where thumb = 'up')::int as ups, count(*) filter (where thumb = 'down')::int as downs,
         coalesce(array_agg(comment order by at, who) filter (where comment <> ''), '{}') as comments
  from feedback where question = latest.id) judged, lateral (
  select coalesce(array_agg(distinct reason order by reason), '{}') as reasons
  from feedback, unnest(feedback.reasons) reason where question = latest.id) why
order by asked_at desc, id desc

-- name: history_outcomes
-- How many questions ended how, by platform.
select platform, outcome, count(*)::int as questions from asked group by platform, outcome order by platform, outcome

-- name: history_totals
-- Seconds to the last message of a reply, and tokens as far as they are stored; null where there is none.
select percentile_cont(0.5) within group (order by seconds) as p50,
       percentile_cont(0.95) within group (order by seconds) as p95,
       count(usage)::int as answers,
       coalesce(sum((usage ->> 'sent')::bigint), 0)::bigint as sent,
       coalesce(sum((usage ->> 'received')::bigint), 0)::bigint as received,
       count(*) filter (where (usage ->> 'estimated')::boolean)::int as estimated
from asked, lateral (
  select case when own then nullif(answer -> 'answer' -> 'usage', 'null'::jsonb) end as usage) used

-- name: history_thumbs
-- How many thumbs the answers got.
select thumb, count(*)::int as thumbs from feedback join asked on asked.id = feedback.question group by thumb

-- name: history_sources
-- The $4 sources that most answers cite, and how many.
select passage ->> 'source' as source, count(distinct id)::int as answers
from asked, jsonb_array_elements(answer -> 'found') passage
where own and outcome in ('answered', 'partly') and exists (
  select from jsonb_array_elements(answer -> 'answer' -> 'citations') citation
  where citation ->> 'url' = passage ->> 'url')
group by 1 order by 2 desc, 1 limit $4

-- name: history_gap_rows
-- The common table `gap`: questions that were not (wholly) answered or thumbed down, and what was reported as missing.
-- What its reporter asked as well is counted as a question; a report adds only itself.
select lower(body) as wording, body, asked_at, platform, asker, outcome, down, false as is_reported, '' as missing
from asked where is_gap
union all
select lower(body), body, at, platform, asker, '', false, true, missing
from reported_gap where at > now() - make_interval(days => least($1, $3))

-- name: history_wordings
-- The $4 most frequent wordings of gaps, and how many questions those of all are.
select wording, (array_agg(body order by asked_at desc))[1] as body,
       (sum(count(*) filter (where not is_reported)) over ())::int as gaps
from gap group by wording order by count(*) desc, max(asked_at) desc, wording limit $4

-- name: history_gaps
-- What is known of each group $5 of wordings $4.
select place, count(*) filter (where not is_reported)::int as questions, count(distinct (platform, asker))::int as askers,
       min(asked_at) as first, max(asked_at) as last, count(*) filter (where outcome = 'abstained')::int as abstained,
       count(*) filter (where outcome = 'partly')::int as partly, count(*) filter (where down)::int as down,
       count(*) filter (where is_reported)::int as reported,
       coalesce((array_agg(missing order by asked_at desc) filter (where missing <> ''))[1:3], '{}') as missing
from gap join unnest($4::text[], $5::int[]) gathered (wording, place) using (wording)
group by place order by place

-- name: history_gap_sections
-- The three sections that most often came first to third for the questions of each group $5 of wordings $4.
select place, url, path from (
  select place, passage ->> 'url' as url, min(passage ->> 'path') as path,
         row_number() over (partition by place order by count(distinct id) desc, passage ->> 'url') as nth
  from asked join unnest($4::text[], $5::int[]) gathered (wording, place) on lower(body) = wording,
       jsonb_array_elements(answer -> 'found') passage
  where is_gap and (passage ->> 'place')::int <= 3
  group by place, passage ->> 'url') ranked
where nth <= 3 order by place, nth

-- name: report_gap
-- Store what somebody ($2, through door $1) misses in the documentation.
insert into reported_gap (platform, asker, body, missing) values ($1, $2, $3, $4) returning id
