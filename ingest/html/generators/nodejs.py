"""The documentation of Node.js, made by its own tool."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(text_ids={"apicontent": 8})
