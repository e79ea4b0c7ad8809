"""The url policy and the one spelling of each url, for chat and crawl alike.

    text ──check_url──> a url that may be asked, or UrlRefused with the reason
    href ──normalise──> the one spelling that is stored, compared and counted, or None
    url  ──page_key───> the same for `x/` and `x/index.html`, which are one page
    url  ──is_in_scope───> whether it belongs to the source
    url  ──rebase─────> the same page under another root (where a site is served just now)
    text ──to_slug───────> a name for a source

Pure text work: it resolves and opens nothing. `ingest.web.guard` judges the address that is finally dialled.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from core.errors import UrlRefused
from core.net.hosts import check_host, to_ascii_host

MAX_URL = 2048
PUBLIC_PORTS = frozenset({80, 443})
_LONG = 500  # characters; a longer url is not worth a place in a cache of thousands
DEFAULT_PORT = {"http": 80, "https": 443}

_UNSEEN = re.compile(
    r"[\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BLANK_IN_LINK = re.compile(r"[\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udc7f\udd00-\udfff]")
"""Halves of surrogate pairs as well, except those that stand for a byte that is not UTF-8."""
_PLAIN = re.compile(r"[A-Za-z0-9/_.~-]*\Z")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE_IN_PATH = "/%~!$&'()*+,;=:@"
_SAFE_IN_QUERY = _SAFE_IN_PATH + "?[]"
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_PATH_END = re.compile(r"[?#]")
_INDEX = re.compile(r"/index\.html?\Z", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
_TRACKING = re.compile(
    r"(?:utm_\w+|[gd]clid|fbclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|_hsenc|_hsmi|hsctatracking|ref_src|"
    r"sessionid|session_id|sid|phpsessid|jsessionid|aspsessionid\w*)\Z",
    re.IGNORECASE,
)


def check_url(url: str, *, ports: frozenset[int] | None = PUBLIC_PORTS, allow_private: bool = False) -> str:
    """Return the url in its one spelling. Raises `UrlRefused` with the cause in a sentence that holds no query string.

    `ports` None: any. `allow_private` admits loopback, private addresses and local names: only the command line may
    ask for it.
    """
    _check_text(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UrlRefused("The url is malformed: its host or port cannot be read.") from error
    if parts.scheme not in DEFAULT_PORT:
        raise UrlRefused("The url must begin with http:// or https://.")
    if "@" in parts.netloc:
        raise UrlRefused("The url must not hold a user name or a password.")
    if "[" in parts.netloc and ":" not in host:
        raise UrlRefused("The url is malformed: brackets are for IPv6 addresses.")
    check_host(host, allow_private=allow_private)
    if ports is not None and (DEFAULT_PORT[parts.scheme] if port is None else port) not in ports:
        raise UrlRefused(f"Port {port} is not allowed.")
    normal = normalise(url)
    if normal is None:
        raise UrlRefused("The url is malformed.")
    return normal


def _check_text(url: str) -> None:
    if not url.strip():
        raise UrlRefused("There is no url.")
    if len(url) > MAX_URL:
        raise UrlRefused(f"The url is longer than {MAX_URL:,} characters.")
    if _UNSEEN.search(url) or "\\" in url:
        raise UrlRefused("The url holds blanks, backslashes, control or invisible characters.")


def normalise(url: str, base: str | None = None) -> str | None:
    """Return the one spelling of a link, or None where it is no http(s) url. Cached: a crawl needs it for every link.

    `("../a/./b.html?utm_source=x&q=1#top", "https://H.example:443/b/c")` -> `"https://h.example/a/b.html?q=1"`
    """
    if len(url) > _LONG or (base is not None and len(base) > _LONG):
        return _relative.__wrapped__(url, base) if base is not None else _absolute.__wrapped__(url)
    if base is None:
        return _absolute(url)
    if url[:1] in {"", "?", "#"} or url.isspace():
        return _relative(url, base)
    # Only the folder of the base matters, so the links of a menu are resolved once per folder, not once per page.
    path = base.partition("#")[0].partition("?")[0]
    cut = path.rfind("/") + 1
    return _relative(url, path[:cut] if cut > len("https://") else path)


@lru_cache(32_768)
def _relative(url: str, base: str) -> str | None:
    try:
        return _absolute(urljoin(base, _slashed(_BLANK_IN_LINK.sub("", url.strip()))))
    except ValueError:
        return None


def _slashed(url: str) -> str:
    """Return a link with backslashes in its path as slashes, as browsers take it."""
    if "\\" not in url:
        return url
    end = _PATH_END.search(url)
    cut = end.start() if end else len(url)
    return url[:cut].replace("\\", "/") + url[cut:]


@lru_cache(32_768)
def _absolute(url: str) -> str | None:
    url = _BLANK_IN_LINK.sub("", url.strip())
    if len(url) > MAX_URL or _CONTROL.search(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    host = (to_ascii_host(host) or "") if "@" not in parts.netloc else ""
    if parts.scheme not in DEFAULT_PORT or not host:
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORT[parts.scheme]:
        place += f":{port}"
    normal = urlunsplit((parts.scheme, place, _path(parts.path), _query(parts.query), ""))
    return normal if len(normal) <= MAX_URL else None


def _path(path: str) -> str:
    """Return the one spelling of a path: `"/a//b/../%7Ec/"` -> `"/a/~c/"`."""
    path = _escaped(_SLASHES.sub("/", path.replace("\\", "/")) or "/", _SAFE_IN_PATH)
    if "/." in path:
        path = _without_dots(path)
    if ";" in path:
        path = _SESSION_IN_PATH.sub("", path)
    return path


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    """Return the query without tracking and session parameters; the order stays, since it can matter."""
    if not query:
        return ""
    kept = [pair for pair in query.split("&") if pair and not _TRACKING.match(pair.partition("=")[0])]
    return _escaped("&".join(kept), _SAFE_IN_QUERY)


def _escaped(text: str, safe: str) -> str:
    """Return `text` with percent escapes only where they are needed, in upper case. `"é%7e%2f"` -> `"%C3%A9~%2F"`."""
    if _PLAIN.match(text):
        return text
    text = _ESCAPE.sub(_unescape_plain, _STRAY_PERCENT.sub("%25", text))
    return quote(text, safe=safe, errors="surrogateescape")


def _unescape_plain(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return letter if letter in _UNRESERVED else f"%{match[1].upper()}"


@lru_cache(32_768)
def page_key(url: str) -> str:
    """Return the key that a normalised url is compared by; it is never requested and never stored.

    Servers answer `x/` with `x/index.html`, though some know only one of them.
    `"https://h.example/a/index.html?q=1"` -> `"https://h.example/a/?q=1"`
    """
    path, question, query = url.partition("?")
    return _INDEX.sub("/", path) + question + query


@lru_cache(1024)
def origin(url: str) -> str:
    """Return scheme, host and port of a url: `"https://a.example:8443/b?c"` -> `"https://a.example:8443"`."""
    return "/".join(url.split("/", 3)[:3])


@lru_cache(1024)
def folder(url: str) -> str:
    """Return the folder of a url: `"https://a.example/b/c?d"` -> `"https://a.example/b/"`."""
    path = url.partition("#")[0].partition("?")[0]
    return path[: path.rfind("/") + 1] if path.count("/") > 2 else f"{path}/"


@lru_cache(1024)
def scope_prefix(root: str, scope: str = "") -> str:
    """Return what the urls of a source begin with: the folder of its root, or `scope` (a path or a whole url)."""
    if not scope:
        return folder(root)
    return page_key(scope if "://" in scope else origin(root) + "/" + scope.lstrip("/"))


def is_in_scope(url: str, root: str, scope: str = "") -> bool:
    """Return whether a normalised url belongs to the source. The folder itself counts with and without its slash."""
    prefix = scope_prefix(root, scope)
    return url.startswith(prefix) or url == prefix.removesuffix("/")


def rebase(url: str, from_root: str, to_root: str) -> str:
    """Return the url of the same page under another root.

    A url that lies elsewhere stays as it is, and so does every url where the new root is a folder of files.
    `("http://127.0.0.1:81/docs/a", "http://127.0.0.1:81/docs/", "https://d.example/")` -> `"https://d.example/a"`
    """
    old, new = folder(from_root), folder(to_root)
    if old == new or new.startswith("file:"):  # files are crawled, but readers are sent to the published page
        return url
    if url.startswith(old):
        return new + url[len(old) :]
    old_origin, new_origin = origin(old), origin(new)
    same_path = old[len(old_origin) :] == new[len(new_origin) :]
    if same_path and url.startswith(f"{old_origin}/"):
        return new_origin + url[len(old_origin) :]
    return url


def to_slug(text: str) -> str:
    """Return a name for a source, "" where nothing is left: `docs.example.org/en/` -> `docs-example-org-en`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()[:200]).strip("-")[:60]


def guess_kind(url: str) -> str:
    """Return the kind of source that a url alone means: "page" for a manual or an API in one file, else "site"."""
    return "page" if url.lower().endswith((".pdf", ".json", ".yaml", ".yml", ".ipynb")) else "site"


def source_name(url: str) -> str:
    """Return the name of a source after its start url: the `slug` of everything behind the scheme."""
    return to_slug(url.split("://", 1)[-1])
