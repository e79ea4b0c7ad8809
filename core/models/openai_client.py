"""The client of one OpenAI-compatible server, and how often it is tried: through OpenAI's SDK.

Every argument of the client is passed, so that no variable of the environment, proxy or netrc file changes where a
question goes. How the server is reached (proxy, authorities) is a `Route`, which the settings gave.

    Server("k", "https://x.openai.azure.com", api_version="2024-10-21")   Azure's deployments, the key as api-key
    Server("k", "https://gateway.example/v1", headers={"X-Team": "docs"}) a gateway that wants more than a key
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import openai
from openai.types.chat import ChatCompletionChunk

from core.errors import ConfigurationError
from core.models.openai_errors import TRANSIENT, is_quota, is_too_long
from core.net.retry_after import find_wait
from core.net.route import DIRECT, Route

OPENAI_URL = "https://api.openai.com/v1"

_Result = TypeVar("_Result")


class RenewedKey(Protocol):
    """A key that something else renews. `seen`: what it has been so far."""

    @property
    def seen(self) -> tuple[str, ...]: ...

    def read(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ModelServer:
    """Where a model is served, and what its server wants to know about us; empty: OpenAI's, and nothing.

    `token` is a bearer token that stands in for the key (Entra ID); `key_file` gives either as it is now. With
    `api_version` the address is Azure's, without a path: deployments are named in the path, as Azure does for versions
    before v1. The last two name the settings that a person has to change.
    """

    api_key: str
    base_url: str = ""
    organization: str = ""
    project: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    api_version: str = ""
    token: str = ""
    key_file: RenewedKey | None = None
    route: Route = DIRECT
    url_setting: str = "OPENAI_BASE_URL"
    key_setting: str = "OPENAI_API_KEY"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log line and no message may hold."""
        renewed = self.key_file.seen if self.key_file else ()
        return tuple(each for each in (self.api_key, self.token, *renewed, *self.headers.values()) if each)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try and how long to wait between, in seconds; with `after_timeout`, also after a silent server.

    A server that asks for more than `longest_wait` gets no further try: coming back earlier would fail as well.
    """

    tries: int
    longest_wait: float
    first_wait: float = 0.5
    after_timeout: bool = False


class EndedStream(openai.AsyncStream[ChatCompletionChunk]):
    """The SDK's stream, which also knows whether the server ended it with `[DONE]`, or it just stopped."""

    done = False

    async def _iter_events(self) -> Any:
        async for event in super()._iter_events():
            self.done = self.done or event.data.startswith("[DONE]")
            yield event


class _IsolatedClient(openai.AsyncOpenAI):
    """The SDK's client without what its constructor takes from OPENAI_ADMIN_KEY, _ORG_ID, _CUSTOM_HEADERS and so on."""

    def __init__(self, server: ModelServer, base_url: str, timeout: openai.Timeout) -> None:
        azure = bool(server.api_version)
        proxy = server.route.proxy_for(base_url)
        tls = server.route.open_tls()
        super().__init__(
            api_key=server.token or server.api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=0,  # the SDK retries an empty quota and sleeps past our deadlines
            default_query={"api-version": server.api_version} if azure else None,
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=False, follow_redirects=False, proxy=proxy or None, verify=tls if tls is not None else True
            ),
        )
        self.admin_api_key = self.webhook_secret = None
        self.organization, self.project = server.organization or None, server.project or None
        key = {"api-key": server.api_key} if azure and not server.token else {}
        self._custom_headers = {**key, **server.headers}
        self._key_file, self._sends_api_key = server.key_file, bool(key)

    async def _prepare_options(self, options: Any) -> Any:
        """Return the options of a request, once the key is what its file holds now."""
        if self._key_file is not None:
            self.api_key = await asyncio.to_thread(self._key_file.read)
            if self._sends_api_key:
                self._custom_headers = {**self._custom_headers, "api-key": self.api_key}
        return await super()._prepare_options(options)


def make_client(server: ModelServer, *, read_seconds: float, model: str = "") -> openai.AsyncOpenAI:
    """Return a client of `server`. Raises `ConfigurationError`.

    `read_seconds`: the longest silence. `model`: the deployment that Azure wants in the path.
    """
    try:
        _ = urlsplit(server.base_url).port
    except ValueError as exc:
        raise ConfigurationError(f"{server.url_setting} is not a url: check its host and port.") from exc
    base_url = server.base_url or OPENAI_URL
    if server.api_version:
        base_url = f"{base_url.rstrip('/').removesuffix('/openai')}/openai/deployments/{quote(model, safe='')}"
    logging.getLogger("openai").setLevel(logging.WARNING)  # at DEBUG, or with OPENAI_LOG, it writes whole questions
    return _IsolatedClient(server, base_url, build_timeouts(read_seconds))


def build_timeouts(read_seconds: float) -> openai.Timeout:
    """Return the SDK's timeouts: 60 s to write or to get a connection, 5 s to connect, `read_seconds` to read."""
    return openai.Timeout(60, connect=5, read=read_seconds)


async def call_with_retries(patience: Patience, call: Callable[[], Awaitable[_Result]]) -> _Result:
    """Return the result of `call`, repeated after faults that pass. Raises the SDK's last error."""
    attempt = 1
    while True:
        try:
            return await call()
        except openai.APIError as error:
            wait = _wait(error, attempt, patience)
            if wait is None:
                raise
        attempt += 1
        await asyncio.sleep(wait)


def wait_asked_for(error: openai.APIError) -> float | None:
    """Return the seconds a server asks for, by Retry-After or a header of its limits; None where it does not."""
    if not isinstance(error, openai.APIStatusError):
        return None
    return find_wait(error.response.headers)


def _wait(error: openai.APIError, attempt: int, patience: Patience) -> float | None:
    """Return the seconds until the next try; None: there is none."""
    if attempt >= patience.tries or not _passes(error, patience):
        return None
    asked = wait_asked_for(error)
    if asked is None:
        return min(patience.first_wait * 2.0 ** (attempt - 1), patience.longest_wait) * random.uniform(0.5, 1)
    return asked * random.uniform(1, 1.1) if asked <= patience.longest_wait else None


def _passes(error: openai.APIError, patience: Patience) -> bool:
    """Return whether the same request could succeed a little later."""
    if isinstance(error, openai.APITimeoutError):
        return patience.after_timeout
    if isinstance(error, openai.APIStatusError):
        transient = error.status_code in TRANSIENT or (error.status_code >= 500 and error.status_code != 501)
        return transient and not is_quota(error) and not is_too_long(error)
    return isinstance(error, openai.APIConnectionError)
