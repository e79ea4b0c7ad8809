"""Help centres of Intercom."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="related_articles intercom-reaction-picker",
    text={"article_body": 1},
)
