"""The manual of PHP, made by PhD: what visitors wrote is no text of it."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture_ids="usernotes",
)
