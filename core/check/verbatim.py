"""A sentence, item or row that stands in a passage word for word is borne out by it, whatever the rules make of it.

    "It does not add 145 nodes."  in  "It is slow. It does *not* add 145 [nodes](n.html) [2]."   -> True
    "It adds 145 nodes."          in  "Nobody says that it adds 145 nodes."                      -> False: not whole

Markup, links and marks count for nothing, and neither do quotation marks, commas and colons. Signs that change what is
said do: -1 is not 1, and `--fast` is not `fast`. Nothing here judges what is not word for word.
"""

from __future__ import annotations

import re
from functools import lru_cache

from core.check.links import to_quotable
from core.check.segments import MARK

_FEWEST = 3
"""Words of a text that is compared; shorter ones ("Default: 10") stand in many places."""

_END = "¶"
_TOKEN = re.compile(r"\w+|[-+./=<>%$#@~^&]+(?=\w)|(?P<end>[.!?…]+(?=[\s\"'”’)»*_`]|\Z)|[。！？]|\n)")
_MARKS = re.compile(rf"\s?{MARK}", re.IGNORECASE)
_REPEATED = re.compile(rf"{_END}(?: {_END})+")


def stands_in(text: str, passage: str) -> bool:
    """Return whether a text is one or more whole sentences, items or rows of a passage, in its order without a gap."""
    said = _tokenize(text)
    return said.count(" ") > _FEWEST and said in _tokenize(passage)


@lru_cache(256)
def _tokenize(text: str) -> str:
    """Return the words of a text with the ends of its sentences and lines: `"It is. So"` -> `"¶ it is ¶ so ¶"`."""
    bare = _MARKS.sub("", to_quotable(text)).lower()
    tokens = [_END if match["end"] else match.group() for match in _TOKEN.finditer(bare)]
    return _REPEATED.sub(_END, " ".join([_END, *tokens, _END]))
