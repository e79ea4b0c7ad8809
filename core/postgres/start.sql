-- What a database is asked before it is used: which one it is, and what it lacks; by name, as in queries.sql.

-- name: server_version
-- The version of Postgres: 160014 for 16.14.
select current_setting('server_version_num')::int;

-- name: server_encoding
-- The encoding that text is stored in: `UTF8` or another.
select current_setting('server_encoding');

-- name: vector_available
-- The version of pgvector that could be installed; null: none.
select default_version from pg_available_extensions where name = 'vector';

-- name: vector_installed
-- The version of pgvector that this database has.
select extversion from pg_extension where extname = 'vector';

-- name: vector_schema
-- The schema of pgvector's types.
select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'vector';

-- name: search_path
-- Where this session finds tables and types, with the schema of pgvector behind it; whether that one may be used, and
-- where new tables would go (null: nowhere).
select concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident(nspname)) as path, nspname as schema,
       nspname = any (current_schemas(true)) as seen, has_schema_privilege(pg_namespace.oid, 'usage') as usable,
       current_schema() as home
from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'vector';

-- name: set_setting
-- Set $1 to $2 for the rest of this session.
select set_config($1, $2, false);

-- name: queue_is_there
-- Whether the tables of a queue are in this database.
select exists (select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
               where nspname = 'footnote_queue' and relname = 'pgqueuer');

-- name: backend
-- The process that serves this session.
select pg_backend_pid();

-- name: migration_lock
-- One process migrates at a time.
select pg_advisory_lock(7000);

-- name: migration_unlock
-- The migrations are done.
select pg_advisory_unlock(7000);

-- name: migration_table
-- The migrations that were applied.
create table if not exists migration (number int primary key, at timestamptz default now());

-- name: migrations_done
-- The numbers of the migrations that were applied.
select number from migration;

-- name: note_migration
-- Note that migration $1 was applied.
insert into migration (number) values ($1);
