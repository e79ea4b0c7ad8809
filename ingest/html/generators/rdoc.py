"""RDoc and YARD."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="""
        link-seesrc method-permalink method-click-advice method-source-code method-source-toggle summary_toggle
        inheritanceTree a.src table.source_code
        """,
)
