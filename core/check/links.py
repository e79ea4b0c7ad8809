"""No address that a model wrote is shown: links are rendered from stored rows, never from the words of an answer.

    "See [the guide](https://evil.example/x)."   -> "See the guide [link removed]."
    "`curl http://localhost:8000`"               -> kept where a passage holds exactly that url, else "[link removed]"

Pure text in, text out. Whatever may be a url counts as one: any scheme, `www.`, `host.tld/path`, `data:`, `evil[.]tld`.
Every pattern has length caps, and no two unbounded repeats in a row: answers are hostile text (measured).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

REMOVED = "[link removed]"

_TARGET = r"[^()\n]{0,2000}(?:\([^()\n]{0,300}\)[^()\n]{0,300})?"
CODE_SPAN = re.compile(r"``[^\n]{1,300}?``|`[^`\n]{1,300}`")
_INDEXED = re.compile(r"(?<![\w`$.])\$?[A-Za-z_][\w.]{0,60}\[\d{1,3}\](?!`)")
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,30}:[/\\]{1,4}|(?<![a-z0-9])(?:(?:data|javascript|vbscript|mailto|blob|tel):(?=\S)|www\.(?=\S)))"
    r"[^\s<>\"'`|{}^]+",
    re.IGNORECASE,
)
_JOINED_PATHS = re.compile(
    r"(?!https?:|ftps?:|hxxps?:|wss?:|file:)[\w.-]+:/(?:[\w.-]+/?)*(?::\w{1,20})?", re.IGNORECASE
)
_BARE_HOST = re.compile(
    r"(?<![\w@./:-])(?:[\w-]{1,255}(?:\.|[\[(](?:\.|dot)[\])])){1,20}(?:[a-z]{2,24}|(?<!\d\.)[^\W\d_]{2,24})"
    r"(?::\d{1,5})?(?:[/?][^\s<>\"'`|{}^]*)?",
    re.IGNORECASE,
)
_MORE_THAN_NAME = re.compile(r"[/?\[(]")
_LINKS = re.compile(
    rf"(?P<code>{CODE_SPAN.pattern})"
    rf"|!\[[^\[\]\n]{{0,300}}\]\({_TARGET}\)"
    rf"|\[(?P<words>[^\[\]\n]{{0,300}})\]\((?P<target>{_TARGET})\)"
    r"|<(?P<angled>[a-z][a-z0-9+.-]{1,30}:[^<>\s]{0,2000})>"
    r"|(?P<tag></?(?:a|img|iframe|script|link|form|svg|object|embed|video|audio|source|meta|base|style)\b[^<>]{0,2000}>)",
    re.IGNORECASE,
)
_RAISED_MARK = re.compile(r"<sup>[ \t]{0,2}\[?(\d{1,3})\]?[ \t]{0,2}</sup>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:(?P<block>br|p|div|ul|ol|li|table|thead|tbody|tr|td|th|h[1-6]|details|summary)"
    r"|b|i|u|em|strong|sup|sub|span|small|mark|code|kbd"
    r"|(?:final_?)?answer|response|reply|output|result)(?:[ \t][^<>\n]{0,60})?/?>",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff]"
)
# Joiners mean something between letters of some scripts and in emoji; next to ASCII they only hide things.
_JOINERS = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")
_STRUCK = re.compile(r"~~(?! )[^~\n]{1,300}~~|~~|<!--[^\n]{0,300}?(?:-->|$)")
"""What is struck out, its sign where the other one is in another sentence, and comments: none of it is said."""

_TRAILING = ".,;:!?)]}*_~"


def remove_unprintable(piece: str) -> str:
    """Return a piece without control, bidirectional, tag and zero-width characters; line feeds and tabs stay.

    Each character is judged by itself, so a text may come in pieces.
    """
    return _INVISIBLE.sub("", piece)


def remove_invisible(text: str) -> str:
    """Return what `printable` leaves of a text, without joiners that join nothing."""
    if text.isascii() and text.isprintable():
        return text  # the common case in a crawl, which reads a lot
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = remove_unprintable(text)
    return _JOINERS.sub("", text) if "\u200c" in text or "\u200d" in text else text


def find_urls(text: str) -> frozenset[str]:
    """Return the urls of a text, without the punctuation behind them."""
    return frozenset(match.group().rstrip(_TRAILING) for match in _URL.finditer(text))


def remove_links_from_prose(text: str, known_urls: Collection[str], known_text: str) -> str:
    """Return a unit of prose with every link removed; inside code spans a url stays if it is in `known_urls`.

    A host without a scheme ("example.com/a", also "setup.py" and "torch.nn") stays if `known_text` holds it.
    """
    text = _as_rendered(text)

    def replaced(match: re.Match[str]) -> str:
        if match["code"]:
            return remove_links_from_code(match["code"], known_urls)
        if match["words"] is not None:
            return _link_words(match["words"], match["target"], known_text)
        return "" if match["tag"] else REMOVED

    return map_outside_code(_LINKS.sub(replaced, text), lambda piece: _bare(piece, known_text))


def remove_links_from_code(code: str, known_urls: Collection[str]) -> str:
    """Return code with every url removed that is not, byte for byte, in `known_urls`.

    Two paths that a colon joins are none (`/srv/a:/data`).
    """
    code = _as_rendered(code)

    def replaced(match: re.Match[str]) -> str:
        url = match.group().rstrip(_TRAILING)
        is_joined = code[match.start() - 1 : match.start()] == "/" and _JOINED_PATHS.fullmatch(url)
        return match.group() if url in known_urls or is_joined else REMOVED + match.group()[len(url) :]

    return _URL.sub(replaced, code)


def to_quotable(text: str) -> str:
    """Return a passage's prose for quoting: links become their words, images go, bare urls become code spans.

    "See [the guide](x.html) at https://a.example." -> "See the guide at `https://a.example`."
    """

    def replaced(match: re.Match[str]) -> str:
        if match["angled"]:
            return f"`{match['angled']}`"
        return match["code"] or match["words"] or ""

    def spanned(match: re.Match[str]) -> str:
        url = match.group().rstrip(_TRAILING)
        return f"`{url}`{match.group()[len(url) :]}" if url else match.group()

    return map_outside_code(_LINKS.sub(replaced, text), lambda piece: _URL.sub(spanned, piece))


def map_outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to all that is not in a code span, and return the whole text."""
    parts, at = [], 0
    for span in CODE_SPAN.finditer(text):
        parts += [change(text[at : span.start()]), span.group()]
        at = span.end()
    return "".join([*parts, change(text[at:])])


