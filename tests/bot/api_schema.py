"""Requests that Schemathesis makes of the API's OpenAPI document, valid and invalid ones."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
    "ignored_auth",
)
_PROGRAM = str(Path(sys.executable).parent / "schemathesis")


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What came of the requests: how often which status, and what Schemathesis printed."""

    statuses: Counter[int]
    printed: str
    code: int

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return self.statuses.total()


async def send_requests(url: str, token: str, examples: int, folder: Path) -> SchemaReport:
    """Send so many requests of each operation, and some more of each field."""
    har = folder / "requests.har"
    process = await asyncio.create_subprocess_exec(
        *(_PROGRAM, "run", f"{url}/v1/openapi.json", "--url", url, "--header", f"Authorization: Bearer {token}"),
        *("--checks", ",".join(CHECKS), "--max-examples", str(examples), "--generation-deterministic"),
        *("--continue-on-failure", "--no-shrink", "--phases", "examples,coverage,fuzzing", "--no-color"),
        *("--suppress-health-check", "all", "--report-har-path", str(har)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
    )
    printed, _ = await process.communicate()
    entries = json.loads(har.read_text("utf-8"))["log"]["entries"] if har.exists() else []
    statuses = Counter(int(entry["response"]["status"]) for entry in entries)
    return SchemaReport(statuses, printed.decode("utf-8", "replace"), process.returncode or 0)
