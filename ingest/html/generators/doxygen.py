"""doxygen."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="dynheader dyncontent ttc compound-hidden lineno",
    furniture_ids="nav-path side-nav nav-tree MSearchSelectWindow memberfilter",
    text={"contents": 9},
    line_frames="fragment",
    member_tables="memberdecls",
)
