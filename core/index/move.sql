-- Queries to both databases while an index moves from one to the other; by name, as in queries.sql.

-- name: others_at_work
-- Other footnotes that are connected to this database.
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and application_name in ('footnote', 'footnote-worker');

-- name: columns
-- The columns of table $1, in order, without those that Postgres makes itself.
select attname from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum;

-- name: references
-- Which table refers to which.
select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
where contype = 'f' and conrelid = any ($1::text[]::regclass[]);

-- name: sequences
-- The sequences that number columns of the tables $1.
select named, attname, pg_get_serial_sequence(named, attname) as sequence
from unnest($1::text[]) named join pg_attribute on attrelid = named::regclass and attnum > 0 and not attisdropped
where pg_get_serial_sequence(named, attname) is not null;

-- name: sequence_state
-- The state of the sequence whose name takes the place of sequence_name.
select last_value, is_called from sequence_name;

-- name: set_sequence
-- Let a sequence go on from there.
select setval($1::text::regclass, $2, $3);

-- name: drop_seeds
-- What the migrations themselves put into a new database: the source's own comes in its place.
delete from bar_key;

-- name: rest_triggers
-- What triggers write with a row arrives as rows of its own.
alter table question disable trigger user;
alter table feedback disable trigger user;

-- name: wake_triggers
-- From now on they write.
alter table question enable trigger user;
alter table feedback enable trigger user;

-- name: count_rows
-- The rows of the table whose name takes the place of table_name.
select count(*) from table_name;
