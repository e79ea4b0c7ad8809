"""DevSite of Google."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    text={"devsite-article-body": 7},
)
