"""Whether a source's link shows its quote in a browser, once it is followed: run as `python -m bench.landing ...`.

    shown     the whole quote is on the screen, nothing above it
    far       the anchor is there, the quote is not on that screen
    wrong     the same words of another section are on the screen, or neither quote nor anchor is
    hidden    the quote is in the page, but not drawn: another tab is open, an entry is closed
    no text   the words are not in the page
    verbatim  the quote stands in the page as a person sees it, backticks and white space aside

    python -m bench.landing FOLDER ... [--site NAME ...] [--sample 60]     sentences of passages, without an index
    footnote ask --batch Q.jsonl | python -m bench.landing --answers -     links of answers, of pages that are served

Opens each link in Chromium at 1280 x 800, with scripts and (`--no-scripts`) without, as a person does who clicks it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.async_api import BrowserContext, Page, async_playwright
from playwright.async_api import Error as BrowserError

from bench.extract import SHARED
from bot.site_server import serve_site
from core.check.fragments import link_to_text
from core.check.quoting import LONGEST, shorten_quote, split_sentences
from ingest.frontier import against_file
from ingest.html.extract import extract
from ingest.split import split
from tests.browser import BROWSER

WIDTH, HEIGHT = 1280, 800
AT_ONCE = 2
STEP_MS, NOT_FOUND_MS = 50, 1_000
LEAD_IN = 6
"""Words from which on a line that introduces others is a sentence of the page, and no heading."""
OUTCOMES = ("shown", "far", "wrong", "hidden", "no text", "not opened")
_LOOK = Path(__file__).with_suffix(".js").read_text("utf-8")
_ENTRY = re.compile(r"(?<=`):? (?=`|[A-Z])|(?<=^[A-Z]{4}): |(?<=^[A-Z]{7}): ")
_ITEM = re.compile(r"^\d{1,3}[.)] ")
_MARK = re.compile(r"\s*(?:\[\d{1,3}\])+")


@dataclass(frozen=True, slots=True)
class Link:
    """A link to follow: of which site, what kind of text is quoted, and the quote."""

    site: str
    kind: str
    href: str
    quote: str

    @property
    def anchor(self) -> str:
        """The id that the link leads to, as the page has it."""
        return unquote(urlsplit(self.href).fragment.partition(":~:")[0])

    @property
    def has_fragment(self) -> bool:
        """Whether the link names the words that it leads to."""
        return ":~:" in self.href


@dataclass(frozen=True, slots=True)
class Landing:
    """What was seen after a link was followed."""

    link: Link
    outcome: str
    verbatim: bool
    anchor_is_there: bool
    detail: str = ""


def sample_links(folder: Path, base: str, count: int, seed: int = 1) -> list[Link]:
    """Return links to sentences, rows and lines of the passages of a folder, drawn by chance."""
    chance = random.Random(seed)
    pages = [path for path in sorted(folder.rglob("*.html")) if not against_file(str(path.relative_to(folder)))]
    chance.shuffle(pages)
    links: list[Link] = []
    for path in pages[: 3 * count]:
        url = f"{base}{path.relative_to(folder)}"
        page = extract(path.read_text("utf-8", "replace"), url)
        passages = [] if page.noindex or page.trouble else list(split(page, url)[0])
        for passage in chance.sample(passages, min(len(passages), 3)):
            sentences = [each for each in split_sentences(passage.text) if len(each) > 12]
            if sentences and (quote := shorten_quote(chance.choice(sentences), frozenset())):
                href = link_to_text(passage, quote) or passage.link
                links.append(Link(folder.name, kind_of(quote, passage.text), href, quote))
    return chance.sample(links, min(count, len(links)))


def kind_of(quote: str, text: str = "") -> str:
    """Return what kind of text is quoted: a row, a line of code, or prose."""
    fenced = "".join(text.split("```")[1::2])
    return "row" if quote.startswith("|") else "code" if quote in fenced else "prose"


def links_of_answers(lines: Iterable[str]) -> Iterator[Link]:
    """Yield the links of answers with what they quote; of a keyless answer its first words with that number."""
    for answer in map(json.loads, lines):
        for each in answer["citations"] or ():
            quote = each["quote"] or first_words(answer["answer"], each["number"])
            if any(map(str.isalnum, quote)):
                yield Link(urlsplit(each["url"]).netloc, kind_of(quote), each["href"], quote)
        for each in answer["suggestions"] or ():
            if each["quote"]:
                yield Link(urlsplit(each["url"]).netloc, "further", each["href"], each["quote"])


def first_words(text: str, number: int) -> str:
    """Return the first thing that an answer says with a number: `"A b. It is so [1]."`, 1 -> `"It is so"`."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        before, mark, _ = line.partition(f"[{number}]")
        if not mark:
            continue
        words = next((part for part in reversed(_MARK.split(before)) if any(map(str.isalnum, part))), "")
        below = [each for each in lines[at + 1 :] if each.strip() and not each.startswith(("```", "|--", "| --"))]
        if line.rstrip().endswith("]:") and below and len(words.split()) < LEAD_IN:
            words = below[1] if below[0].startswith("|") and len(below) > 1 else below[0]
        return _ITEM.sub("", _MARK.sub("", words).replace("**", "").strip(" .-*+"))[:LONGEST]
    return ""


async def follow(page: Page, link: Link) -> Landing:
    """Open a link and return what is seen."""
    try:
        await page.goto("about:blank")
        await page.goto(link.href, wait_until="load", timeout=30_000)
        await _settle(page, at_least=NOT_FOUND_MS if link.has_fragment else 0)
        seen = await page.evaluate(_LOOK, [link.quote, link.anchor])
        text = await page.inner_text("body")
    except BrowserError as error:
        return Landing(link, "not opened", verbatim=False, anchor_is_there=False, detail=str(error).splitlines()[0])
    return Landing(link, judge(seen), _is_verbatim(link.quote, text), seen["anchor"], _detail(seen))


