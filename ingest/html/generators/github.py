"""GitHub: what its server makes of markdown."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    text={"markdown-body": 7},
)
