-- Reason: passages depend on the rules that read a page. A page that says "not modified" is read again once they change.
alter table page add column reading int not null default 1;         -- core.domain.READING, when the page was read
alter table staged_page add column reading int not null default 1;

-- How many pages were read under which number; counted by each switch, so that a list of sources reads no page.
alter table source add column readings jsonb not null default '{}';
update source set readings = jsonb_build_object('1', pages) where pages > 0;
