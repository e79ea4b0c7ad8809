"""Whether the host of a url may be asked: names, IP literals and their look-alikes.

    host ──┬─ [v6]            a well-formed address, public
           ├─ ends in number  a plainly written dotted quad, public
           └─ name            ASCII or IDNA labels of one script, with a dot, not a name for this machine or network

Judges the text, before any lookup. `ingest.web.guard` judges where a name leads, when it is dialled.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from core.errors import UrlRefused
from core.net.addresses import is_public

MAX_NAME, MAX_LABEL = 253, 63

_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")
_LOCAL = ("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa")
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that real names mix (Unicode TS 39, "highly restrictive")."""


def to_ascii_host(host: str) -> str | None:
    """Return the host as it goes over the wire: lower case, punycode, no final dot; None where it cannot be encoded.

    `"Bücher.Example."` -> `"xn--bcher-kva.example"`. Encoded by hand, because the standard library's codec "idna" is
    that of 2003 (it turns ß into ss).
    """
    if host.isascii():
        return host.lower().removesuffix(".")
    labels = unicodedata.normalize("NFKC", host).lower().removesuffix(".").split(".")
    try:
        return ".".join(
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii") for label in labels
        )
    except UnicodeError:
        return None


def check_host(host: str, *, allow_private: bool) -> None:
    """Raise `UrlRefused` unless `host`, as written in a url but without brackets, may be asked."""
    if ":" in host:
        return _check_v6(host, allow_private=allow_private)
    if unicodedata.normalize("NFKC", host) != host:
        raise UrlRefused(f"The host name {host!r} holds look-alike characters; write it in plain letters.")
    name = to_ascii_host(host)
    if not name or len(name) > MAX_NAME:
        raise UrlRefused("The host name of this url is empty or too long.")
    if _NUMBER.match(name.rpartition(".")[2]):
        return _check_v4(name, allow_private=allow_private)
    for label in name.split("."):
        _check_label(label)
    if not allow_private and ("." not in name or name.endswith(tuple(f".{end}" for end in _LOCAL))):
        raise _not_public(name)
    return None


def _check_v6(host: str, *, allow_private: bool) -> None:
    try:
        address = IPv6Address(host)
    except AddressValueError as error:
        raise UrlRefused(f"[{host}] is not an IPv6 address.") from error
    if address.scope_id is not None:
        raise UrlRefused("An IPv6 address with a zone cannot be asked.")
    if not allow_private and not is_public(host):
        raise _not_public(host)


def _check_v4(name: str, *, allow_private: bool) -> None:
    # 127.1, 2130706433, 0x7f.1 and 0177.0.0.1 are all 127.0.0.1 to the C library: only the plain notation is accepted.
    try:
        address = IPv4Address(name)
    except AddressValueError as error:
        raise UrlRefused(f"{name} is an IP address in an odd notation; write it as four decimal numbers.") from error
    if not allow_private and not is_public(str(address)):
        raise _not_public(name)


def _check_label(label: str) -> None:
    if len(label) > MAX_LABEL or not _LABEL.match(label):
        raise UrlRefused(f"{label[:MAX_LABEL]!r} cannot be part of a host name.")
    if not label.startswith("xn--"):
        return
    try:
        written = label[4:].encode("ascii").decode("punycode")
    except UnicodeError as error:
        raise UrlRefused(f"{label!r} is not a valid international host name.") from error
    if unicodedata.normalize("NFKC", written) != written or not _one_script(written):
        raise UrlRefused(f"The host name {written!r} mixes scripts, as look-alikes of other names do.")


def _one_script(label: str) -> bool:
    """Return whether all letters are of one script, or of scripts that real names mix.

    `"bücher"`, `"日本語abc"` -> True; `"dоcs"` with a Cyrillic о -> False.
    """
    scripts = {unicodedata.name(letter, "?").partition(" ")[0] for letter in label if letter.isalpha()}
    return len(scripts) <= 1 or any(scripts <= together for together in _TOGETHER)


def _not_public(host: str) -> UrlRefused:
    return UrlRefused(
        f"{host}: address not allowed, it is not on the public internet "
        "(the command line can allow it with --allow-private)."
    )
