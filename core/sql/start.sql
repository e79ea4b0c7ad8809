-- What is asked of a database before it is used: which one it is, and what it lacks; by name, as in queries.sql.

-- name: server_version
-- 160014 for 16.14.
select current_setting('server_version_num')::int;

-- name: server_encoding
-- `UTF8`, or what text is stored as.
select current_setting('server_encoding');

-- name: vector_available
-- The version of pgvector that could be installed; null: none.
select default_version from pg_available_extensions where name = 'vector';

-- name: vector_installed
-- The version that this database has.
select extversion from pg_extension where extname = 'vector';

-- name: vector_schema
-- Where its types are.
select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'vector';

-- name: migration_lock
-- One process migrates at a time.
select pg_advisory_lock(7000);

-- name: migration_unlock
-- It is done.
select pg_advisory_unlock(7000);

-- name: migration_table
-- What was applied.
create table if not exists migration (number int primary key, at timestamptz default now());

-- name: migrations_done
-- Their numbers.
select number from migration;

-- name: note_migration
-- One more.
insert into migration (number) values ($1);
