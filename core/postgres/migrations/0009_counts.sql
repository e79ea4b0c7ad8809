-- Reason: what is asked often costs the same however much is stored: pages of a source are counted when readers' view of
-- it changes (switch_count), not each time that somebody looks; and requests that are long over are found by an index.

alter table source add column pages int not null default 0;  -- without those that the last crawl missed
update source set pages = counted.pages
from (select source, count(*) as pages from page where misses = 0 group by source) counted where counted.source = source.id;

create index request_finished on request (kind, finished_at);
