"""Jupyter: nbconvert, nbsphinx, JupyterLab."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    furniture="jp-InputPrompt jp-OutputPrompt input_prompt output_prompt",
)
