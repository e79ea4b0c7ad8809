"""Hugo, Goldmark and Chroma, with the themes Docsy and Book."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="a.footnote-ref a.footnote-backref",
    furniture="lnt",
    line_numbers="ln lnt",
)
