"""Where the console is reached, and whether it may be: it shows what people asked."""

from __future__ import annotations

import errno
import socket

from core.config.settings import Settings
from core.errors import ConfigurationError
from core.health_check import Check, Health
from core.net.addresses import is_loopback

OFF = "off"


def why_off(settings: Settings) -> str:
    """Return why the console must not be served, or "": it shows what people asked."""
    if settings.console_address == OFF or is_loopback(settings.console_address.rpartition(":")[0]):
        return ""
    by_link = settings.console_url and settings.admin_ids
    by_proxy = settings.console_trusted_header and settings.console_trusted_proxy and settings.admin_ids
    if by_link or by_proxy:
        return ""
    return (
        f"The console is off: at CONSOLE_ADDRESS {settings.console_address} other machines reach it, and nobody could "
        "sign in. Set ADMINS, and CONSOLE_URL or CONSOLE_TRUSTED_HEADER with CONSOLE_TRUSTED_PROXY."
    )


def to_base(settings: Settings) -> str:
    """Return the address that links begin with. Raises `ConfigurationError` where there is none."""
    if settings.console_url:
        return settings.console_url
    if settings.console_address == OFF:
        raise ConfigurationError("The console is off: set CONSOLE_ADDRESS to host:port, for example 127.0.0.1:8322.")
    if reason := why_off(settings):
        raise ConfigurationError(reason)
    return f"http://{settings.console_address}"


def check_console(settings: Settings) -> Check:
    """Return whether the console is on at this moment, and how people reach it."""
    if settings.console_address == OFF:
        return Check("console", Health.NOTE, "off: set CONSOLE_ADDRESS to host:port, for example 127.0.0.1:8322")
    if reason := why_off(settings):
        return Check("console", Health.NOTE, reason)
    if not is_taken(settings.console_address):
        says = f"nothing listens at {settings.console_address}: footnote up and footnote console serve it there"
        return Check("console", Health.NOTE, says)
    by_link = "/docs console signs administrators in" if settings.console_url and settings.admin_ids else ""
    by_proxy = f"people come by the header {settings.console_trusted_header}" if settings.console_trusted_header else ""
    sign_ins = "; ".join(filter(None, ("footnote console --link signs you in", by_link, by_proxy)))
    missing = "" if by_link or by_proxy else "; set ADMINS and CONSOLE_URL, and /docs console signs administrators in"
    return Check("console", Health.OK, f"on, at {to_base(settings)}: {sign_ins}{missing}")


def is_taken(address: str) -> bool:
    """Return whether something listens at an address of this machine. Dials nobody: it tries to have it itself."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just ended listens no more
        try:
            tried.bind((host, int(port)))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
