"""Help centres of Zendesk: what visitors write below an article is no text of it."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="""
        article-sidebar article-author article-subscribe article-votes article-more-questions article-return-to-top
        article-relatives article-comments
        """,
    text={"article-body": 1},
)
