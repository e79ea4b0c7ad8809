"""The API as a part of `footnote up`: on where API_ADDRESS is set."""

from __future__ import annotations

import logging

from bot.api.guard import GuardRules, is_on_loopback
from bot.api.server import build_app, listen
from bot.service.answers import open_service
from bot.status import PlatformContext, State
from core.config.settings import Settings
from core.errors import ConfigurationError
from core.net.addresses import parse_networks
from core.sentences import sentences_in

_log = logging.getLogger(__name__)


def check_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` where others than this machine could ask without a token."""
    if settings.api_open and not is_on_loopback(settings.api_address):
        raise ConfigurationError(
            f"API_OPEN answers without a token, so API_ADDRESS must be on loopback, and {settings.api_address} is not: "
            "unset API_OPEN, or use 127.0.0.1."
        )


async def run_api(host: PlatformContext) -> None:
    """Serve the API until `stop` is set. Raises `ConfigurationError` where the address cannot be used."""
    settings = host.footnote.settings
    check_settings(settings)
    rules = GuardRules(settings.api_open, parse_networks(settings.api_proxies))
    async with open_service(host.footnote, host.meters, host.order) as service:
        app = build_app(service, rules, sentences_in(settings.answer_language), host.order)
        async with listen(app, settings.api_address):
            host.report(State.UP, "")
            _log.info("The API listens at http://%s", settings.api_address)
            await host.stop.wait()
