"""Calls to Slack's Web API: one try each, paced, and every fault as `TryLater` or `Undeliverable`.

    429, could not connect                  TryLater, certain: it was not done
    no answer, 5xx, nonsense                TryLater, uncertain: it may have been done, so nobody may simply repeat it
    the token is refused                    TokenRefused, a TryLater: a person has to fix it
    channel_not_found, is_archived, ...     Undeliverable
    anything else that is not ok            SlackRefused, for the caller that expects it

The SDK's own retries are off: after a lost response they post twice, and they crash on `Retry-After: 1.5` (measured).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.face import TryLater, Undeliverable
from core.errors import FootnoteError
from core.net.retry_after import parse_retry_after
from core.net.route import DIRECT, Route, explain_unreachable

TIMEOUT_SECONDS = 10
AGAIN_SECONDS, LONG_SECONDS = 2.0, 30.0

OPEN = "apps_connections_open"
"""The one method that takes the app token."""

EXPLAINED = frozenset({OPEN, "auth_test"})
"""Methods of the start alone: who calls them says what their refusal means."""

_ELSEWHERE = frozenset({"channel_not_found", "not_in_channel"})
_GONE = _ELSEWHERE | frozenset(
    {
        "is_archived",
        "user_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
    }
    | {
        "restricted_action",
        "restricted_action_thread_locked",
        "restricted_action_read_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_only_channel",
        "ekm_access_denied",
        "messages_tab_disabled",
    }
)
_OURS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
    | {"accesslimited", "team_access_not_granted", "two_factor_setup_required"}
)
_REMOVED = frozenset({"account_inactive", "token_revoked", "token_expired"})
"""What Slack says of a bot token that was good: the app was removed from the workspace, or the token revoked."""

_LATER = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_UNSURE = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
    | {"org_login_required", "messaging_processing_failed", "update_failed", "external_channel_migrating"}
)
_log = logging.getLogger(__name__)

MISFORMED = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_blocks_too_many", "msg_too_long"}
)
"""What Slack says of blocks that it does not take: the text says the same, and goes without them."""


class SlackRefused(FootnoteError):
    """Slack refused a call for a reason that concerns this call alone; `error` is Slack's word for the reason."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"Slack refused {method}: {error}.")
        self.method = method
        self.error = error


class NotInChannel(Undeliverable):
    """The bot is not in that channel; a person who is can invite it."""


class TokenRefused(TryLater):
    """Slack no longer accepts the token, or not for this call: `method` is the call, `error` Slack's word for why."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"Slack refused the token: {error}.", LONG_SECONDS, certain=True)
        self.method = method
        self.error = error


class RoutedClient(AsyncWebClient):
    """The SDK's client, which knows how Slack's hosts are reached: `route`."""

    route = DIRECT


@asynccontextmanager
async def open_web_client(token: str, base_url: str = "", route: Route = DIRECT) -> AsyncIterator[RoutedClient]:
    """Open a client that reads nothing from the environment, waits ten seconds at most and retries nothing.

    Its connections stay open between calls: by itself the SDK does a new handshake for each call.
    """
    logger = logging.getLogger("slack_sdk.web")
    logger.setLevel(logging.WARNING)  # the SDK compares levels, and takes "not set" for "debug"
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        client = RoutedClient(
            token=token,
            base_url=f"{base_url.rstrip('/')}/" if base_url else AsyncWebClient.BASE_URL,
            timeout=TIMEOUT_SECONDS,
            session=session,
            retry_handlers=[],
            logger=logger,
        )
        client.route, client.ssl = route, route.open_tls()
        client.proxy = route.proxy_for(client.base_url) or None
        yield client


async def call_slack(method: Callable[..., Awaitable[Any]], /, **arguments: Any) -> Mapping[str, Any]:
    """Call a method of the SDK's client and return the data of its answer.

    Raises `TryLater`, `Undeliverable`, `SlackRefused`.
    """
    data, _ = await call_with_headers(method, **arguments)
    return data


async def call_with_headers(
    method: Callable[..., Awaitable[Any]], /, **arguments: Any
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Call a method of the SDK's client; return the data of its answer, and the headers with names in lower case.

    Raises `TryLater`, `Undeliverable`, `SlackRefused`.
    """
    name = getattr(method, "__name__", "a call")
    try:
        answer = await method(**{key: value for key, value in arguments.items() if value is not None})
    except SlackApiError as error:
        raise _refused(name, error) from error
    except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
        raise _unreachable(error) from error
    except (TimeoutError, aiohttp.ClientError, OSError, SlackClientError) as error:
        raise TryLater(f"Slack did not answer {_spell(name)}.", AGAIN_SECONDS, certain=False) from error
    headers = {str(key).lower(): str(value) for key, value in answer.headers.items()}
    return answer.data if isinstance(answer.data, Mapping) else {}, headers


