"""Words of computing that people use for each other: who asks about a folder may need the page about directories.

    find_synonyms(["folder", "size"])  ->  [("directori", "folder"), ("dir", "folder")]

English, one word each, and general: nothing of one product, and only what can stand for the other in most questions (a
server is no node, to reload is not to restart). How much a synonym counts is decided by the pages: if they
say "directory" nine times as often as "folder", nine tenths of its weight (core/index/queries.sql, "hybrid"). So a page
that uses the question's own word loses nothing to one that does not. Measured in docs/decisions/0047.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from core.index.terms import split_terms

GROUPS: Final = """
folder directory dir
picture image photo
ram memory
delete remove erase purge
computer machine box
job task
password passphrase
settings configuration config option preference
argument parameter param
crash abort segfault
stop terminate shutdown halt kill
start launch run begin boot
cancel abort revoke
restart reboot
resume continue
schedule cron periodic
slow latency performance
speed performance fast
limit maximum max cap
minimum min
copy duplicate clone
backup dump snapshot
undo revert rollback
hide mask conceal redact
show display print
website site
error exception failure
identifier id
superuser root administrator admin
program application app
daemon service
environment env
database db
authentication auth login signin
permission privilege
repository repo
update upgrade
version release
install setup
timeout deadline
wait delay pause
retry repeat
fix resolve solve
change modify edit alter
send submit
fetch retrieve download
save store persist
check verify validate
choose select pick
notification alert
email mail
parallel concurrent simultaneous
block ban deny forbid reject refuse
allow permit
tls ssl https
certificate cert
example sample snippet
hostname host
address ip
link url
country geographic geo
secondary slave replica
primary master
duplicate twice
column field
"""
"""A line for each meaning. A word may be in several."""


def _read_groups(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return for each stem the stems that may stand for it, in the order of the groups."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for line in text.strip().splitlines():
        stems = list(dict.fromkeys(term for word in line.split() for term in split_terms(word)))
        for stem in stems:
            found[stem] |= dict.fromkeys(other for other in stems if other != stem)
    return {stem: tuple(others) for stem, others in found.items()}


_SYNONYMS: Final = _read_groups(GROUPS)


def find_synonyms(terms: Iterable[str]) -> list[tuple[str, str]]:
    """Return (synonym, term) for each synonym of the terms that is none of them itself."""
    asked = dict.fromkeys(terms)
    return [(other, term) for term in asked for other in _SYNONYMS.get(term, ()) if other not in asked]
