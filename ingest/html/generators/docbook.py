"""DocBook and its style sheets: PostgreSQL, GTK-Doc, Boost."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="sup.footnoteref a.footnoteref",
    furniture="navheader navfooter NAVHEADER NAVFOOTER toc list-of-tables list-of-figures list-of-examples",
    callouts="span.co img.co em.co a.co callout-bug",
    bylines="author corpauthor editor",
)
