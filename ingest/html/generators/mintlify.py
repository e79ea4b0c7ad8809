"""Mintlify."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    text={"prose-doc": 0},
    removed="line-remove line-diff-remove",
)
