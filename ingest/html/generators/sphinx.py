"""Sphinx and docutils, with the themes Read the Docs, Furo, PyData and Book, sphinx-design and sphinx-tabs."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="footnote-reference citation-reference fn-bracket fn-backref span.backrefs",
    furniture="""
        headerlink viewcode-link viewcode-back sphinxsidebar sidebar-tree toc-tree wy-breadcrumbs
        rst-footer-buttons prev-next-area prev-next-footer local-toc bd-header-announcement
        bd-header-version-warning search-results copybtn docstring-article-toggle-button
        """,
    note_lists="footnote-list citation-list",
    hidden="sd-hide-link-text",
    text={"rst-content": 4, "document": 9},
    text_ids={"docs-body": 8},
    code_titles="code-block-caption",
    tab_sets="tab-set sd-tab-set sphinx-tabs",
    version_metas="readthedocs-version-slug",
    furniture_pairs="contents+topic",
)
