"""Fonts of icons: Material Icons and Material Symbols, Font Awesome's boxes."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    ligatures="""
        material-icons material-icons-outlined material-icons-round material-icons-sharp material-icons-two-tone
        material-symbols-outlined material-symbols-rounded material-symbols-sharp
        """,
    checked="fa-check-square-o fa-check-square fa-square-check",
    unchecked="fa-square-o",
)
