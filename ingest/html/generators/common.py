"""Names that many themes share, also those written by hand: no generator of its own."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="""
        footnote-ref footnote-backref footnote-reference footnote-mark noteref sup.fn a.footnote a.footref
        a.footback sup.footnote a.reversefootnote margin-toggle comment-ref
        """,
    furniture="""
        skip-link skip-to-content breadcrumbs breadcrumb pagination sidebar-wrapper navigation table-of-contents
        toc page-actions edit-this-page copy-button clipboard-button DocSearch
        cookie cookie-banner cookie-consent cookie-notice cc-banner consent-banner footer
        page-footer site-footer copyright-footer icon-action announcement announcement-bar version-warning
        version-banner outdated-banner anchorjs-link
        """,
    furniture_ids="toc table-of-contents sidebar top-nav side-nav menu-bar quickview mbrsel",
    small_links="""
        permalink heading-anchor heading-link header-link anchor-link section-link related related-pages
        related-links feedback srclink view-source anchor-wrapper
        """,
    hidden="""
        hide-text vh noscript onlyprint print-only tooltiptext tooltip-text tooltip-content
        """,
    put_away="hidden d-none is-hidden",
    text={"content": 10, "post-content": 10},
    text_ids={"main-content": 8, "page-content": 8, "content": 9, "main": 10, "docContent": 10},
    line_numbers="ln line-number",
    unselectable="unselectable select-none user-select-none no-select noselect",
    tab_sets="tabs tabs-container code-group",
    tab_rows="tabs tablist tab-list",
    side_notes="sidenote marginnote margin-note footnote",
    note_lists="footnotes endnotes footnote-definition",
    spoken="sr-only sr-only-focusable visually-hidden visuallyhidden screen-reader-text screen-reader-only",
    struck="line-through strikethrough struck text-decoration-line-through",
)
