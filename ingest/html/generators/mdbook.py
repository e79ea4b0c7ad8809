"""mdBook."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    note_marks="sup.footnote-reference sup.footnote-definition-label",
    furniture="nav-chapters nav-wrapper nav-wide-wrapper boring",
)
