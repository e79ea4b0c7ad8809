-- Reason: two processes take in what a platform delivers, and a deletion may be stored before its question: the message is
-- gone, and would be answered. The deletion of a message that is not known bars it, as that of a forgotten one.

-- Until the transaction ends, a message is either stored or barred. Both take the lock of the table first: `forget` holds
-- the table, and nobody may wait for it with a message in hand.
create function hold_message(platform text, tenant text, place_key text) returns void
language sql
begin atomic
  select pg_advisory_xact_lock(hashtextextended(json_build_array('message', platform, tenant, place_key)::text, 0));
end;

create or replace function drop_barred_question() returns trigger
language plpgsql set search_path from current as $$
begin
  perform hold_message(new.platform, new.tenant, new.place_key);
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

-- Bar a message for so many hours, unless it is stored. Each statement sees what was committed before it: the look at
-- the table is after the lock. -> whether it is barred.
create function bar_missing(of_platform text, of_tenant text, of_place text, hours int) returns boolean
language plpgsql set search_path from current as $$
begin
  lock table question in row exclusive mode;
  perform hold_message(of_platform, of_tenant, of_place);
  if exists (select from question where platform = of_platform and tenant = of_tenant and place_key = of_place) then
    return false;
  end if;
  insert into barred (hash, until) values (hash_key(of_platform, of_tenant, of_place), now() + make_interval(hours => hours))
  on conflict (hash) do update set until = greatest(barred.until, excluded.until);
  return true;
end
$$;
