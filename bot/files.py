"""Files of chat messages: what is read as text, from where and how much; what is not read is named in the answer.

    message.txt, a snippet, text/*, source code    read, from the platform's own hosts alone, and shortened
    a screenshot, an archive, a file elsewhere,
    one that is too large or cannot be had         named in one clause

Text that is too long loses its middle, since a log says at its beginning what was run and at its end what failed.
Follows no redirect, and sends a token to no other host (docs/decisions/0035-when-to-speak.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from bot.shortening import shorten_middle
from core.inbox.platforms import SharedFile
from core.net.route import Route
from core.sentences import Sentences

MOST_BYTES, MOST_FILES, MOST_NAMES = 1_000_000, 5, 3
"""Bytes of a file that is read, files of a message that are read, and names of a clause."""

FILE_CHARACTERS, LONGEST_NAME, FETCH_SECONDS = 1_500, 60, 8.0
"""Characters of a file that go on, characters of its name, and seconds that it may take to arrive."""

UNNAMED = "a file"
_TEXT_TYPES = frozenset(
    {"application/json", "application/xml", "application/yaml", "application/x-yaml", "application/toml"}
    | {"application/javascript", "application/x-sh", "application/sql", "application/x-ndjson"}
)
_TEXT_ENDINGS = frozenset(
    {"txt", "log", "md", "rst", "adoc", "csv", "tsv", "json", "jsonl", "yaml", "yml", "toml", "ini", "cfg", "conf"}
    | {"env", "properties", "xml", "diff", "patch", "sql", "py", "js", "ts", "tsx", "jsx", "go", "rs", "java", "kt"}
    | {"c", "h", "cc", "cpp", "hpp", "cs", "rb", "php", "pl", "lua", "swift", "sh", "bash", "zsh", "ps1", "bat", "tf"}
)
_RICH_TYPES = frozenset({"text/rtf", "text/richtext", "image/svg+xml"})
_NEVER_TEXT = (
    "image/",
    "audio/",
    "font/",
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/x-tar",
)
"""Kinds of which no ending makes text; a video may be TypeScript, whose ending Discord takes for one."""

_MOST_UNREADABLE = 0.05
"""Share of characters that cannot be read in a text that is one."""


@dataclass(frozen=True, slots=True)
class FilesRead:
    """The texts of the files of a message, and the names of those that were not read."""

    texts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def is_text(file: SharedFile) -> bool:
    """Return whether a file says to be text, and is not too large to be read."""
    kind = file.kind.partition(";")[0].strip().lower()
    by_name = file.name.rpartition(".")[2].lower() in _TEXT_ENDINGS and not kind.startswith(_NEVER_TEXT)
    says_so = kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml")) or by_name
    return says_so and kind not in _RICH_TYPES and file.size <= MOST_BYTES


async def read_files(files: Sequence[SharedFile], fetch: Callable[[SharedFile], Awaitable[str | None]]) -> FilesRead:
    """Return what the files say, and which could not be read; `fetch` returns None for those."""
    texts: list[str] = []
    unread: list[str] = []
    for number, each in enumerate(files):
        text = await fetch(each) if is_text(each) and number < MOST_FILES else None
        if text is None:
            unread.append(each.name or UNNAMED)
        elif text.strip():
            texts.append(shorten_middle(text.strip(), FILE_CHARACTERS))
    return FilesRead(tuple(texts), tuple(unread))


def describe_unread(names: Sequence[str], sentences: Sentences, escape: Callable[[str, int], str]) -> str:
    """Return the clause that names files that were not read; empty: there are none. `escape`: for somebody's words."""
    if not names:
        return ""
    named = ", ".join(escape(each, LONGEST_NAME) for each in names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        named = sentences.answers_from_more.format(names=named, count=len(names) - MOST_NAMES)
    return sentences.files_unread.format(files=named)


def is_own_url(url: str, hosts: Collection[str], api_url: str) -> bool:
    """Return whether a file is at one of these hosts, by https, or at the very origin of the API that was set."""
    try:
        there, api = urlsplit(url), urlsplit(api_url)
        if there.scheme == "https" and there.hostname in hosts and there.port in (None, 443):
            return True
        return bool(api.hostname) and (there.scheme, there.netloc) == (api.scheme, api.netloc)
    except ValueError:
        return False


async def fetch_text(file: SharedFile, route: Route, headers: Mapping[str, str] | None = None) -> str | None:
    """Return the text of a file; None: it is not there, is too large, or is no text. Raises nothing.

    The caller has judged its url (`is_own_url`).
    """
    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    tls = route.open_tls()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
            session.get(
                file.url,
                headers=headers,
                allow_redirects=False,
                proxy=route.proxy_for(file.url) or None,
                ssl=tls if tls is not None else True,
            ) as answer,
        ):
            is_login = answer.content_type == "text/html" and "html" not in file.kind  # Slack's, without the scope
            data = b"" if answer.status != 200 or is_login else await _read_up_to(answer, MOST_BYTES + 1)
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return None
    return decode_text(data) if data and len(data) <= MOST_BYTES else None


def decode_text(data: bytes) -> str | None:
    """Return bytes as text: of UTF-8, of UTF-16 with its mark, or of Windows; None: they are no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif b"\0" in data:
        return None
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    odd = sum(each == "\ufffd" or (each < " " and each not in "\t\n\r\f\b\x1b") for each in text)
    return text if odd <= _MOST_UNREADABLE * len(text) else None


async def _read_up_to(answer: aiohttp.ClientResponse, most: int) -> bytes:
    data = bytearray()
    async for piece in answer.content.iter_any():
        data += piece
        if len(data) >= most:
            break
    return bytes(data)
