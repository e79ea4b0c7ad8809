"""A loopback Discord that a real client talks to: `serve_discord`, and the `Discord` that a test holds.

    async with serve_discord() as discord:
        ... DISCORD_API_URL = discord.api_url, DISCORD_BOT_TOKEN = discord.token ...
        await discord.ready()
        asked = discord.say(discord.channel, f"<@{discord.bot_id}> How?")
        await discord.until(lambda: discord.replies(discord.channel))

                       ┌── asking, people ──> world ──> events ──> gateway ──> sessions ──> sockets
    test ── Discord ───┤                        ^
                       └── faults, outages      └── routes <── api <── REST

Who writes: `user`, `admin`, and any id that a test makes up. Where: `channel`, `forum`, `direct(user)`, and what
`add_channel` adds. The record is read with `messages`, `replies`, `calls`, `busiest` and `starts`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tests.servers.discord.api import Api, Back
from tests.servers.discord.events import Events
from tests.servers.discord.faults import Faults
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.model import Attachment, Call, Guild, Intents, Json, Kind, Place, Posted, Start
from tests.servers.discord.outages import Outages
from tests.servers.discord.people import People
from tests.servers.discord.rates import Limits
from tests.servers.discord.routes import ROUTES
from tests.servers.discord.sessions import plain
from tests.servers.discord.world import World
from tests.servers.ports import HOST, held_port

_PREFIX = "/api/v10"
_SPOKEN = frozenset({0, 19, 20, 23})  # types of messages: plain, a reply, to a command, to a menu


class Discord(People):
    """One loopback Discord. What people do is inherited; everything else is here."""

    def __init__(self, world: World, gateway: Gateway, faults: Faults, outages: Outages) -> None:
        super().__init__(world, Events(world, gateway))
        self.world = world
        self.faults = faults
        self.outages = outages
        self.api_url = ""
        self.fetched: list[str] = []
        self._files: dict[str, Attachment] = {}
        self._gateway = gateway
        for number in range(world.shards):
            world.add_guild(f"guild{number}")
        self.user, self.admin = world.user(world.new_id()).id, world.user(world.new_id()).id
        self.channel = self.add_channel("general")
        self.forum = self.add_channel("help", Kind.FORUM)

    @property
    def token(self) -> str:
        """The value of DISCORD_BOT_TOKEN. Set `world.token` for another one."""
        return self.world.token

    @property
    def bot_id(self) -> int:
        """The bot's user; its application has the same id."""
        return self.world.bot.id

    @property
    def guilds(self) -> list[Guild]:
        """One guild for each shard, the n-th on the n-th."""
        return list(self.world.guilds.values())

    def grant(self, intents: Intents) -> None:
        """Set the privileged intents that the application has, such as `Intents.MESSAGE_CONTENT`."""
        self.world.granted = intents

    def file(self, name: str, data: bytes, kind: str = "text/plain; charset=utf-8") -> Attachment:
        """Return a file for a message, which this Discord also serves."""
        number = self.world.new_id()
        url = f"{self.api_url.removesuffix(_PREFIX)}/attachments/{number}/{name}"
        self._files[f"{number}"] = made = Attachment(number, name, data, kind, url)
        return made

    async def download(self, request: web.Request) -> web.Response:
        """Serve a file, to anybody who has its url."""
        found = self._files[request.match_info["file"]]
        self.fetched.append(found.name)
        return web.Response(body=found.data)

    def add_channel(self, name: str, kind: Kind = Kind.TEXT, *, guild: int = 0, deny: int = 0) -> int:
        """Add a channel to the n-th guild, before the bot connects; `deny`: permissions the bot lacks. -> its id."""
        return self.world.add_place(kind, name, self.guilds[guild].id, deny=deny).id

    def permit(self, channel_id: int, *, allow: int = 0, deny: int = 0) -> None:
        """Overwrite the bot's permissions in a channel, and send it the event."""
        place = self.world.places[channel_id]
        place.allow, place.deny = allow, deny
        self._events.changed(place)

    async def until(self, condition: Callable[[], Json], seconds: float = 60.0) -> None:
        """Wait until the condition is true; it is checked when something changed, and ten times a second.

        Raises `TimeoutError`.
        """
        await self.world.until(lambda: bool(condition()), seconds)

    async def ready(self, seconds: float = 60.0) -> None:
        """Wait until a client is connected on every shard. After a kill, wait for `gone` first."""
        wanted = set(range(self.world.shards))
        await self.until(lambda: {one.shard[0] for one in self._gateway.connected} >= wanted, seconds)

    async def gone(self, seconds: float = 60.0) -> None:
        """Wait until nobody is connected: the end of a killed client is noticed a moment later."""
        await self.until(lambda: not self.connected, seconds)

    def dispatch(self, name: str, data: Json, *, guild_id: int | None = None, copies: int = 1) -> None:
        """Send any event, raw, to every session of the guild's shard."""
        self._gateway.dispatch(plain(name, data, guild_id), copies)

    # The record

    @property
    def calls(self) -> list[Call]:
        """Every REST request, oldest first."""
        return self.world.calls

    @property
    def starts(self) -> list[Start]:
        """Every IDENTIFY and RESUME, oldest first."""
        return self.world.starts

    @property
    def connected(self) -> int:
        """How many sockets have a session now."""
        return len(self._gateway.connected)

    @property
    def heartbeats(self) -> int:
        """How many heartbeats the sockets that are open now have sent."""
        return sum(len(one.heartbeats) for one in self._gateway.links)

    def place(self, channel_id: int) -> Place:
        """Return a channel, thread or direct-message channel."""
        return self.world.places[channel_id]

    def threads(self, channel_id: int) -> list[Place]:
        """Return the threads of a channel, or posts of a forum, oldest first."""
        return [one for one in self.world.places.values() if one.parent_id == channel_id and one.is_thread]

    def messages(self, channel_id: int) -> list[Posted]:
        """Return all messages ever written there, by anybody, deleted and ephemeral ones too, oldest first.

        None, where the place is not there yet.
        """
        place = self.world.places.get(channel_id)
        return list(place.messages.values()) if place else []

    def replies(self, channel_id: int) -> list[Posted]:
        """Return the bot's messages there that everybody sees now.

        Nothing deleted, ephemeral, loading or of the system.
        """
        return [one for one in self.messages(channel_id) if self._is_reply(one)]

    def _is_reply(self, one: Posted) -> bool:
        own = one.author_id == self.bot_id and one.type in _SPOKEN
        return own and one.deleted is None and not one.ephemeral and not one.loading

    def busiest(self, *routes: str, seconds: float = 1.0, path: str = "") -> int:
        """Return the most requests that came within `seconds`, of these routes (or all), with `path` in their path."""
        fitting = (one for one in self.calls if not routes or one.route in routes)
        times = sorted(one.at for one in fitting if path in one.path)
        most = first = 0
        for last, at in enumerate(times):
            while at - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


