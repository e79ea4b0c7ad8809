"""GitHub: what its server makes of markdown."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    text={"markdown-body": 7},
)
