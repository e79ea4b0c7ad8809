"""The loopback Slack itself: one web server for the Web API, response urls and websockets.

    async with serve_slack() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        ts = await slack.say("C1", f"<@{slack.bot_user}> how do I start?")
        await slack.until(lambda: slack.replies("C1", ts))

Lives in the loop of its caller, and on while apps come and go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from tests.servers.ports import HOST, held_port
from tests.servers.slack.api import Api
from tests.servers.slack.faults import Faults
from tests.servers.slack.over_http import OverHttp
from tests.servers.slack.people import People
from tests.servers.slack.sockets import Sockets
from tests.servers.slack.tiers import Tiers


class Slack(People):
    """A workspace that is served. `faults`: what goes wrong; `sockets`: Socket Mode, with its own faults."""

    def __init__(self, tiers: Tiers, seed: int) -> None:
        super().__init__(seed)
        self.faults = Faults(seed)
        self.tiers = tiers
        self.sockets = Sockets(self, self.faults)
        self.post = self.sockets.post
        api = Api(self, self.faults, tiers, self.sockets)
        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_route("*", "/api/{method}", api.call)
        app.router.add_post("/respond/{number}/{secret}", api.respond)
        app.router.add_get("/link/", self.sockets.connect)
        app.router.add_get("/files-pri/{file}/download/{name}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._site: web.TCPSite | None = None
        self._port = 0

    async def _download(self, request: web.Request) -> web.Response:
        """Serve a file to the bot; without the scope Slack sends the reader to a page to sign in."""
        self.fetched.append(request.path)
        if request.headers.get("Authorization") != f"Bearer {self.bot_token}" or "files:read" not in self.scopes:
            return web.Response(status=302, headers={"Location": f"{self.base_url}/signin"})
        kind, data = self.files[request.path]
        return web.Response(body=data, content_type=kind)

    async def plug_in(self) -> None:
        """Listen, at the same port as before if it was unplugged."""
        self._site = web.TCPSite(self._runner, HOST, self._port, reuse_port=True)
        await self._site.start()

    async def unplug(self) -> None:
        """Refuse connections, and break off those that are open."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        for connection in self._runner.server.connections if self._runner.server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        with held_port(port) as self._port:
            self.base_url = f"http://{HOST}:{self._port}"
            await self._runner.setup()
            try:
                await self.plug_in()
                yield
            finally:
                self.sockets.close()
                await self._runner.cleanup()

    @asynccontextmanager
    async def deliver_over_http(self, url: str) -> AsyncIterator[OverHttp]:
        """Send the app its events over signed HTTP instead of sockets, within the block.

        Raises ConnectionError unless the url passes url_verification.
        """
        error: Exception | None = None
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            over = OverHttp(self, self.faults, url, session, tasks)
            try:
                await over.verify()
                self.post = over.post
                yield over
            except Exception as failed:  # noqa: BLE001 - raised again below, where the group does not wrap it
                error = failed
            finally:
                self.post = self.sockets.post
                over.close()
        if error is not None:
            raise error


@asynccontextmanager
async def serve_slack(*, tiers: Tiers | None = None, seed: int = 0, port: int = 0) -> AsyncIterator[Slack]:
    """Serve a Slack on loopback, with Slack's own limits unless `tiers` sets others; `port` 0: any free one."""
    slack = Slack(tiers or Tiers(), seed)
    async with slack.serving(port):
        yield slack
