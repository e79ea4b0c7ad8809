"""What a slash command means, under whatever name the manifest gives it: a question, or an order of an administrator.

    /ask ..., /ask-handbook ...        a question: the name says so
    /docs ..., /handbook-admin ...     an order: the name says so
    /footnote status                   an order, as it is written like one
    /footnote How do I install it?     a question, like all else

Slack sends the name that was typed, and help names that one. Pure.
"""

from __future__ import annotations

from bot.commands.parse import parse_order
from bot.commands.verbs import find_command
from core.errors import UsageError

ASK, DOCS = "/ask", "/docs"
_OF_QUESTIONS, _OF_ADMINISTRATORS = ("ask", "question"), ("docs", "admin")


def is_question(command: str, text: str) -> bool:
    """Return whether a slash command asks a question; otherwise it is for administrators."""
    name = command.lower()
    if any(each in name for each in _OF_QUESTIONS):
        return True
    if any(each in name for each in _OF_ADMINISTRATORS):
        return False
    return bool(text.strip()) and not _is_order(text)


def _is_order(text: str) -> bool:
    """Return whether a text is written like an order: `"add https://a.example/"` is one, `"add a key"` is none."""
    try:
        command, rest = find_command(text)
        if command is None:
            return False
        order = parse_order(command.form, rest)
    except UsageError:
        return False
    urls = (word for word, form in zip(order.words, command.form.words, strict=False) if form.name == "url")
    return all("." in url for url in urls)


def name_as_typed(markdown: str, command: str) -> str:
    """Return a report in which commands have the name that was typed: "`/docs add URL`" -> "`/handbook add URL`"."""
    return (
        markdown
        if command in ("", DOCS)
        else markdown.replace(f"`{DOCS} ", f"`{command} ").replace(f"`{DOCS}`", f"`{command}`")
    )
