"""The doc-builder of Hugging Face."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(text={"prose-doc": 0})
