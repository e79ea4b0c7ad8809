-- Stored pages, read whole (core/index/port.py); by name, as in queries.sql. Nothing is written.

-- name: roots_seen
-- The sources that the places $1 see (null: the operator, who sees all), or of these $2 alone, with their roots.
select id, name, root_url, served_at from source
where ($1::text[] is null or visible_to is null or visible_to && $1) and ($2::text[] is null or name = any ($2))
order by name;

-- name: read_page
-- The passages of the first page, by source, that stands under a url of $2 in the source of $1 at the same place. Who may
-- see it is asked once more: a source may have been closed since its root was read.
with found as (
  select page.source, page.url, page.crawl
  from unnest($1::int[], $2::text[]) with ordinality wanted (source, url, nth)
  join page on page.source = wanted.source and page.url = wanted.url
  join source on source.id = page.source
  where ($3::text[] is null or source.visible_to is null or source.visible_to && $3)
    and exists (select from passage where passage.source = page.source and passage.url = page.url)
  order by source.name, nth limit 1
)
select passage.url, passage.anchor, passage.path, passage.body, passage.title, passage.kind, passage.language,
       passage.ordinal, source.name as source, source.root_url, source.served_at,
       shelf.version, shelf.language as spoken, shelf.place, crawl.finished_at as crawled_at
from found join passage on passage.source = found.source and passage.url = found.url
join source on source.id = found.source join shelf on shelf.id = passage.shelf
left join crawl on crawl.id = found.crawl
order by passage.ordinal, passage.id;

-- name: list_pages
-- The first $2 pages with passages of source $1.
select url, title from page
where source = $1 and exists (select from passage where passage.source = page.source and passage.url = page.url)
order by url limit $2;

-- name: crawl_times
-- When the pages $2 of the sources $1 were found by a crawl last.
select page.source, page.url, crawl.finished_at as crawled_at
from unnest($1::int[], $2::text[]) wanted (source, url)
join page on page.source = wanted.source and page.url = wanted.url
join crawl on crawl.id = page.crawl and crawl.finished_at is not null;
