"""TeX in pages: KaTeX, MathJax, LaTeXML, tex4ht."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    note_marks="ltx_note_mark ltx_tag_note footnote-mark",
    furniture="katex-html MathJax_Preview MJX_Assistive_MathML",
    side_notes="ltx_note_outer",
    formulas="katex",
)