class _Doors:
    """The ports, one for the gateway and one for REST, which can be shut and opened again."""

    def __init__(self, runner: web.AppRunner) -> None:
        self.ports = {"gateway": 0, "rest": 0}
        self._runner = runner
        self._sites: dict[str, web.TCPSite] = {}

    async def _open(self, door: str) -> None:
        site = web.TCPSite(self._runner, HOST, self.ports[door], reuse_port=True)
        await site.start()
        self._sites[door] = site

    async def swing(self, opened: bool, rest: bool) -> None:
        """Open or shut the gateway's port, and that of REST with it."""
        for door in ("gateway", "rest") if rest else ("gateway",):
            if opened:
                await self._open(door)
            else:
                await self._sites.pop(door).stop()


@asynccontextmanager
async def serve_discord(*, limits: Limits | None = None, shards: int = 1, seed: int = 0) -> AsyncIterator[Discord]:
    """Serve a Discord on free ports of loopback. `seed` decides which answers `faults.drop` loses."""
    world = World(limits or Limits(), shards)
    gateway, faults = Gateway(world), Faults(seed, {each.name for each in ROUTES})
    app = web.Application(client_max_size=32 * 2**20)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    doors = _Doors(runner)
    discord = Discord(world, gateway, faults, Outages(gateway, faults, doors.swing))
    api = Api(Back(world, Events(world, gateway)), faults)
    app.router.add_get("/", gateway.handle)
    app.router.add_get("/attachments/{file}/{name}", discord.download)
    for route in ROUTES:
        app.router.add_route(route.method, _PREFIX + route.path, api.handler(route))
    await runner.setup()
    with held_port() as doors.ports["gateway"], held_port() as doors.ports["rest"]:
        world.gateway_url = f"ws://{HOST}:{doors.ports['gateway']}"
        discord.api_url = f"http://{HOST}:{doors.ports['rest']}{_PREFIX}"
        try:
            await doors.swing(opened=True, rest=True)
            yield discord
        finally:
            discord.outages.thaw()
            discord.outages.cut()
            await runner.cleanup()
