"""What opens on a click is text: the panel, and the question that is written on its control.

    <h3><button aria-controls=a1>May I?</button></h3><div id=a1 hidden>Yes.</div>      a heading, and its text
    <div role=button aria-controls=p1>May I?</div><div id=p1 style="height:0px">...    a question, and its text
    <dl class=accordion><dt>May I?</dt><dd style="display:none">Yes.</dd></dl>         likewise
    press the <button>Book now</button> button                                         a control within a sentence

Controls are known by ARIA, by Bootstrap's attributes, or by a class that says so next to a short text. What a menu, a
dialog or a list of choices opens is not text. `ingest.html.reading` asks while it reads, `ingest.html.blocks` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from ingest.html.known import PUT_AWAY, SPOKEN
from ingest.html.tree import BLOCK_TAGS, HEADINGS, QUESTION, Node, find, raw_text, words

CONTROLS = words("button input label")
"""Elements that are no text, unless a sentence needs them."""

_NAMING = words("aria-controls data-bs-target data-target popovertarget")
_OPENING = words("aria-expanded data-toggle data-bs-toggle aria-controls")
OPENING = _NAMING | _OPENING
"""Attributes of which a node that opens another has one."""

_SHOWN_BY = words("x-show x-collapse v-show")
"""Attributes of what a script shows: Alpine, Vue."""

_TITLES = ("summary", "heading", "header", "title", "label")
_NEVER = words("tab menuitem combobox searchbox textbox slider option")
_APART = words("dialog alertdialog menu menubar listbox tooltip search navigation tree grid")
_CLICKED = re.compile(
    r"accordion|collaps|expand|toggle|disclosure|(?:^|[\s_-])(?:faqs?|answers?|spoiler|qa|details?|reveal|unfold|foldable|"
    r"togg?ler)(?:$|[\s_-])",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"\W*(?:(?:show|hide|expand|collapse|toggle|view|see|read|open|close|copy|copied|less|more|edit|share|print|menu|search|"
    r"next|previous|back|submit|send|ok|yes|no)\b.{0,24})?\W*\Z",
    re.IGNORECASE,
)
_COPYING = re.compile(
    r"\W*(?:cop(?:y|ied)|view source|edit|share|print|expand|collapse|toggle)\b.{0,20}\Z", re.IGNORECASE
)
_API_LINE = re.compile(r"(?:get|post|put|patch|delete|head|options) ?/\S|[1-5]\d\d \w", re.IGNORECASE)
_NAMED = frozenset({*HEADINGS, "dt", "summary"})
_VALUED = words("button submit reset")
_MOST_BOXES, _MOST_KIDS = 400, 400
_LONGEST_QUESTION, _LONGEST_LABEL, _CLIMB = 300, 60, 4


def controlled_ids(node: Node) -> Iterator[str]:
    """Yield the ids of what a node opens on a click."""
    attrs = node.attrs
    if attrs.get("role") in _NEVER or attrs.get("aria-haspopup", "false") != "false":
        return
    if attrs.get("data-toggle", attrs.get("data-bs-toggle", "collapse")) != "collapse":
        return
    for name in _NAMING & attrs.keys():
        value = node.get(name)
        yield from dict.fromkeys((value.removeprefix("#"), *(part.removeprefix("#") for part in value.split())))
    href = node.get("href")
    if href[:1] == "#" and len(href) > 1 and not _OPENING.isdisjoint(attrs):
        yield href[1:]


def find_opener(node: Node, controls: Mapping[str, Node]) -> Node | None:
    """Return what opens a hidden node on a click, None where nothing does. `controls`: by the id of what they open."""
    attrs = node.attrs
    if attrs.get("role") in _APART or node.tag in {"nav", "dialog", "form", "aside"} or "data-nosnippet" in attrs:
        return None
    if (control := controls.get(attrs.get("id") or "")) is not None:
        return control
    question = _question_before(node)
    if question is None:
        return None
    names = (node, node.parent, question)
    if not _SHOWN_BY.isdisjoint(attrs) or _holds_opener(question):
        return question
    return question if any(_CLICKED.search(one.get("class")) for one in names if one is not None) else None


def _question_before(node: Node) -> Node | None:
    """Return the short text just before a node, which may be the question that it answers."""
    before = next((kid for kid in reversed(node.parent.nodes) if kid is not node), None) if node.parent else None
    if before is None or not (before.shown or before.tag in CONTROLS):
        return None
    return before if 0 < (before.size or len(raw_text(before).strip())) <= _LONGEST_QUESTION else None


def _holds_opener(question: Node) -> bool:
    """Return whether a text is, or holds, a control that opens something and names nothing (Headless UI)."""
    if "aria-expanded" in question.attrs:
        is_named = not (_NAMING | {"href"}).isdisjoint(question.attrs)
        return not is_named and question.get("aria-haspopup") in {"", "false"} and question.get("role") not in _NEVER
    return any(map(_holds_opener, question.nodes))


def title_of_element(tag: str, attrs: Mapping[str, str | None]) -> str:
    """Return the title of an element of scripts that opens: `<sl-details summary="How deep?">`; "" for others."""
    if _CLICKED.search(tag) is None:
        return ""
    return next((title for name in _TITLES if (title := (attrs.get(name) or "").strip())), "")[:_LONGEST_QUESTION]


def is_clicked(node: Node) -> bool:
    """Return whether a class of a control says that it opens what is below it."""
    return _CLICKED.search(node.get("class")) is not None


def is_labelled_item(label: Node) -> bool:
    """Return whether a label is the text of an item of a list, next to the checkbox that it holds."""
    box = find(label, "input") if label.size and label.parent is not None and label.parent.tag == "li" else None
    return box is not None and box.get("type").lower() in {"checkbox", "radio"}


def panel_below(heading: Node, panels: Mapping[Node, Node]) -> Node | None:
    """Return what a control within a heading opens, None where there is none."""
    return next((panel for panel, control in panels.items() if _is_in(control, heading)), None)


def is_all_of(control: Node, heading: Node) -> bool:
    """Return whether a control is all that a heading says: then the section is what it opens."""
    return raw_text(control, hidden=True).strip() == raw_text(heading, hidden=True).strip()


def is_api_line(control: Node) -> bool:
    """Return whether a button shows a method with its path, or a status with its meaning (Redoc)."""
    is_plain = control.tag == "button" and "aria-expanded" not in control.attrs
    return is_plain and _API_LINE.match(" ".join(raw_text(control).split())) is not None


def is_put_away(panel: Node, controls: Mapping[str, Node]) -> bool:
    """Return whether a class hides a node that a control names: it is taken off on a click (Flowbite, Tailwind)."""
    return panel.get("id") in controls and SPOKEN.isdisjoint(panel.classes) and not PUT_AWAY.isdisjoint(panel.classes)


def is_menu(panel: Node) -> bool:
    """Return whether a panel whose text is known is a menu: mostly links."""
    return panel.linked * 2 > panel.size


def show_controls(block: Node) -> None:
    """Show the controls of a block that are part of its text: in a sentence, or as all that a heading holds."""
    controls = list(_controls_in(block))
    if block.tag in _NAMED:
        wanted = [] if block.size else [one for one in controls if one.tag == "button"]
    elif any(map(str.isalpha, "".join(_plain_texts(block)))):
        wanted = [one for one in controls if _is_among_words(one) and not _COPYING.match(_words_on(one))]
    else:
        return
    for control in wanted:
        text = _words_on(control)
        if not text or (len(text) > _LONGEST_LABEL and block.tag not in _NAMED):
            continue
        if control.tag == "input":
            control.kids = [text]
            control.size = len(text)
        _show(control, block)


def _is_among_words(control: Node) -> bool:
    """Return whether a control stands between words, with a blank before it: `press <button>Go</button>.`."""
    kids = control.parent.kids if control.parent is not None else []
    place = next((at for at, kid in enumerate(kids) if kid is control), 0)
    before, after = kids[place - 1] if place else None, kids[place + 1] if place + 1 < len(kids) else None
    if before is None:
        return isinstance(after, str) and after[:1].isspace() and not after.isspace()
    return isinstance(before, str) and before.endswith((" ", "\n", "\t", "\xa0", "(", "\u201c", '"', "\u00ab"))


def _show(control: Node, block: Node) -> None:
    control.shown = True
    above = control.parent
    while above is not None:
        above.size += control.size
        if above is block:
            break
        above = above.parent


def _words_on(control: Node) -> str:
    if control.tag == "input":
        return " ".join(control.get("value").split()) if control.get("type").lower() in _VALUED else ""
    text = " ".join(raw_text(control).split())
    return text if any(map(str.isalnum, text)) else ""


def _controls_in(block: Node) -> Iterator[Node]:
    for kid in block.nodes:
        if kid.tag in CONTROLS:
            if not kid.shown:
                yield kid
        elif kid.shown and kid.tag not in BLOCK_TAGS:
            yield from _controls_in(kid)


def _plain_texts(block: Node) -> Iterator[str]:
    """Yield the texts of a block that are no control, code or link, from its own lines alone."""
    for kid in block.kids:
        if isinstance(kid, str):
            yield kid
        elif kid.shown and kid.tag in {"span", "b", "strong", "em", "i", "font"}:
            yield from _plain_texts(kid)


def mark_questions(panels: Mapping[Node, Node]) -> None:
    """Mark the controls that hold a question about what they open, and are no heading, as `QUESTION`."""
    for panel, control in panels.items():
        if panel.shown and panel.size and _is_question(control, panel):
            control.holds |= QUESTION
            control.shown = True


def _is_question(control: Node, panel: Node) -> bool:
    text = " ".join(raw_text(control).split())
    if len(text) > _LONGEST_QUESTION or _IDLE.match(text) or _is_in(control, panel):
        return False
    here: Node | None = control
    for _ in range(_CLIMB):
        if here is None or here.tag in _NAMED or here.holds & QUESTION:
            return False
        if here.tag in BLOCK_TAGS:
            break
        here = here.parent
    return here is control or here is None or not any(map(str.isalpha, "".join(_plain_texts(here))))


def _is_in(node: Node, holder: Node) -> bool:
    above = node.parent
    while above is not None and above is not holder:
        above = above.parent
    return above is holder


def frame_of(control: Node, panel: Node) -> Node | None:
    """Return the node that holds one question and its answer and nothing else; None where there is none."""
    above = control.parent
    while above is not None and not _is_in(panel, above):
        above = above.parent
    return above if above is not None and above.size <= panel.size + _LONGEST_QUESTION else None


def panel_of(control: Node, panels: Mapping[Node, Node]) -> Node | None:
    """Return what a control opens, None where that is not in the page."""
    return next((panel for panel, opener in panels.items() if opener is control), None)


def labels_below(boxes: Iterable[Node], panels: dict[Node, Node]) -> None:
    """Add to `panels` the block after a control that opens it by a style sheet or a script, and does not name it."""
    for control in islice(boxes, _MOST_BOXES):
        above = control.parent
        if above is not None and len(above.kids) > _MOST_KIDS:
            continue
        is_button = "aria-expanded" in control.attrs and control.get("aria-haspopup") in {"", "false"}
        if above is None or control in panels.values():
            continue
        if not (is_button or _is_ticked(control) or any(_CLICKED.search(one.get("class")) for one in (control, above))):
            continue
        after = _block_after(control)
        if after is None and is_button and not above.size and above.tag not in _NAMED:
            after = _block_after(above)
        if after is not None and not (is_button and is_menu(after)):
            panels.setdefault(after, control)


def _block_after(node: Node) -> Node | None:
    """Return the shown block right after a node, None where something else is there."""
    kids = node.parent.nodes if node.parent is not None else []
    place = next((at for at, kid in enumerate(kids) if kid is node), len(kids))
    after = next((kid for kid in kids[place + 1 :] if kid.tag != "input"), None)
    return after if after is not None and after.tag in BLOCK_TAGS and after.shown else None


def _is_ticked(label: Node) -> bool:
    """Return whether a label is that of the checkbox, or the one of several choices, right before it.

    Choices in a row, with what they choose below them, are tabs.
    """
    kids = label.parent.nodes if label.parent is not None else []
    place = next((at for at, kid in enumerate(kids) if kid is label), 0)
    box = kids[place - 1] if place else None
    if box is None or label.get("for") != box.get("id") or not box.get("id"):
        return False
    is_in_row = place > 1 and kids[place - 2].tag in {"label", "input"}
    return box.get("type") == "checkbox" or (box.get("type") == "radio" and not is_in_row)
