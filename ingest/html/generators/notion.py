"""Notion exports."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    text={"page-body": 7},
    checked="checkbox-on",
    unchecked="checkbox-off",
)
