-- Sources and crawls, read for those who run the bot (core/overview/port.py); by name, as in queries.sql. Nothing is written.

-- name: overview_sources
-- Sources by name, $5 after the first $6: those that the places $2 see (null: all), with $3 in name or url, with verdict
-- $4 (`new`: never crawled); null: any. $1 is the number of the rules that read pages now. Their crawls are looked up
-- for the page alone.
with page as materialized (
  select * from source
  where ($2::text[] is null or visible_to is null or visible_to && $2)
    and ($3::text is null or strpos(lower(name), lower($3)) > 0 or strpos(lower(root_url), lower($3)) > 0)
    and ($4::text is null or $4 = coalesce(
      (select report ->> 'verdict' from crawl where crawl.source = source.id and finished_at is not null order by id desc limit 1), 'new'))
  order by name limit $5 offset $6)
select page.*, last.finished_at as last_crawl, coalesce(last.report ->> 'verdict', '') as verdict,
       coalesce(last.report ->> 'reason', '') as reason,
       (select coalesce(sum(pages::int), 0)::int from jsonb_each_text(page.readings) counted (reading, pages)
        where reading::int < $1) as old_reading,
       coalesce(last.difference, '{}') as difference, coalesce(last.report -> 'skipped', '{}') as skipped,
       coalesce((select state from request where request.source = page.id and state in ('waiting', 'running')
                 order by state, id desc limit 1), '') as working
from page
left join lateral (select finished_at, report, difference from crawl
                   where crawl.source = page.id and finished_at is not null order by id desc limit 1) last on true
order by page.name;

-- name: overview_count
-- How many sources pass the same filter ($1 to $3), and their passages.
select count(*)::int as sources, coalesce(sum(passages), 0)::bigint as passages
from source
where ($1::text[] is null or source.visible_to is null or source.visible_to && $1)
  and ($2::text is null or strpos(lower(source.name), lower($2)) > 0 or strpos(lower(source.root_url), lower($2)) > 0)
  and ($3::text is null or $3 = coalesce(
    (select report ->> 'verdict' from crawl where crawl.source = source.id and finished_at is not null order by id desc limit 1), 'new'));

-- name: overview_crawl
-- The last crawl of source $1 that ended, and how many pages are named of its difference.
select id, started_at, finished_at, report, difference,
       (select coalesce(jsonb_object_agg(change, pages), '{}') from (
          select change, count(*) as pages from page_change where crawl = last.id group by change) counted) as named
from crawl last where source = $1 and finished_at is not null order by id desc limit 1;

-- name: overview_changes
-- The pages that the last switch of source $1 changed: of kind $2 or (null) any, $3 after the first $4.
select url, title, change, gained, lost from page_change
where crawl = (select id from crawl where source = $1 and finished_at is not null order by id desc limit 1)
  and ($2::text is null or change = $2)
order by change, url limit $3 offset $4;

-- name: overview_skipped
-- Urls that the last crawl of source $1 did not keep: for reason $2 or (null) any, $3 after the first $4.
select left_out.url, reason, page.url is not null as stays
from left_out left join page on page.source = left_out.source and page.url = left_out.url
where left_out.source = $1 and ($2::text is null or reason = $2)
order by reason, left_out.url limit $3 offset $4;

-- name: overview_requests
-- The $2 latest requests of source $1, newest first.
select request.id, request.kind, source.name as source, request.options, request.asked_by, request.asked_at,
       request.state, request.worker, request.progress, request.report, request.error
from request join source on source.id = request.source
where request.source = $1 order by request.id desc limit $2;

-- name: overview_open
-- Crawls that wait or run, of sources that the places $1 see (null: all), the oldest $2; those that run first.
select request.id, request.kind, source.name as source, request.options, request.asked_by, request.asked_at,
       request.state, request.worker, request.progress, request.report, request.error
from request join source on source.id = request.source
where request.state in ('waiting', 'running')
  and ($1::text[] is null or source.visible_to is null or source.visible_to && $1)
order by request.state, request.id limit $2;

-- name: overview_citations
-- How many answers of the last $2 days cite each source of $1. None that was over $3 days ago: it is about to be deleted.
-- Answers that cite the same sources are counted together before these are told apart.
with cites as (
  select cited, count(*) as answers from question_summary
  where asked_at > (select now() - make_interval(days => $2))
    and (finished_at is null or finished_at >= (select now() - make_interval(days => $3)))
    and outcome in ('answered', 'partly') and own
  group by cited)
select source, sum(answers)::int as answers
from cites, unnest(cited) source
where source = any ($1::text[]) group by source;
