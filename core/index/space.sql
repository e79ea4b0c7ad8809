-- The two tables of one embedding space. `space_id` and `space_dimensions` are replaced by integers
-- (core/postgres/statements.py).

-- Narrow on purpose: no text, no TOAST. The graph is built once there are enough rows (queries.sql, "build_graph").
create table vector_space_id (
  passage   bigint primary key references passage on delete cascade,
  shelf     int not null,
  embedding halfvec(space_dimensions) not null
);
alter table vector_space_id alter column embedding set storage plain;
create index vector_space_id_shelf on vector_space_id (shelf);

-- Vectors that no passage uses: of staged passages before the switch, and of removed ones for a while after it, so
-- that words that come back are not embedded again. Content-addressed: storing one twice is harmless.
create table spare_space_id (
  identity  bytea primary key,
  embedding halfvec(space_dimensions) not null,
  since     timestamptz not null default now()
);
alter table spare_space_id alter column embedding set storage plain;
