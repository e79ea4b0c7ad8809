"""Notion exports."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    text={"page-body": 7},
)
