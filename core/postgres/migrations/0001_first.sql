-- Reason: the first schema. Readers see `passage`, `lexical` and the vectors of the live space; a crawl fills the two
-- `staged_` tables and one transaction moves them over (core/sql/queries.sql, "switch").

create extension if not exists vector;

-- One documentation site.
create table source (
  id            int generated always as identity primary key,
  name          text not null unique,
  root_url      text not null,
  served_at     text not null default '',
  scope         text not null default '',
  allow_private boolean not null default false,
  licence       text not null default '',
  visible_to    text[],                       -- null: everybody; else workspaces and channels
  passages      int not null default 0,       -- decides exact or graph search when a question names this source
  added_at      timestamptz not null default now()
);

-- One pass over one source, kept as its history.
create table crawl (
  id          bigint generated always as identity primary key,
  source      int not null references source on delete cascade,
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  progress    jsonb not null default '{}',
  report      jsonb
);
create index crawl_of_source on crawl (source, id desc);

-- What is known of each page, for the next crawl: validators, and for when it answers 304 its links and what tells it
-- from the other pages.
create table page (
  source        int not null references source on delete cascade,
  url           text not null,
  title         text not null,
  etag          text not null default '',
  last_modified text not null default '',
  links         text[] not null default '{}',
  fingerprint   text not null default '',     -- of its text; the same for pages that say the same
  misses        int not null default 0,       -- crawls in a row that did not find it
  crawl         bigint not null,              -- the last one that did
  primary key (source, url)
);

-- What readers are shown.
create table passage (
  id       bigint generated always as identity primary key,
  source   int not null references source on delete cascade,
  crawl    bigint not null,                   -- the one that added it
  url      text not null,
  ordinal  int not null,
  anchor   text not null,
  path     text[] not null,
  title    text not null,
  kind     text not null check (kind in ('prose', 'code', 'table', 'api')),
  language text not null,
  body     text not null,
  identity bytea not null,                    -- core.domain.Passage.identity
  unique (source, url, identity)
);
create index passage_identity on passage (identity);

-- What lexical search reads; narrow, and without the text. Made by core/terms.py, never by to_tsvector.
create table lexical (
  passage bigint primary key references passage on delete cascade,
  terms   tsvector not null,                  -- candidates; holds one more lexeme, '#' || source, as the filter
  weights sparsevec(16777216) not null        -- BM25 weights by hashed term
) with (toast_tuple_target = 8160);           -- rows of 2 to 4 kB stay whole: search reads both columns
-- Rows go to the index's list first and are sorted in after each switch ("sort_in_words"): eight times as fast.
create index lexical_terms on lexical using gin (terms) with (fastupdate = on);

-- How many passages of a source hold a term; kept exact by each switch. A source at a time, so that a search of some
-- sources weighs words by these alone: what is rare in one manual is common in another.
create table lexeme (
  term   text not null,
  source int not null references source on delete cascade,
  df     int not null,
  primary key (term, source)
);

-- One embedding model. Its vectors live in vector_<id> and spare_<id>, made by core/sql/space.sql, because the number
-- of dimensions is part of a column's type.
create table space (
  id         int generated always as identity primary key,
  model      text not null unique,
  dimensions int not null,
  live       boolean not null default false
);
create unique index one_live_space on space (live) where live;

-- A crawl's findings until the switch. Unlogged: after a crash of Postgres the crawl is run again.
create unlogged table staged_page (
  crawl         bigint not null references crawl on delete cascade,
  url           text not null,
  title         text not null,
  etag          text not null,
  last_modified text not null,
  links         text[] not null,
  fingerprint   text not null default '',
  unchanged     boolean not null,
  primary key (crawl, url)
);
create unlogged table staged_passage (
  crawl    bigint not null references crawl on delete cascade,
  url      text not null,
  ordinal  int not null,
  anchor   text not null,
  path     text[] not null,
  title    text not null,
  kind     text not null,
  language text not null,
  body     text not null,
  identity bytea not null,
  terms    text not null,
  weights  sparsevec(16777216) not null,
  primary key (crawl, url, identity)
) with (toast_tuple_target = 8160);
