"""Mintlify."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    removed="line-remove line-diff-remove",
    furniture_attributes="data-component-part=step-number",
    code_titles="data-component-part=code-block-header-filename",
    note_attributes="data-callout-type",
)
