"""mdBook."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="sup.footnote-reference sup.footnote-definition-label",
    furniture="nav-chapters nav-wrapper nav-wide-wrapper boring",
)
