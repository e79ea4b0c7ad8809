"""Jupyter: nbconvert, nbsphinx, JupyterLab."""

from ingest.html.vocabulary import MarkupVocabulary

VOCABULARY = MarkupVocabulary(
    furniture="jp-InputPrompt jp-OutputPrompt input_prompt output_prompt",
)
