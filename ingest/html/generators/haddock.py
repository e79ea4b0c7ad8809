"""Haddock."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    furniture="selflink",
)
