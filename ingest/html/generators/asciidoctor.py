"""Asciidoctor and Antora."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    note_marks="sup.footnoteref",
    furniture="source-toolbox toolbar",
    callouts="conum colist-marker",
    code_frames="listingblock literalblock",
)
