"""pdoc and TypeDoc."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    furniture="pdoc-code tsd-sources",
)
