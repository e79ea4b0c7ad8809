"""pandoc and Quarto."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="a.footnote-ref a.footnote-back",
    callouts="code-annotation-anchor code-annotation-gutter-bg code-annotation-gutter",
)
