"""Jekyll, kramdown and Rouge."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="a.reversefootnote",
    furniture="lineno gutter",
)
