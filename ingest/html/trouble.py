"""Why a page holds nothing to keep, in the words of `ingest.pages.Extract.trouble`.

    "soft 404"           says "not found" in its title or heading, and little else
    "login wall"         asks for a password or a user name, and says little else
    "bot check"          wants to see a browser or a person first
    "maintenance"        says that the site will be back
    "needs javascript"   empty but for scripts
    "no text"            empty

A page with enough text has no trouble, even if its title says so: MDN documents the status 404 at length. Scripts alone
do not make an application of a page that shows its heading and links: it may be a chapter that is only a title; an
element that waits to be filled does, where there are labels and no sentences next to it (Redoc, Swagger UI). A
barrier does not show the site's menu, so a page with more than a few links is documentation about logins and the like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.html.tree import Page
from ingest.pages import Block, BlockKind

NEEDS_SCRIPT, SOFT_404, LOGIN_WALL = "needs javascript", "soft 404", "login wall"
BOT_CHECK, MAINTENANCE = "bot check", "maintenance"

BARRIERS = frozenset({LOGIN_WALL, BOT_CHECK, MAINTENANCE})
"""Pages that a server shows in place of the requested one."""

_LITTLE, _VERY_LITTLE, _NOTHING = 1_200, 600, 40
_FEW_LINKS, _MOST_LABELLED = 5, 12
_FEW_LABELS, _LONGEST_LABEL, _MOST_WORDS = 400, 80, 9
_SOLID = frozenset({BlockKind.CODE, BlockKind.TABLE, BlockKind.SIGNATURE})
_NOT_FOUND = re.compile(
    r"^\W*(?:(?:error|http|status)\W*)*404\b(?!\.\d)|\b(?:page|file|document|url)\b.{0,40}\bnot\b.{0,8}\bfound\b|"
    r"^\W*not found\W*$|\b404\b.{0,20}\bnot found\b|\b(?:page|document)\b.{0,30}\b(?:doesn't|does not|no longer) "
    r"exist",
    re.IGNORECASE,
)
_LOG_IN = re.compile(r"\b(?:log|sign)[ -]?(?:in|on)\b|\blogin\b|\bpassword\b|\bauthenticat", re.IGNORECASE)
_SIGN_IN = re.compile(
    r"^\W*(?:please )?(?:log|sign)[ -]?(?:in|on)\b|^\W*login\b|\bsingle sign-on\b|\bSSO\b", re.IGNORECASE
)
_CHECK = re.compile(
    r"\bjust a moment\b|\battention required\b|\bpardon our interruption\b|\bhuman verification\b|\bunusual traffic\b|"
    r"\bnot a (?:ro)?bot\b|\b(?:you are|you're|are you) (?:a )?human\b|\b(?:checking|verifying) your browser\b",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\bbe (?:right )?back\b|^\W*back (?:soon|shortly)\W*$|\btemporarily (?:unavailable|down|offline|closed)\b|"
    r"\b(?:down|offline|closed|unavailable) for (?:\w{1,20} ){0,2}maintenance\b|"
    r"^\W*(?:site |website |server )?(?:is )?(?:currently )?(?:under|in|undergoing) maintenance\b",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"\bjava ?script\b|\benable js\b|\bjs\b", re.IGNORECASE)


def trouble_of(page: Page, title: str, blocks: Sequence[Block]) -> str:
    """Return why a page holds nothing to keep; "" where it has text to keep."""
    size = sum(len(block.text) for block in blocks if block.kind is not BlockKind.HEADING)
    names = [title, page.head.title, *(block.text for block in blocks[:3] if block.kind is BlockKind.HEADING)]
    if size < _LITTLE and any(map(_NOT_FOUND.search, names)):
        return SOFT_404
    if size < _VERY_LITTLE and page.password and any(map(_LOG_IN.search, [*names, *_texts(blocks)])):
        return LOGIN_WALL
    if size < _VERY_LITTLE and len(page.hrefs) <= _FEW_LINKS and (barrier := _barrier(page, names)):
        return barrier
    if _needs_script(page, blocks, size):
        return NEEDS_SCRIPT
    return "" if size else "no text"


def _needs_script(page: Page, blocks: Sequence[Block], size: int) -> bool:
    says_so = _SCRIPT.search(page.without_script) is not None
    if size < _NOTHING and page.scripted and (says_so or not page.hrefs or not blocks):
        return True
    if size < _VERY_LITTLE and any(map(_asks_for_script, _texts(blocks))):
        return True
    return size < _FEW_LABELS and page.scripted and _is_application(page, blocks)


def _is_application(page: Page, blocks: Sequence[Block]) -> bool:
    """Return whether a page of little text is labels around an element that scripts fill."""
    if len(page.hrefs) > _MOST_LABELLED or not any(mount.size <= _LONGEST_LABEL for mount in page.mounts):
        return False
    return not any(block.kind in _SOLID or _says_something(block.text) for block in blocks)


def _says_something(text: str) -> bool:
    return len(text.split()) > _MOST_WORDS or (text.rstrip().endswith((".", "!", "\u3002")) and " " in text.strip())


def _barrier(page: Page, names: Sequence[str]) -> str:
    """Return the barrier that is shown in place of a page, by its title and headings; "" for none."""
    if page.account and any(map(_SIGN_IN.search, names)):
        return LOGIN_WALL
    if any(map(_CHECK.search, names)):
        return BOT_CHECK
    return MAINTENANCE if any(map(_AWAY.search, names)) else ""


def _asks_for_script(text: str) -> bool:
    return len(text) < 200 and re.search(r"\benable\b.{0,30}\bjavascript\b", text, re.IGNORECASE) is not None


def _texts(blocks: Sequence[Block]) -> list[str]:
    return [block.text for block in blocks[:5]]
