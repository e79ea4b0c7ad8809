"""Health: what `footnote doctor` says, at this moment. What costs something is asked for with a button."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

from aiohttp import web

from bot.checkup import check_platforms
from bot.console.address import check_console
from bot.console.request import ConsoleRequest, Screen, get, post
from bot.status import State
from core.errors import FootnoteError
from core.health import (
    Check,
    Health,
    check_answers,
    check_models,
    check_settings,
    check_store,
    check_workers,
)
from core.plural import format_count
from core.wiring import Footnote

_STATES = {State.UP: Health.OK, State.STARTING: Health.NOTE, State.DOWN: Health.FAIL}


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the checks that ask nobody else."""
    return render(request, await check_here(request), ())


async def ask(request: ConsoleRequest) -> web.StreamResponse:
    """Show all checks: also those that ask the chat platforms and the models."""
    footnote = request.console.footnote
    asked = [check async for check in check_platforms(footnote.settings)]
    return render(request, await check_here(request), [*asked, *await run_check(check_models, footnote)])


def render(request: ConsoleRequest, here: Sequence[Check], asked: Sequence[Check]) -> web.Response:
    """Answer with the page."""
    failed = sum(check.health is Health.FAIL for check in (*here, *asked))
    return request.render("health.html", here=here, asked=asked, failed=failed)


async def check_here(request: ConsoleRequest) -> list[Check]:
    """Return the checks of this process and of its database; sources that the viewer does not see are in none."""
    footnote, audience = request.console.footnote, request.viewer.audience
    checks = [*check_settings(footnote.settings), check_console(footnote.settings)]
    for name, (state, why) in sorted(request.console.board.platforms.items()):
        checks.append(Check(name.lower(), _STATES[state], f"{state.value}: {why}" if why else state.value))
    for look in (partial(check_store, audience=audience), check_workers, check_answers):
        checks += await run_check(look, footnote)
    return gather_well(checks)


def gather_well(checks: Sequence[Check]) -> list[Check]:
    """Return the checks with one line for all sources that are well: there may be thousands."""
    kept = [check for check in checks if not (check.subject.startswith("source ") and check.health is Health.OK)]
    well = len(checks) - len(kept)
    return [*kept, Check("sources", Health.OK, f"{format_count(well, 'source')} up to date")] if well else kept


async def run_check(look: Callable[[Footnote], AsyncIterator[Check]], footnote: Footnote) -> list[Check]:
    """Return what a check says; one that cannot go on says why, and the others are made all the same."""
    checks: list[Check] = []
    try:
        async for check in look(footnote):
            checks.append(check)  # noqa: PERF401 - what came before an error is kept
    except FootnoteError as error:
        checks.append(Check("database", Health.FAIL, str(error)))
    return checks


SCREEN = Screen("Health", "/health", [get("/health", show), post("/health", ask)])
