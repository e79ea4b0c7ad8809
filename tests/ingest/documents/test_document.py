"""Notebooks and reStructuredText as pages; AsciiDoc is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.domain import Passage
from ingest.documents import document
from ingest.documents.document import parse_document
from ingest.folders.files import scan
from ingest.media import Media, media_of
from ingest.split import split

URL = "http://folder.invalid/guide/firing.ipynb"
INTRO = "The kiln is fired twice: slowly to 980 degrees first, and after glazing to 1,240 degrees in nine hours."


def cell(kind: str, source: str | list[str], *outputs: Any, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"cell_type": kind, "source": source, "outputs": list(outputs), "metadata": {"tags": list(tags)}}


def notebook(*cells: dict[str, Any]) -> str:
    spec = {"kernelspec": {"language": "python", "name": "python3"}}
    return json.dumps({"cells": list(cells), "metadata": spec, "nbformat": 4, "nbformat_minor": 5})


def passages(text: str, content_type: str, url: str = URL) -> tuple[Passage, ...]:
    return split(parse_document(text.encode(), content_type, url), url)[0]


def whole(found: tuple[Passage, ...]) -> str:
    return "\n".join(f"{' > '.join(passage.path)}\n{passage.text}" for passage in found)


def test_a_notebook_is_its_text_its_code_and_what_that_printed() -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": ["980\n", "1240\n"]}
    result = {
        "output_type": "execute_result",
        "execution_count": 7,
        "data": {"text/plain": ["'bisque'"], "text/html": "<b>x</b>"},
    }
    figure = {
        "output_type": "display_data",
        "data": {"text/plain": "<Figure size 640x480>", "image/png": "iVBORw0KGgo="},
    }
    failed = {"output_type": "error", "ename": "ValueError", "traceback": ["\x1b[0;31mTraceback"]}
    log = {"output_type": "stream", "text": "step\n" * 2_000}
    found = passages(
        notebook(
            cell("markdown", ["# Firing\n", "\n", INTRO]),
            cell("markdown", "## Run it\n\nCall the function with a schedule, and wait until the kiln is cold again."),
            cell("code", "import kiln\n\nkiln.fire(1240)", printed, result, figure, failed, log),
            cell("code", "kiln.secret()", tags=("remove-cell",)),
            cell("code", "kiln.plot()", printed, tags=("remove_input", "remove-output")),
            cell("raw", "raw text for a converter"),
        ),
        "application/x-ipynb+json",
    )
    contents = whole(found)
    assert "```python\nimport kiln\n\nkiln.fire(1240)\n```" in contents
    assert "```\n980\n1240\n```" in contents
    assert "'bisque'" in contents
    assert {passage.title for passage in found} == {"Firing"}
    assert "run-it" in {passage.anchor for passage in found}
    for word in ("Figure", "Traceback", "step", "secret", "plot", "raw text", "[7]", "<b>"):
        assert word not in contents


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 7}', "{}"])
def test_what_is_no_notebook_says_so(text: str) -> None:
    assert parse_document(text.encode(), "application/x-ipynb+json", URL).trouble == "damaged notebook"


RST = f"""
.. _firing:

Firing a kiln
=============

{INTRO} See :ref:`the glazes <glaze>`, :doc:`/start` and :py:func:`~kiln.fire`.

.. toctree::
   :maxdepth: 2

   start

.. note::

   Wear goggles when you look through the spy hole, since the light hurts.

Run it
------

.. code-block:: python
   :caption: fire.py
   :emphasize-lines: 1

   import kiln
   kiln.fire(1240)

.. versionadded:: 1.4
   The parameter ``hold``.

.. py:function:: fire(degrees, hold=0)
   :module: kiln

   Fires the kiln to so many degrees, and holds it there for so many minutes.

   :param int degrees: how hot
   :param hold: how long

.. option:: --slow

   Takes twice as long, for thick pots that would burst if they were heated any faster.

.. tab-set::

   .. tab-item:: Linux

      Install it with the package manager.

.. strange:directive:: its words
   :option: x

   What stands in it is kept.

.. list-table::
   :header-rows: 1

   * - Cone
     - Degrees
   * - 6
     - 1222

.. include:: /etc/hostname
.. raw:: html

   <script>alert(1)</script>

