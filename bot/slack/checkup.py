"""A look at Slack for `footnote doctor`: do the tokens work, and does the app have the scopes that it needs?"""

from __future__ import annotations

from collections.abc import AsyncIterator

from slack_sdk.web.async_client import AsyncWebClient

from bot.face import TryLater
from bot.slack.api import SlackRefused, TokenRefused, explain_refusal, open_web_client
from bot.slack.app import check_settings, explain_missing_scopes, explain_optional_scopes, identity_of
from core.config.settings import Settings
from core.errors import ConfigurationError, FootnoteError
from core.health import Check, Health


async def check_slack(settings: Settings) -> AsyncIterator[Check]:
    """Yield the checks of Slack: ask it who we are, and for a ticket, but open no socket."""
    try:
        check_settings(settings)
        async with open_web_client(
            settings.slack_bot_token.get_secret_value(), settings.slack_api_url, settings.route
        ) as client:
            async for check in _asked(client, settings.slack_app_token.get_secret_value()):
                yield check
    except (SlackRefused, TokenRefused) as error:
        yield Check("slack", Health.FAIL, explain_refusal(error.method, error.error), configuration=True)
    except ConfigurationError as error:
        yield Check("slack", Health.FAIL, str(error), configuration=True)
    except TryLater as error:
        yield Check("slack", Health.FAIL, f"{error} Run this again in a minute.")
    except FootnoteError as error:
        yield Check("slack", Health.FAIL, str(error))


async def _asked(client: AsyncWebClient, app_token: str) -> AsyncIterator[Check]:
    identity = await identity_of(client, app_token)
    transport = "by Socket Mode" if identity.ticket else "over signed HTTP"
    me = identity.me
    yield Check("slack", Health.OK, f"{transport}, as {me.name or me.user} in workspace {me.team}")
    if lacks := explain_missing_scopes(identity):
        yield Check("slack", Health.FAIL, lacks, configuration=True)
    for lacks in explain_optional_scopes(identity):
        yield Check("slack", Health.NOTE, lacks)
