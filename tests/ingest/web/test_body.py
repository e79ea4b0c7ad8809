"""`ingest.web.body`: decompression under a cap, and charsets as browsers read them."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from ingest.web.body import BodyCutOff, BodyRefused, Decoder, decode_text, zstd  # type: ignore[attr-defined]  # the module of the standard library, or its backport

TEXT = b"<p>Every page says something.</p>" * 100


def decoded(data: bytes, encoding: str, cap: int = 1_000_000, *, cut: bool = False, step: int = 1000) -> bytes:
    decoder = Decoder(encoding, cap, cut=cut)
    out = b"".join(decoder.feed(data[start : start + step]) for start in range(0, len(data), step))
    decoder.finish()
    return out


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZIP", gzip.compress(TEXT[:50], mtime=0) + gzip.compress(TEXT[50:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
        ("zstd", zstd.compress(TEXT)),
    ],
)
def test_encodings_are_undone_in_pieces_of_any_size(encoding: str, data: bytes, step: int) -> None:
    assert decoded(data, encoding, step=step) == TEXT


def test_a_gzip_bomb_is_refused_and_costs_no_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(BodyRefused, match="too large"):
        decoded(bomb, "gzip", 5_000_000, step=65_536)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_what_is_above_the_cap_is_cut_where_that_was_asked() -> None:
    assert decoded(gzip.compress(TEXT), "gzip", 33, cut=True) == TEXT[:33]
    assert decoded(TEXT, "", 33, cut=True) == TEXT[:33]


@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, gzip", "aes128gcm"])
def test_an_encoding_that_was_not_offered_is_refused(encoding: str) -> None:
    with pytest.raises(BodyRefused, match="unknown compression"):
        decoded(TEXT, encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_damaged_data_is_refused(encoding: str) -> None:
    with pytest.raises(BodyRefused, match="damaged compression"):
        decoded(b"\x1f\x8b\x08" + TEXT, encoding)


def test_thousands_of_empty_members_are_refused() -> None:
    with pytest.raises(BodyRefused, match="damaged compression"):
        decoded(gzip.compress(b"") * 1000, "gzip")


@pytest.mark.parametrize("data", [gzip.compress(TEXT, mtime=0)[:-20], zstd.compress(TEXT)[:-5]])
def test_a_body_that_ends_early_is_told(data: bytes) -> None:
    encoding = "gzip" if data[:2] == b"\x1f\x8b" else "zstd"
    with pytest.raises(BodyCutOff):
        decoded(data, encoding, step=10)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode("latin-1"), "text/html; charset=ISO-8859-1", "Größe"),
        ("“quoted”".encode("cp1252"), "text/html; charset=latin1", "“quoted”"),
        ("Größe".encode("cp1252"), "text/html", "Größe"),
        ("Größe".encode(), "text/html; charset=ascii-ish", "Größe"),
        ("\ufeffGröße".encode(), "text/html; charset=latin1", "Größe"),
        ("Größe".encode("utf-16"), "text/html", "Größe"),
        ('<meta charset="shift_jis">日本'.encode("shift_jis"), "", '<meta charset="shift_jis">日本'),
        ('<meta charset="utf-16">é'.encode(), "", '<meta charset="utf-16">é'),
        (b'<meta charset="rot13">a', "", '<meta charset="rot13">a'),
    ],
)
def test_charsets_are_read_as_browsers_do(body: bytes, content_type: str, text: str) -> None:
    assert decode_text(body, content_type) == text
