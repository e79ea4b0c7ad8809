"""The Slack side of a footnote: it checks the tokens, sets up Bolt, and takes in and answers questions until it stops.

    run_slack ──> who we are (auth.test; apps.connections.open) ──wrong token──> ConfigurationError
              ├─> Bolt: events (middleware), commands, actions, prompts
              ├─> Socket Mode (`bot.slack.socket`), or signed HTTP (`bot.slack.http`) where there is no app token
              ├─> the dispatcher
              └─> what was missed (`bot.slack.catch_up`)

If Slack is down at the start, it waits. What a person sees is in `bot.slack.face`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.perform import build_command_context
from bot.intake import build_intake
from bot.questions import find_place, offer_samples
from bot.samples import WAIT_SECONDS
from bot.slack.actions import SlackActions
from bot.slack.api import SlackRefused, TokenRefused, call_slack, call_with_headers, explain_refusal, open_web_client
from bot.slack.catch_up import TYPES, CatchUp
from bot.slack.commands import SlackCommands
from bot.slack.events import SlackEvents
from bot.slack.face import SlackFace
from bot.slack.gaps import Gaps
from bot.slack.history import History
from bot.slack.http import listen_http
from bot.slack.malformed import acknowledge_unreadable
from bot.slack.people import People
from bot.slack.reading import Me
from bot.slack.socket import stay_connected
from bot.status import PlatformContext, ReportStatus, State, retry_until_reached
from core.config.settings import Settings
from core.errors import ConfigurationError, FootnoteError
from core.inbox.port import Inbox, Platform
from core.sentences import Sentences, sentences_in
from core.tasks import run_in_background
from core.wiring import Footnote

# These five sets are those of `bot/slack_manifest.yaml`, and a test keeps them equal to it. An app that was installed
# earlier works without the last four.
SCOPES = frozenset(
    {"app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands", "groups:history"}
    | {"im:history", "mpim:history"}
)
OPTIONAL_SCOPES = frozenset(TYPES)
FILE_SCOPES = frozenset({"files:read"})
REACTION_SCOPES = frozenset({"reactions:read"})
PEOPLE_SCOPES = frozenset({"users:read"})
NO_REACTIONS = "the reaction :mute: does nothing"
NO_PEOPLE = "the reaction :mute: of an app counts as that of a person"
NO_FILES = "text files in messages are named in answers, and not read"
ONLY_KNOWN = "what was asked while footnote was away is looked for only where somebody asked before"

SAMPLES_SECONDS = 120.0
"""How long questions that are just being made are waited for, to suggest them as well."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlackIdentity:
    """Who the bot is, a ticket for its first socket (None: over HTTP), and its scopes as far as Slack names them."""

    me: Me
    ticket: str | None
    scopes: frozenset[str] = frozenset()


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` if only half of what Slack needs is set."""
    bot, app = settings.slack_bot_token.get_secret_value(), settings.slack_app_token.get_secret_value()
    secret = settings.slack_signing_secret.get_secret_value()
    if bot and not (app or secret):
        raise ConfigurationError(
            "SLACK_BOT_TOKEN is set alone: set SLACK_APP_TOKEN (xapp-) for Socket Mode, or SLACK_SIGNING_SECRET for "
            "HTTP."
        )
    if app and not bot:
        raise ConfigurationError("SLACK_APP_TOKEN is set without SLACK_BOT_TOKEN (xoxb-): set both.")


async def run_slack(host: PlatformContext) -> None:
    """Answer in Slack until `host.stop` is set. Raises `ConfigurationError` where a person must change something."""
    settings = host.footnote.settings
    async with open_web_client(
        settings.slack_bot_token.get_secret_value(), settings.slack_api_url, settings.route
    ) as client:
        app_token = settings.slack_app_token.get_secret_value()
        identity = await retry_until_reached(host, "Slack", lambda: _whoami(client, app_token))
        if identity is None:
            return
        if lacks := explain_missing_scopes(identity):
            _log.warning("Slack: %s.", lacks)
        for lacks in explain_optional_scopes(identity):
            _log.info("Slack: %s.", lacks)
        async with host.footnote.open_inbox() as inbox:
            gaps = Gaps()
            face = SlackFace(client, identity.me, sentences=sentences_in(settings.answer_language))
            intake, dispatcher = build_intake(host, face, inbox, face.is_public)
            people = People(client)
            events = SlackEvents(
                identity.me, intake, gaps, people.is_person, allow_external=settings.slack_allow_external
            )
            app = _build_app(host, client, events)
            report = _announcing(host.report, identity.me, gaps)
            async with (
                run_in_background(CatchUp(events, History(client), gaps, identity.scopes).run()),
                _reachable(app, settings, identity.ticket, report, inbox),
            ):
                await dispatcher.run(host.stop)


def _announcing(report: ReportStatus, me: Me, gaps: Gaps) -> ReportStatus:
    """Return a `ReportStatus` that also logs when people can ask for the first time.

    Each new connection ends a time without one, which it reports to `gaps`.
    """
    since: float | None = 0.0  # when we noticed that there is no connection; None: there is one

    def report_and_log(state: State, why: str) -> None:
        nonlocal since
        report(state, why)
        if state is not State.UP:
            since = time.time() if since is None else since
            return
        if since == 0.0:
            _log.info("Slack: answering as %s in workspace %s.", me.name, me.team)
        gaps.open(since)
        since = None

    return report_and_log


async def _whoami(client: AsyncWebClient, app_token: str) -> SlackIdentity:
    """Check the tokens and return who the bot is. Raises `ConfigurationError`, `TryLater`, `Undeliverable`."""
    try:
        return await identity_of(client, app_token)
    except (SlackRefused, TokenRefused) as error:
        raise ConfigurationError(explain_refusal(error.method, error.error)) from error


async def identity_of(client: AsyncWebClient, app_token: str) -> SlackIdentity:
    """Ask Slack who the bot is. Raises `SlackRefused`, `TokenRefused`, `TryLater`."""
    identity, headers = await call_with_headers(client.auth_test)
    scopes = frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip())
    me = Me(
        str(identity.get("user_id")),
        str(identity.get("bot_id")),
        str(identity.get("team_id")),
        str(identity.get("user", "")),
    )
    if not app_token:
        return SlackIdentity(me, None, scopes)
    opened = await call_slack(client.apps_connections_open, app_token=app_token)
    return SlackIdentity(me, str(opened.get("url")), scopes)


def explain_missing_scopes(identity: SlackIdentity, wanted: frozenset[str] = SCOPES) -> str:
    """Return what an operator has to do about missing scopes; empty: nothing, or Slack does not name the scopes."""
    missing = wanted - identity.scopes if identity.scopes else frozenset()
    if not missing:
        return ""
    return (
        f"the app lacks the scopes {', '.join(sorted(missing))}: update its manifest (`footnote manifest`) and "
        "install it again"
    )


def explain_optional_scopes(identity: SlackIdentity) -> list[str]:
    """Return what does not work without the optional scopes that the app lacks, with what to do; empty: it has all."""
    optional = {ONLY_KNOWN: OPTIONAL_SCOPES, NO_FILES: FILE_SCOPES, NO_REACTIONS: REACTION_SCOPES}
    optional[NO_PEOPLE] = PEOPLE_SCOPES
    missing = {without: explain_missing_scopes(identity, scopes) for without, scopes in optional.items()}
    return [f"{without}: {lacks}" for without, lacks in missing.items() if lacks]


def _build_app(host: PlatformContext, client: AsyncWebClient, events: SlackEvents) -> AsyncApp:
    app = _bolt(host.footnote.settings, client, events.me)
    acknowledge_unreadable(app)
    app.use(events.stored)
    language = host.footnote.settings.answer_language
    SlackCommands(
        events, build_command_context(host.footnote, events.intake.inbox.open_count), client, language
    ).connect(app)
    SlackActions(events, client, sentences_in(language)).connect(app)
    app.event("app_home_opened")(_Prompts(client, host.footnote, events).offer)
    # Everything else is only acknowledged: `SlackEvents` has dealt with it by then.
    for listen in (app.event, app.action, app.view, app.shortcut, app.command):
        listen(re.compile(".*"))(_acknowledge)
    return app


def _bolt(settings: Settings, client: AsyncWebClient, me: Me) -> AsyncApp:
    """Return a Bolt app that ignores the environment and does not call auth.test for each request."""
    token = settings.slack_bot_token.get_secret_value()

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=me.team, bot_token=token, bot_id=me.bot, bot_user_id=me.user)

    logger = logging.getLogger("slack_bolt.app")
    logger.setLevel(logging.ERROR)
    return AsyncApp(
        name="footnote",
        logger=logger,
        client=client,
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        authorize=authorize,
        verification_token="",
    )


async def _acknowledge(ack: Any) -> None:
    await ack()


class _Prompts:
    """Suggestions in the app's message tab: what is answered there, and what shows what can be asked."""

    def __init__(self, client: AsyncWebClient, footnote: Footnote, events: SlackEvents) -> None:
        self._client = client
        self._footnote = footnote
        self._events = events

    async def offer(self, event: Mapping[str, Any]) -> None:
        """Suggest questions to a person who opened the tab; again, where they are only being made."""
        sampler, channel = self._events.intake.sampler, str(event.get("channel") or "")
        if event.get("tab") != "messages":
            return
        with suppress(FootnoteError):
            place = await find_place(self._footnote.channels, Platform.SLACK, self._events.me.team, channel)
            sentences = sentences_in(place.language or self._footnote.settings.answer_language)
            for seconds in (WAIT_SECONDS, SAMPLES_SECONDS):
                found = await offer_samples(place, self._footnote.catalog, sampler, seconds)
                await self._suggest(channel, found, sentences)
                if found or sampler is None:
                    return

    async def _suggest(self, channel: str, questions: Sequence[str], sentences: Sentences) -> None:
        prompts = [{"title": each, "message": each} for each in (*questions, sentences.what_can_you_answer)]
        await call_slack(
            self._client.assistant_threads_setSuggestedPrompts,
            channel_id=channel,
            title=sentences.prompts_title,
            prompts=prompts,
        )


@asynccontextmanager
async def _reachable(
    app: AsyncApp, settings: Settings, ticket: str | None, report: ReportStatus, inbox: Inbox
) -> AsyncIterator[None]:
    """Connect by Socket Mode where there is an app token, else listen for signed HTTP."""
    app_token = settings.slack_app_token.get_secret_value()
    if app_token:
        async with run_in_background(stay_connected(app, app_token, ticket, report)):
            yield
    else:
        secret = settings.slack_signing_secret.get_secret_value()
        async with listen_http(app, settings.http_address, secret, inbox.take_once):
            report(State.UP, "")
            yield
