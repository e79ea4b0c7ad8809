"""Nextra."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="nextra-breadcrumb nextra-toc nextra-sidebar-container nextra-nav-container",
)
