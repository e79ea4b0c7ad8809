"""Notion exports."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    text={"page-body": 7},
)
