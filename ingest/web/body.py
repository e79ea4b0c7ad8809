"""Makes a response's bytes readable under a cap: undoes content encodings as they come, then the charset.

    chunks ──Decoder.feed──> plain bytes, never more than the cap      gzip, deflate, zstd; no br
    bytes  ──decode_text───> str          byte order mark, header, meta, UTF-8, Windows-1252

It decompresses without the client, because reading a 1 MB gzip bomb through the client costs 2 GB (measured). Knows no
network, and no HTML but `<meta charset>`.
"""

from __future__ import annotations

import re
import sys
import zlib
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT_ENCODING = "gzip, deflate, zstd"
MAX_MEMBERS = 64
"""Compressed streams in a row within one body: real servers send one, an attack sends 60,000 empty ones."""

_ZSTD_WINDOW_LOG = 23  # 8 MB, the most that RFC 9659 lets a server ask of a client
_GZIP = 0x1F
_HEAD = 4096
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"<\x00", "utf-16-le"),
)
"""Beginnings of bodies that show their encoding: a byte order mark, or a wide "<"."""
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_KNOWN = re.compile(
    r"utf-?8|utf-16(?:le|be)?|windows-125[0-8]|cp125[0-8]|iso-8859-(?:[2-8]|10|1[3-6])|koi8-[ru]|macintosh|ibm866|"
    r"gbk|gb18030|big5(?:-hkscs)?|euc-(?:jp|kr)|iso-2022-jp|shift_jis|tis-620|windows-874|cp874"
)
"""The web's charsets. A page must not choose Python's other codecs (punycode is quadratic)."""
_ALIASES = {
    # Browsers read these labels as their supersets (WHATWG Encoding).
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "macintosh": "mac-roman",
}


_CODINGS = frozenset(
    {"gzip", "x-gzip", "deflate", "zstd", "br", "compress", "x-compress", "exi", "pack200-gzip", "aes128gcm"}
    | {"dcb", "dcz"}
)
"""All that a Content-Encoding may name (IANA). Other names are ignored: servers write "none" or "UTF-8" there."""

_ONE_BYTE = re.compile(r"cp(?:125|874)|windows-125|iso-8859-|koi8-|mac-roman|ibm866")
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text holds (WHATWG MIME Sniffing, "binary data byte")."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class BodyRefused(Exception):
    """The body cannot or must not be read; `str(error)` is the reason, a few words."""


class BodyCutOff(Exception):
    """The compressed body ended early."""


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Decoder:
    """Undoes one content encoding chunk by chunk. `size` is what came out so far.

    With `cut`, bytes above the cap are dropped instead of refused. `full`: no more is wanted. Raises `BodyRefused`
    above `cap` bytes, for an unknown encoding and for damaged data.
    """

    def __init__(self, encoding: str, cap: int, *, cut: bool = False) -> None:
        self.size = 0
        self.full = False
        self._cut = cut
        self._encoding = ", ".join(name for part in encoding.split(",") if (name := part.strip().lower()) in _CODINGS)
        self._cap = cap
        self._members = 0
        self._inflater = self._new_inflater(b"") if self._encoding else None

    def feed(self, chunk: bytes) -> bytes:
        """Return the plain bytes of one more chunk. Raises `BodyRefused`."""
        if self._inflater is None:
            return self._counted(chunk)
        try:
            return self._inflate(chunk)
        except (zlib.error, zstd.ZstdError, EOFError) as error:
            raise BodyRefused("damaged compression") from error

    def finish(self) -> None:
        """Raise `BodyCutOff` where a compressed body ended early."""
        if self._inflater is not None and self._members and not self._inflater.eof and not self.full:
            raise BodyCutOff

    def _inflate(self, chunk: bytes) -> bytes:
        out = bytearray()
        while chunk and not self.full:
            if self._inflater is not None and self._inflater.eof and self._is_junk(chunk):
                self.full = True
                break
            if self._inflater is None or self._inflater.eof or self._members == 0:
                self._inflater = self._new_inflater(chunk)
                self._members += 1
            # One byte more than may come out, so that going over the cap shows; zlib returns what it did not read.
            out += self._counted(self._inflater.decompress(chunk, self._cap - self.size + 1))
            chunk = self._inflater.unused_data if self._inflater.eof else b""
        return bytes(out)

    def _is_junk(self, chunk: bytes) -> bool:
        """Return whether the bytes after a whole stream are no further stream: gzip(1) and browsers skip them."""
        return self._encoding == "deflate" or ("gzip" in self._encoding and chunk[0] != _GZIP)

    def _new_inflater(self, chunk: bytes) -> _Inflater:
        if self._members >= MAX_MEMBERS:
            raise BodyRefused("damaged compression")
        match self._encoding:
            case "gzip" | "x-gzip":
                return zlib.decompressobj(16 + zlib.MAX_WBITS)
            case "deflate":
                # "deflate" means zlib's format; some servers send the raw stream. The first byte shows which.
                return zlib.decompressobj(zlib.MAX_WBITS if not chunk or chunk[0] & 15 == 8 else -zlib.MAX_WBITS)
            case "zstd":
                return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})
            case _:
                raise BodyRefused("unknown compression")

    def _counted(self, data: bytes) -> bytes:
        room = max(0, self._cap - self.size)
        self.size += len(data)
        if len(data) > room and not self._cut:
            raise BodyRefused("too large")
        self.full = len(data) > room
        return data[:room] if self.full else data


