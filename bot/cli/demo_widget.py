"""The widget on the pages of the demo's site, with an API and a key that last as long as the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape

from bot.api.guard import GuardRules
from bot.api.server import build_app, listen
from bot.service.answers import open_service
from core.sentences import sentences_in
from core.tokens.port import NewToken
from core.wiring import Footnote

TOKEN = "demo-widget"  # noqa: S105 - the name of a token, not a secret


@asynccontextmanager
async def serve_widget(footnote: Footnote, site: str) -> AsyncIterator[str]:
    """Serve the API on a free port, and yield the script that lets pages of `site` ask there, as HTML.

    Each run has another port and so another origin: the key of the run before is revoked.
    """
    await footnote.tokens.revoke(TOKEN)
    key = await footnote.tokens.add(NewToken(TOKEN, origins=(site.rstrip("/"),)))
    async with open_service(footnote) as service:
        sentences = sentences_in(footnote.settings.answer_language)
        app = build_app(service, GuardRules(), sentences)
        async with listen(app, "127.0.0.1:0") as port:
            yield _script(f"http://127.0.0.1:{port}/widget.js", key)


def _script(url: str, key: str) -> str:
    options = {"src": url, "data-key": key, "data-theme": "page", "data-remember": "session"}
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in options.items())
    return f"<script {attributes} defer></script>"
