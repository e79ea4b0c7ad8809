-- Who spoke to whom: messages that are left alone, remembered without their text, and the questions among them.

-- name: conversation
-- Who said what of which kind in thread $4 before $5, oldest first; $6: in all threads of the channel, within a day.
-- A question that stayed unsaid is a remark.
select * from (
  select place_key, array[author] as authors, said_at, kind from utterance
  where platform = $1 and tenant = $2 and channel = $3 and (thread = $4 or $6)
    and said_at < $5::float8 and said_at > case when $6 then $5::float8 - 86400 else 0 end
  union all
  select place_key, array[asker] || array(select jsonb_array_elements_text(coalesce(details -> 'authors', '[]'))),
         asked.at, case state when 'silent' then 'remark' else 'question' end
  from question, lateral (select coalesce((details ->> 'at')::float8, extract(epoch from asked_at)) as at) asked
  where platform = $1 and tenant = $2 and channel = $3 and (thread = $4 or $6) and way in ('thread', 'direct')
    and state not in ('withdrawing', 'withdrawn')
    and asked.at < $5::float8 and asked.at > case when $6 then $5::float8 - 86400 else 0 end
  order by said_at desc limit 2000) latest
order by said_at;

-- name: remember
-- A message that is left alone; no row where it is known already, or is a question.
insert into utterance (platform, tenant, channel, thread, place_key, author, kind, said_at)
select $1, $2, $3, $4, $5, $6, $7, $8
where not exists (select from question where platform = $1 and tenant = $2 and place_key = $5)
on conflict do nothing returning place_key;

-- name: hand_over_at
-- When the thread was handed over of which $3 is the mark.
select said_at from utterance where platform = $1 and tenant = $2 and place_key = $3;

-- name: find_thread
-- The thread of the question $3, or of the answer that $4 is a part of; the younger where a thread was begun again.
select channel, thread from question
where platform = $1 and tenant = $2 and (place_key = $3 or $4 = any(parts)) and way in ('thread', 'direct')
order by id desc limit 1;

-- name: is_left_alone
-- Whether a message was left alone before.
select exists (select from utterance where platform = $1 and tenant = $2 and place_key = $3);

-- name: forget_utterance
-- A message that was deleted. What it ordered stays: quiet ends by words to the bot alone.
delete from utterance
where platform = $1 and tenant = $2 and place_key = $3 and kind not in ('mute', 'unmute', 'hand_over');

-- name: forget_utterances
-- What was left alone $1 days ago.
delete from utterance where stored_at < now() - make_interval(days => $1);

-- name: keep_orders_of
-- What person $1 ordered in threads where others asked, on platform $2 or (null) all, stays without who it was and
-- which message: the bot does not speak again because somebody is forgotten.
update utterance ordered
set author = 'somebody',
    place_key = case when place_key like 'hand_over:%' then place_key else 'somebody:' || gen_random_uuid() end
where author = $1 and ($2::text is null or platform = $2) and kind in ('mute', 'unmute', 'hand_over')
  and exists (
    select from question asked
    where (asked.platform, asked.tenant, asked.channel, asked.thread)
        = (ordered.platform, ordered.tenant, ordered.channel, ordered.thread)
      and asked.asker <> $1 and not coalesce(asked.details -> 'authors' ? $1, false));

-- name: forget_utterances_of
-- What person $1 said and what was left alone, on platform $2 or (null) all.
delete from utterance where author = $1 and ($2::text is null or platform = $2);
