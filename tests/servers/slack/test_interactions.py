"""Commands, presses, shortcuts, modals and the home of the loopback Slack, through the real slack-bolt."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ContextActionsBlock
from slack_sdk.models.blocks.basic_components import FeedbackButtonObject
from slack_sdk.models.blocks.block_elements import FeedbackButtonsElement
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.servers.slack import Message, Slack, View
from tests.servers.slack.bolted import Heard, app_of, client_of, connected

Body = dict[str, Any]


def modal(**more: Any) -> Body:
    element = {"type": "plain_text_input", "action_id": "why"}
    block = {"type": "input", "label": {"type": "plain_text", "text": "Why?"}, "element": element}
    texts = {name: {"type": "plain_text", "text": name} for name in ("title", "submit")}
    return {"type": "modal", "callback_id": "why", "blocks": [block], **texts, **more}


async def with_feedback(slack: Slack) -> Message:
    good, bad = (FeedbackButtonObject(text=value, value=value) for value in ("good", "bad"))
    block = ContextActionsBlock(
        elements=[FeedbackButtonsElement(action_id="rate", positive_button=good, negative_button=bad)]
    )
    posted = await client_of(slack).chat_postMessage(channel="C1", text="So", blocks=[block])
    return slack.channels["C1"].messages[posted["ts"]]


async def test_a_command_is_answered_by_its_ack_and_its_response_url(slack: Slack) -> None:
    app = app_of(slack)

    @app.command("/docs")
    async def docs(ack: AsyncAck, respond: AsyncRespond, command: Body) -> None:
        await ack(f"Looking at {command['text']}")
        await respond(text="Found", response_type="in_channel")
        await respond(text="Found it", replace_original=True)  # a command has no original

    async with connected(slack, app):
        call = await slack.slash("/docs", "list", user="U2", channel="C1")
        await slack.until(lambda: call.acked and call.uses_left == 3)
    by_text = {each.text: each.ephemeral for each in call.responses}  # in any order: bolt acks a little later
    assert by_text == {"Looking at list": "U2", "Found": None, "Found it": "U2"}
    assert [each.text for each in slack.replies("C1", None)] == ["Found"]


async def test_a_response_url_has_five_uses(slack: Slack) -> None:
    call = await slack.slash("/docs", "list", user="U2", channel="C1")
    hook = AsyncWebhookClient(call.response_url)
    statuses = [(await hook.send(text=str(number))).status_code for number in range(6)]
    assert statuses == [200] * 5 + [404]
    assert [each.text for each in slack.ephemerals("U2")] == ["0", "1", "2", "3", "4"]
    assert [call.method for call in slack.calls] == ["response_url"] * 6


async def test_a_command_that_nobody_acks_is_a_timeout_and_comes_once(slack: Slack) -> None:
    slack.sockets.patience = 0.05
    async with connected(slack, app_of(slack)):
        call = await slack.slash("/unheard", "", user="U2", channel="C1")
        await slack.until(lambda: call.envelope.error)
    assert (call.envelope.error, len(call.envelope.sends), call.acked) == ("operation_timeout", 1, False)


@pytest.mark.parametrize("value", ["good", "bad"])
async def test_a_thumb_arrives_with_its_value_and_its_message(slack: Slack, value: str) -> None:
    app, pressed = app_of(slack), []

    @app.action("rate")
    async def rate(ack: AsyncAck, body: Body) -> None:
        await ack()
        pressed.append(body)

    message = await with_feedback(slack)
    async with connected(slack, app):
        await slack.click(message, "rate", user="U3", value=value)
        await slack.until(lambda: pressed)
    (body,) = pressed
    assert (body["actions"][0]["value"], body["actions"][0]["type"]) == (value, "feedback_buttons")
    assert (body["container"]["message_ts"], body["message"]["ts"], body["user"]["id"]) == (
        message.ts,
        message.ts,
        "U3",
    )


async def test_a_press_can_change_or_delete_the_message_it_was_on(slack: Slack) -> None:
    message = await with_feedback(slack)
    done = await slack.click(message, "rate", user="U3", value="bad")
    hook = AsyncWebhookClient(done.response_url)
    await hook.send(text="Thank you", replace_original=True)
    assert message.visible == "Thank you"
    await hook.send(delete_original=True)
    assert message.deleted


async def test_a_button_that_is_not_there_cannot_be_pressed(slack: Slack) -> None:
    message = await with_feedback(slack)
    with pytest.raises(LookupError, match="rate"):
        await slack.click(message, "rate", user="U3", value="so-so")


def app_with_modal(slack: Slack, submitted: list[Body], answer: Body) -> AsyncApp:
    app = app_of(slack)

    @app.shortcut("answer")
    async def open_modal(ack: AsyncAck, body: Body) -> None:
        await ack()
        await client_of(slack).views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("why")
    async def submit(ack: AsyncAck, body: Body) -> None:
        submitted.append(body)
        await ack(**answer)

    return app


async def opened(slack: Slack) -> View:
    ts = await slack.say("C1", "How?")
    await slack.shortcut("answer", "C1", ts, user="U2")
    await slack.until(lambda: slack.views)
    return next(iter(slack.views.values()))


async def test_a_modal_opens_from_a_shortcut_and_closes_with_its_values(slack: Slack) -> None:
    submitted: list[Body] = []
    async with connected(slack, app_with_modal(slack, submitted, {})):
        view = await opened(slack)
        await slack.submit(view, {"why": "Too short"})
        await slack.until(lambda: not view.open)
    ((by_action,),) = [state.values() for state in [submitted[0]["view"]["state"]["values"]]]
    assert by_action == {"why": {"type": "plain_text_input", "value": "Too short"}}
    assert (submitted[0]["view"]["callback_id"], submitted[0]["user"]["id"]) == ("why", "U2")


async def test_a_refused_submit_leaves_the_modal_open_with_its_errors(slack: Slack) -> None:
    submitted: list[Body] = []
    answer = {"response_action": "errors", "errors": {"b": "Say more"}}
    async with connected(slack, app_with_modal(slack, submitted, answer)):
        view = await opened(slack)
        await slack.submit(view, {})
        await slack.until(lambda: view.errors)
    assert (view.open, view.errors) == (True, {"b": "Say more"})


async def test_a_trigger_opens_one_view_and_only_for_three_seconds(slack: Slack) -> None:
    client = client_of(slack)
    call = await slack.slash("/docs", "", user="U2", channel="C1")
    opened_view = (await client.views_open(trigger_id=call.trigger_id, view=modal()))["view"]
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=call.trigger_id, view=modal())
    late = await slack.slash("/docs", "", user="U2", channel="C1")
    late.at -= 4
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=late.trigger_id, view=modal())
    await client.views_update(view_id=opened_view["id"], hash=opened_view["hash"], view=modal(private_metadata="7"))
    assert slack.views[opened_view["id"]].body["private_metadata"] == "7"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=opened_view["id"], hash=opened_view["hash"], view=modal())


async def test_the_home_and_raw_bodies_arrive(slack: Slack) -> None:
    heard = Heard(slack)
    async with connected(slack, heard.app):
        await slack.open_home("U4")
        odd = {"type": "event_callback", "team_id": slack.team, "event": {"type": "app_mention", "user": "U1"}}
        await slack.deliver(odd, copies=2)
        await slack.until(lambda: len(heard.events) == 3)
    home = heard.of_type("app_home_opened")[0]
    assert (home["tab"], home["user"], home["channel"]) == ("messages", "U4", slack.dm("U4").id)
    assert heard.of_type("app_mention") == [{"type": "app_mention", "user": "U1"}] * 2


async def test_a_stranger_in_a_shared_channel_is_marked(slack: Slack) -> None:
    slack.channel("C1", shared=True)
    await slack.say("C1", f"<@{slack.bot_user}> how?", user="U9", team="T_OTHER")
    for envelope in slack.envelopes:
        assert envelope.body["is_ext_shared_channel"] is True
        assert (envelope.body["event"]["team"], envelope.body["event"]["user_team"]) == ("T_OTHER", "T_OTHER")
