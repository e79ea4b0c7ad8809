"""javadoc and groovydoc."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="sub-nav top-nav subnav fixedNav copy-popup-wrapper",
    column_tables={"two-column-summary": 2, "three-column-summary": 3, "four-column-summary": 4},
)
