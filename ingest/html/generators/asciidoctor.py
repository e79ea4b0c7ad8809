"""Asciidoctor and Antora."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="sup.footnoteref",
    furniture="source-toolbox toolbar",
    named_blocks="paragraph admonitionblock exampleblock listingblock literalblock openblock quoteblock sidebarblock "
    "tableblock ulist olist dlist",
    callouts="conum colist-marker",
    code_frames="listingblock literalblock",
)