def remove_html(piece: str, known_text: str) -> str:
    """Return a piece without formatting tags, comments and what is struck out: `"A<br>b<sup>2</sup>"` -> `"A b[2]"`.

    Those that `known_text` writes about stay.
    """

    def replaced(match: re.Match[str]) -> str:
        return match.group() if match.group() in known_text else " " if match["block"] else ""

    if "~~" in piece or "<!--" in piece:
        piece = _STRUCK.sub(lambda struck: struck.group() if struck.group() in known_text else "", piece)
    return _TAG.sub(replaced, _RAISED_MARK.sub(r"[\1]", piece)) if "<" in piece else piece


def indexed_as_code(piece: str, known_text: str) -> str:
    """Put `argv[1]` into a code span if `known_text` holds it: there it is no citation mark."""

    def spanned(match: re.Match[str]) -> str:
        return f"`{match.group()}`" if match.group() in known_text else match.group()

    return _INDEXED.sub(spanned, piece)


def _as_rendered(text: str) -> str:
    """Return a text in NFKC if that makes a url of what was none ("https：//"), since a renderer may do the same."""
    folded = unicodedata.normalize("NFKC", text)
    same = find_urls(folded) == find_urls(text) and _BARE_HOST.findall(folded) == _BARE_HOST.findall(text)
    return text if same else folded


def _link_words(words: str, target: str, known_text: str) -> str:
    """Return the words of a link; of a link to elsewhere also that it was removed.

    Of a link within a site, or on a citation mark, only the words stay.
    """
    plain = _bare(words, known_text)
    if words.strip("^ ").isdigit():
        return f"[{words}]"
    leads_away = REMOVED not in plain and (_URL.search(target) or target.startswith(("//", "\\")))
    return f"{plain} {REMOVED}" if leads_away else plain


def _bare(piece: str, known_text: str) -> str:
    def host_replaced(match: re.Match[str]) -> str:
        host = match.group().rstrip(_TRAILING)
        is_name = host.isascii() and not _MORE_THAN_NAME.search(host)  # a plain "a.b" is judged as a name
        harmless = host in known_text or is_name
        return match.group() if harmless else REMOVED + match.group()[len(host) :]

    def url_replaced(match: re.Match[str]) -> str:
        return REMOVED + match.group()[len(match.group().rstrip(_TRAILING)) :]

    return _BARE_HOST.sub(host_replaced, _URL.sub(url_replaced, piece))
