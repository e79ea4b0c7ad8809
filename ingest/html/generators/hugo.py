"""Hugo, Goldmark and Chroma, with the themes Docsy and Book."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="a.footnote-ref a.footnote-backref",
    furniture="lnt reading-time td-feedback td-page-meta__lastmod",
    line_numbers="ln lnt",
)