def decode_text(body: bytes, content_type: str) -> str:
    """Return the text of a page. UTF-8, where it fits, wins over a declared charset that does not fit.

    It also wins over one with one byte per letter: no text in such a charset looks like UTF-8 by chance, and servers
    declare them for anything they send.

    Where no charset or UTF-8 is declared, bytes that are not UTF-8 are decoded as most of them fit: as UTF-8 or as
    Windows-1252.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = _declared_charset(content_type, body)
    for encoding in ("utf-8" if _ONE_BYTE.match(declared) else "", declared, "utf-8"):
        if not encoding:
            continue
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    is_utf_8 = declared in {"", "utf-8", "utf8"}
    return body.decode(("utf-8" if _is_mostly_utf_8(body) else "cp1252") if is_utf_8 else declared, "replace")


def _is_mostly_utf_8(body: bytes) -> bool:
    """Return whether most of what is not ASCII is well-formed UTF-8, without the surrogates of some encoders."""
    text = _SURROGATE.sub(b"", body).decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return 2 * broken <= len(text) - len(text.encode("ascii", "ignore"))


def _declared_charset(content_type: str, body: bytes) -> str:
    """Return the codec that the header names, else the one that the page names; "" without one that is known."""
    in_header, in_page = _IN_HEADER.search(content_type[:500]), _META.search(body, 0, _HEAD)
    if in_header and (codec := _codec(in_header[1])):
        return codec
    codec = _codec(in_page[1].decode("ascii")) if in_page else ""
    # A page whose meta tag can be read as ASCII is not UTF-16, even if the tag says so.
    return "utf-8" if codec.startswith("utf-16") else codec


def _codec(label: str) -> str:
    """Return the codec for a charset's label: `"ISO-8859-1"` -> `"cp1252"`, `"rot13"` -> `""`."""
    label = label.lower()
    return _ALIASES.get(label) or (label if _KNOWN.fullmatch(label) else "")


def is_binary(body: bytes) -> bool:
    """Return whether over one in fifty of a body's first bytes occur in no text: a picture named like a page."""
    start = body[:4096]
    wide = body.startswith(tuple(mark for mark, _ in _MARKS))
    return not wide and len(_BINARY.findall(start)) * 50 > len(start)


def against_page(body: bytearray, *, declared: bool) -> str:
    """Return why a body is no page, "" where it may be one; `declared`: its content type says that it is HTML.

    PDFs, archives and the like begin as no text does; their content type does not matter.
    """
    start = bytes(body[:512]).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<":
        return ""
    if start.startswith(b"%PDF-"):
        return "pdf"
    is_text = declared and (start.startswith(_UTF_16) or _BINARY.search(start) is None)
    return "" if is_text else "not html"
