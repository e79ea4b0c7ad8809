"""Joins `source/` to `widget.js`, one script with a scope of its own: `python -m bot.widget.build` does.

    source/dom.js, options.js, ...  ──join──> widget.js      served as it is, and committed
    source/widget.css  ──> STYLE    core.sentences  ──> TEXTS

What a page runs is what is written, line by line, without comments, indents, `import` and `export`. A test holds that
the committed file is what this makes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from core.sentences import ENGLISH, GERMAN, Sentences

FOLDER = Path(__file__).parent
WIDGET = FOLDER / "widget.js"
MODULES = ("dom", "options", "markdown", "stream", "reply", "memory", "panel", "dialog", "start")
HEAD = """\
// The widget of footnote (MIT licence): put it on a page as docs/widget.md says.
// Made by `python -m bot.widget.build` from bot/widget/source: edit that.
"""

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
"""One that has its lines to itself."""

_INDENT = re.compile(r"^ +|\n(?=\n)", re.MULTILINE)


def build_widget() -> str:
    """Return the text of `widget.js`."""
    style = _shorten((FOLDER / "source/widget.css").read_text("utf-8"))
    texts = {"en": texts_of(ENGLISH), "de": texts_of(GERMAN)}
    parts = [
        f"const STYLE = `\n{style}`;",
        f"const TEXTS = {json.dumps(texts, ensure_ascii=False, indent=0)};",
        *(_to_script((FOLDER / f"source/{name}.js").read_text("utf-8")) for name in MODULES),
    ]
    return HEAD + '(() => {\n"use strict";\n' + "\n".join(parts) + "\n})();\n"


def texts_of(sentences: Sentences) -> dict[str, str]:
    """Return the texts of the widget in one language, by the names that scripts and pages know them by."""
    texts = {
        "button": sentences.widget_button,
        "title": sentences.widget_title,
        "intro": sentences.widget_intro,
        "placeholder": sentences.widget_placeholder,
        "question": sentences.widget_question,
        "conversation": sentences.widget_conversation,
        "send": sentences.widget_send,
        "stop": sentences.stop,
        "close": sentences.widget_close,
        "new": sentences.widget_new,
        "agree": sentences.widget_agree,
        "terms": sentences.widget_terms,
        "looking": sentences.looking,
        "answering": sentences.widget_answering,
        "done": sentences.widget_done,
        "stopped": sentences.stopped,
        "partly": sentences.widget_partly,
        "notAnswered": sentences.widget_not_answered,
        "byWords": sentences.by_words,
    }
    return texts | _texts_below_answers(sentences)


def _texts_below_answers(sentences: Sentences) -> dict[str, str]:
    return {
        "sources": sentences.sources,
        "closest": sentences.closest,
        "further": sentences.further,
        "source": sentences.widget_source,
        "newTab": sentences.widget_new_tab,
        "good": sentences.good,
        "bad": sentences.bad,
        "thanksGood": sentences.thanks_good,
        "thanksBad": sentences.thanks_bad,
        "whatWasBad": sentences.what_was_bad,
        "anythingElse": sentences.anything_else,
        "sendReasons": sentences.send,
        "isWrong": sentences.is_wrong,
        "isNotInSources": sentences.is_not_in_sources,
        "isIncomplete": sentences.is_incomplete,
        "isOutdated": sentences.is_outdated,
        "isAboutElse": sentences.is_about_else,
        "copy": sentences.widget_copy,
        "copyCode": sentences.widget_copy_code,
        "copied": sentences.widget_copied,
        "notCopied": sentences.widget_not_copied,
        "retry": sentences.widget_retry,
        "lost": sentences.widget_lost,
        "unreachable": sentences.widget_unreachable,
        "refused": sentences.widget_refused,
        "offline": sentences.widget_offline,
        "failed": sentences.widget_failed,
        "count": sentences.widget_count,
    }


def _to_script(module: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", _shorten(module))).strip()


def _shorten(text: str) -> str:
    """Return a text without comments and indents; no string of `source/` goes over a line."""
    return _INDENT.sub("", _COMMENT.sub("", text))


if __name__ == "__main__":
    WIDGET.write_text(build_widget(), "utf-8")
