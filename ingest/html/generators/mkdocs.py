"""MkDocs, with Material, mkdocstrings and Read the Docs."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="a.footnote-ref a.footnote-backref",
    furniture="""
        headerlink md-source-file md-content__button md-feedback md-top wm-page-content-end mkdocstrings-source
        md-banner
        """,
    text={"md-content__inner": 0},
    furniture_pairs="critic+comment",
    tab_sets="tabbed-set",
    tab_rows="tabbed-labels",
)
