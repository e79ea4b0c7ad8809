"""Crawling through a proxy: CONNECT names an address that was judged here, and TLS is the site's by its name."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult

from core.net.route import Route
from ingest.web.fetch import Fetcher
from ingest.web.guard import Guard
from ingest.web.results import Fetched, FetchFailed, FetchLimits, FetchRequest, Refused
from tests.servers.proxy import ProxyServer, make_authority, serve_proxy
from tests.servers.site import DocSite, page, serve_site

URL = "https://docs.example/guide"
PUBLIC, INSIDE = "93.184.216.34", "10.0.0.5"


class _Names(Guard):
    """A guard whose resolver knows one name."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._resolver = _OneName(address)  # type: ignore[assignment]  # the part of a resolver that is used


class _OneName:
    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        if not self.address:
            raise OSError(-2, "Name or service not known")
        return [ResolveResult(hostname=host, host=self.address, port=port, family=2, proto=6, flags=0)]

    async def close(self) -> None: ...


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return make_authority(tmp_path_factory.mktemp("authority"), "docs.example")


@pytest.fixture
async def site() -> AsyncIterator[DocSite]:
    async with serve_site(DocSite({"/guide": page("Guide", text="It works.")})) as served:
        yield served


async def fetch(proxy: ProxyServer, address: str, ca_file: str = "") -> object:
    guard = _Names(address)
    async with Fetcher(
        guard,
        user_agent="footnote-bot/test",
        limits=FetchLimits(tries=1, backoff=0.0, header_timeout=30.0, patience=60.0),
        route=Route(proxy.url, ca_file=ca_file),
    ) as fetcher:
        return await fetcher.get(FetchRequest(URL))


async def test_a_proxy_is_asked_for_the_address_that_was_judged(
    site: DocSite, authority: tuple[Path, ssl.SSLContext]
) -> None:
    async with serve_proxy({f"{PUBLIC}:443": _port(site)}, authority[1]) as proxy:
        fetched = await fetch(proxy, PUBLIC, str(authority[0]))
    assert isinstance(fetched, Fetched), fetched
    assert b"It works." in fetched.body
    assert proxy.asked == [f"{PUBLIC}:443"]


async def test_a_name_that_leads_inside_is_refused_before_the_proxy_is_asked(
    site: DocSite, authority: tuple[Path, ssl.SSLContext]
) -> None:
    async with serve_proxy({f"{INSIDE}:443": _port(site)}, authority[1]) as proxy:
        refused = await fetch(proxy, INSIDE, str(authority[0]))
        literal = _Names("")
        async with Fetcher(literal, user_agent="t", limits=FetchLimits(tries=1), route=Route(proxy.url)) as fetcher:
            assert isinstance(await fetcher.get(FetchRequest(f"https://{INSIDE}/guide")), Refused)
    assert refused == Refused(URL, "address not allowed")
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("address", "trusted", "reason"),
    [
        (PUBLIC, False, "its certificate is not trusted: check SSL_CERT_FILE"),
        ("93.184.216.35", True, "the proxy let nothing through: check HTTPS_PROXY"),
        ("", True, "its name cannot be looked up here"),
    ],
)
async def test_what_keeps_a_site_from_being_reached_is_named(
    site: DocSite, authority: tuple[Path, ssl.SSLContext], address: str, *, trusted: bool, reason: str
) -> None:
    async with serve_proxy({f"{PUBLIC}:443": _port(site)}, authority[1]) as proxy:
        failed = await fetch(proxy, address, str(authority[0]) if trusted else "")
    assert failed == FetchFailed(URL, reason)


async def test_a_proxy_gets_its_credentials_and_the_site_does_not(
    site: DocSite, authority: tuple[Path, ssl.SSLContext]
) -> None:
    async with serve_proxy({f"{PUBLIC}:443": _port(site)}, authority[1]) as proxy:
        proxy.url = proxy.url.replace("://", "://me:p%40ss@")
        assert isinstance(await fetch(proxy, PUBLIC, str(authority[0])), Fetched)
    assert proxy.authorization == ["Proxy-Authorization: Basic bWU6cEBzcw=="]


def _port(site: DocSite) -> int:
    return int(site.url("/").rstrip("/").rpartition(":")[2])
