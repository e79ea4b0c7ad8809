"""Highlighters of code: Pygments, Prism, highlight.js, Shiki, Torchlight, and themes around them."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="""
        twoslash-popup-container twoslash-meta-line linenos linenodiv linenumber line-numbers-rows listing_lines
        hljs-ln-numbers highlight-line-number
        """,
    removed="""
        diff.remove line-remove line-removed line-deleted line--removed grvsc-line-deleted code-line-removed
        deleted-line removed-line
        """,
)
