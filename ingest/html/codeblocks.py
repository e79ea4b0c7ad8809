"""Code as its author wrote it: every line and blank, no line numbers, no buttons; and its language.

    <pre><span>a</span><br>  b</pre>                     "a\\n  b"
    <div class="line">a</div><div class="line">b</div>   "a\\nb"     (doxygen, Expressive Code, Docusaurus)

`ingest.html.hidden` marks lines that mdBook hides as not shown. Does not guess a language that the page does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

from core.check.links import remove_invisible
from ingest.html import badges
from ingest.html.known import CODE, CODE_FRAMES, CODE_TITLES, LINE_FRAMES, UNSELECTABLE
from ingest.html.tree import BLOCK_TAGS, PRE, Node, find, raw_text, words

_UNSEEN = str.maketrans({"\xa0": " ", "\r": None})
_COLOURING = re.compile(r"\x1b\[[0-9;:]{0,40}[A-Za-z]")
"""Control sequences that set colours in a terminal (ECMA-48, CSI)."""

_LANGUAGE = re.compile(
    r"(?:^|\s)(?:language|lang|highlight-source|highlight|brush|src|source|sourceCode|code|highlight hl|"
    r"mw-highlight-lang)[-:]\s*"
    r"([A-Za-z0-9+#_.-]+)"
)
_NAME = re.compile(r"[a-z0-9+#_.-]{1,40}\Z")
"""Any other name could end the fence that it opens, and add text to a passage that no reader of the page sees."""

_NO_LANGUAGE = words(
    "default notranslate source none text txt plain plaintext block copy toolbar wrapper highlight group annotation "
    "container content box title header body line lines frame example output area undefined null nohighlight "
    "myst-ansi wrap wrap-code with-copy"
)
_NAMES = words(
    "python python3 py pycon bash sh shell console zsh javascript js typescript ts jsx tsx json jsonc json5 yaml yml "
    "toml ini rust c cpp c++ csharp java kotlin scala go golang ruby php perl lua r julia swift sql html xml css scss "
    "less diff dockerfile docker makefile cmake graphql vue svelte markdown md rst haskell elixir clojure powershell "
    "nginx apache properties groovy dart mermaid http proto protobuf vb fortran matlab tex latex"
)
_KEPT_LINES = re.compile(r"white-space ?: ?(?:pre|break-spaces)")
_LONGEST_NUMBER = 6
_MANUAL, _LINES_A_PLACE = 4_000, 4
_PLACE = "\x1f"
_TITLE_ATTRIBUTES = frozenset(one.partition("=")[0] for one in CODE_TITLES if "=" in one)
_CELLS = words("table tbody tr td")
_CLIMB = 5
_ROOM = 240


def code_text(node: Node) -> str:
    """Return the code below a node, without empty lines at its start and end, badges, and lines that a change removes.

    Where it removes all of them, each comes with the sign of a diff.
    """
    pieces: list[str] = []
    _add(node, pieces)
    code = _cleaned("".join(pieces))
    if not code.strip() and node.kids:
        gone: list[str] = []
        _add(node, gone, removed=True)
        lines = _cleaned("".join(gone)).split("\n")
        code = "\n".join(f"- {line}" for line in lines if line.strip())
    return badges.strip_marks(code, node)


def _cleaned(text: str) -> str:
    if "\x1b" in text:
        text = _COLOURING.sub("", text)
    return remove_invisible(text.translate(_UNSEEN)).strip("\n")


def split_at_anchors(node: Node, code: str) -> list[tuple[str, str]]:
    """Return (id or name, code from its line on) for each anchor in a manual that is one `<pre>`, like vim's and RFCs.

    Returns only `("", code)` where the code is short, or has no anchors, or one every few lines (numbered listings).
    """
    places = list(_places(node)) if len(code) > _MANUAL else []
    if not 1 < len(places) * _LINES_A_PLACE <= code.count("\n"):
        return [("", code)]
    names = [_name(place) for _, _, place in places]
    for holder, at, _ in reversed(places):
        holder.kids.insert(at, _PLACE)
    pieces: list[str] = []
    _add(node, pieces)
    first, *parts = "".join(pieces).split(_PLACE)
    if len(parts) != len(names):  # the page itself holds these characters
        return [("", code)]
    found = [("", first)]
    for name, part in zip(names, parts, strict=True):
        before, text = found[-1]
        above, _, line = text.rpartition("\n")
        if before and not above:  # two anchors in one line
            found[-1] = (before, text + part)
        else:
            found[-1:] = [(before, above), (name, line + part)]
    return [(name, text) for name, part in found if (text := _cleaned(part)).strip()]


def _places(node: Node) -> Iterator[tuple[Node, int, Node]]:
    """Yield (parent, index in its children, child) of each node with an id or a name, in reading order."""
    for at, kid in enumerate(node.kids):
        if not isinstance(kid, str) and kid.shown:
            if _name(kid):
                yield node, at, kid
            yield from _places(kid)


def _name(node: Node) -> str:
    return node.get("id") or (node.get("name") if node.tag == "a" else "")


def is_code(node: Node) -> bool:
    """Return whether a container that is no `<pre>` holds nothing but code, as those of doxygen and Scribble."""
    names = node.classes
    if not CODE.isdisjoint(names):
        return True
    return not LINE_FRAMES.isdisjoint(names) and any("line" in kid.classes for kid in node.nodes)


def is_listing(node: Node) -> bool:
    """Return whether a `<code>` outside any `<pre>` is a block of code: it has three lines or more, or breaks them.

    Two lines are enough where a style keeps them.
    """
    kids = node.kids
    if _KEPT_LINES.search(node.get("style")):
        return "\n" in raw_text(node).strip()
    if len(kids) == 1 and isinstance(kids[0], str):
        return kids[0].strip().count("\n") >= 2
    return raw_text(node).strip().count("\n") >= 2 or any(kid.tag == "br" for kid in node.nodes)


def is_framed(node: Node) -> bool:
    """Return whether a node is the frame around a block of code whose language it may show."""
    return any(name.startswith("language-") for name in node.classes) and find(node, "pre") is not None


def is_title(node: Node) -> bool:
    """Return whether a node is the file name above a block of code."""
    holder = node.parent
    if not node.attrs:
        return node.tag == "figcaption" and node.parent is not None and node.parent.holds & PRE != 0
    if not _TITLE_ATTRIBUTES.isdisjoint(node.attrs):
        return any(f"{name}={node.get(name)}" in CODE_TITLES for name in _TITLE_ATTRIBUTES)
    if holder is not None and (node.tag == "figcaption" or "title" in node.classes):
        is_framed = not CODE_FRAMES.isdisjoint(holder.classes)
        return holder.holds & PRE != 0 and (node.tag == "figcaption" or is_framed)
    return _is_title_name(node.get("class"))


@lru_cache(8_192)
def _is_title_name(classes: str) -> bool:
    return any(name in CODE_TITLES or f"{name.partition('_')[0]}*" in CODE_TITLES for name in classes.split())


def is_numbering(code: str) -> bool:
    """Return whether a text is the column of line numbers next to the code: `"1\\n2\\n3"`."""
    numbers: list[int] = []
    for line in code.splitlines():
        number = line.strip()
        if not number:
            continue
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
            return False
        if numbers and int(number) != numbers[-1] + 1:
            return False
        numbers.append(int(number))
    return len(numbers) > 1


def _add(node: Node, pieces: list[str], *, removed: bool = False) -> None:
    """Append the code below a node. `removed`: with the lines that a change removes."""
    if any(not isinstance(kid, str) and kid.tag in BLOCK_TAGS for kid in node.kids):
        _add_lines(node, pieces, removed=removed)
        return
    skipped = False
    for kid in node.kids:
        if isinstance(kid, str):
            pieces.append(kid.removeprefix("\n") if skipped and _is_at_start(pieces) else kid)
        elif _is_left_out(kid, removed=removed):
            skipped = _skip(kid, pieces)
            continue
        elif kid.tag == "br":
            pieces.append("\n" if not (skipped and _is_at_start(pieces)) else "")
        else:
            _add_inline(kid, pieces, removed=removed)
        skipped = False


def _add_inline(kid: Node, pieces: list[str], *, removed: bool) -> None:
    if kid.tag == "sup" and pieces and pieces[-1][-1:].isalnum():
        pieces.append("^")
    _add(kid, pieces, removed=removed)


def _is_left_out(kid: Node, *, removed: bool) -> bool:
    """Return whether a node in code is hidden, a line number, a badge, or removed by the change that is shown."""
    if kid.shown and not kid.attrs and kid.tag not in badges.BARE:
        return False
    if badges.is_removed(kid):
        return not removed and not _has_sign(kid)
    return not kid.shown or kid.attrs.get("role") == "button" or _is_number(kid) or badges.is_badge(kid)


def _has_sign(line: Node) -> bool:
    """Return whether a removed line shows the sign of a diff: then the block is one, and stays as it is."""
    return line.tag not in {"del", "s", "strike"} and raw_text(line).lstrip(" \t\n")[:1] in {"-", "\u2212"}


def _skip(kid: Node, pieces: list[str]) -> bool:
    """Take the blanks before a node off that is left out. Return whether it was a whole line so far."""
    if badges.is_badge(kid):
        while pieces and pieces[-1].endswith((" ", "\t")):
            pieces[-1] = pieces[-1].rstrip(" \t")
            if not pieces[-1]:
                pieces.pop()
        return False
    return badges.is_removed(kid) and _is_at_start(pieces)


def _is_at_start(pieces: list[str]) -> bool:
    """Return whether the next character begins a line."""
    last = next((piece for piece in reversed(pieces) if piece), "\n")
    return last.endswith("\n")


def _is_number(node: Node) -> bool:
    """Return whether a node is a line number within its line, as its class or style shows (Hugo's)."""
    if node.tag not in {"span", "a", "small"} or node.size > _LONGEST_NUMBER + 4 or not node.attrs:
        return False
    is_style = "user-select:none" in node.get("style").replace(" ", "")
    marked = is_style or badges.is_line_number_name(node) or not UNSELECTABLE.isdisjoint(node.classes)
    return marked and raw_text(node).strip().isdigit()


def _add_lines(node: Node, pieces: list[str], *, removed: bool) -> None:
    """Add the code of a node with child blocks: each block is a line, and white space between two is not code."""
    before: Node | str | None = None
    for kid, after in zip_longest(node.kids, node.kids[1:]):
        if isinstance(kid, str):
            if not (kid.isspace() and _is_line(before) and _is_line(after)):
                pieces.append(kid)
        elif _is_left_out(kid, removed=removed):
            continue
        elif kid.tag in BLOCK_TAGS:
            _add_line(kid, pieces, removed=removed)
        elif kid.tag == "br":
            pieces.append("\n")
        else:
            _add_inline(kid, pieces, removed=removed)
        before = kid


def _is_line(kid: Node | str | None) -> bool:
    """Return whether a neighbour is a separate line, or the end: white space next to it belongs to the markup."""
    return kid is None or (not isinstance(kid, str) and kid.tag in BLOCK_TAGS)


def _add_line(node: Node, pieces: list[str], *, removed: bool) -> None:
    """Add a block within code as a separate line, even if it is empty."""
    if pieces and not pieces[-1].endswith("\n"):
        pieces.append("\n")
    before = len(pieces)
    _add(node, pieces, removed=removed)
    if len(pieces) == before or not pieces[-1].endswith("\n"):
        pieces.append("\n")


def language_of(pre: Node) -> str:
    """Return the language that the page names for a block of code, in lower case; "" where it names none."""
    inside = [kid for kid in pre.nodes if kid.tag in {"code", "samp", "div"}]
    for node in (pre, *inside[:1], *_holders(pre)):
        language = _named(node)
        if language:
            return language
    return ""


def _holders(pre: Node) -> list[Node]:
    """Return the containers around a block of code that hold little else."""
    found: list[Node] = []
    node = pre.parent
    while node is not None and len(found) < _CLIMB and node.size <= pre.size + _ROOM:
        if node.tag not in _CELLS:  # those of the table that holds the line numbers
            found.append(node)
        node = node.parent
    return found


def _named(node: Node) -> str:
    if not node.attrs:
        return ""
    for name in ("data-lang", "data-language", "language"):
        if value := node.get(name).strip().lower():
            return value if _NAME.match(value) and value not in _NO_LANGUAGE else ""
    for found in _LANGUAGE.finditer(node.get("class")):
        value = "diff" if found[1].lower().startswith("diff-") else found[1].lower()
        is_geshi = found[0].lstrip().startswith("source-")
        if value in _NAMES or not (is_geshi or value in _NO_LANGUAGE):
            return value
    if node.tag in {"pre", "code"}:
        return next((name for name in node.get("class").lower().split() if name in _NAMES), "")
    return ""
