-- Reason: sources that are more than a site, crawls that go on where a killed process left them, and work that is
-- shared by processes on any number of machines: requests, batches to embed, and a clock that fires once.

-- What a source is read from, and what of it. A list's further start pages are `urls`; a folder's root_url is file://.
alter table source
  add column kind     text not null default 'site' check (kind in ('site', 'page', 'list', 'folder')),
  add column urls     text[] not null default '{}',
  add column include  text[] not null default '{}',  -- patterns of urls; empty: all
  add column exclude  text[] not null default '{}',
  add column pdf      boolean not null default false,
  add column schedule text not null default '',      -- empty: RECRAWL_CRON; 'off'; a cron line; 'every 6h'
  add column language text not null default '';      -- which one wins; empty: DOCS_LANGUAGE

-- A crawl that was cut short is gone on with where the source is still what it was (`definition`) and all pages that
-- it staged are there (`staged`: the tables below are unlogged, and empty after a crash of Postgres).
alter table crawl
  add column definition jsonb not null default '{}',
  add column staged     int not null default 0,
  add column switched   boolean not null default false,
  add column holder     uuid;                        -- the process at it; another one that takes over puts its own
create unlogged table visited (
  crawl  bigint not null references crawl on delete cascade,
  url    text not null,
  record bytea not null,                             -- ingest.journal
  primary key (crawl, url)
);

-- Why urls of the last crawl of a source are not in the index.
create table left_out (
  source int not null references source on delete cascade,
  url    text not null,
  reason text not null,
  primary key (source, url)
);

-- The one door to a crawl or a preview, for chat, clock and command line; its row is also where its progress is read.
create table request (
  id          bigint generated always as identity primary key,
  kind        text not null check (kind in ('crawl', 'preview')),
  source      int references source on delete cascade,       -- of a crawl
  options     jsonb not null default '{}',
  asked_by    text not null,
  asked_at    timestamptz not null default now(),
  state       text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  worker      text not null default '',
  started_at  timestamptz,
  finished_at timestamptz,
  progress    jsonb not null default '{}',
  report      jsonb,
  error       text not null default ''
);
-- Requests for one source coalesce while they wait.
create unique index one_waiting_crawl on request (source) where kind = 'crawl' and state = 'waiting';
create index request_state on request (state, asked_at);

-- Passages of a crawl that some worker is to embed. A row is held until `until`, and goes when its vectors are stored.
create table batch (
  id         bigint generated always as identity primary key,
  crawl      bigint not null references crawl on delete cascade,
  identities bytea[] not null,
  holder     text not null default '',
  until      timestamptz,
  error      text not null default ''
);
create index batch_of_crawl on batch (crawl, id);

-- One row a firing of a schedule, however many processes watch the clock.
create table schedule_slot (
  source int not null references source on delete cascade,
  slot   timestamptz not null,
  primary key (source, slot)
);