`Glaze <https://glaze.example/>`_ is sold by weight, |release| included.
"""


def rst(text: str, name: str = "guide/firing.rst") -> tuple[Passage, ...]:
    return passages(text, "text/x-rst", f"http://folder.invalid/{name}")


def test_rst_is_read_as_sphinx_shows_it() -> None:
    found = rst(RST)
    contents = whole(found)
    assert {passage.title for passage in found} == {"Firing a kiln"}
    assert ("run-it", ("Firing a kiln", "Run it")) in {(passage.anchor, passage.path) for passage in found}
    for words in (
        "See the glazes, /start and `fire`",
        "Wear goggles",
        "```python\nimport kiln\nkiln.fire(1240)\n```",
        "New in version 1.4",
        "`fire(degrees, hold=0)`",
        "holds it there for so many minutes",
        "`--slow`",
        "would burst",
        "Linux:",
        "with the package manager",
        "its words",
        "What stands in it is kept.",
        "| Cone | Degrees |",
        "| 6 | 1222 |",
        "Glaze is sold by weight",
    ):
        assert words in contents, words
    for words in ("alert", "maxdepth", "emphasize", "System Message", "Unknown", "toctree", ":ref:"):
        assert words not in contents, words


MANUAL = f"""
:orphan:

Winch
=====

{INTRO} It holds :cite:`nothing`.

.. glossary::

   drum
      The part on which the rope is wound, layer upon layer, up to forty metres.

   pawl
   ratchet
      What keeps the drum from turning back when the handle is let go.

.. program:: winch

.. option:: --load <tons>, -l <tons>

   How much it lifts, in tons; a heavier load is refused with an error.

.. envvar:: WINCH_PORT

   The port on which it listens for the commands of the crane, 7070 by default.

.. only:: html

   This is shown on the web, and it says how the winch is greased in winter.
"""


def test_entries_of_rst_have_the_ids_that_sphinx_gives_them() -> None:
    found = rst(MANUAL, "winch.rst")
    assert {passage.title for passage in found} == {"Winch"}
    contents = {passage.anchor: passage.text for passage in found}
    assert "layer upon layer" in contents["term-drum"]
    assert "ratchet" in contents["term-pawl"]
    assert "in tons" in contents["cmdoption-winch-load"]
    assert "7070" in contents["envvar-WINCH_PORT"]
    assert "nothing" not in whole(found)
    assert "html:" not in whole(found)


def test_the_file_of_another_is_not_read_and_a_page_without_a_heading_is_called_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("tulip-canary")
    secret = tmp_path / "secret.txt"
    text = f"{INTRO}\n\n.. include:: {secret}\n.. literalinclude:: {secret}\n.. csv-table:: x\n   :file: {secret}\n"
    found = rst(text, "glaze-recipes.rst")
    assert "tulip" not in whole(found)
    assert {passage.title for passage in found} == {"glaze recipes"}


def test_rst_without_docutils_says_which_extra_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "find_spec", lambda _: None)
    assert parse_document(RST.encode(), "text/x-rst", URL).trouble == "needs the extra footnote-bot[rst]"


def test_asciidoc_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("a.adoc", "b.rst", "c.ipynb", "d.txt", "openapi.yaml", "package.json"):
        (tmp_path / name).write_text("x")
    found = scan(tmp_path, pdf=False)
    assert found.names == ["b.rst", "c.ipynb", "openapi.yaml"]
    assert found.left_out == {"a.adoc": "asciidoc: build it to HTML and add that folder", "d.txt": "not a page"}


@pytest.mark.parametrize("name", ["llms.txt", "llms-full.txt"])
def test_a_site_in_one_text_is_markdown_though_it_is_sent_as_plain_text(name: str) -> None:
    found = passages(f"# Kiln\n\n## Fire it\n\n{INTRO}\n", "text/plain; charset=utf-8", f"http://folder.invalid/{name}")
    assert found[0].path == ("Kiln", "Fire it")
    assert media_of("text/plain", "http://folder.invalid/notes.txt", b"# Kiln") is Media.HTML


def test_of_two_content_types_the_first_counts() -> None:
    assert media_of("text/markdown, text/plain", "http://folder.invalid/notes", b"# Kiln") is Media.MARKDOWN