async def _settle(page: Page, at_least: int) -> None:
    """Wait until the page no longer scrolls, 3 s at most.

    `at_least`: milliseconds in which it may stay where it begins; Chromium looks for words first.
    """
    before, same = None, 0
    for turn in range(60):
        now = await page.evaluate("scrollY")  # without scripts, no promise and no frame would answer
        same = same + 1 if now == before else 0
        before = now
        if same >= 6 and (now or turn * STEP_MS >= at_least):
            return
        await page.wait_for_timeout(STEP_MS)


def judge(seen: dict[str, Any]) -> str:
    """Return the outcome of what is seen."""
    found = seen["found"]
    if not found:
        return "no text"
    own = [each for each in found if each["follows"]][:1] or (found if not seen["anchor"] else [])
    if any(each["shown"] for each in own or found):
        return "shown"
    if not any(each["drawn"] for each in own or found):
        return "hidden"
    anchor_on_screen = seen["anchor"] and -8 <= seen["anchorTop"] <= seen["height"]
    if any(each["shown"] for each in found) or (seen["scroll"] and not anchor_on_screen):
        return "wrong"
    return "far"


def _detail(seen: dict[str, Any]) -> str:
    tops = [round(each["top"]) for each in seen["found"] if each["top"] is not None]
    anchor = round(seen["anchorTop"]) if seen["anchor"] else None
    return f"quote at {tops[:4]}, anchor at {anchor}, scrolled {round(seen['scroll'])}, found {len(seen['found'])}"


def _is_verbatim(quote: str, text: str) -> bool:
    """Return whether a page shows a quote: of a row each cell, of an entry its names and what is said of them."""
    shown = " ".join(text.split())
    parts = quote.strip("|").split(" | ") if quote.startswith("|") else _ENTRY.split(quote)
    return all(" ".join(part.replace("`", "").split()) in shown for part in parts)


async def follow_all(links: Sequence[Link], *, scripts: bool = True) -> list[Landing]:
    """Open links in Chromium, a few at once. Return what was seen, in their order."""
    waiting = list(enumerate(links))[::-1]
    seen: dict[int, Landing] = {}

    async def work(context: BrowserContext) -> None:
        page = await context.new_page()
        while waiting:
            at, link = waiting.pop()
            seen[at] = await follow(page, link)

    async with async_playwright() as playwright:
        options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=options)
        context = await browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, java_script_enabled=scripts, reduced_motion="reduce"
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work(context))
        await browser.close()
    return [seen[at] for at in sorted(seen)]


def table(landings: Sequence[Landing]) -> Iterator[str]:
    """Yield the lines of a table: by site, by kind of text, and all."""
    groups: dict[str, list[Landing]] = defaultdict(list)
    for each in landings:
        groups[each.link.site].append(each)
    for each in landings:
        groups[f"  {each.link.kind}"].append(each)
    groups["all"] = list(landings)
    heads = "".join(f"{name:>11}" for name in OUTCOMES)
    yield f"{'':24}{'links':>6}{heads}{'verbatim':>10}{'with text':>10}{'shown':>7}"
    for name, group in groups.items():
        counts = Counter(each.outcome for each in group)
        shares = "".join(f"{counts[outcome] / len(group):>11.1%}" for outcome in OUTCOMES)
        worded = [each for each in group if each.link.has_fragment]
        share = f"{sum(each.outcome == 'shown' for each in worded) / len(worded):>7.1%}" if worded else f"{'-':>7}"
        verbatim = sum(each.verbatim for each in group) / len(group)
        yield f"{name:24}{len(group):>6}{shares}{verbatim:>10.1%}{len(worded):>10}{share}"


async def measure(options: argparse.Namespace) -> list[Landing]:
    """Return what is seen behind the links of answers, and of each folder."""
    scripts = not options.no_scripts
    seen = await follow_all([*links_of_answers(options.answers)], scripts=scripts) if options.answers else []
    for folder in [*options.folders, *(SHARED / "sites" / name for name in options.site)]:
        if not folder.is_dir():
            print(f"{folder.name:24} not measured: the folder is not here")
            continue
        async with serve_site(folder) as base:
            links = sample_links(folder, base, options.sample, options.seed)
            if options.plain:
                links = [replace(each, href=each.href.partition(":~:")[0].rstrip("#")) for each in links]
            seen += await follow_all(links, scripts=scripts)
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--site", nargs="*", default=[], help="folders of ../shared/sites")
    parser.add_argument("--answers", type=argparse.FileType("r"), help="what `footnote ask --batch` printed")
    parser.add_argument("--sample", type=int, default=60, help="links of each folder")
    parser.add_argument("--seed", type=int, default=1, help="which sentences are drawn")
    parser.add_argument("--no-scripts", action="store_true", help="with JavaScript switched off")
    parser.add_argument("--plain", action="store_true", help="follow the links without the words in them")
    parser.add_argument("--show", type=int, default=0, help="how many misses to print")
    options = parser.parse_args()
    if not BROWSER:
        print("not measured: no Chromium on the PATH")
        return 0
    landings = asyncio.run(measure(options))
    if not landings:
        return 0
    print(*table(landings), sep="\n")
    missed = [each for each in landings if each.outcome != "shown" or not each.verbatim]
    for each in missed[:: max(len(missed) // max(options.show, 1), 1)][: options.show]:
        print(f"\n{each.outcome} ({each.link.kind}, {'' if each.verbatim else 'not '}verbatim) {each.link.href}")
        print(f"  {each.link.quote!r}\n  {each.detail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
