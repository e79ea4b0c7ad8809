"""`core.check.fragments` in a real Chromium: a page, its passages, the link to a quote, and what is on the screen.

Each page has its quote many screens below its anchor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bench.landing import Landing, Link, follow_all
from bot.site_server import serve_site
from core.check.fragments import link_to_text
from core.check.quoting import split_sentences
from core.domain import Passage
from ingest.html.extract import extract
from ingest.split import split
from tests.browser import BROWSER

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not BROWSER, reason="needs a Chromium on the PATH")]

FILLER = "".join(
    f"<p>Paragraph {n} says what nobody wants to know, in as many words as it takes.</p>" for n in range(60)
)
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pools</title><style>'
    "header {{ position: sticky; top: 0; height: 60px; background: #eee }}</style></head><body>"
    '<header>Docs</header><main><h1 id="top">Pools</h1><p>What is said of pools.</p>'
    "<h2 id={anchor!r}>Waiting</h2>{filler}{body}{filler}<h2 id='end'>End</h2>{filler}</main></body></html>"
)
WAITS = "The pool waits for eighty seconds before it gives up."


@dataclass(frozen=True)
class Case:
    """A page: what stands far below its anchor, the quote, and what to look for on the screen."""

    body: str
    quote: str = WAITS
    anchor: str = "waiting"
    shown: str = ""


CASES = {
    "plain": Case(f"<p>{WAITS}</p>"),
    "inline markup": Case(
        "<p>The <b>pool</b> <a href='#end'>waits for</a> <code>eighty</code> sec<i>onds</i> before it gives up.</p>"
    ),
    "soft hyphens": Case("<p>The pool waits for eigh&shy;ty se&shy;conds before it gives&nbsp;up.</p>"),
    "signs": Case(
        "<p>Use A &amp; B (both, that is) – or C-D: 100% &gt; 99%, “so” they say.</p>",
        "Use A & B (both, that is) – or C-D: 100% > 99%, “so” they say.",
    ),
    "same beginning": Case(f"<p>The pool waits for eighty people.</p>{FILLER}<p>{WAITS}</p>"),
    "said twice": Case(
        f"<p>Of readers. {WAITS}</p>{FILLER}<p>Of writers alone. {WAITS}</p>", shown=f"Of writers alone. {WAITS}"
    ),
    "closed details": Case(f"<details><summary>More</summary><p>{WAITS}</p></details>"),
    "chinese": Case("<p>连接池在放弃之前等待八十秒。</p>", "连接池在放弃之前等待八十秒。"),
    "hebrew": Case(
        "<p dir='rtl'>המאגר ממתין שמונים שניות לפני שהוא מוותר.</p>", "המאגר ממתין שמונים שניות לפני שהוא מוותר."
    ),
    "umlauts": Case(
        "<p>Der Vorrat wartet höchstens achtzig Sekunden, größer geht's nicht.</p>",
        "Der Vorrat wartet höchstens achtzig Sekunden, größer geht's nicht.",
        "Größe-50%",
    ),
    "line break": Case(
        "<p>The pool waits for eighty seconds<br>before it gives up.</p>",
        "The pool waits for eighty seconds before it gives up.",
    ),
}


def passage_of(case: Case, url: str) -> tuple[Passage, str]:
    """Return the last passage that holds a quote, and the quote as that passage has it."""
    passages, _ = split(extract(page_of(case), url), url)
    for passage in reversed(passages):
        for sentence in reversed(split_sentences(passage.text)):
            if case.quote in sentence.replace("`", "").replace("\n", " "):
                return passage, sentence
    raise AssertionError([passage.text for passage in passages])


def page_of(case: Case) -> str:
    return PAGE.format(filler=FILLER, body=case.body, anchor=case.anchor)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def landings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Landing]]:
    """Follow the links to all quotes in one browser."""
    folder: Path = tmp_path_factory.mktemp("pages")
    links = []
    async with serve_site(folder) as base:
        for number, case in enumerate(CASES.values()):
            (folder / f"{number}.html").write_text(page_of(case), "utf-8")
            passage, quote = passage_of(case, f"{base}{number}.html")
            links.append(Link("own", "own", link_to_text(passage, quote), case.shown or case.quote))
        yield dict(zip(CASES, await follow_all(links), strict=True))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_link_shows_its_quote_many_screens_below_its_anchor(landings: dict[str, Landing], name: str) -> None:
    seen = landings[name]
    assert seen.link.has_fragment
    assert (seen.outcome, seen.anchor_is_there) == ("shown", True), seen
