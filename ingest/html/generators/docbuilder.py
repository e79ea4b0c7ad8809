"""The doc-builder of Hugging Face."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(text={"prose-doc": 0})
