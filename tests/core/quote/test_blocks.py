"""`core.quote.blocks`: what of a section can be shown as it stands."""

from __future__ import annotations

import pytest

from core.domain import Passage
from core.quote.blocks import split_blocks


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("pip installs a package. It asks nothing.", True),
        ("mdBook makes a book of files.", True),
        ("create-site is a tool to start quickly.", True),
        ("createdb also takes the name of a host.", True),
        ("store beat is a scheduler. It starts tasks.", True),
        ("appear to work in all of them.", False),
        ("or the one that was there before.", False),
        ("then the one that runs is used.", False),
        ("where the size is that of the disk.", False),
        ("float = 1.0, top_k: int = 0", False),
        ("then it ends. It begins again.", False),
    ],
)
def test_a_first_sentence_in_lower_case_may_begin_with_a_name(text: str, whole: bool) -> None:
    (block,) = split_blocks([(1, Passage("https://docs.example/p", "p", ("P",), text))])
    assert block.whole is whole
