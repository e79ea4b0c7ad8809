"""Starlight and Expressive Code."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="sl-anchor-link sl-banner ec-gutter gutter",
    hidden="sl-hidden",
    text={"sl-markdown-content": 0},
    removed="ec-line.del",
)
