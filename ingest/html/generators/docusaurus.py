"""Docusaurus."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="""
        hash-link theme-doc-breadcrumbs pagination-nav tableOfContents theme-doc-toc-mobile theme-edit-this-page
        theme-doc-version-banner theme-doc-version-badge theme-announcement-bar
        """,
    text={"theme-doc-markdown": 0},
    removed="""
        code-block-diff-remove-line code-block-diff-remove theme-code-block-removed-line code-block-removed-line
        """,
    version_metas="docusaurus_version docsearch:version",
    code_titles="codeBlockTitle*",
)
