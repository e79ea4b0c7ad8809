"""Whether a link leads to the entry that is quoted, over any folder of HTML: run as `python -m bench.links FOLDER ...`.

    entry    a dd with the dts above it, a text after an <a name>, a <p id>, a short answer under a heading
    right    a passage that holds the beginning of the entry's text has an anchor of that entry       (>= 98 %)
    named    a passage under an entry's link holds the entry's name, in its path or its text          (>= 99 %)
    lost     the beginning of the entry's text is in no passage
    missing  a passage's anchor is not in its page                                                    (0)
    dropped  texts left out as too short, of all                                                      (<= .3 %)

    python -m bench.links FOLDER ... [--site NAME ...] [--first N] [--show N]

`--site` takes folders of ../shared/sites. Reads the pages with a parser of its own (selectolax), so that a fault of
`ingest.html` is seen; compares letters and digits alone. Says so and ends with 0 where a folder is missing.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bench.extract import SHARED
from core.domain import Passage
from ingest.frontier import against_file
from ingest.html.extract import extract
from ingest.split import split

BEGINNING = 40
"""Letters and digits of an entry's text that are looked for."""

SHORTEST = 8
_FOLD = re.compile(r"[\W_]+")
_MACHINE = re.compile(r"(?:id|index|idm|idp|toc|fn|fnref|ref|footnote|table|figure)?[-_.:\d]+\Z", re.IGNORECASE)
_INNER = "dl, table, pre, ul, ol, sup, .math, .admonition, .versionmodified"
_SIGNS = ".footnote-reference, .footnote-ref, [role=doc-noteref], .headerlink, .id_link, .permalink, .anchor"
_WORD = re.compile(r"[\w$-][\w.$:@-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a page: the anchors that lead to it, its name and the beginning of its text, folded."""

    kind: str
    anchors: frozenset[str]
    name: str
    beginning: str


@dataclass(slots=True)
class Figures:
    """What was counted in one folder, by kind of entry."""

    pages: int = 0
    passages: int = 0
    dropped: int = 0
    missing: int = 0
    under: int = 0
    named: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def fold(text: str) -> str:
    """Return the letters and digits of a text: `"Foo_bar (x)"` -> `"foobarx"`."""
    return _FOLD.sub("", text).lower()


def entries_of(tree: LexborHTMLParser) -> Iterator[Entry]:
    """Yield the entries of a page, and remove permalinks from the tree."""
    for sign in tree.css(_SIGNS):
        if len((sign.text() or "").strip()) <= 3:
            sign.decompose()
    for selector, read in _KINDS.items():
        yield from filter(None, map(read, tree.css(selector)))


def _defined(description: LexborNode) -> Entry | None:
    terms: list[LexborNode] = []
    node = _before(description)
    while node is not None and node.tag == "dt":
        terms.append(node)
        node = _before(node)
    anchors = frozenset(name for term in terms for name in _names(term))
    beginning = _beginning(description)
    if not anchors or not beginning:
        return None
    return Entry("dd", anchors, _name_of(terms[0]), beginning)


def _anchored(paragraph: LexborNode) -> Entry | None:
    own = paragraph.attributes.get("id") or ""
    before = _before(paragraph)
    if not own and before is not None and before.tag == "a" and not (before.text() or "").strip():
        own = before.attributes.get("name") or before.attributes.get("id") or ""
    beginning = fold(paragraph.text() or "")[:BEGINNING]
    if not own or _MACHINE.match(own) or len(beginning) < BEGINNING:
        return None
    bold = paragraph.css_first("b, strong, code")
    name = fold(bold.text() or "") if bold is not None and beginning.startswith(fold(bold.text() or "-")) else ""
    return Entry("p", frozenset({own}), name, beginning)


def _answered(heading: LexborNode) -> Entry | None:
    """Return the entry of a heading with one short text under it, like a question."""
    near = [heading.parent] if heading.parent is not None else []
    before = _before(heading)
    while before is not None and before.tag in {"span", "a"}:
        near.append(before)
        before = _before(before)
    anchors = frozenset([*_names(heading), *(name for node in near for name in _names(node, deep=False))])
    answer = _after(heading)
    if not anchors or answer is None or answer.tag != "p":
        return None
    beginning = fold(answer.text() or "")[:BEGINNING]
    return Entry("h", anchors, fold(heading.text() or ""), beginning) if len(beginning) >= SHORTEST else None


_KINDS: dict[str, Callable[[LexborNode], Entry | None]] = {"dd": _defined, "p": _anchored, "h2, h3, h4": _answered}


def _beginning(node: LexborNode) -> str:
    """Return the beginning of the text before any list, table or code within it."""
    text = ""
    for inner in node.iter(include_text=True):
        if inner.tag != "-text" and (inner.css_matches(_INNER) or inner.css_first(_INNER) is not None):
            break
        text = fold(text + (inner.text() or ""))
        if len(text) >= BEGINNING:
            break
    return text[:BEGINNING] if len(text) >= SHORTEST else ""


def _name_of(term: LexborNode) -> str:
    inner = term.css_first(".sig-name, .descname, .term code, code, .term")
    text = " ".join(((inner or term).text() or "").split())
    found = _WORD.search(text)
    return fold(text) if len(fold(text)) <= BEGINNING else fold(found[0]) if found else ""


def _names(node: LexborNode, *, deep: bool = True) -> Iterator[str]:
    nodes = [node, *node.css("[id], a[name]")] if deep else [node]
    for each in nodes:
        for name in ("id", "name"):
            if value := each.attributes.get(name):
                yield value


def _before(node: LexborNode) -> LexborNode | None:
    at = node.prev
    while at is not None and at.tag in {"-text", "-comment"} and not (at.text_content or "").strip():
        at = at.prev
    return at


def _after(node: LexborNode) -> LexborNode | None:
    at = node.next
    while at is not None and at.tag in {"-text", "-comment"} and not (at.text_content or "").strip():
        at = at.next
    return at


def count(text: str, url: str, into: Figures) -> None:
    """Add what one page shows to the figures."""
    page = extract(text, url)
    if page.noindex or page.trouble:
        return
    passages, dropped = split(page, url)
    tree = LexborHTMLParser(text)
    there = {name for node in tree.css("[id], a[name]") for name in _names(node, deep=False)}
    into.pages += 1
    into.passages += len(passages)
    into.dropped += dropped
    into.missing += sum(bool(p.anchor) and p.anchor not in there and unquote(p.anchor) not in there for p in passages)
    _count_entries(list(entries_of(tree)), passages, url, into)


def _count_entries(entries: Sequence[Entry], passages: Sequence[Passage], url: str, into: Figures) -> None:
    stored = [(unquote(p.anchor), fold(p.text), fold(" ".join(p.path)) + fold(p.text)) for p in passages]
    by_anchor: dict[str, list[str]] = defaultdict(list)
    for anchor, _, whole in stored:
        by_anchor[anchor].append(whole)
    for entry in entries:
        into.entries[entry.kind] += 1
        holding = [anchor for anchor, text, _ in stored if entry.beginning in text]
        is_right = not entry.anchors.isdisjoint(holding)
        into.lost[entry.kind] += not holding
        into.right[entry.kind] += is_right
        if not is_right:
            into.faults.append(f"{entry.kind} {url}#{min(entry.anchors)} {entry.beginning!r} under {holding[:3]}")
        under = [whole for anchor in entry.anchors for whole in by_anchor[anchor]] if entry.kind == "dd" else []
        nameless = sum(entry.name not in whole for whole in under)
        into.under += len(under)
        into.named += len(under) - nameless
        if nameless:
            into.faults.append(f"name {url}#{min(entry.anchors)} {entry.name!r} is not in {nameless} of {len(under)}")


def measure(folder: Path, first: int) -> Figures:
    """Return the figures of a folder, of its first pages alone where `first` is not 0."""
    found = Figures()
    pages = [path for path in sorted(folder.rglob("*.html")) if not against_file(str(path.relative_to(folder)))]
    for path in pages[: first or None]:
        count(path.read_text("utf-8", "replace"), f"https://site.example/{path.relative_to(folder)}", found)
    return found


def _print(name: str, figures: Figures) -> None:
    shares = [f"{name:18}{figures.pages:6}{figures.passages:9}"]
    for kind in ("dd", "p", "h"):
        entries, lost = figures.entries[kind], figures.lost[kind]
        share = f"{figures.right[kind] / (entries - lost):.1%}" if entries > lost else "-"
        shares.append(f"{entries:8}{lost:6}{share:>8}")
    share = f"{figures.named / figures.under:.1%}" if figures.under else "-"
    drafts = max(figures.passages + figures.dropped, 1)
    print(*shares, f"{share:>8}{figures.missing:9}{figures.dropped:9} {figures.dropped / drafts:.2%}", sep="")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--site", nargs="*", default=[], help="folders of ../shared/sites")
    parser.add_argument("--first", type=int, default=0, help="pages of each folder, 0 for all")
    parser.add_argument("--show", type=int, default=0, help="how many faults of each folder to print")
    options = parser.parse_args()
    kinds = "".join(f"{kind:>8}{'lost':>6}{'right':>8}" for kind in ("dd", "p", "h"))
    print(f"{'folder':18}{'pages':>6}{'passages':>9}{kinds}{'named':>8}{'missing':>9}{'dropped':>9}")
    for folder in [*options.folders, *(SHARED / "sites" / name for name in options.site)]:
        if not folder.is_dir():
            print(f"{folder.name:18} not measured: the folder is not here")
            continue
        figures = measure(folder.resolve(), options.first)
        _print(folder.parent.name if folder.name == "html" else folder.name, figures)
        step = max(len(figures.faults) // options.show, 1) if options.show else 0
        for fault in figures.faults[::step][: options.show] if step else ():
            print(f"    {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
