"""PDFs for the tests, made with pypdf's writer from lines of text with their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

BODY, CODE = "F1", "F2"
_FONTS = {BODY: "/Helvetica", CODE: "/Courier"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line at its place; `y` counts points from the bottom of a page of 792."""

    text: str
    y: float
    x: float = 72
    size: float = 10
    font: str = BODY


def paragraph(text: str, y: float, *, width: int = 80, leading: float = 12) -> list[Row]:
    """Return text as lines below each other, broken between words."""
    rows: list[str] = [""]
    for word in text.split():
        if len(rows[-1]) + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return [Row(row, y - number * leading) for number, row in enumerate(rows)]


def pdf(
    pages: Sequence[Sequence[Row]],
    *,
    marks: Sequence[tuple[str, int, int]] = (),
    title: str = "",
    password: str = "",
) -> bytes:
    """Return a PDF of these pages. `marks`: bookmarks as (title, page from 0, level from 1)."""
    writer = PdfWriter()
    for rows in pages:
        page = writer.add_blank_page(612, 792)
        fonts = DictionaryObject({NameObject(f"/{name}"): _font(base) for name, base in _FONTS.items()})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        stream.set_data("\n".join(map(_shown, rows)).encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    parents = {0: None}
    for bookmark, number, level in marks:
        parents[level] = writer.add_outline_item(title=bookmark, page_number=number, parent=parents[level - 1])  # type: ignore[assignment]
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    body = BytesIO()
    writer.write(body)
    return body.getvalue()


def raw(*objects: bytes) -> bytes:
    """Return a file of these objects, numbered from 1; the first is the catalog."""
    body, places = b"%PDF-1.7\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return body + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(body))


def _font(base: str) -> DictionaryObject:
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": base, "/Encoding": "/WinAnsiEncoding"}
    return DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})


def _shown(row: Row) -> str:
    text = row.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{row.font} {row.size} Tf 1 0 0 1 {row.x} {row.y} Tm ({text}) Tj ET"
