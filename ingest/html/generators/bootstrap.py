"""Bootstrap's components, as themes and pages written by hand use them."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(tab_rows="nav-tabs")
