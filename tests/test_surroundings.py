"""What no test may depend on: the time zone, language and day of the machine, and which ports are free there.

`tests.test_clocks` looks for how long the machine has been up, `tests.test_patience` for how busy it is. This looks for
the calls that read the surroundings; a test that needs one names what it wants (a zone, a locale, port 0).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LOCAL = {
    "localtime": "the time zone: time.gmtime",
    "mktime": "the time zone: calendar.timegm",
    "ctime": "the time zone: datetime.isoformat",
    "strftime": "names of months and days are the locale's: isoformat, or numbers alone",
    "strptime": "names of months and days are the locale's: fromisoformat",
    "today": "the time zone and the day: datetime.now(UTC)",
    "utcnow": "it has no zone: datetime.now(UTC)",
    "fromtimestamp": "the time zone, unless `tz` is named",
    "astimezone": "the time zone, unless one is named",
    "now": "the time zone, unless one is named",
    "weekday": "the day of the week",
    "isoweekday": "the day of the week",
    "getlocale": "the locale",
    "getpreferredencoding": "the locale: name the encoding",
    "strcoll": "the locale",
}
NAMES_A_ZONE = {"fromtimestamp": 2, "astimezone": 1, "now": 1}
"""Arguments that such a call has where it names a zone."""

FREE = {"unused_tcp_port", "unused_tcp_port_factory", "free_port", "find_free_port"}
_NAMED = re.compile(rf"\b(?:{'|'.join([*LOCAL, *FREE, 'bind', 'TCPSite'])})\b")
"""What is looked for: most files have none of it and need not be parsed."""

HTTP_DATE = {"%a, %d %b %Y %H:%M:%S GMT"}


def test_no_test_reads_the_zone_the_locale_the_day_or_a_free_port() -> None:
    files = list(TESTS.rglob("*.py"))
    assert len(files) > 150
    found = [f"{path.relative_to(TESTS)}:{each}" for path in files for each in leanings(path.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "now = datetime.now()",
        "now = time.localtime()",
        "day = date.today().isoformat()",
        "when = datetime.fromtimestamp(3)",
        "text = when.strftime('%A')",
        "if datetime.now(UTC).weekday() == 0: pass",
        "async def test_x(unused_tcp_port): ...",
        "sock.bind(('127.0.0.1', 8080))",
        "web.TCPSite(runner, '127.0.0.1', 8080)",
    ],
)
def test_a_test_that_leans_on_its_surroundings_is_found(text: str) -> None:
    assert list(leanings(text))


@pytest.mark.parametrize(
    "text",
    [
        "now = datetime.now(UTC)",
        "when = datetime.fromtimestamp(3, tz=UTC)",
        "sock.bind(('127.0.0.1', 0))",
        "web.TCPSite(runner, '127.0.0.1', 0)",
        "now = self.now()",
    ],
)
def test_what_names_its_zone_or_port_0_is_let_be(text: str) -> None:
    assert not list(leanings(text))


def leanings(text: str) -> Iterator[str]:
    """Yield the line and the reason of each use of the surroundings."""
    if not _NAMED.search(text):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg) and node.arg in FREE:
            yield f"{node.lineno} {node.arg}: a port that was free may be taken: port 0, or tests.servers.ports"
        if isinstance(node, ast.Call):
            reason = fault(node)
            if reason:
                yield f"{node.lineno} {reason}"


def fault(call: ast.Call) -> str:
    """Return what a call depends on; "" for nothing of the kind."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = len(call.args) + len(call.keywords)
    if name in FREE:
        return f"{name}: a port that was free may be taken: port 0, or tests.servers.ports"
    if name in ("bind", "TCPSite") and any(map(is_port, ast.walk(call))):
        return "a port of its own may be taken: port 0, or tests.servers.ports"
    if name == "now" and "datetime" not in ast.unparse(call.func):
        return ""  # another object's method of that name
    if name in LOCAL and given < NAMES_A_ZONE.get(name, 99) and not is_format_of_http(call):
        return f"{name}: {LOCAL[name]}"
    return ""


def is_port(node: ast.AST) -> bool:
    """Return whether a node is a number that names a port."""
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > 1


def is_format_of_http(call: ast.Call) -> bool:
    """Return whether a call writes or reads the one format whose names are English everywhere."""
    return any(isinstance(each, ast.Constant) and each.value in HTTP_DATE for each in call.args)
