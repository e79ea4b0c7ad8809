"""The sites behind the bad inputs of ../shared, in a separate process: `python -m bench.hostile_sites`.

Reads a line `{"id": "net-001"}`, serves the site of that input from "/docs/", answers `{"url": ...}`. The line
`{"again": true}` lets the same site change for a second crawl; an empty line ends it, answered with what its secret
neighbour was asked (always nothing, or the guard let somebody in). The sites are those of tests/bad, as far as they
can be had from there.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

from tests.bad.inputs import TESTED, Bad, inputs
from tests.bad.library import site_of
from tests.bad.raw import Answer, RawSite, drip, page, serve_raw
from tests.bad.test_discovery import Endless
from tests.bad.test_network import GZIP, _prepare, bomb
from tests.bad.test_pages import DECLARED, HEADERS
from tests.servers import site as sites
from tests.servers.site import DocSite, serve_site

GOOD = tuple(f"good{number}" for number in range(20))
"""Pages next to the bad one, which the crawl should find whatever happens."""

MANY_LINKS = 200_000
"""Links of a page of just under the 5 MB that are read."""

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@dataclass(slots=True)
class Open:
    """A site that is being served; `again` changes it for a second crawl."""

    url: str
    secret: DocSite
    again: Callable[[], None]


def ingest_inputs() -> list[Bad]:
    """Return every input that a crawl may meet, in the order of the file's surfaces."""
    return [each for surface in sorted(TESTED) if surface.startswith("ingest.") for each in inputs(surface)]


def next_to_good(*links: str) -> DocSite:
    """Return a start page that leads to good pages and to these."""
    pages = {"/docs/": sites.page("Start", *links, *GOOD)}
    return DocSite(pages | {f"/docs/{name}": _page(name) for name in GOOD})


def _page(name: str, *links: str) -> str:
    words = f"This is page {name} of a manual, and it says one thing in so many words that it is worth keeping for all."
    return sites.page(name, *links, text=words)


