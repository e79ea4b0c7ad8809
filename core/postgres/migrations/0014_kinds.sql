-- Reason: a kind of source is a module of ingest/kinds and its line in the registry; no list of them is kept here.

alter table source drop constraint source_kind_check;
