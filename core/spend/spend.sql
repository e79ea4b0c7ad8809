-- What calls of models took (core/spend/port.py), by name, as in queries.sql. Days are UTC's. Writing purposes are
-- rewrite, answer and check, as core.calls.WRITING has them.

-- name: spend_cap
-- The cap that is reached for person $2 of platform $1 in channel $3: the install's $4, a person's $5, a channel's $6
-- (0: none). One statement over the rows of today, which all processes write.
select case
    when $4::bigint > 0 and install >= $4 then 'day'
    when $5::bigint > 0 and $2::text <> '' and of_person >= $5 then 'person'
    when $6::bigint > 0 and $3::text <> '' and of_channel >= $6 then 'channel' end as cap
from (
  select coalesce(sum(sent + received), 0) as install,
         coalesce(sum(sent + received) filter (where platform = $1::text and person = $2), 0) as of_person,
         coalesce(sum(sent + received) filter (where platform = $1 and channel = $3), 0) as of_channel
  from spend where day = (now() at time zone 'utc')::date and purpose in ('rewrite', 'answer', 'check')) spent

-- name: spend_record
-- Calls, one in each place of the arrays: platforms $1, workspaces $2, people $3, channels $4, models $5, purposes
-- $6, tokens sent $7 and received $8, whether they are estimated $9, units $10. A person who was forgotten while the answer was written
-- is counted without a name. In the order of the key, so that two processes do not lock each other.
insert into spend (day, platform, tenant, person, channel, model, purpose, calls, sent, received, estimated, units)
select (now() at time zone 'utc')::date, platform, case when is_gone then '' else tenant end,
       case when is_gone then '' else person end,
       case when is_gone then '' else channel end, model, purpose, count(*), sum(sent), sum(received),
       coalesce(sum(sent + received) filter (where estimated), 0), sum(units)
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
            $9::boolean[], $10::bigint[]) call (platform, tenant, person, channel, model, purpose, sent, received, estimated, units),
     lateral (select exists (
       select from unnamed where hash = hash_key(platform, 'spend', person) and until > now()) as is_gone) known
group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7
on conflict (day, platform, tenant, person, channel, model, purpose) do update
set calls = spend.calls + excluded.calls, sent = spend.sent + excluded.sent,
    received = spend.received + excluded.received, estimated = spend.estimated + excluded.estimated,
    units = spend.units + excluded.units

-- name: spend_sums
-- What was spent in the last $1 days: in all, by day, and by model and purpose; and by the $6 people and channels with
-- the most tokens, as far as they are in the places $7 (null: all). Prices: of the models $2, of a million tokens sent
-- $3 and received $4, of a unit $5. One statement, so that the figures agree with each other.
select * from (
  select case grouping(day, person, channel, model)
           when 7 then 'day' when 11 then 'person' when 13 then 'channel' when 14 then 'model' else 'total' end as kind,
         day, platform, person, channel, model, purpose,
         coalesce(sum(calls), 0)::bigint as calls, coalesce(sum(sent), 0)::bigint as sent,
         coalesce(sum(received), 0)::bigint as received, coalesce(sum(estimated), 0)::bigint as estimated,
         coalesce(sum(units), 0)::bigint as units,
         coalesce(sum((sent * price_sent + received * price_received) / 1e6 + units * price_unit), 0)::float8 as cost,
         coalesce(sum(sent + received) filter (where price_unit is null), 0)::bigint as unpriced,
         row_number() over (partition by grouping(day, person, channel, model)
                            order by coalesce(person, channel, '-') = '', sum(sent + received) desc, platform, person,
                                     channel) as nth
  from (
    select day, platform, case when is_seen then person else '' end as person,
           case when is_seen then channel else '' end as channel, model, purpose, calls, sent, received, estimated, units
    from spend, lateral (select $7::text[] is null
      or array[platform || ':' || tenant, platform || ':' || tenant || '/' || channel] && $7::text[] as is_seen) seen
    where day > (now() at time zone 'utc')::date - $1::int) spent
  left join unnest($2::text[], $3::float8[], $4::float8[], $5::float8[])
         price (model, price_sent, price_received, price_unit) using (model)
  group by grouping sets ((), (day), (platform, person), (platform, channel), (model, purpose))) sums
where (kind not in ('person', 'channel') or nth <= $6 and person is distinct from '' and channel is distinct from '')
order by kind, day, sent + received desc, platform, person, channel, model, purpose

-- name: spend_today
-- Tokens of models that write, today.
select coalesce(sum(sent + received), 0)::bigint from spend
where day = (now() at time zone 'utc')::date and purpose in ('rewrite', 'answer', 'check')

-- name: hold_spend
-- Until the transaction ends, no call is counted: one under way may still be counted under a name.
lock table spend in share row exclusive mode

-- name: forget_spend_of
-- The counts of person $1, on platform $2 or (null) all, stay by day, without who and where it was.
with gone as (
  delete from spend where person = $1 and ($2::text is null or platform = $2) returning *)
insert into spend
select day, platform, '', '', '', model, purpose, sum(calls), sum(sent), sum(received), sum(estimated), sum(units)
from gone group by day, platform, model, purpose
on conflict (day, platform, tenant, person, channel, model, purpose) do update
set calls = spend.calls + excluded.calls, sent = spend.sent + excluded.sent,
    received = spend.received + excluded.received, estimated = spend.estimated + excluded.estimated,
    units = spend.units + excluded.units

-- name: unname
-- Calls for person $1 on the platforms $2 are counted without a name for $3 minutes: longer than an answer takes.
insert into unnamed (hash, until)
select hash_key(platform, 'spend', $1), now() + make_interval(mins => $3) from unnest($2::text[]) platform
on conflict (hash) do update set until = excluded.until

-- name: lift_unnamed
-- Hashes that are over.
delete from unnamed where until < now()

-- name: forget_spenders
-- Counts of over $1 days ago stay by day, without people and channels.
with gone as (
  delete from spend where day < (now() at time zone 'utc')::date - $1::int and (tenant, person, channel) <> ('', '', '')
  returning *)
insert into spend
select day, platform, '', '', '', model, purpose, sum(calls), sum(sent), sum(received), sum(estimated), sum(units)
from gone group by day, platform, model, purpose
on conflict (day, platform, tenant, person, channel, model, purpose) do update
set calls = spend.calls + excluded.calls, sent = spend.sent + excluded.sent,
    received = spend.received + excluded.received, estimated = spend.estimated + excluded.estimated,
    units = spend.units + excluded.units

-- name: forget_spend
-- Counts of over $1 days ago; not those that still name people, for $2 days.
delete from spend where day < (now() at time zone 'utc')::date - greatest($1::int, $2::int)
