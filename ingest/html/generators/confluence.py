"""Confluence and its exports."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="inline-comment-marker-icon",
    furniture="page-metadata page-restrictions",
    task_lists="inline-task-list",
    checked="checked",
    text_ids={"main-content": 8},
)
