"""Documenter (Julia) and ExDoc."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="docs-sourcelink fancy_toc col-sidebar",
)
