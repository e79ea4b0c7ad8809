-- Reason: the console shows what a crawl changed, page by page, lets people pause a source, and its acts are in the audit.

-- How many pages the switch of a crawl added, changed, removed and left as they were; {} where it did not switch.
alter table crawl add column difference jsonb not null default '{}';

-- Which pages those were: the first ones of each kind by url (core.index.corpus.NAMED), of a source's last switch.
create table page_change (
  crawl  bigint not null references crawl on delete cascade,
  url    text not null,
  title  text not null,
  change text not null check (change in ('added', 'changed', 'removed')),
  gained int not null,                        -- passages that readers did not have before
  lost   int not null,                        -- passages that they no longer have
  primary key (crawl, url)
);

-- From where an act was given: '' a chat, 'console', 'command line'.
alter table audit add column via text not null default '';

-- No schedule fires while a source is paused; the schedule stays.
alter table source add column paused boolean not null default false;

-- What is read by screens: the requests of a source, and the mutes that hold.
create index request_of_source on request (source, id desc);
create index utterance_mute on utterance (platform, tenant, channel, thread, said_at) where kind = 'mute';
