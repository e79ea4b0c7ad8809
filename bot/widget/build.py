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


def texts_of(said: Sentences) -> dict[str, str]:
    """Return the texts of the widget in one language, by the names that scripts and pages know them by."""
    texts = {
        "button": said.widget_button,
        "title": said.widget_title,
        "intro": said.widget_intro,
        "placeholder": said.widget_placeholder,
        "question": said.widget_question,
        "conversation": said.widget_conversation,
        "send": said.widget_send,
        "stop": said.stop,
        "close": said.widget_close,
        "new": said.widget_new,
        "agree": said.widget_agree,
        "terms": said.widget_terms,
        "looking": said.looking,
        "answering": said.widget_answering,
        "done": said.widget_done,
        "stopped": said.stopped,
        "partly": said.widget_partly,
        "notAnswered": said.widget_not_answered,
        "byWords": said.by_words,
    }
    return texts | _texts_below_answers(said)


def _texts_below_answers(said: Sentences) -> dict[str, str]:
    return {
        "sources": said.sources,
        "closest": said.closest,
        "further": said.further,
        "source": said.widget_source,
        "newTab": said.widget_new_tab,
        "good": said.good,
        "bad": said.bad,
        "thanksGood": said.thanks_good,
        "thanksBad": said.thanks_bad,
        "whatWasBad": said.what_was_bad,
        "anythingElse": said.anything_else,
        "sendReasons": said.send,
        "isWrong": said.is_wrong,
        "isNotInSources": said.is_not_in_sources,
        "isIncomplete": said.is_incomplete,
        "isOutdated": said.is_outdated,
        "isAboutElse": said.is_about_else,
        "copy": said.widget_copy,
        "copyCode": said.widget_copy_code,
        "copied": said.widget_copied,
        "notCopied": said.widget_not_copied,
        "retry": said.widget_retry,
        "lost": said.widget_lost,
        "unreachable": said.widget_unreachable,
        "refused": said.widget_refused,
        "offline": said.widget_offline,
        "failed": said.widget_failed,
        "count": said.widget_count,
    }


def _to_script(module: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", _shorten(module))).strip()


def _shorten(text: str) -> str:
    """Return a text without comments and indents; no string of `source/` goes over a line."""
    return _INDENT.sub("", _COMMENT.sub("", text))


if __name__ == "__main__":
    WIDGET.write_text(build_widget(), "utf-8")
