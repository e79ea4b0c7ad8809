"""How many passages of a site would be embedded again after an edit: run as `python -m bench.identities FOLDER`.

    bumped     the version in headings, titles and menus is another one          (<= 2 % of the passages)
    banner     a line above each page says that a newer version is out           (0)
    numbered   the numbers in front of headings are one higher                   (<= 2 %)
    edited     a sentence more in the longest paragraph of 1 % of the pages      (<= 3 an edit)

    python -m bench.identities FOLDER [--version 3.2.25]

Reads the pages twice and compares them without a database: what is embedded is what has a new identity, and no vector
that is carried over (`core.index.carry`). The version is the one that most titles hold, unless `--version` names it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.edits import edited, some
from core.domain import Passage
from core.index.carry import find_pairs
from ingest.frontier import against_file
from ingest.html.extract import extract
from ingest.split import split

_TITLE = re.compile(r"<(title|h1)\b[^>]*>.*?</\1>", re.DOTALL)
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*")
_HEADING = re.compile(r"<(h[1-6]|title)\b[^>]*>.*?</\1>", re.DOTALL)
_NUMBER = re.compile(r"(?<=[>\s])(\d+)(?=(?:\.\d+)*\.\s)")
_BODY = re.compile(r"<body[^>]*>")
BANNER = (
    '<div class="announcement"><p>A newer version of this manual is out: <a href="/next/">read that one</a>.</p></div>'
)


def passages_of(pages: Mapping[str, str]) -> list[Passage]:
    """Return all passages of a site."""
    return [passage for path, text in pages.items() for passage in _of_page(path, text)]


def _of_page(path: str, text: str) -> Iterable[Passage]:
    url = f"https://site.example/{path}"
    page = extract(text, url)
    return () if page.noindex or page.trouble else split(page, url)[0]


def embedded(before: Sequence[Passage], now: Sequence[Passage]) -> int:
    """Return how many passages a crawl would embed: those without an identity or own words that were there before."""
    known = {passage.identity for passage in before}
    new = {passage.identity: _row(passage) for passage in now if passage.identity not in known}
    carried = dict(find_pairs(list(new.values()), [_row(passage) for passage in before]))
    return len(new.keys() - carried.keys())


def _row(passage: Passage) -> dict[str, object]:
    return {"identity": passage.identity, "url": passage.url, "path": passage.path, "body": passage.text}


def bumped(pages: Mapping[str, str], version: str) -> dict[str, str]:
    """Return the pages with another version wherever they name it outside of the text: in titles and headings."""
    other = re.sub(r"\d+\Z", lambda found: str(int(found[0]) + 1), version)
    return {path: _TITLE.sub(lambda found: found[0].replace(version, other), text) for path, text in pages.items()}


def numbered(pages: Mapping[str, str]) -> dict[str, str]:
    """Return the pages with the chapters' numbers in headings one higher: `<h2>34.1. Foo` -> `<h2>35.1. Foo`."""

    def count_up(found: re.Match[str]) -> str:
        return _NUMBER.sub(lambda number: str(int(number[1]) + 1), found[0], count=1)

    return {path: _HEADING.sub(count_up, text) for path, text in pages.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", default="", help="the version that is bumped")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"Nothing measured: the folder {options.folder} is not here.")
        return 0
    folder = options.folder.resolve()
    names = [path for path in sorted(folder.rglob("*.html")) if not against_file(str(path.relative_to(folder)))]
    pages = {str(path.relative_to(folder)): path.read_text("utf-8", "replace") for path in names}
    _compare(pages, options.version)
    return 0


def _compare(pages: Mapping[str, str], version: str) -> None:
    before = passages_of(pages)
    found = Counter(
        each for text in pages.values() for title in _TITLE.finditer(text) for each in _VERSION.findall(title[0])
    )
    version = version or next((name for name, _ in found.most_common(1)), "")
    print(f"{len(pages)} pages, {len(before)} passages, version {version or '-'}")
    places = some(pages, 0.01)
    changed = {
        "bumped": bumped(pages, version) if version else pages,
        "banner": {path: _BODY.sub(rf"\g<0>{BANNER}", text) for path, text in pages.items()},
        "numbered": numbered(pages),
        "edited": {path: edited(text) if path in places else text for path, text in pages.items()},
    }
    for name, now in changed.items():
        touched = sum(now[path] != pages[path] for path in pages)
        new = embedded(before, passages_of(now))
        each = f", {new / touched:.1f} an edit" if name == "edited" and touched else ""
        print(f"  {name:10} {touched:6} pages touched {new:7} embedded {new / max(len(before), 1):8.2%}{each}")


if __name__ == "__main__":
    sys.exit(main())
