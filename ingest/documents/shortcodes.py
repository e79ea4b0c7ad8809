"""Tags of templates that stand on a line of their own in markdown: Hugo's, Jekyll's, GitBook's.

    {{% alert title="Mind" color="warning" %}}     an admonition, up to {{% /alert %}}
    {% tab title="npm" %}, {{< tab "npm" >}}       the label of what follows
    {% highlight ruby %}, {{< highlight go >}}     code, up to {% endhighlight %}
    {% include note.html content="Never wet." %}   an admonition that says so

Reads single lines; `ingest.documents.dialects` writes what stands for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.html.tree import words

_TAG = re.compile(
    r"[ \t]*\{(?:%-?|\{[<%])[ \t]*(?P<close>/|end)?(?P<name>[A-Za-z][\w/.-]{0,40})(?P<rest>[^\n{}]{0,500})"
    r"(?:%|[>%]\})\}[ \t]*\Z"
)
_ATTRIBUTE = re.compile(
    r"\b(?:title|header|heading|label|name|summary|tabName)[ \t]{0,9}=[ \t]{0,9}[\"'\u201c]([^\"'\u201d\n]{1,120})"
)
_CONTENT = re.compile(r"\bcontent[ \t]{0,9}=[ \t]{0,9}(?:\"([^\"\n]{1,400})\"|'([^'\n]{1,400})')")
_QUOTED = re.compile(r"[ \t]*[\"'\u201c]([^\"'\u201d\n]{1,120})")
_WORD = re.compile(r"[A-Za-z]{3,12}")
_LANGUAGE = re.compile(r"[ \t]*[\"']?([A-Za-z0-9+#_.-]{1,30})")
_BOXES = words("alert notice hint callout admonition")
_LABELLED = words(
    "tab details expand expander accordion accordion-item step collapse card panel toggle spoiler dropdown"
)


@dataclass(frozen=True, slots=True)
class Shortcode:
    """One tag. `kind`: of an admonition, "" for others; `said`: all that an admonition without an end says."""

    name: str
    closes: bool = False
    kind: str = ""
    label: str = ""
    language: str = ""
    said: str = ""


def read_shortcode(line: str, admonitions: frozenset[str]) -> Shortcode | None:
    """Return the tag that a line is, None for any other line, and for a tag that shows nothing."""
    found = _TAG.match(line) if "{" in line else None
    if found is None:
        return None
    name, rest = found["name"].lower().rpartition("/")[2], found["rest"].rstrip("-/ \t")
    if name == "highlight":
        language = _LANGUAGE.match(rest)
        return Shortcode(name, closes=bool(found["close"]), language=language[1] if language else "")
    if name == "include":
        content = _CONTENT.search(rest)
        kind = _kind(rest.partition(".")[0], admonitions) if content else ""
        return Shortcode(name, kind=kind or "note", said=content[1] or content[2]) if content else None
    if name not in _BOXES and name not in admonitions and name not in _LABELLED:
        return None
    label = _ATTRIBUTE.search(rest) or _QUOTED.match(rest)
    is_box = name in _BOXES or (name in admonitions and name not in _LABELLED)
    kind = (_kind(rest, admonitions) or (name if name in admonitions else "note")) if is_box else ""
    return Shortcode(name, closes=bool(found["close"]), kind=kind, label=label[1] if label else "")


def count_ends(lines: Iterable[str]) -> Counter[str]:
    """Return how many tags of each name end something, so that no tag has to look for its end line by line."""
    found = (_TAG.match(line) for line in lines if "{" in line)
    return Counter(tag["name"].lower().rpartition("/")[2] for tag in found if tag is not None and tag["close"])


def ends_shortcode(line: str, name: str) -> bool:
    """Return whether a line is the tag that ends `name`."""
    tag = _TAG.match(line) if "{" in line else None
    return tag is not None and bool(tag["close"]) and tag["name"].lower() == name


def _kind(text: str, admonitions: frozenset[str]) -> str:
    """Return the first word that names a kind of admonition; not within a title."""
    plain = _ATTRIBUTE.sub("", text)
    return next((word for word in map(str.lower, _WORD.findall(plain)) if word in admonitions), "")
