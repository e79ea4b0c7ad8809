"""Find the messages of a history that were for the bot when they were written.

    find_addressed    in a conversation: mentions, and everything in a direct message
    find_follow_ups   in a thread: all messages from where the bot was in it
    drop_stopped      leaves out what somebody stopped meanwhile

Which of them are questions, `bot.triggers` decides by what came before each: a person who asked in a thread at noon did
not follow up there in the morning. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.attention import Trigger
from bot.phrases import is_stop
from bot.slack.history import at_of
from bot.slack.payloads import Json
from bot.slack.reading import Me, SlackAsk, is_ours, read_found
from core.inbox.port import Visibility


def has_news(message: Json, since: float, me: Me) -> bool:
    """Return whether somebody other than the bot may have replied to a message since then."""
    return at_of(message, "latest_reply") > since and not (
        message.get("reply_users_count") == 1 and message.get("reply_users") == [me.user]
    )


def find_addressed(messages: Iterable[Json], channel: str, since: float, me: Me, *, external: bool) -> list[SlackAsk]:
    """Return the messages for the bot outside of threads since then."""
    found = [read_found(each, channel, me, external=external) for each in messages if at_of(each) > since]
    return [each for each in found if isinstance(each, SlackAsk) and each.why is Trigger.ADDRESSED]


def find_follow_ups(
    thread: Sequence[Json], people: Mapping[str, float], channel: str, since: float, me: Me, *, external: bool
) -> list[SlackAsk]:
    """Return the messages since then in a thread, from where the bot was in it: `bot.triggers` decides by their order.

    `people`: who is known to have asked there, and since when.
    """
    engaged, found = any(at < since for at in people.values()), list[SlackAsk]()
    for message in sorted(thread, key=at_of):
        ask = read_found(message, channel, me, external=external)
        if is_ours(message, me):
            engaged = True
        elif isinstance(ask, SlackAsk) and (engaged or ask.why is Trigger.ADDRESSED):
            engaged = True
            found += [ask] if at_of(message) > since else []
    return found


def drop_stopped(found: Iterable[SlackAsk]) -> list[SlackAsk]:
    """Return the questions in the order in which they were asked, without the stops and what somebody stopped."""
    left: list[SlackAsk] = []
    for ask in sorted(found, key=_ts):
        if is_stop(ask.incoming.text):
            left = [each for each in left if not _is_stopped_by(ask, each)]
        else:
            left.append(ask)
    return left


def _is_stopped_by(stop: SlackAsk, ask: SlackAsk) -> bool:
    """Return whether a stop ends a question, as in `bot.intake.Intake.is_asked`.

    In a conversation with the bot alone, a stop outside of threads ends all.
    """
    word, asked = stop.incoming, ask.incoming
    return word.thread == asked.thread or (word.visibility is Visibility.DIRECT and not word.details.in_thread)


def _ts(ask: SlackAsk) -> float:
    return ask.incoming.details.at
