"""Sites of ReadMe."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="PageThumbs-helpful rm-Pagination UpdatedAt suggestEdits CodeTabs-toolbar rm-Sidebar",
)
