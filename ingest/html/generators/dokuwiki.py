"""DokuWiki."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="fn_top fn_bot",
    furniture="secedit docInfo",
    furniture_ids="dw__toc dokuwiki__pagetools",
)
