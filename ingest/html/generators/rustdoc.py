"""rustdoc."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    furniture="rust-sidebar out-of-band rightside hideme test-arrow notable-traits",
)