def _unreachable(error: Exception) -> TryLater:
    """Return the fault of a connection that was not made, with its cause where that is the certificate or the proxy."""
    cause = explain_unreachable(error)
    return TryLater(f"Slack cannot be reached{cause and ': '}{cause}.", AGAIN_SECONDS, certain=True)


def explain_refusal(method: str, error: str) -> str:
    """Return what an operator has to do about a token that Slack refuses: which one to copy again, or what else."""
    name = "SLACK_APP_TOKEN" if method == OPEN else "SLACK_BOT_TOKEN"
    if method == OPEN and error == "missing_scope":
        return f"{name} has not the scope connections:write: generate another with it, under App-Level Tokens."
    if method == OPEN and error not in _OURS | {"not_allowed_token_type"}:
        return f"Slack opens no socket ({error}): is Socket Mode enabled, on the app's page of that name?"
    if method != OPEN and error in _REMOVED:
        return (
            f"Slack refused {name} ({error}): install the app to the workspace again at api.slack.com, and copy the "
            "new token."
        )
    return f"Slack refused {name} ({error}): copy it from the app's pages at api.slack.com again."


def _spell(name: str) -> str:
    """Return a method of the SDK as Slack's pages name it: `chat_postMessage` -> `chat.postMessage`."""
    return name.replace("_", ".")


def word_of(error: SlackApiError) -> str:
    """Return Slack's word for why it refused a call; empty: there is none, as in a proxy's answer."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, Mapping) else ""


def is_lasting(error: str) -> bool:
    """Return whether a person has to fix what Slack refuses with this word."""
    return bool(error) and error not in _LATER | _UNSURE


def _refused(name: str, error: SlackApiError) -> FootnoteError:
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", 0) or 0)
    word = word_of(error)
    if status == 429 or word in _LATER:
        return TryLater(f"Slack wants a pause of {_spell(name)}.", _retry_after(response), certain=True)
    if word in _OURS:
        if name not in EXPLAINED:
            _log.error("Slack refused the bot token (%s, in %s): is the app still installed?", word, name)
        return TokenRefused(name, word)
    if word in _GONE:
        return (NotInChannel if word in _ELSEWHERE else Undeliverable)(f"Slack says {word}.")
    if not word or word in _UNSURE or status >= 500:
        return TryLater(
            f"Slack had an error in {_spell(name)} ({word or f'HTTP {status}'}).", AGAIN_SECONDS, certain=False
        )
    return SlackRefused(name, word)


def _retry_after(response: Any) -> float:
    """Return the pause in seconds that Slack asks for, also where it is written as `1.5` or is missing."""
    headers = getattr(response, "headers", None) or {}
    given = next((value for key, value in headers.items() if key.lower() == "retry-after"), "")
    asked = parse_retry_after(given)
    return AGAIN_SECONDS if asked is None else min(max(asked, 0.5), 120.0)


async def send_response(url: str, message: Mapping[str, Any], client: AsyncWebClient) -> bool:
    """Answer through a response_url; return False if that takes no more messages, or is no url. Raises `TryLater`."""
    logger = logging.getLogger("slack_sdk.webhook")
    logger.setLevel(logging.WARNING)
    hook = AsyncWebhookClient(url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=logger)
    hook.ssl = client.ssl
    hook.proxy = client.route.proxy_for(url) or None if isinstance(client, RoutedClient) else None
    try:
        answer = await hook.send_dict(dict(message))
    except ValueError:  # aiohttp raises it for what is no url
        return False
    except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
        raise _unreachable(error) from error
    except (TimeoutError, aiohttp.ClientError, OSError, SlackClientError) as error:
        raise TryLater("Slack did not answer a response.", AGAIN_SECONDS, certain=False) from error
    if answer.status_code == 429:
        raise TryLater("Slack wants a pause.", _retry_after(answer), certain=True)
    if answer.status_code == 400 and message.get("blocks"):
        _log.error("Slack found fault with the form of a response (%s): it goes as plain text.", answer.body[:100])
        return await send_response(url, {key: value for key, value in message.items() if key != "blocks"}, client)
    if answer.status_code >= 500:
        raise TryLater("Slack had an error.", AGAIN_SECONDS, certain=False)
    return 200 <= answer.status_code < 300
