"""What the components of MDX say in their attributes, as HTML and markdown; and the text of links within a wiki.

    <ParamField path="a" type="string" required>   `<dt><code>a</code> path, string, required</dt>`   Mintlify
    <Update label="v2" description="May">          `v2 (May)`
    <Tabs items={['npm', 'yarn']}>                 `["npm", "yarn"]`                                  Nextra, Fumadocs
    [[Page]], [[text|Page]], [[Page|text]]         the text

Text in, text out; `ingest.documents.dialects` knows where tags are.
"""

from __future__ import annotations

import re
from html import escape

_ATTRIBUTE = re.compile(
    r"""([A-Za-z][\w:-]*)(?:=(?:"([^"]{0,500})"|'([^']{0,500})'|\{\s*["'`]?([^{}]{0,500}?)["'`]?\s*\}))?"""
)
_ONE_LINE = re.compile(
    r"(?P<open>[ \t]*<(?P<name>[A-Z][\w.]*)(?:\s(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)?(?<!/)>)"
    r"(?P<text>[^\n]*)</(?P=name)>[ \t]*\Z"
)
_VALUE = re.compile(r"(?<==)(?:\"[^\"\n]*\"|'[^'\n]*')")
_ITEMS = re.compile(r"\bitems=\{\s*\[([^\]]{0,1000})\]")
_WIKI_LINK = re.compile(r"(?<![\[\w])(?P<shown>!?)\[\[([^\[\]|\n]{1,200})(?:\|([^\[\]|\n]{1,200}))?\]\](?!\()")
_PAGE_NAME = re.compile(r"[-/#_]")

FIELDS = {"paramfield": "path query body header", "responsefield": "name", "property": "name", "field": "name"}
"""Elements that stand for one parameter, and the attributes that may name it."""


def without_values(tag: str) -> str:
    """Return a tag without what stands in quotes, which may hold ">": `' type="a<b>">'` -> `' type="">'`."""
    return _VALUE.sub('""', tag)


def split_one_line(line: str) -> list[str] | None:
    """Return `<Tab title="npm">text</Tab>` as lines of its own; None for any other line."""
    whole = _ONE_LINE.match(line)
    if whole is None:
        return None
    return [whole["open"], "", whole["text"].strip(), "", f"</{whole['name']}>"]


def read_attributes(rest: str) -> dict[str, str]:
    """Return the attributes of a tag: `' path="a" required default={10}>'` -> `{"path": "a", "required": "", ...}`."""
    found = _ATTRIBUTE.finditer(rest.rstrip().removesuffix(">").removesuffix("/"))
    return {each[1]: next((text for text in each.groups()[1:] if text is not None), "") for each in found}


def describe_field(name: str, rest: str) -> str:
    """Return the opening of a definition list with what a parameter's tag says of it; `name` is a key of `FIELDS`."""
    attributes = read_attributes(rest)
    place = next((each for each in FIELDS[name].split() if each in attributes), "")
    facts = ["" if place == "name" else place, attributes.get("type", "")]
    facts += [flag for flag in ("required", "deprecated") if attributes.get(flag, "false") != "false"]
    facts += [f"{key}: {attributes[key]}" for key in ("default", "min", "max", "enum") if attributes.get(key)]
    shown = ", ".join(escape(fact) for fact in facts if fact)
    return f"<dl><dt><code>{escape(attributes.get(place, ''))}</code> {shown}</dt><dd>"


def title_of_update(rest: str) -> str:
    """Return the heading of an entry of a changelog: `' label="v2" description="May">'` -> `"v2 (May)"`."""
    attributes = read_attributes(rest)
    label, more = attributes.get("label", ""), attributes.get("description", "")
    return f"{label} ({more})" if label and more else label or more or "Update"


def read_items(rest: str) -> list[str]:
    """Return the labels of tabs that carry none: `" items={['npm', 'yarn']}>"` -> `["npm", "yarn"]`."""
    found = _ITEMS.search(rest)
    return [item.strip().strip("'\"`") for item in found[1].split(",") if item.strip()] if found else []


def value_of_tab(name: str, rest: str) -> str:
    """Return the value of a `<TabItem>`, which Docusaurus shows where it has no label; "" for any other tag."""
    return read_attributes(rest).get("value", "") if name == "tabitem" else ""


def unlink(text: str) -> str:
    """Return text with the links of a wiki as their words: `"see [[Oil Change]]"` -> `"see Oil Change"`."""
    return _WIKI_LINK.sub(_link_text, text) if "[[" in text else text


def _link_text(link: re.Match[str]) -> str:
    """Return the words of a link.

    GitHub writes `[[text|Page]]`, Obsidian `[[Page|text]]`: a name has no blanks, or a capital.
    """
    first, second = link[2].strip(), (link[3] or "").strip()
    if link["shown"]:  # a picture, or a page that is shown in this one
        return ""
    if not second:
        return first.partition("#")[0].strip() or first.lstrip("#")
    if first[:1].isupper() and second[:1].islower():
        return second
    names_page = [_PAGE_NAME.search(part) is not None and " " not in part for part in (first, second)]
    return second if names_page == [True, False] else first
