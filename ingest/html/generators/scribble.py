"""Scribble (Racket)."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    furniture="RBackgroundLabel navsettop navsetbottom tocset",
    code="SCodeFlow",
    boxed="RBoxed",
)
