"""The walk over the text of a page: containers in, blocks out, in reading order.

    Walker.walk(main) ─┬─ h1..h6 ──> HEADING, and the path and anchor of what follows
                       ├─ pre, doxygen's lines ──> CODE      ├─ table ──> TABLE, or its cells walked
                       ├─ li ──> ITEM    dt ──> SIGNATURE    ├─ note, tab ──> walked, under its title or label
                       └─ text between them ──> PARAGRAPH

Recursion is safe: `ingest.html.tree` limits the depth. Decides neither what is shown nor where passages end.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import ClassVar
from urllib.parse import unquote

from ingest.html import badges, codeblocks, disclosures, menus, notes, pictures, signatures, tables, tabs
from ingest.html.anchors import Anchors, is_one_of_many
from ingest.html.hidden import is_hidden, is_tab_panel
from ingest.html.inline import CODE_TAGS, NOTE, add, render_line
from ingest.html.known import BOXED
from ingest.html.outline import Mark
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
    numbering_of,
)
from ingest.html.writer import BlockWriter
from ingest.pages import IN_PATH, Block, BlockKind

LONGEST_HEADING = 300
"""Characters; every passage below a heading repeats it."""


class Walker:
    """Hands what it finds to a writer. `title` is the page's: the path of blocks that are under no heading."""

    def __init__(self, page: Page, root: Node, title: str) -> None:
        self._page = page
        self._anchors = Anchors(page.ids, root)
        self._out = BlockWriter(title)
        self._at = self._out.at
        self._held: dict[Node, Mark] = {}  # by panel, where to return to when it ends

    @property
    def blocks(self) -> list[Block]:
        """What was found so far."""
        return self._out.blocks

    def walk(self, node: Node) -> None:
        """Add the blocks of a container; text between them becomes paragraphs."""
        run: list[str] = []
        for place, kid in enumerate(node.kids):
            if isinstance(kid, str):
                run.append(kid)
            elif not kid.shown:
                run += [NOTE] * (kid.tag == "sup")
            elif kid.tag in BLOCK_TAGS or kid.holds & (BLOCK | QUESTION):
                self._out.add_run(run)
                if anchor := self._anchors.of_block(kid, node.kids, place):
                    self._begin_block(kid, anchor)
                self.add_block(kid)
            elif not self._line(kid, node, place, run):
                add(kid, run)
        self._out.add_run(run)

    def _line(self, kid: Node, node: Node, place: int, run: list[str]) -> bool:
        """Add what is no block, and yet more than a part of the text around it. Return whether it was that."""
        if kid.classes and "lang" in kid.classes and codeblocks.is_framed(node):
            return True  # VitePress shows the language in a corner; the block of code names it too
        if kid.tag in CODE_TAGS and codeblocks.is_listing(kid) and not "".join(run).strip():
            self._out.add_run(run)
            self._code(kid)
            return True
        if "id" not in kid.attrs and "name" not in kid.attrs:
            return False
        if anchor := self._anchors.of_text(kid, node.kids, place):
            self._out.add_run(run)
            self._out.begin("", anchor)
        elif anchor := self._anchors.of_line(kid, node.kids, place):
            self._out.add_run(run)
            self._out.declare(signatures.line_of(kid), anchor)
        return bool(anchor)

    def add_block(self, node: Node) -> None:
        """Add one block of any kind. What ends with it is noted before: notes, one of many entries."""
        if node.attrs and notes.is_note_list(node):
            self._held[node] = self._at.mark()
            self._at.top()
        elif node.attrs and node.holds & HEADING and is_one_of_many(node):
            self._held[node] = self._at.mark()
        if node.holds & QUESTION:
            self._question(node)
        elif not (node.attrs and tabs.is_row(node, self._page)):  # its labels come with the panels
            self._handlers.get(node.tag, Walker._container)(self, node)
        if self._held and node in self._held:
            self._at.back(self._held.pop(node))

    def add_heading(self, node: Node) -> None:
        """Add a heading; within a note one without an anchor is the note's title and starts no section."""
        text = render_line(node)[:LONGEST_HEADING] or pictures.label_of(node)
        if not text:
            return
        self._out.mark = ""
        if notes.is_outside_outline(node):
            self._out.emit(BlockKind.PARAGRAPH, text)
            return
        level, panel = HEADINGS[node.tag], disclosures.panel_below(node, self._page.panels)
        note, self._out.note = self._out.note, ""
        anchor = self._anchors.of_term(node) if note else self._anchors.of_heading(node)
        anchor = anchor or self._anchors.id_of(panel)
        if note and not anchor:
            self._out.note = note
            self._out.emit(BlockKind.HEADING, text, level=level, path=(*self._at.path, text))
            return
        if panel is not None and disclosures.is_all_of(self._page.panels[panel], node):
            self._held[panel] = self._at.mark()
        self._at.head(level, text, anchor, "" if anchor else self._anchors.around(node))
        self._out.opens = bool(anchor)
        self._out.emit(BlockKind.HEADING, text, level=level)
        self._out.note = note

    def _pre(self, node: Node) -> None:
        if find(node, "pre") is not None:  # mdBook nests them
            self.walk(node)
        elif signatures.is_ocaml(node) and "\n" not in codeblocks.code_text(node):
            self._declaration(node)
        elif signatures.is_ocaml(node):
            self._out.begin("", self._anchors.of_entry(node))
            self._code(node)
        elif node.size:
            self._code(node)

    def _code(self, node: Node) -> None:
        code = codeblocks.code_text(node)
        if not (codeblocks.is_numbering(code) or badges.is_prompt(code)):
            self._out.mark = ""
            for place, part in codeblocks.split_at_anchors(node, code):
                self._at.anchor = self._anchors.existing(place) or self._at.anchor
                self._out.emit(BlockKind.CODE, part, language=codeblocks.language_of(node))

    def _table(self, node: Node) -> None:
        if tables.is_link_bar(node):
            return
        caption = find(node, "caption")
        if caption is not None and caption.shown and caption.parent is node:
            self.walk(caption)
        if rows := [] if tables.is_layout(node) else tables.read_rows(node):
            if named := tables.split_rows(rows, self._anchors.of_row):
                self._out.add_named_rows(named)
            else:
                self._out.add_rows(tables.format_rows(rows))
            return
        for part in tables.iterate_parts(node):
            if isinstance(part, str):
                self._out.add_rows(part)
            elif not BOXED.isdisjoint(node.classes):
                self._declaration(part)
            else:
                self.walk(part)

    def _list(self, node: Node) -> None:
        if not self._out.depth and node.linked and menus.is_contents(node):
            if self.blocks and menus.is_caption(self.blocks[-1]):
                self.blocks.pop()
            return
        self._out.depth += 1
        before = self._at.mark()
        number, step = numbering_of(node)
        for kid in list_entries(node):
            if kid.shown and signatures.is_declaration(kid):
                self._declaration(kid)
            elif kid.shown and kid.tag == "li":
                number = number_of(kid.get("value"), number)
                self._item(kid, f"{number}. " if node.tag == "ol" else "- ")
                number += step
            elif kid.shown:
                self.add_block(kid)
        self._out.depth -= 1
        self._at.back(before)

    def _item(self, node: Node, mark: str) -> None:
        before = self._at.mark()
        if anchor := self._anchors.of_item(node):
            self._out.begin(signatures.name_at_start(node), anchor)
        state = pictures.state_of(node) if node.size else ""
        self._out.mark = "  " * (self._out.depth - 1) + mark + state
        self.walk(node)
        if self._out.mark and not node.size:
            self._out.add_run([pictures.label_of(node)])
        self._out.mark = ""
        self._at.back(before)

    def _definitions(self, node: Node) -> None:
        self._out.mark = ""
        if node.linked and menus.is_contents(node):
            return
        before = self._at.mark()
        for tag, kids in groupby((kid for kid in list_entries(node) if kid.shown), key=lambda kid: kid.tag):
            if tag == "dt":
                self._at.back(before)
                self._terms(list(kids))
                continue
            for kid in kids:
                self._described(kid)
        self._at.back(before)

    def _described(self, node: Node) -> None:
        """Add what is in a list of terms, but is no term: a description, a `<div>` around both."""
        before = self._at.mark()
        if node.tag == "div":
            self._at.anchor = self._anchors.id_of(node) or self._at.anchor
            self._definitions(node)
        elif node.tag == "dd":
            self.walk(node)
        else:
            self.add_block(node)
        self._at.back(before)

    def _terms(self, terms: list[Node]) -> None:
        """Begin the entry of terms that share a description, under the last anchor of theirs."""
        panels = self._page.panels
        own = [
            self._anchors.of_term(each) or self._anchors.id_of(disclosures.panel_below(each, panels)) for each in terms
        ]
        anchor = next(filter(None, reversed(own)), "") or self._anchors.of_terms(terms)
        lines = [signatures.line_of_term(term) for term in terms]
        self._out.opens = bool(anchor)
        self._at.enter(", ".join(filter(None, lines)), anchor)
        for term, line in zip(terms, lines, strict=True):
            self._out.sign(line, level=IN_PATH if anchor else 0)
            if not line:
                self.walk(term)

    def _term(self, node: Node) -> None:
        """Add a term outside of a list: nothing says where its description ends."""
        line = signatures.line_of_term(node)
        self._out.declare(line, self._anchors.of_term(node))
        if not line:
            self.walk(node)

    def _declaration(self, node: Node) -> None:
        """Add a signature that is no `<dt>`; it may have an anchor."""
        line = signatures.declare(node)
        before, anchor = self._at.mark(), self._anchors.of_entry(node)
        holder = node.parent
        if holder is not None and holder.tag == "section" and anchor and holder.get("id") == unquote(anchor):
            self._held[holder] = before  # pdoc: the entry ends with its section, with the headings in it
        self._out.declare(line, anchor)

    def _begin_block(self, block: Node, anchor: str) -> None:
        """Begin the entry of a block of text that the author gave a link; a container ends what it is the entry of."""
        if block.tag in {"div", "section"} and block.get("id") == unquote(anchor):
            self._held[block] = self._at.mark()
        self._out.begin(signatures.name_at_start(block) or signatures.first_line(block), anchor)

    def _container(self, node: Node) -> None:
        kind = notes.kind_of(node)
        if kind and not self._out.note:
            self._walk_note(node, kind)
        elif is_tab_panel(node):
            self._panel(node)
        elif tabs.is_set(node) and (panels := tabs.panels_of(node)):
            for label, panel in panels:
                self._out.add_label(label)
                self._handlers.get(panel.tag, Walker.walk)(self, panel)
        else:
            self._plain(node)

    def _plain(self, node: Node) -> None:
        if signatures.is_declaration(node):
            self._declaration(node)
        elif signatures.is_parameters(node):
            self._out.sign(signatures.declare(node))
        elif codeblocks.is_code(node):
            self._code(node)
        elif "summary-table" in node.classes and (text := tables.format_div_table(node)):
            self._out.add_rows(text)
        elif codeblocks.is_title(node):
            self._out.add_label(render_line(node))
        else:
            self.walk(node)

    def _question(self, control: Node) -> None:
        """Add a question that opens its answer on a click, under its own anchor or that of the answer."""
        panel = disclosures.panel_of(control, self._page.panels)
        frame = disclosures.frame_of(control, panel) if panel is not None else None
        if panel is not None:
            self._held[panel] = self._at.mark()
        anchor = self._anchors.of_term(control) or self._anchors.id_of(frame, panel)
        self._out.declare(signatures.line_of(control), anchor)

    def _details(self, node: Node) -> None:
        before = self._at.mark()
        self._container(node)
        self._at.back(before)

    def _summary(self, node: Node) -> None:
        if node.holds & (HEADING | PRE | LIST):
            self.walk(node)
            return
        details = node.parent if node.parent is not None and node.parent.tag == "details" else None
        anchor = self._anchors.of_term(node) or self._anchors.id_of(details)
        self._out.declare(signatures.line_of(node), anchor)

    def _panel(self, node: Node) -> None:
        label = tabs.label_of(node, self._page)
        if label:
            self._out.add_label(label)
        elif is_hidden(node, frozenset()) and node.attrs.get("role") == "tabpanel":
            return
        self.walk(node)

    def _walk_note(self, node: Node, kind: str) -> None:
        """Walk a note. Its title gets a colon, so that it stays with the note; the kind is the title of one without."""
        self._out.note, before = kind, self._at.mark()
        first = notes.find_first_node(node)
        title = render_line(first) if first is not None and notes.is_title(first) and not first.holds & BLOCK else ""
        if first is not None and title and first.tag not in HEADINGS:
            self._out.add_label(title)
            first.shown = False
        elif not (kind.startswith("version") or kind == "deprecated" or notes.says_its_kind(node, first, kind)):
            self._out.add_label(kind.capitalize())
        self.walk(node)
        self._out.note = ""
        self._at.back(before)

    # Not made in __init__: bound methods would make a cycle, which only the garbage collector could free.
    _handlers: ClassVar[dict[str, Callable[[Walker, Node], None]]] = {
        **dict.fromkeys(HEADINGS, add_heading),
        **dict.fromkeys(("ul", "ol", "menu"), _list),
        **dict.fromkeys(("pre", "listing", "xmp"), _pre),
        "dl": _definitions,
        "table": _table,
        "dt": _term,
        "details": _details,
        "summary": _summary,
    }
