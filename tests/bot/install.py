"""What the tests of the command line share: an installed `footnote` as a user runs it, and a small site to read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.databases import hasty_server

PROGRAM = str(Path(sys.executable).parent / "footnote")
PATIENCE = 300.0
"""Seconds for one command: a crawl embeds at the lowest priority, and waits while others are busy."""

CODE = """\
from frobnicator import Trainer, TrainerConfig

config = TrainerConfig(learning_rate=5e-6, beta=0.1)
trainer = Trainer(model="mistral", config=config)
trainer.train()"""

# Each text is over 200 characters: a shorter section would join its neighbour.
_INSTALL = (
    "You need version 2.4 or newer of the package. Install it with pip into an environment of its own, so that its "
    "dependencies do not meet those of another project. The installation takes a minute and needs no compiler. "
)
_REMOVE = (
    "Remove the package with pip uninstall when you do not want it any more. Models that were trained stay in the "
    "folder where they were written, and can be deleted by hand. Nothing else is left behind on the machine. "
)
_DPO = (
    "Fine-tune a mistral model with DPO from pairs of a chosen and a rejected answer. The trainer reads the pairs, "
    "compares what the model says with its reference, and moves it towards the chosen answers. Run it like this: "
)
_BETA = (
    "The beta parameter says how near the trained model is held to its reference. A small beta lets it move far from "
    "the reference, a large beta keeps it close. The default of 0.1 suits most pairs of answers that people wrote. "
)
_HOME = (
    "Frobnicator trains language models on a laptop. It reads pairs of answers, and learns which of both people like "
    "better. Start with the installation, then train your first model from preferences. "
)


def _page(title: str, body: str) -> str:
    links = "".join(f'<li><a href="{name}.html">{name}</a></li>' for name in ("index", "install", "training"))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><nav><ul>{links}</ul></nav><main><h1 id='top'>{title}</h1>{body}</main></body></html>"
    )


PAGES = {
    "index.html": _page("Frobnicator", f"<p>{_HOME}</p>"),
    "install.html": _page(
        "Install",
        f"<h2 id='with-pip'>Install with pip</h2><p>{_INSTALL}</p>"
        "<pre><code class='language-bash'>pip install 'frobnicator>=2.4'</code></pre>"
        f"<h2 id='uninstall'>Remove it</h2><p>{_REMOVE}</p>",
    ),
    "training.html": _page(
        "Preference training",
        f"<h2 id='dpo'>Fine-tune a model with DPO</h2><p>{_DPO}</p>"
        f"<pre><code class='language-python'>{CODE.replace('<', '&lt;')}</code></pre>"
        f"<h2 id='beta'>The beta parameter</h2><p>{_BETA}</p>",
    ),
}


def write_site(folder: Path) -> Path:
    """Write the pages as files. -> the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@contextmanager
def kept_running(install: Install) -> Iterator[Install]:
    """Keep the install's own Postgres running for a block, for tests of other things: each command would start it."""
    with hasty_server(install.folder / "home"):
        yield install


@dataclass(slots=True)
class Stall:
    """A site that stops at one page: `reached` is set when it is asked for, `go` lets it be answered."""

    root: str = ""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def stalling_site(page: str) -> AsyncIterator[Stall]:
    """Serve the pages, and hold `page` back."""
    stall = Stall()

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["name"] or "index.html"
        if name == page:
            stall.reached.set()
            await stall.go.wait()
        if name not in PAGES:
            raise web.HTTPNotFound
        return web.Response(text=PAGES[name], content_type="text/html")

    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stall.root = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield stall
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ran to its end."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one document that it must be."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Install:
    """An installed footnote with a separate home and nothing else in the environment."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What the process sees of the environment."""
        basics = {"HOME": str(self.folder), "PATH": os.defpath, "FOOTNOTE_HOME": str(self.folder / "home")}
        return basics | dict(self.settings)

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            PROGRAM, *arguments, stdin=pipe, stdout=pipe, stderr=pipe, cwd=self.folder, env=self.environment
        )

    async def typed(self, *arguments: str, keys: str) -> Ended:
        """Run a command with a terminal as its standard input, at which somebody types `keys`."""
        ours, theirs = os.openpty()
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                PROGRAM, *arguments, stdin=theirs, stdout=pipe, stderr=pipe, cwd=self.folder, env=self.environment
            )
            os.write(ours, keys.encode())
            out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        finally:
            os.close(ours)
            os.close(theirs)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def run(self, *arguments: str, stdin: str = "") -> Ended:
        """Run a command to its end."""
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), PATIENCE)
        return Ended(process.returncode or 0, out.decode(), err.decode())
