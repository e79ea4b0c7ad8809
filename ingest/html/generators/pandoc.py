"""pandoc and Quarto."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    note_marks="a.footnote-ref a.footnote-back",
    callouts="code-annotation-anchor code-annotation-gutter-bg code-annotation-gutter",
)
