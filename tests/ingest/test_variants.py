"""Urls that differ in their query: what is read of a wiki, a forum, a calendar and a filter."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, product

import pytest

from core.index.crawling import Outlook, Verdict
from ingest.pages import Unchanged
from ingest.verdict import Tally, judge
from tests.ingest.crawling import kept, known_from, walked
from tests.servers.site import DocSite, page, serve_site

NAMES = [
    *("anchor", "bilge", "compass", "deck", "echo", "flag", "galley", "helm", "inverter", "jib", "keel", "log", "mast"),
    *("net", "oar", "pump", "quay", "rudder", "sail", "tiller"),
]
VERBS, ENDS = ["cleans", "oils", "counts", "inspects"], ["storm", "trip", "race", "night", "tide"]
SENTENCES = [
    f"The {name} is kept by the {NAMES[-place]} watch, which {VERBS[place % 4]} it before the {NAMES[place - 9]} is "
    f"seen to, and once more after each {ENDS[place % 5]} of the season."
    for place, name in enumerate(NAMES)
]


def wiki(url: Callable[[str], str], noise: Callable[[str], list[str]] = lambda _: []) -> DocSite:
    """Write a wiki at one path; each page links to all, after links that show it otherwise."""
    pages = {}
    for number, name in enumerate(NAMES):
        links = [*noise(name), *map(url, NAMES)]
        pages[f"/docs/{url(name)}"] = page(name.title(), *links, text=SENTENCES[number])
        pages |= {f"/docs/{other}": page(name.title(), *links, text=SENTENCES[number]) for other in noise(name)}
    return DocSite({"/docs/": page("Start", *noise(NAMES[0]), url(NAMES[0]))} | pages)


def tools(name: str) -> list[str]:
    return [f"doku.php?id={name}&do={tool}" for tool in ("edit", "revisions", "backlink", "index", "media")]


@pytest.mark.parametrize(
    "site",
    [
        wiki(lambda name: f"doku.php?id=boat:{name}"),
        wiki(lambda name: f"doku.php?id={name}", tools),
        wiki(lambda name: f"index.php?title={name.title()}_of_the_boat"),
        wiki(lambda name: f"index.php?page_id={NAMES.index(name) + 100}"),
        wiki(lambda name: f"viewtopic.php?f=2&t={NAMES.index(name) + 100}"),
    ],
)
async def test_a_wiki_at_one_path_is_read_whole(site: DocSite) -> None:
    async with serve_site(site):
        found = await walked(site)
        texts = {passage.text for outcome in found.values() for passage in getattr(outcome, "passages", ())}
        assert texts.issuperset(SENTENCES)
        known = known_from(found)
        site.forget()
        again = await walked(site, known=known)
        assert sum(isinstance(outcome, Unchanged) for outcome in again.values()) == len(known)


async def test_a_wiki_of_short_pages_that_echo_their_name_is_read_whole() -> None:
    texts = {f"/docs/doku.php?id={name}": page(name, *(f"doku.php?id={other}" for other in NAMES)) for name in NAMES}
    async with serve_site(DocSite({"/docs/": page("Start", "doku.php?id=anchor")} | texts)) as site:
        assert len(kept(await walked(site))) == len(NAMES) + 1


class Written(dict[str, str]):
    """Pages that are written when they are requested."""

    def __init__(self, write: Callable[[str], str]) -> None:
        super().__init__({"/docs/": page("Start", "list?f=a", "list?a=1&b=2", "list?color=red", "list?d=1")})
        self._write = write

    def get(self, path: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return super().get(path) or (self._write(path) if path.startswith("/docs/list?") else default)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.get(path) is not None

    def __getitem__(self, path: str) -> str:
        return self.get(path) or ""


def calendar() -> Callable[[str], str]:
    numbers = count(2)
    return lambda path: page(
        path, *(f"list?d={next(numbers)}" for _ in range(20)), text=f"Day {path[-2:]}, no event. " * 9
    )


def shop() -> Callable[[str], str]:
    numbers = count()
    shown = ["red", "small", "cheap", "new"]

    def write(path: str) -> str:
        asked = path.partition("?")[2]
        number = next(numbers)
        links = [f"list?color={a}&size={b}&page={number}" for a, b in product(shown, shown)]
        items = " ".join(f"{name.title()} for the boat, in stock." for name in NAMES if (len(name) + number) % 3)
        return page(
            asked, *links, *(f"list?f={a}-{b}-{number}" for a, b in product(shown, shown)), text=f"{asked}: {items}"
        )

    return write


@pytest.mark.parametrize("write", [calendar, shop])
async def test_a_filter_without_end_is_left(write: Callable[[], Callable[[str], str]]) -> None:
    async with serve_site(DocSite(Written(write()))) as site:
        found = await walked(site)
        assert sum(path.startswith("/docs/list?") for path in site.asked) <= 20
        tally = Tally()
        for outcome in found.values():
            tally.take(outcome)
        assert judge(tally, {}, Outlook(0, len(tally.kept))).verdict is Verdict.OK


def test_a_site_of_which_a_large_part_cannot_be_read_is_not_plainly_ok() -> None:
    tally = Tally(kept={"https://h/a", "https://h/b"}, skipped={f"https://h/{n}": "needs javascript" for n in range(9)})
    judgement = judge(tally, {}, Outlook(0, 4))
    assert judgement.verdict is Verdict.PARTIAL
    assert judgement.reason == "a large part of the site was left out (9 x needs javascript)"
    tally.skipped = dict.fromkeys(tally.skipped, "noindex")
    assert judge(tally, {}, Outlook(0, 4)).verdict is Verdict.OK
