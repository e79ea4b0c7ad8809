"""What of a text is written as code: words, flags, names, and words that are joined to one name.

    "Pass --max-length 512 to DPOTrainer, see a.example/x."   flag --max-length, name DPOTrainer, compound a.example/x

Nothing is looked up here: whether a passage holds them is judged in `core.check.claims` and `core.check.code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W\d]\w{0,200}")
_FLAG = re.compile(r"(?<![\w`\u25a1-])--?[A-Za-z][\w-]{0,80}")
_DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w{1,60}(?:\.[A-Za-z_]\w{0,60}){1,8}")
_HYPHENED = re.compile(r"(?<![\w-])[A-Za-z]\w{0,40}(?:-\w{1,40}){1,8}")
_VERSION = re.compile(r"(?<!\w)v\d{1,9}(?=\.\d)")
_COMPOUND = re.compile(r"(?<![\w-])\w{1,100}(?:[-./@]{1,3}\w{1,100}){1,30}")
_NUMERIC = re.compile(r"[\d_]+(?:[-/.][\d_]+)?")
_JOINT = re.compile(r"\\\n?|\$?[\"'`^]")
_CAMEL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]{2}")
_PLURAL_OF_CAPITALS = re.compile(r"[A-Z]{2,}s")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_TRADE_WORDS = """
JavaScript TypeScript CoffeeScript GitHub GitLab BitBucket Bitbucket macOS iOS iPadOS watchOS tvOS PostgreSQL MySQL
MariaDB SQLite MongoDB NoSQL DevOps YouTube LinkedIn OpenAI OpenAPI GraphQL PyPI NumPy SciPy PyTorch TensorFlow NodeJS
WebSocket WebSockets WebAssembly LaTeX PowerShell OAuth OAuth2 IPv4 IPv6 UTF8 UTF16 ISO8601 HTTP2 HTTP3 E2E I18N L10N
CPUs GPUs APIs URLs IDs README DNS VMs ES6 ES5 H2 K8s CloudFront DockerHub StackOverflow WordPress FreeBSD OpenBSD
NetBSD
"""
_TRADE = frozenset(_TRADE_WORDS.split())
_CONSTANTS = frozenset(["true", "false", "on", "off", "yes", "no", "null", "none"])

_OPPOSITES = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("on", "off"), ("yes", "no"))
_PAIRS = {one: (two,) for pair in _OPPOSITES for one, two in (pair, pair[::-1])}


def words_of(text: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(text))


def join_as_shell(code: str) -> str:
    """Return the code as a shell reads its words: `do"cs".com` -> `docs.com`."""
    return _JOINT.sub("", code)


def flags_of(text: str) -> list[str]:
    return _FLAG.findall(text)


def compounds_of(text: str) -> list[str]:
    """Return the words that are joined to one name: `"see a.example/x, 1.5"` -> `["a.example/x"]`."""
    return [name for name in _COMPOUND.findall(text) if not _NUMERIC.fullmatch(name)]


def remove_flags(text: str) -> str:
    return _FLAG.sub(" ", text)


def is_name(word: str) -> bool:
    """Return whether a word is written as code rather than as prose: `max_length`, `DPOTrainer`, `fooBar`, `H100`."""
    bare = word.strip("_")
    if _PLURAL_OF_CAPITALS.fullmatch(bare) or bare in _TRADE:
        return False
    return "_" in bare or _CAMEL.search(bare) is not None or (len(bare) > 1 and any(sign.isdigit() for sign in bare))


def is_literal(code: str) -> bool:
    """Return whether code is a value rather than the name of something: `'utf8'`, `30`, `true`, `None`."""
    return code[:1] in ("'", '"') or code[:1].isdigit() or code.lower() in _CONSTANTS


def other_constants(value: str) -> tuple[str, ...]:
    """Return the other value of a setting that has two, as pages write it: `"true"` -> `("false",)`; else empty."""
    return _PAIRS.get(value, ())


def find_names(prose: str) -> Iterator[str]:
    """Yield the words of a text that are written as code, and dotted and hyphenated names."""
    yield from (match.group() for match in _DOTTED.finditer(prose))
    yield from (word for word in _HYPHENED.findall(prose) if any(sign.isdigit() for sign in word))
    yield from (word for word in words_of(_VERSION.sub(" ", prose)) if is_name(word))


def set_apart(text: str) -> str:
    """Replace scripts without blanks between words by a blank: `"30秒です"` -> `"30 "`.

    Names and numbers stand between their letters without a blank.
    """
    return text if text.isascii() else _UNSPACED.sub(" ", text)


def is_camel(word: str) -> bool:
    """Return whether a word has capitals within: `fooBar`, `DPOTrainer`."""
    return _CAMEL.search(word) is not None
