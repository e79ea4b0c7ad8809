"""GitHub: what its server makes of markdown."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    note_marks="data-footnote-backref",
    text={"markdown-body": 7},
)