@asynccontextmanager
async def opened(bad: Bad) -> AsyncIterator[Open]:
    """Serve the site of an input, and next to it a secret one that nobody may ask."""
    async with serve_site(DocSite({"/": sites.page("Secret")})) as secret:
        if bad.surface == "ingest.transport" and bad.id in RAW:
            async with _raw_next_to_good(RAW[bad.id]()) as url:
                yield Open(url, secret, lambda: None)
            return
        site = _site(bad, secret)
        async with serve_site(site):
            _placed(bad, site, secret)

            def again() -> None:
                site.mode = "mass404" if bad.id == "trap-012" else ""
                site.statuses = {f"/docs/{name}": [503] for name in GOOD[len(GOOD) // 2 :]}

            yield Open(site.base_url, secret, again)


def _site(bad: Bad, secret: DocSite) -> DocSite:
    """Return the site, as far as it can be made before its url is known."""
    match bad.surface:
        case "ingest.document":
            return site_of({"bad": bad.text})
        case "ingest.crawl" if bad.id in TRAPS:
            write = TRAPS[bad.id]()
            return DocSite(Endless(lambda path: write(path) if path.startswith("/docs/") else None))
        case "ingest.robots":
            site = next_to_good() if "999999" not in bad.text else DocSite({"/docs/": _page("Start")})  # 30 s a request
            site.robots = 302 if "redirect" in bad.text else bad.text
            site.headers["/robots.txt"] = {"Location": secret.url("/robots.txt")} if "redirect" in bad.text else {}
            return site
        case "ingest.transport":  # 429 and 503 with a Retry-After
            status, name, value = bad.text.split(" ", 2)
            site = next_to_good("bad")
            site.statuses, site.headers = {"/docs/bad": [int(status)]}, {"/docs/bad": {name.rstrip(":"): value}}
            return site
        case "ingest.url":
            site = next_to_good(bad.text.replace('"', "%22"), "go")
            site.redirects["/docs/go"] = bad.text.strip().replace("\r", "").replace("\n", "")
            return site
        case _:
            return next_to_good("bad")


def _placed(bad: Bad, site: DocSite, secret: DocSite) -> None:
    """Add what names the site's url."""
    port = secret.base_url.rsplit(":", 1)[1]
    match bad.surface:
        case "ingest.body.html" | "ingest.body.bytes":
            site.files["/docs/bad"] = bad.data
            content_type = {"Content-Type": "text/html" + DECLARED.get(bad.id, "")}
            site.headers["/docs/bad"] = content_type | HEADERS.get(bad.id, {})
        case "ingest.response" if not bad.text.startswith("DNS"):
            _prepare(site, bad.text.replace(":PORT", f":{port}").replace("127.0.0.1/", f"127.0.0.1:{port}/"))
            site.pages = next_to_good("go").pages | {path: site.pages[path] for path in site.pages if path != "/docs/"}
        case "ingest.sitemap":
            _sitemap(bad, site)


def _sitemap(bad: Bad, site: DocSite) -> None:
    text = bad.text.partition(" served")[0].replace("http://docs.test", site.base_url)
    if "bomb" in bad.text:
        site.robots = f"Sitemap: {site.url('/sitemap.xml.gz')}\n"
        site.files["/sitemap.xml.gz"] = bomb(1000)
    elif "->" in bad.text:
        index = "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>"
        site.files["/sitemap.xml"] = index.format(site.url("/b.xml")).encode()
        site.files["/b.xml"] = index.format(site.url("/sitemap.xml")).encode()
    else:
        site.files["/sitemap.xml"] = text.encode()


@asynccontextmanager
async def _raw_next_to_good(answer: Answer) -> AsyncIterator[str]:
    """Serve `answer` for "/docs/bad" and good pages for all else."""
    good, running = next_to_good("bad").pages, list[RawSite]()

    async def route(writer: asyncio.StreamWriter) -> None:
        path = running[0].requests[-1].split(" ")[1]
        if path == "/docs/bad":
            await answer(writer)
        elif path in good:
            await page(good[path].encode())(writer)
        else:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    async with serve_raw(route) as served:
        running.append(served)
        yield served.url.rstrip("/")


async def _endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD + b"Content-Length: 10\r\n\r\n<p>0123456")
    for _ in range(1024):
        writer.write(b"y" * (1 << 20))
        await writer.drain()


RAW: Mapping[str, Callable[[], Answer]] = {
    "net-001": lambda: page(bomb(1000), [GZIP]),
    "net-003": lambda: page(gzip.compress(b"") * 60_000, [GZIP]),
    "net-004": lambda: page(b"\x8b\x00\x80" * 1000, [b"Content-Encoding: br"]),
    "net-006": lambda: drip(_HEAD + b"Content-Length: 1000000\r\n\r\n", b"x", 0.2),
    "net-007": lambda: _endless_body,
    "net-009": lambda: page(headers=[b"X-Long: " + b"x" * 200_000]),
    "net-010": lambda: page(headers=[b"Set-Cookie: a%d=b" % number for number in range(10_000)]),
    "net-012": lambda: drip(b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n", 0.2),
    "net-015": lambda: page(headers=[b"Retry-After: 99999999"]),
}


def _calendar() -> Callable[[str], str | None]:
    numbers = count(2)
    return lambda path: _page(path, *(f"cal?y=2024&m={next(numbers)}" for _ in range(50)))


def _depth() -> Callable[[str], str | None]:
    def write(path: str) -> str | None:
        last = path.strip("/").split("/")[-1]
        return _page(path, f"{int(last) + 1 if last.isdigit() else 1}/")

    return write


def _sessions() -> Callable[[str], str | None]:
    numbers = count()
    tails = (";jsessionid=", "?sid=")
    return lambda path: _page(path, *(f"{name}{tail}{next(numbers)}" for name in "abcdef" for tail in tails))


def _tracking() -> Callable[[str], str | None]:
    return lambda path: _page(path, *(f"a?utm_source={number}" for number in range(5_000)))


def _many_links() -> Callable[[str], str | None]:
    many = "".join(f'<a href="p{number}">x</a>' for number in range(MANY_LINKS))
    return lambda path: {"/docs/": _page("Start", "many", *GOOD), "/docs/many": many}.get(path)


def _growing_query() -> Callable[[str], str | None]:
    return lambda path: _page(path, f"p?x={'1' * (len(path) - 3)}", "p?x=" + "1" * 3000)


TRAPS: Mapping[str, Callable[[], Callable[[str], str | None]]] = {
    "trap-001": _calendar,
    "trap-003": _depth,
    "trap-004": _sessions,
    "trap-005": _tracking,
    "trap-007": _many_links,
    "trap-009": _growing_query,
}


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Serve one site after the other, until standard input ends."""
    by_id = {each.id: each for each in ingest_inputs()}
    lines: Iterator[str] = iter(sys.stdin.readline, "")
    while line := await asyncio.to_thread(next, lines, ""):
        async with opened(by_id[json.loads(line)["id"]]) as site:
            _say({"url": site.url})
            while (await asyncio.to_thread(next, lines, "")).strip():
                site.again()
                _say({"url": site.url})
            _say({"secret": site.secret.asked.total()})


if __name__ == "__main__":
    asyncio.run(main())
