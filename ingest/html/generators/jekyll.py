"""Jekyll, kramdown and Rouge."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    note_marks="a.reversefootnote",
    furniture="lineno gutter",
)
