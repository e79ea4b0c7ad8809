"""DevSite of Google."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    text={"devsite-article-body": 7},
)
