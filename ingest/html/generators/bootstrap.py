"""Bootstrap's components, as themes and pages written by hand use them."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(tab_rows="nav-tabs")
