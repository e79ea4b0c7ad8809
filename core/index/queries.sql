-- Every query of the index, by name. A line under the name says what it is for.
-- vector_space_id and spare_space_id stand for the live space's tables (core/postgres/statements.py).

-- name: hybrid
-- Vectors and BM25, some candidates from each side, scored on both, fused and cut to $8, in one statement. $1 vector or
-- null, $2 terms, $3 their slots, $4 how many rows there are to search, $5 row budget for lexical candidates, $6
-- shelves or null, $7 the same as a tsquery tail, $9 weights of vector, lexical, page, what of its terms' idf the
-- question's best passage must reach to count in full, and the weight of a synonym; $10 the term of the question that a
-- synonym stands for, null for the question's own. Formula: core/index/fusion.py.
-- The number of candidates is put in as a number: a plan made for any number expects a tenth of all rows, and reads the
-- table.
with asked as (
  select given.term, given.slot, given.instead_of, coalesce(sum(lexeme.df), 0) as df,
         ln(1 + ($4::float8 - least(coalesce(sum(lexeme.df), 0), $4::float8) + .5) / (least(coalesce(sum(lexeme.df), 0), $4::float8) + .5)) as idf
  from unnest($2::text[], $3::int[], $10::text[]) given (term, slot, instead_of)
  left join lexeme on lexeme.term = given.term and ($6::int[] is null or lexeme.shelf = any ($6))
  group by given.term, given.slot, given.instead_of
), term as (  -- a synonym counts for more the more often these pages prefer it to the question's own word
  select asked.term, asked.slot, asked.df, asked.instead_of is null as own,
         max(asked.idf * case when asked.instead_of is null then 1
                              else ($9::float8[])[5] * asked.df / greatest(asked.df + original.df, 1) end) as weight
  from asked left join asked original on original.term = asked.instead_of and original.instead_of is null
  group by asked.term, asked.slot, asked.df, own
), question as (
  select coalesce('{' || string_agg((slot + 1) || ':' || weight, ',' order by slot) || '}/16777216', '{}/16777216')::sparsevec as weights
  from (select slot, min(weight) as weight from term where df > 0 group by slot) by_slot
), pick as (
  select ('(' || string_agg('''' || term || '''', ' | ') || ')' || $7)::tsquery as query
  from (select term, sum(df) over rarest as rows_so_far, row_number() over rarest as nth
        from term where df > 0 window rarest as (order by own desc, df, term rows unbounded preceding)) ranked
  where rows_so_far <= $5 or nth = 1
), by_words as materialized (
  select passage, distance, row_number() over (order by distance, passage) as rank
  from (select lexical.passage, lexical.weights <#> question.weights as distance
        from pick, question, lexical
        where lexical.terms @@ pick.query
        order by distance, lexical.passage limit candidates_a_side) nearest
), by_vector as materialized (
  select passage, distance, row_number() over (order by distance, passage) as rank
  from (/* nearest */) nearest
), candidate as (
  select passage, by_vector.rank as vector_rank, by_vector.distance as vector_distance,
         by_words.rank as lexical_rank, by_words.distance as lexical_distance
  from by_words full join by_vector using (passage)
), scored as materialized (  -- what a side has scored already is not looked up again
  select candidate.passage, passage.source, passage.url, vector_rank, lexical_rank,
         coalesce(-vector_distance, (select -(vector.embedding <#> $1::halfvec) from vector_space_id vector
                                     where vector.passage = candidate.passage)) as similarity,
         coalesce(-lexical_distance, (select -(lexical.weights <#> question.weights) from lexical
                                      where lexical.passage = candidate.passage)) as lexical_score
  from question, candidate join passage on passage.id = candidate.passage
), fused as (
  select *, coalesce(($9::float8[])[1] * (similarity - min(similarity) over ()) / nullif(max(similarity) over () - min(similarity) over (), 0), 0)
          + coalesce(($9::float8[])[2] * lexical_score
                     / nullif(greatest(max(lexical_score) over (), ($9::float8[])[4] * (select sum(weight) from term where own)), 0), 0) as alone
  from scored
), placed as (
  select *, row_number() over (partition by source, url order by alone desc, passage) as place from fused
), paged as (
  select *, alone + ($9::float8[])[3] * sum(alone) filter (where place <= 3) over (partition by source, url) as score
  from placed
), best as (
  select * from paged order by score desc, passage limit $8
)
select passage.url, passage.anchor, passage.path, passage.body, passage.title, passage.kind, passage.language,
       passage.ordinal, passage.shelf, source.name as source, source.root_url, source.served_at,
       best.score, best.vector_rank, best.lexical_rank, best.similarity, best.lexical_score
from best join passage on passage.id = best.passage join source on source.id = passage.source
order by best.score desc, passage.id;

-- name: nearest_by_graph
-- The vector side through the graph: all sources, or enough rows in the filter (then it needs iterative scan).
select passage, embedding <#> $1::halfvec as distance from vector_space_id /* filter */
order by embedding <#> $1::halfvec limit candidates_a_side

-- name: nearest_exactly
-- The vector side by looking at each row. The fence keeps the planner from the graph, which would lose rows that the
-- filter wants (0 to 1 of 10 at 1 % selectivity).
select passage, distance from (
  select passage, embedding <#> $1::halfvec as distance from vector_space_id /* filter */ offset 0) each_row
order by distance, passage limit candidates_a_side

-- name: filter
-- Takes the place of the filter in both statements above when not all shelves are searched.
where shelf = any ($6::int[])

-- name: nearest_none
-- The vector side when there is no vector.
select null::bigint as passage, null::float8 as distance where false

-- name: shelves_to_search
-- Every shelf with its rows, and whether the places $1 see it (null: the operator, who sees all); the live space, and
-- whether its graph is there and complete.
with live as materialized (
  select id, model, dimensions, exists (select from pg_index where indexrelid = to_regclass('vector_' || id || '_graph') and indisvalid) as graph
  from space where live
)
select shelf.id, shelf.place, shelf.version, shelf.language, shelf.passages, source.name, source.language as preferred,
       $1::text[] is null or source.visible_to is null or source.visible_to && $1::text[] as seen,
       live.id as space, live.model, live.dimensions, coalesce(live.graph, false) as graph
from shelf join source on source.id = shelf.source left join live on true;

-- name: add_source
-- Add a source ($1: its columns) with its first shelf; no row when the name is taken.
with added as (
  insert into source (name, root_url, served_at, scope, allow_private, licence, kind, urls, include, exclude, pdf,
                      schedule, language, render, visible_to)
  select name, root_url, served_at, scope, allow_private, licence, kind, urls, include, exclude, pdf,
         schedule, language, render, visible_to
  from jsonb_populate_record(null::source, $1::jsonb)
  on conflict (name) do nothing returning id
)
insert into shelf (id, source) select id, id from added returning id;

-- name: shelves
-- The shelves of source $1.
select id, place, version, language, passages from shelf where source = $1 order by id;

-- name: put_shelf
-- Make a shelf for source $1.
insert into shelf (id, source, place, version, language)
values (nextval(pg_get_serial_sequence('source', 'id')), $1, $2, $3, $4) returning id;

-- name: rename_shelf
-- The passages of shelf $1 turn out to be of this edition.
update shelf set place = $2, version = $3, language = $4 where id = $1;

-- name: pages_on_shelves
-- On which shelf the passages of each page of source $1 are.
select distinct url, shelf from passage where source = $1;

-- name: drop_shelves
-- Drop shelves of source $1 without a passage, except its first.
delete from shelf where source = $1 and id <> $1 and passages = 0;

-- name: list_sources
-- All sources ($1 null) or one, with what people want to see of them; $2 is the number of the rules that read pages now.
select source.*, last.finished_at as last_crawl, coalesce(last.report ->> 'verdict', '') as verdict,
       coalesce(last.report ->> 'reason', '') as reason,
       (select coalesce(sum(pages::int), 0)::int from jsonb_each_text(source.readings) counted (reading, pages)
        where reading::int < $2) as old_reading
from source
left join lateral (select finished_at, report from crawl where crawl.source = source.id and finished_at is not null
                   order by id desc limit 1) last on true
where $1::text is null or source.name = $1
order by source.name;

-- name: figures
-- What is counted of every source, one row each.
select source.name as source, source.pages, source.passages, last.finished_at as last_crawl, coalesce(last.report ->> 'verdict', '') as verdict
from source
left join lateral (select finished_at, report from crawl where crawl.source = source.id and finished_at is not null
                   order by id desc limit 1) last on true
order by source.name;

-- name: change_source
-- Store what a person may change later of the source $1 (its columns).
update source set (licence, include, exclude, schedule, language, render, visible_to, paused) =
  (changed.licence, changed.include, changed.exclude, changed.schedule, changed.language, changed.render, changed.visible_to,
   changed.paused)
from jsonb_populate_record(null::source, $1::jsonb) changed
where source.name = changed.name;

-- name: left_out
-- Urls that the last crawl of a source did not keep.
select url, reason from left_out where source = $1 order by reason, url;

-- name: passages_of_source
-- All that readers see of a source, read with a cursor.
select passage.url, passage.anchor, passage.path, passage.body, passage.title, passage.kind, passage.language,
       passage.ordinal, source.root_url, source.served_at
from passage join source on source.id = passage.source
where passage.source = $1 order by passage.url, passage.ordinal, passage.id;

-- name: move_source
-- Store where a source is served now.
update source set served_at = $2 where name = $1 returning id;

-- name: source_lock
-- One crawl of a source at a time; false: another process crawls it. The lock ends with its session.
select pg_try_advisory_lock(7002, $1);

-- name: resume_crawl
-- Take over, as process $3, the crawl of source $1 that a killed process left, if its definition is still $2 and all
-- that it staged is there.
update crawl set holder = $3 where id = (
  select id from crawl
  where source = $1 and finished_at is null and not switched and definition = $2::jsonb
    and started_at > now() - interval '1 day' and staged > 0
    and staged = (select count(*) from staged_page where staged_page.crawl = crawl.id)
  order by id desc limit 1)
returning id;

-- name: drop_cut_short
-- Drop other crawls of source $1 that never ended, with what they had staged.
delete from crawl where source = $1 and finished_at is null and id is distinct from $2;

-- name: begin_crawl
-- Begin a crawl of source $1, whose definition is $2 now, as process $3.
insert into crawl (source, definition, holder) values ($1, $2::jsonb, $3) returning id;

-- name: staged_urls
-- Pages that this crawl has staged.
select url from staged_page where crawl = $1;

-- name: visited
-- The urls that were asked in this crawl, and what came of each.
select url, record from visited where crawl = $1;

-- name: count_staged
-- Count $3 more staged pages; no row when another process than $2 has taken over, or the crawl is gone.
update crawl set staged = staged + $3 where id = $1 and holder = $2 and finished_at is null returning id;

-- name: forget_left_out
-- Drop what the crawl before left out.
delete from left_out where source = $1;

-- name: switched
-- A crawl is not resumed after its switch.
update crawl set switched = true where id = $1;

-- name: crawl_underway
-- When the crawl of a source that holds its lock began.
select started_at, progress from crawl where source = $1 and finished_at is null order by id desc limit 1;

-- name: finish_crawl
-- Keep the report; drop what is still staged, in case the verdict was against it.
with pages as (delete from staged_page where crawl = $1), passages as (delete from staged_passage where crawl = $1),
     visits as (delete from visited where crawl = $1), batches as (delete from batch where crawl = $1),
     jobs as (delete from footnote_queue.pgqueuer  -- nobody came to help, or too late
              where entrypoint = 'embed' and status = 'queued' and payload = convert_to($1::bigint::text, 'UTF8'))
update crawl set finished_at = now(), report = $2::jsonb where id = $1;

-- name: known_pages
-- The pages that the next crawl may request conditionally.
select url, etag, last_modified, links, misses, fingerprint, says, reading from page where source = $1;

-- name: unstage
-- Take back the pages in $2, with their passages.
with passages as (delete from staged_passage where crawl = $1 and url = any ($2::text[]))
delete from staged_page where crawl = $1 and url = any ($2::text[]);

-- name: carry_reread_vectors
-- Keep vectors of source $2 for passages that crawl $1 made of pages that older rules had read: where a passage of the page had the
-- same text, its vector serves, whatever is new about the path or the identity. Of several, the one under the same heading.
insert into spare_space_id (identity, embedding)
select distinct on (staged.identity) staged.identity, vector.embedding
from staged_page
join page on page.source = $2 and page.url = staged_page.url and page.reading < staged_page.reading
join staged_passage staged on staged.crawl = $1 and staged.url = page.url
join passage on passage.source = $2 and passage.url = page.url and passage.body = staged.body
join vector_space_id vector on vector.passage = passage.id
where staged_page.crawl = $1 and not exists (select from passage twin where twin.identity = staged.identity)
order by staged.identity, (passage.path = staged.path) desc, (passage.path[cardinality(passage.path)] = any (staged.path)) desc,
         abs(passage.ordinal - staged.ordinal)
on conflict (identity) do nothing;

-- name: absent
-- Staged passages without a vector, shortest first, so that batches hold texts of like length.
select distinct on (length(staged.body), staged.identity) staged.identity
from staged_passage staged
where staged.crawl = $1
  and not exists (select from spare_space_id spare where spare.identity = staged.identity)
  and not exists (select from passage join vector_space_id vector on vector.passage = passage.id
                  where passage.identity = staged.identity)
order by length(staged.body), staged.identity;

-- name: urls_of_absent
-- The pages of source $2 with passages that are new to it, among those with the identities $3 in crawl $1.
select distinct staged.url from staged_passage staged
where staged.crawl = $1 and staged.identity = any ($3::bytea[])
  and exists (select from passage where passage.source = $2 and passage.url = staged.url)
order by staged.url;

-- name: staged_at
-- Staged passages of the pages $2 that lack a vector.
select identity, url, path, body from staged_passage
where crawl = $1 and url = any ($2::text[]) and identity = any ($3::bytea[]);

-- name: stored_at
-- What readers see of the pages $2 of a source.
select identity, url, path, body from passage where source = $1 and url = any ($2::text[]) order by url, ordinal;

-- name: carry_vectors
-- Give the new identities $1 the vectors of the stored ones $2.
insert into spare_space_id (identity, embedding)
select distinct on (pair.new) pair.new, vector.embedding
from unnest($1::bytea[], $2::bytea[]) pair(new, old)
join passage on passage.identity = pair.old join vector_space_id vector on vector.passage = passage.id
order by pair.new
on conflict (identity) do nothing;

-- name: staged_texts
-- Path and text of some staged passages.
select distinct on (identity) identity, path, body from staged_passage where crawl = $1 and identity = any ($2::bytea[]);

-- name: unembedded
-- Stored passages that the space lacks a vector for, shortest first; for re-embedding.
select identity from (
  select distinct on (identity) identity, length(body) as size from passage
  where not exists (select from spare_space_id spare where spare.identity = passage.identity)) missing
order by size, identity;

-- name: stored_texts
-- Path and text of some stored passages.
select distinct on (identity) identity, path, body from passage where identity = any ($1::bytea[]);

-- name: store_vectors
-- Content-addressed, so storing one twice is harmless.
insert into spare_space_id (identity, embedding) select * from unnest($1::bytea[], $2::halfvec[])
on conflict (identity) do nothing;

-- name: outlook
-- Passages of source $2 now, and after a switch to crawl $1: staged ones, and those of pages that were not staged, or
-- staged as unchanged.
select (select count(*) from passage where source = $2) as before,
       (select count(*) from staged_passage where crawl = $1)
       + (select count(*) from passage where source = $2
          and not exists (select from staged_page where crawl = $1 and staged_page.url = passage.url and not unchanged)) as after;

-- name: to_add
-- Passages that a switch to crawl $1 of source $2 would add.
select count(*) from staged_passage staged where crawl = $1
and not exists (select from passage where source = $2 and passage.url = staged.url and passage.identity = staged.identity);

-- name: forget_changes
-- Drop what an earlier process of crawl $1 noted.
delete from page_change where crawl = $1;

-- name: note_changes
-- Note what a switch to crawl $1 will change of source $2 page by page; the pages $3 leave. The first $4 of each kind by
-- url are named, and all are counted. A page whose passages stay as they were is unchanged.
with gained as (
  select staged.url, count(*)::int as passages from staged_passage staged
  where staged.crawl = $1 and not exists (
    select from passage where passage.source = $2 and passage.url = staged.url and passage.identity = staged.identity)
  group by staged.url
), lost as (
  select passage.url, count(*)::int as passages from passage
  where passage.source = $2 and (
    passage.url = any ($3::text[])
    or exists (select from staged_page where staged_page.crawl = $1 and staged_page.url = passage.url and not unchanged)
       and not exists (select from staged_passage staged where staged.crawl = $1 and staged.url = passage.url
                       and staged.identity = passage.identity))
  group by passage.url
), touched as (
  select page.url, page.title, 'removed' as change from page where page.source = $2 and page.url = any ($3::text[])
  union all
  select staged.url, staged.title, case when page.url is null then 'added' else 'changed' end
  from staged_page staged left join page on page.source = $2 and page.url = staged.url
  where staged.crawl = $1 and staged.url <> all ($3::text[])
), judged as (
  select url, title, coalesce(gained.passages, 0) as gained, coalesce(lost.passages, 0) as lost,
         case when change = 'changed' and gained.passages is null and lost.passages is null then 'unchanged' else change end as change
  from touched left join gained using (url) left join lost using (url)
), named as (
  insert into page_change (crawl, url, title, change, gained, lost)
  select $1, url, title, change, gained, lost
  from (select *, row_number() over (partition by change order by url) as nth from judged where change <> 'unchanged') ranked
  where nth <= $4
)
update crawl set difference = coalesce(
  (select jsonb_object_agg(change, pages) from (select change, count(*) as pages from judged group by change) counted), '{}')
where id = $1;

-- name: forget_older_changes
-- Drop the named pages of earlier crawls of source $2; crawl $1 has just switched.
delete from page_change using crawl where crawl.id = page_change.crawl and crawl.source = $2 and crawl.id <> $1;

-- name: switch_lock
-- One switch at a time: they share the document frequencies.
select pg_advisory_xact_lock(7001);

-- name: still_ours
-- How many pages are staged for a crawl that goes on; no row when another crawl of the source has begun meanwhile.
select (select count(*) from staged_page where crawl = $1) as pages, staged from crawl
where id = $1 and holder = $2 and finished_at is null
for update of crawl;

-- name: live_space
-- The space that readers use.
select id from space where live;

-- name: passages_now
-- How many passages of source $1 readers see.
select count(*) from passage where source = $1;

-- name: doomed
-- Passages that readers are about to lose.
create temporary table doomed (id bigint, identity bytea, shelf int) on commit drop;

-- name: switch_doomed
-- Find passages that their page no longer has in crawl $1, and those of pages in $3.
insert into doomed select passage.id, passage.identity, passage.shelf from passage
where passage.source = $2 and (
  passage.url = any ($3::text[])
  or exists (select from staged_page where staged_page.crawl = $1 and staged_page.url = passage.url and not unchanged)
     and not exists (select from staged_passage staged where staged.crawl = $1 and staged.url = passage.url
                     and staged.identity = passage.identity));

-- name: switch_df_down
-- Fewer passages of shelf $1 hold the terms of the doomed ones.
update lexeme set df = lexeme.df - counted.ndoc
from ts_stat(format('select terms from lexical where passage in (select id from doomed where shelf = %s)', $1::int)) counted
where lexeme.shelf = $1 and lexeme.term = counted.word;

-- name: doomed_shelves
-- The shelves that the doomed passages stand on.
select distinct shelf from doomed;

-- name: switch_spare
-- Keep the vectors of doomed passages for a while.
insert into spare_space_id (identity, embedding, since)
select distinct on (doomed.identity) doomed.identity, vector.embedding, now()
from doomed join vector_space_id vector on vector.passage = doomed.id
on conflict (identity) do update set since = excluded.since;

-- name: switch_remove
-- Remove the doomed passages, with their lexical and vector rows.
delete from passage using doomed where passage.id = doomed.id;

-- name: switch_move
-- Update passages that stay, but at another place in their page or under another anchor.
update passage set ordinal = staged.ordinal, anchor = staged.anchor, title = staged.title, kind = staged.kind,
       language = staged.language
from staged_passage staged
where staged.crawl = $1 and passage.source = $2 and staged.url = passage.url and staged.identity = passage.identity
  and (passage.ordinal, passage.anchor, passage.title, passage.kind, passage.language)
      is distinct from (staged.ordinal, staged.anchor, staged.title, staged.kind, staged.language);

-- name: switch_add
-- Add passages that are new, with their terms and their vectors, which `absent` has made sure of.
with added as (
  insert into passage (source, crawl, shelf, url, ordinal, anchor, path, title, kind, language, body, identity)
  select $2, $1, coalesce((select shelf from shelved where shelved.url = staged.url), $2), url, ordinal, anchor, path, title,
         kind, language, body, identity
  from staged_passage staged where crawl = $1
  on conflict (source, url, identity) do nothing
  returning id, url, identity, shelf
), words as (
  insert into lexical (passage, terms, weights)
  select added.id, (staged.terms || ' ''#' || added.shelf || '''')::tsvector, staged.weights
  from added join staged_passage staged on staged.crawl = $1 and staged.url = added.url
       and staged.identity = added.identity
)
insert into vector_space_id (passage, shelf, embedding)
select added.id, added.shelf, coalesce(
  (select spare.embedding from spare_space_id spare where spare.identity = added.identity),
  (select vector.embedding from passage twin join vector_space_id vector on vector.passage = twin.id
   where twin.identity = added.identity limit 1))
from added;

-- name: added_shelves
-- The shelves of the passages that crawl $1 added to source $2.
select distinct shelf from passage where source = $2 and crawl = $1;

-- name: switch_df_up
-- More passages of shelf $3 hold the terms of what was added to it. $1 is the crawl, $2 the source; '#' marks the
-- filter's lexeme.
insert into lexeme (term, shelf, df)
select word, $3, ndoc from ts_stat(format(
  'select terms from lexical join passage on passage.id = lexical.passage where passage.source = %s and passage.crawl = %s and passage.shelf = %s',
  $2::int, $1::bigint, $3::int))
where word not like '#%'
on conflict (term, shelf) do update set df = lexeme.df + excluded.df;

-- name: shelved
-- The shelves of pages, except those on the source's first.
create temporary table shelved (url text primary key, shelf int not null) on commit drop;

-- name: put_shelved
-- Put pages $1 on shelves $2.
insert into shelved select * from unnest($1::text[], $2::int[]);

-- name: moved
-- Passages that stand on another shelf than their page belongs to now.
create temporary table moved (id bigint, old int, new int) on commit drop;

-- name: find_moved
-- Find the moved passages of source $1.
insert into moved select passage.id, passage.shelf, coalesce(shelved.shelf, passage.source)
from passage left join shelved on shelved.url = passage.url
where passage.source = $1 and passage.shelf <> coalesce(shelved.shelf, passage.source);

-- name: moved_shelves
-- From which shelves passages move, and to which.
select distinct old, new from moved;

-- name: move_df_down
-- Fewer passages of shelf $1 hold the terms of what moved away.
update lexeme set df = lexeme.df - counted.ndoc
from ts_stat(format('select terms from lexical where passage in (select id from moved where old = %s)', $1::int)) counted
where lexeme.shelf = $1 and lexeme.term = counted.word;

-- name: move_df_up
-- More passages of shelf $1 hold the terms of what moved there.
insert into lexeme (term, shelf, df)
select word, $1, ndoc from ts_stat(format('select terms from lexical where passage in (select id from moved where new = %s)', $1::int))
where word not like '#%'
on conflict (term, shelf) do update set df = lexeme.df + excluded.df;

-- name: move_vectors
-- The vector side finds moved passages on their new shelf.
update vector_space_id vector set shelf = moved.new from moved where vector.passage = moved.id;

-- name: move_words
-- The lexical side finds moved passages on their new shelf, and no longer on the old one.
update lexical set terms = ts_delete(lexical.terms, '#' || moved.old) || ('''#' || moved.new || '''')::tsvector
from moved where lexical.passage = moved.id;

-- name: move_passages
-- Moved passages are shown as those of their new shelf.
update passage set shelf = moved.new from moved where passage.id = moved.id;

-- name: switch_used
-- Vectors that a passage holds are no longer spare.
delete from spare_space_id spare using passage
where passage.crawl = $1 and passage.source = $2 and passage.identity = spare.identity;

-- name: switch_pages
-- Store what is known of the pages that were found.
insert into page (source, url, title, etag, last_modified, links, fingerprint, says, reading, crawl)
select $2, url, title, etag, last_modified, links, fingerprint, says, reading, $1 from staged_page where crawl = $1
on conflict (source, url) do update
set title = case when (select unchanged from staged_page where crawl = $1 and staged_page.url = excluded.url)
                 then page.title else excluded.title end,
    etag = case when excluded.etag = '' and excluded.last_modified = '' then page.etag else excluded.etag end,
    last_modified = excluded.last_modified, links = excluded.links, fingerprint = excluded.fingerprint, says = excluded.says,
    reading = excluded.reading, misses = 0, crawl = excluded.crawl;

-- name: switch_gone
-- Remove pages that are gone.
delete from page where source = $1 and url = any ($2::text[]);

-- name: switch_missed
-- Count a miss of pages that were not found this time, and stay.
update page set misses = misses + 1 where source = $1 and url = any ($2::text[]);

-- name: switch_count
-- Count what readers see of the source from here on.
with counted as (
  select shelf, count(*) as passages from passage where source = $1 group by shelf
), shelves as (
  update shelf set passages = coalesce((select counted.passages from counted where counted.shelf = shelf.id), 0) where source = $1
)
update source set passages = (select coalesce(sum(passages), 0) from counted),
       pages = (select count(*) from page where page.source = $1 and misses = 0),
       readings = (select coalesce(jsonb_object_agg(reading, pages), '{}')
                   from (select reading, count(*) as pages from page where page.source = $1 and misses = 0 group by reading) counted)
where id = $1 returning passages;

-- name: remove_source
-- Remove a source; its passages, pages, vectors and crawls follow.
delete from source where id = $1;

-- name: doomed_of_source
-- Doom all passages of a source.
insert into doomed select id, identity, shelf from passage where source = $1;

-- name: tidy_lexemes
-- Remove terms that no passage on the shelves of source $1 holds.
delete from lexeme where shelf in (select id from shelf where source = $1) and df <= 0;

-- name: sweep_spare
-- Remove vectors that no passage has needed for $1 days, unless a crawl counts on them now.
delete from spare_space_id spare where since < now() - make_interval(days => $1)
and not exists (select from staged_passage where staged_passage.identity = spare.identity);

-- name: spaces
-- The embedding models that were ever used, the live one first.
select id, model, dimensions, live from space order by live desc, id;

-- name: add_space
-- Add a model, for which tables are made next.
insert into space (model, dimensions, live) values ($1, $2, $3) returning id;

-- name: retire_spaces
-- No space is live for a moment; the next statement of the same transaction sets one.
update space set live = false where live;

-- name: enliven_space
-- Readers use this space from now on.
update space set live = true where id = $1;

-- name: forget_graph
-- Drop the graph of a space that is filled again: a graph takes in rows many times more slowly than a table. Nobody
-- searches it.
drop index if exists vector_space_id_graph;

-- name: empty_space
-- Remove what an earlier use of this space, or an attempt cut short, left.
truncate vector_space_id;

-- name: fill_space
-- Give every passage its vector of the new space.
insert into vector_space_id (passage, shelf, embedding)
select passage.id, passage.shelf, spare.embedding
from passage join spare_space_id spare on spare.identity = passage.identity
on conflict (passage) do nothing;

-- name: fill_used
-- Vectors that a passage holds are no longer spare.
delete from spare_space_id spare using passage where passage.identity = spare.identity;

-- name: rows_without_vector
-- How many passages fill_space had no vector for.
select count(*) from passage where not exists (select from vector_space_id vector where vector.passage = passage.id);

-- name: vector_rows
-- How many rows the live space has.
select count(*) from vector_space_id;

-- name: sort_in_words
-- Move what a switch put on the word index's pending list to where searches find it fast.
select gin_clean_pending_list('lexical_terms');

-- name: graph_exists
-- Whether the graph has been built, completely.
select exists (select from pg_index where indexrelid = to_regclass('vector_space_id_graph') and indisvalid);

-- name: graph_size
-- The graph's size in bytes; no row as long as it is not complete.
select pg_relation_size(indexrelid) from pg_index where indexrelid = to_regclass('vector_space_id_graph') and indisvalid;

-- name: graph_lock
-- One build at a time, until the session ends; another process that holds the lock builds for us.
select pg_try_advisory_lock(7003);

-- name: drop_graph
-- Drop what a build that was cut short has left: incomplete, and used by nobody.
drop index concurrently if exists vector_space_id_graph;

-- name: build_graph
-- HNSW over half precision; the vectors have length one, so inner product is cosine.
create index concurrently if not exists vector_space_id_graph on vector_space_id using hnsw (embedding halfvec_ip_ops);

-- name: lift_deadlines
-- Lift the deadlines that the server or the role sets for a statement, in this session. Some are new in Postgres 17.
select set_config(name, '0', false) from pg_settings
where name in ('statement_timeout', 'lock_timeout', 'transaction_timeout');

-- name: graph_server
-- Our backend, the bytes that maintenance work may take here, and whether this is the embedded server, which runs on
-- our machine (its name is set in core/embedded/settings.py).
select pg_backend_pid() as pid, setting::bigint * 1024 as own,
       current_setting('cluster_name') = 'footnote' and inet_server_addr() is null as embedded
from pg_settings where name = 'maintenance_work_mem';

-- name: graph_memory
-- The memory that the build may take, in this session.
select set_config('maintenance_work_mem', $1, false);

-- name: graph_alone
-- No second process, which would need shared memory.
set max_parallel_maintenance_workers = 0;

-- name: graph_progress
-- How far a build is, by backend $1 or by any (null). On disk, rows are not counted, so blocks say more.
select phase, tuples_done as tuples, blocks_done::float8 / nullif(blocks_total, 0) as share
from pg_stat_progress_create_index
where relid = to_regclass('vector_space_id') and pid = coalesce($1, pid) and command like 'CREATE INDEX%';

-- name: versions
-- For doctor: Postgres, pgvector, rows.
select current_setting('server_version') as postgres,
       (select extversion from pg_extension where extname = 'vector') as pgvector,
       (select count(*) from passage) as passages, (select count(*) from source) as sources;
