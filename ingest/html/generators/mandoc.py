"""mandoc: manual pages of BSD."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="table.head table.foot",
)
