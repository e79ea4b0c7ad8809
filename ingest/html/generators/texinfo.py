"""Texinfo: makeinfo and texi2any."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(note_lists="footnotes-segment")
