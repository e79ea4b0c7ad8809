"""MediaWiki."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="""
        sup.reference mw-ref cite-bracket mw-cite-backlink cite-accessibility-label
        reference-accessibility-backlabel sup.noprint sup.Inline-Template
        """,
    furniture="mw-editsection mw-jump-link mw-indicators printfooter catlinks navbox mw-collapsible-toggle",
    furniture_ids="siteSub contentSub jump-to-nav",
    formulas="mwe-math-element",
)
