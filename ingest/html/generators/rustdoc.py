"""rustdoc."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="rust-sidebar out-of-band rightside hideme test-arrow notable-traits",
)
