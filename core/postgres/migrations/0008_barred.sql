-- Reason: what was forgotten is not asked again by whatever finds its message once more (a redelivery, a catch-up after a
-- restart, another process), and a signed request is carried out once. Both leave a hash, which goes after a while.

-- What is not taken in. A hash holds no content: of a message it is keyed, of a request it is that of its signature.
create table barred (
  hash  bytea primary key,
  until timestamptz not null
);
create index barred_until on barred (until);

-- The key of the hashes of messages: one row, never shown.
create table bar_key (
  one   boolean primary key default true check (one),
  value bytea not null
);
insert into bar_key (value) select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

-- What one message or delivery is barred as; both keys of a question are keys of this kind.
create function hash_key(platform text, tenant text, key text) returns bytea
language sql stable
return (select sha256(value || convert_to(json_build_array(platform, tenant, key)::text, 'UTF8')) from bar_key);

-- In the table and not in a statement, so that it holds for every insert that there is or will be.
create function drop_barred_question() returns trigger
language plpgsql set search_path from current as $$
begin
  if exists (
    select from barred
    where hash in (
      hash_key(new.platform, new.tenant, new.event_key), hash_key(new.platform, new.tenant, new.place_key))
  ) then
    return null;
  end if;
  return new;
end
$$;
create trigger drop_barred before insert on question for each row execute function drop_barred_question();

-- The title of a thread is somebody's words, and nobody knows whose: it is asked for when it is needed.
update question set details = details - 'title' where details ? 'title';
