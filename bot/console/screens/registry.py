"""All screens, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.console.request import Screen
from bot.console.screens import channels, crawls, gaps, health, inspector, questions, sources, today

SCREENS: Sequence[Screen] = (
    today.SCREEN,
    questions.SCREEN,
    gaps.SCREEN,
    sources.SCREEN,
    crawls.SCREEN,
    inspector.SCREEN,
    channels.SCREEN,
    health.SCREEN,
)
