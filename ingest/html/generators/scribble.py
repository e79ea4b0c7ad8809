"""Scribble (Racket)."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="RBackgroundLabel navsettop navsetbottom tocset",
    code="SCodeFlow",
    boxed="RBoxed",
)
