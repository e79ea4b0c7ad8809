"""pdoc and TypeDoc."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="pdoc-code tsd-sources",
)
