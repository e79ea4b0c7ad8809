-- Reason: versions and languages of a documentation. Each edition of a source has a shelf, whose number stands where
-- the source's did in what search filters by; so a search of some editions costs what one of some sources does.

-- Numbers are drawn from the sequence of sources; the first shelf of a source has the source's own number, and no name
-- where the site has but one edition. Which shelves are searched by default is decided when a question comes
-- (core/editions.py): a newer version is a new shelf, and no row of the others is touched.
create table shelf (
  id       int primary key,
  source   int not null references source on delete cascade,
  place    text not null default '',          -- the folder that holds the versions
  version  text not null default '',
  language text not null default '',
  passages int not null default 0,            -- decides exact or graph search
  unique (source, place, version, language)
);
insert into shelf (id, source, passages) select id, id, passages from source;

alter table passage add column shelf int;
update passage set shelf = source;
alter table passage alter column shelf set not null;

-- Words are counted by shelf: what is rare in one version is so in each, and would be common in all of them together.
alter table lexeme drop constraint lexeme_source_fkey;
alter table lexeme rename column source to shelf;
alter table lexeme add foreign key (shelf) references shelf on delete cascade;

-- What a page says of its own edition. Pages are read once more to learn it: validators are forgotten.
alter table page add column says text not null default '';
update page set etag = '', last_modified = '';
alter table staged_page add column says text not null default '';

do $$
declare number int;
begin
  for number in select id from space loop
    execute format('alter table vector_%s rename column source to shelf', number);
    execute format('alter index vector_%s_source rename to vector_%s_shelf', number, number);
  end loop;
end $$;
