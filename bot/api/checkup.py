"""Checks the settings of the API for `footnote doctor`. Opens nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.api.app import check_settings
from bot.api.guard import is_on_loopback
from core.config.settings import Settings
from core.errors import ConfigurationError
from core.health import Check, Health


async def check_api(settings: Settings) -> AsyncIterator[Check]:
    """Yield where the API is served and to whom."""
    try:
        check_settings(settings)
    except ConfigurationError as error:
        yield Check("api", Health.FAIL, str(error), configuration=True)
        return
    whom = "to every program of this machine (API_OPEN)" if settings.api_open else "with a token (`footnote token add`)"
    yield Check("api", Health.OK, f"at http://{settings.api_address}, {whom}")
    if not is_on_loopback(settings.api_address) and not settings.api_proxies:
        yield Check("api", Health.NOTE, "tokens cross the network as they are: put a proxy with TLS before API_ADDRESS")
