"""The documentation of Node.js, made by its own tool."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(text_ids={"apicontent": 8})
