"""Slack says who is an app; where it does not, each user counts as a person."""

from __future__ import annotations

import pytest

from bot.slack.api import open_web_client
from bot.slack.people import People
from tests.servers.slack import serve_slack


@pytest.mark.parametrize(("scopes", "is_app_known"), [({"users:read"}, True), (set[str](), False)])
async def test_an_app_is_no_person_where_slack_says_so(scopes: set[str], is_app_known: bool) -> None:
    async with serve_slack() as slack, open_web_client(slack.bot_token, slack.api_url) as client:
        slack.scopes = scopes
        slack.users["UAPP"] = {"is_bot": True}
        people = People(client)
        for _ in range(2):
            assert [await people.is_person(each) for each in ("U1", "UAPP", "nobody")] == [True, not is_app_known, True]
