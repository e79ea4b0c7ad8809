"""pdoc and TypeDoc."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="div.pdoc-code tsd-sources",
)
