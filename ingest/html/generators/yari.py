"""Yari, which makes MDN."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="example-header",
)
