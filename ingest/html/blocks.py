"""The walk over the text of a page: containers in, blocks out, in reading order.

    Walker.walk(main) ─┬─ h1..h6 ──> HEADING, and the path and anchor of what follows
                       ├─ pre, doxygen's lines ──> CODE      ├─ table ──> TABLE, or its cells walked
                       ├─ li ──> ITEM    dt ──> SIGNATURE    ├─ note, tab ──> walked, under its title or label
                       └─ text between them ──> PARAGRAPH

Recursion is safe: `ingest.html.tree` limits the depth. Decides neither what is shown nor where passages end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ingest.html import badges, codeblocks, disclosures, menus, notes, pictures, signatures, tables, tabs
from ingest.html.anchors import Anchors
from ingest.html.hidden import is_hidden, is_tab_panel
from ingest.html.inline import CODE_TAGS, NOTE, add, render_line, tidy
from ingest.html.tree import (
    BLOCK,
    BLOCK_TAGS,
    HEADING,
    HEADINGS,
    LIST,
    PRE,
    QUESTION,
    Node,
    Page,
    find,
    list_entries,
    number_of,
)
from ingest.pages import Block, BlockKind

MOST_TEXT = 1_500_000
"""Characters of one page; what follows is left out."""

LONGEST_HEADING = 300
"""Characters; every passage below a heading repeats it."""

_LISTS = frozenset({"ul", "ol", "menu"})
_LONGEST_LABEL = 80
_LONGEST_SIGN = 2
_LONGEST_SIGNATURE = 600


class Walker:
    """Collects `blocks`. `title` is the page's: the path of blocks that are under no heading."""

    def __init__(self, page: Page, root: Node, title: str) -> None:
        self.blocks: list[Block] = []
        self._page = page
        self._anchors = Anchors(page.ids, root)
        self._title = title
        self._above: list[tuple[int, str]] = []
        self._anchor = ""
        self._note = ""
        self._depth = 0
        self._held: dict[Node, str] = {}  # by panel, the anchor to return to when it ends
        self._mark = ""  # of the list item whose first paragraph is still to come
        self._room = MOST_TEXT

    def walk(self, node: Node) -> None:
        """Add the blocks of a container; text between them becomes paragraphs."""
        run: list[str] = []
        for kid in node.kids:
            if isinstance(kid, str):
                run.append(kid)
            elif not kid.shown:
                run += [NOTE] * (kid.tag == "sup")
            elif kid.tag in BLOCK_TAGS or kid.holds & (BLOCK | QUESTION):
                self._paragraph(run)
                self.add_block(kid)
            elif "lang" in kid.classes and codeblocks.is_framed(node):
                continue  # VitePress shows the language in a corner; the block of code names it too
            elif kid.tag in CODE_TAGS and codeblocks.is_listing(kid) and not "".join(run).strip():
                self._paragraph(run)
                self._code(kid)
            else:
                add(kid, run)
        self._paragraph(run)

    def add_block(self, node: Node) -> None:
        """Add one block of any kind."""
        if node.holds & QUESTION:
            self._question(node)
        elif node.attrs.get("role") != "tablist":  # its labels come with the panels
            self._handlers.get(node.tag, Walker._container)(self, node)
        if node in self._held:
            self._anchor = self._held.pop(node)

    def add_heading(self, node: Node) -> None:
        """Add a heading; within a note it is the note's title and starts no section."""
        text = render_line(node)[:LONGEST_HEADING] or pictures.label_of(node)
        if not text:
            return
        self._mark = ""
        if notes.is_outside_outline(node):
            self._emit(BlockKind.PARAGRAPH, text)
            return
        if self._note:
            self._anchor = self._anchors.of_term(node) or self._anchor
            self._emit(BlockKind.HEADING, text, level=HEADINGS[node.tag], path=(*self._path(), text))
            return
        level = HEADINGS[node.tag]
        while self._above and self._above[-1][0] >= level:
            self._above.pop()
        if not (text == self._title and not self._above):
            self._above.append((level, text))
        self._anchor = self._anchors.of_heading(node) or self._anchor
        self._emit(BlockKind.HEADING, text, level=level)

    def _path(self) -> tuple[str, ...]:
        first = (self._title,) if self._title else ()
        return (*first, *(text for _, text in self._above))

    def _emit(
        self,
        kind: BlockKind,
        text: str,
        *,
        level: int = 0,
        language: str = "",
        path: tuple[str, ...] | None = None,
    ) -> None:
        if not text.strip() or self._room <= 0:
            return
        text = text[: self._room]
        self._room -= len(text)
        place = self._path() if path is None else path
        self.blocks.append(Block(kind, text, self._anchor, place, level, language, self._note, self._depth))

    def _paragraph(self, run: list[str]) -> None:
        if not run:
            return
        text = tidy(run)
        run.clear()
        if not text or (len(text) <= _LONGEST_SIGN and not any(map(str.isalnum, text))) or badges.is_prompt(text):
            return
        mark, self._mark = self._mark, ""
        if mark:
            self._emit(BlockKind.ITEM, mark + text.replace("\n", "\n" + " " * len(mark)))
        else:
            self._emit(BlockKind.PARAGRAPH, text)

    def _pre(self, node: Node) -> None:
        if find(node, "pre") is not None:  # mdBook nests them
            self.walk(node)
        elif signatures.is_ocaml(node):
            self._ocaml(node)
        elif node.size:
            self._code(node)

    def _ocaml(self, node: Node) -> None:
        if "\n" in codeblocks.code_text(node):
            self._anchor = self._anchors.of_entry(node) or self._anchor
            self._code(node)
        else:
            self._declaration(node)

    def _code(self, node: Node) -> None:
        code = codeblocks.code_text(node)
        if not (codeblocks.is_numbering(code) or badges.is_prompt(code)):
            self._mark = ""
            for place, part in codeblocks.split_at_anchors(node, code):
                self._anchor = self._anchors.existing(place) or self._anchor
                self._emit(BlockKind.CODE, part, language=codeblocks.language_of(node))

    def _table(self, node: Node) -> None:
        if tables.is_link_bar(node):
            return
        caption = find(node, "caption")
        if caption is not None and caption.shown and caption.parent is node:
            self.walk(caption)
        text = "" if tables.is_layout(node) else tables.format_table(node)
        if text:
            self._rows(text)
            return
        for part in tables.iterate_parts(node):
            if isinstance(part, str):
                self._rows(part)
            elif "RBoxed" in node.classes:
                self._declaration(part)
            else:
                self.walk(part)

    def _rows(self, text: str) -> None:
        self._mark = ""
        self._emit(BlockKind.TABLE, text)

    def _list(self, node: Node) -> None:
        if not self._depth and node.linked and menus.is_contents(node):
            if self.blocks and menus.is_caption(self.blocks[-1]):
                self.blocks.pop()
            return
        self._depth += 1
        number = number_of(node.get("start"), 1)
        for kid in list_entries(node):
            if kid.shown and kid.tag == "li":
                number = number_of(kid.get("value"), number)
                self._item(kid, f"{number}. " if node.tag == "ol" else "- ")
                number += 1
            elif kid.shown:
                self.add_block(kid)
        self._depth -= 1

    def _item(self, node: Node, mark: str) -> None:
        before = self._anchor
        self._mark = "  " * (self._depth - 1) + mark
        self.walk(node)
        if self._mark and not node.size:
            self._paragraph([pictures.label_of(node)])
        self._mark = ""
        if not node.holds & HEADING:
            self._anchor = before

    def _definitions(self, node: Node) -> None:
        before = self._anchor
        self._mark = ""
        if node.linked and menus.is_contents(node):
            return
        for kid in list_entries(node):
            if not kid.shown:
                continue
            if kid.tag == "div":
                self._anchor = self._anchors.existing(kid.get("id")) or self._anchor
                self._definitions(kid)
            elif kid.tag == "dd":
                held = self._anchor
                self.walk(kid)
                self._anchor = held
            else:
                self.add_block(kid)
        self._anchor = before

    def _term(self, node: Node) -> None:
        self._anchor = self._anchors.of_term(node) or self._anchor
        if node.holds & (PRE | LIST) and not signatures.is_term(node):
            self.walk(node)
        elif signatures.is_term(node):
            self._signature(node)
        else:
            self._bold(node)

    def _declaration(self, node: Node) -> None:
        """Add a signature that is no `<dt>`; it may have an anchor."""
        self._anchor = self._anchors.of_entry(node) or self._anchor
        self._signature(node)

    def _signature(self, node: Node) -> None:
        text = signatures.one_line_of(node)
        if text:
            self._mark = ""
            ticks = "" if len(text) > _LONGEST_SIGNATURE else "``" if "`" in text else "`"
            self._emit(BlockKind.SIGNATURE, f"{ticks}{text}{ticks}")

    def _container(self, node: Node) -> None:
        kind = notes.kind_of(node)
        if kind and not self._note:
            self._walk_note(node, kind)
        elif is_tab_panel(node):
            self._panel(node)
        elif tabs.is_set(node) and (panels := tabs.panels_of(node)):
            for label, panel in panels:
                self._label(label)
                self._handlers.get(panel.tag, Walker.walk)(self, panel)
        else:
            self._plain(node)

    def _plain(self, node: Node) -> None:
        if signatures.is_declaration(node):
            self._declaration(node)
        elif signatures.is_parameters(node):
            self._signature(node)
        elif codeblocks.is_code(node):
            self._code(node)
        elif "summary-table" in node.classes and (text := tables.format_div_table(node)):
            self._rows(text)
        elif codeblocks.is_title(node):
            self._label(render_line(node))
        else:
            self.walk(node)

    def _question(self, control: Node) -> None:
        """Add a question that opens its answer on a click, under its own anchor or that of the answer."""
        panel = disclosures.panel_of(control, self._page.panels)
        frame = disclosures.frame_of(control, panel) if panel is not None else None
        if panel is not None:
            self._held[panel] = self._anchor
        places = (node.get("id") for node in (frame, panel) if node is not None)
        found = self._anchors.of_term(control) or next(filter(None, map(self._anchors.existing, places)), "")
        self._anchor = found or self._anchor
        self._bold(control)

    def _details(self, node: Node) -> None:
        before = self._anchor
        self._container(node)
        if not node.holds & HEADING:
            self._anchor = before

    def _summary(self, node: Node) -> None:
        if node.holds & (HEADING | PRE | LIST):
            self.walk(node)
            return
        above = node.parent
        outer = self._anchors.existing(above.get("id")) if above is not None and above.tag == "details" else ""
        self._anchor = self._anchors.of_term(node) or outer or self._anchor
        self._bold(node)

    def _bold(self, node: Node) -> None:
        text = render_line(node)
        self._emit(BlockKind.SIGNATURE, text if "`" in text or not text else f"**{text}**")

    def _panel(self, node: Node) -> None:
        label = tabs.label_of(node, self._page)
        if label:
            self._label(label)
        elif is_hidden(node, frozenset()) and node.attrs.get("role") == "tabpanel":
            return
        self.walk(node)

    def _label(self, label: str) -> None:
        if label and len(label) <= _LONGEST_LABEL:
            self._emit(BlockKind.PARAGRAPH, label if label.endswith(":") else f"{label}:")

    def _walk_note(self, node: Node, kind: str) -> None:
        """Walk a note. Its title gets a colon, so that it stays with the note; the kind is the title of one without."""
        self._note, before = kind, self._anchor
        first = notes.find_first_node(node)
        title = render_line(first) if first is not None and notes.is_title(first) and not first.holds & BLOCK else ""
        if first is not None and title and first.tag not in HEADINGS:
            self._label(title)
            first.shown = False
        elif not kind.startswith("version") and kind != "deprecated" and (first is None or first.tag not in HEADINGS):
            self._label(kind.capitalize())
        self.walk(node)
        self._note, self._anchor = "", before

    # Not made in __init__: bound methods would make a cycle, which only the garbage collector could free.
    _handlers: ClassVar[dict[str, Callable[[Walker, Node], None]]] = {
        **dict.fromkeys(HEADINGS, add_heading),
        **dict.fromkeys(_LISTS, _list),
        **dict.fromkeys(("pre", "listing", "xmp"), _pre),
        "dl": _definitions,
        "table": _table,
        "dt": _term,
        "details": _details,
        "summary": _summary,
    }
