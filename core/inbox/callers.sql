-- Questions of callers (core/inbox/callers.py), by name, as in queries.sql. Each is a row of `question` that is owned from
-- its first moment, so that nobody else answers it. It has a thread, and so a lease, of its own.

-- name: open_caller_question
-- A question with the key $2 that process $7 answers now, held for $8 seconds.
insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, details, turn, state,
                      owner, lease, tries)
values ($1, '', $2, $2, $3, $2, $4, 'direct', $5, $6::jsonb, 0, 'queued', $7, now() + make_interval(secs => $8::float8), 1)
returning id;

-- name: close_caller_question
-- Question $1 is over as $2 with the answer $3, also where it was closed meanwhile because its process was frozen; no row
-- where it was forgotten.
update question
set state = $2, answer = $3::jsonb, answered_at = case when $3::jsonb is null then null else now() end,
    finished_at = now(), owner = null, lease = null
where id = $1 and state in ('queued', 'undeliverable') and answer is null
returning id;

-- name: discard_caller_question
-- Question $1 was refused before anything was searched.
delete from question where id = $1 and state in ('queued', 'undeliverable') and answer is null returning id;

-- name: close_left_open
-- The process that answered these questions of platforms $1 has died: their callers have gone with it.
update question set state = 'undeliverable', finished_at = now(), owner = null, lease = null
where platform = any ($1::text[]) and state = 'queued' and (lease is null or lease < now())
returning id;

-- name: give_caller_feedback
-- Feedback $4 to $6 of asker $3 about the question with the key $2 on platforms $1, which asked with the same token $7.
insert into feedback (question, who, thumb, reasons, comment)
select id, $3, $4, $5::text[], $6 from question
where platform = any ($1::text[]) and tenant = '' and place_key = $2 and (asker = $7 or starts_with(asker, $7 || ':'))
  and state not in ('withdrawing', 'withdrawn')
on conflict (question, who)
do update set thumb = excluded.thumb, reasons = excluded.reasons, comment = excluded.comment, at = now()
returning question;

-- name: askers_of_token
-- Who asked, judged or reported a gap with token $1, as they are stored: the token itself and its users.
select asker from question where asker = $1 or starts_with(asker, $1 || ':')
union
select who from feedback where who = $1 or starts_with(who, $1 || ':')
union
select asker from reported_gap where asker = $1 or starts_with(asker, $1 || ':');
