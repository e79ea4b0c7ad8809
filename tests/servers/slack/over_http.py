"""Signed HTTP: the same events, commands and presses, posted to the app's url as Slack does.

    X-Slack-Signature: v0=HMAC-SHA256(secret, "v0:{timestamp}:{body}")        X-Slack-Request-Timestamp

Events are JSON; commands are a form; presses are JSON in the field `payload` of a form. The app answers within
`patience` seconds with 2xx. Events are posted again after each of `delays`, with X-Slack-Retry-Num and -Reason, unless
the answer carries X-Slack-No-Retry; commands and presses are not.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack.faults import Faults
from tests.servers.slack.record import Envelope, Json, Sent
from tests.servers.slack.sockets import acked
from tests.servers.slack.workspace import Workspace

_FORM = "application/x-www-form-urlencoded"


class OverHttp:
    """Posts envelopes to one url; `tasks` owns the posts."""

    def __init__(
        self, space: Workspace, faults: Faults, url: str, session: aiohttp.ClientSession, tasks: asyncio.TaskGroup
    ) -> None:
        self.patience = 3.0
        self.delays: tuple[float, ...] = (0.0, 60.0, 300.0)
        self._space, self._faults, self._url, self._session, self._tasks = space, faults, url, session, tasks
        self._posts: set[asyncio.Task[None]] = set()

    def post(self, envelope: Envelope) -> None:
        """Post an envelope; an event as often as `faults.copies` says."""
        for copy in range(self._faults.copies if envelope.kind == "events_api" else 1):
            task = self._tasks.create_task(self._carry(envelope, "http_timeout" if copy else ""))
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)

    def close(self) -> None:
        """Give up what is still under way."""
        for task in self._posts:
            task.cancel()

    async def verify(self) -> None:
        """Verify the url as Slack does when it is typed into its settings.

        Raises ConnectionError unless the app echoes.
        """
        challenge = f"{self._space.random.getrandbits(64):016x}"
        body = {"token": "verification", "challenge": challenge, "type": "url_verification"}
        status, _, answered = await self._request(json.dumps(body), "application/json", {})
        echoed = answered.get("challenge") if isinstance(answered, dict) else answered
        if status != 200 or echoed != challenge:
            raise ConnectionError(f"the app answered {status} to url_verification")

    async def _carry(self, envelope: Envelope, reason: str) -> None:
        for delay in (0.0, *self.delays):
            await asyncio.sleep(delay)
            reason, final = await self._try(envelope, reason)
            if not reason or final:
                break
        envelope.given_up = bool(reason) and envelope.acked_at is None
        self._space.touch()

    async def _try(self, envelope: Envelope, reason: str) -> tuple[str, bool]:
        """Post it once. -> why it failed, "" where it did not, and whether it must not be tried again."""
        sent = Sent(str(next(self._space.numbers)), len(envelope.sends), reason, None, time.monotonic())
        envelope.sends.append(sent)
        self._space.touch()
        retry = {"X-Slack-Retry-Num": str(sent.attempt), "X-Slack-Retry-Reason": reason} if sent.attempt else {}
        final = envelope.kind != "events_api"
        try:
            async with asyncio.timeout(self.patience):
                status, headers, answer = await self._request(*_written(envelope), retry)
        except TimeoutError:
            envelope.error = "operation_timeout" if final else None
            return "http_timeout", final
        except aiohttp.ClientError:
            envelope.error = "dispatch_failed" if final else None
            return "connection_failed", final
        if not 200 <= status < 300:
            envelope.error = "dispatch_failed" if final else None
            return "http_error", final or headers.get("X-Slack-No-Retry") == "1"
        acked(self._space, envelope, sent, answer)
        return "", True

    async def _request(self, body: str, content_type: str, headers: dict[str, str]) -> tuple[int, Json, Json]:
        stamp = str(int(time.time()))
        signed = hmac.new(self._space.signing_secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256)
        signature = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed.hexdigest()}"}
        async with self._session.post(
            self._url, data=body.encode(), headers={"Content-Type": content_type, **signature, **headers}
        ) as response:
            answered = await response.text()
            return response.status, response.headers, _answer(answered)


def _written(envelope: Envelope) -> tuple[str, str]:
    """Return the body, and its content type."""
    match envelope.kind:
        case "events_api":
            return json.dumps(envelope.body), "application/json"
        case "slash_commands":
            return urlencode(envelope.body), _FORM
        case "interactive":
            return urlencode({"payload": json.dumps(envelope.body)}), _FORM


def _answer(answered: str) -> Json:
    """Return the app's answer: JSON, or a plain text, which is a message to a command. None: nothing."""
    try:
        return json.loads(answered) if answered else None
    except ValueError:
        return {"text": answered}
