"""One line of `footnote doctor`: what was looked at, how it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """The result of a check. FAIL needs somebody to act, NOTE somebody to know."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `footnote doctor`; `configuration`: a setting must be changed."""

    subject: str
    health: Health
    says: str
    configuration: bool = False
