"""VitePress, VuePress and what else markdown-it writes."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="header-anchor VPSkipLink vp-doc-footer VPDocFooter line-numbers-wrapper",
    text={"vp-doc": 0, "theme-default-content": 0},
    tab_sets="vp-code-group",
)
