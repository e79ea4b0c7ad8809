"""The documents of a folder: which files there are, why others are left out, and their bytes.

    folder ──scan──> names ("guide/start.md"), left out with reasons, what could not be opened
    name   ──read──> bytes     checked again: inside the folder, no link, a regular file, not too large

Follows no symbolic link, and skips hidden folders, `node_modules`, built output, and what `.gitignore` names. Blocks:
call it in a thread. Knows no urls.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingest.folders.gitignore import Ignore
from ingest.folders.opening import NOT_A_PAGE, FileRefused, read_small_text, read_start
from ingest.media import DATA_ENDINGS, MARKDOWN_ENDINGS, NOTEBOOK_ENDING, RST_ENDING, is_openapi
from ingest.web.body import is_binary
from ingest.web.results import MAX_BODY, MAX_PDF

HTML_ENDINGS = frozenset({".html", ".htm"})
READ = MARKDOWN_ENDINGS | HTML_ENDINGS | {NOTEBOOK_ENDING, RST_ENDING}
PDF_ENDING = ".pdf"
ASCIIDOC = "asciidoc: build it to HTML and add that folder"
NOT_READ = {
    **dict.fromkeys((".adoc", ".asciidoc", ".asc"), ASCIIDOC),
    **dict.fromkeys((".txt", ".org", ".docx"), NOT_A_PAGE),
}
"""Documents that this version does not read, and why: the report names them."""

_API = re.compile(r"openapi|swagger|(?:^|[/._-])o?as?3?[._-]?spec", re.IGNORECASE)

IGNORED, LINK, PDF, TOO_LARGE = "ignored by git", "symbolic link", "pdf", "too large"
MOST_ENTRIES = 200_000
_BUILT = frozenset(
    {"node_modules", "bower_components", "_build", "__pycache__", "site-packages", "_static", "_templates"}
)
_GITIGNORE = 200_000


@dataclass(slots=True)
class Scanned:
    """What a scan of a folder found; all names are relative, with "/". `unseen`: folders that were not looked into."""

    names: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)


def scan(root: Path, *, pdf: bool, checkout: Path | None = None) -> Scanned:
    """Return the documents below `root`, index pages of a folder first.

    `checkout`: a folder above; its `.gitignore` and those between apply too. Raises `OSError` where `root` cannot be
    opened.
    """
    return _Scan(root, checkout, pdf=pdf).run()


class _Scan:
    """One scan of a folder, without recursion."""

    def __init__(self, root: Path, checkout: Path | None, *, pdf: bool) -> None:
        self._root = root
        self._pdf = pdf
        self._checkout = checkout if checkout is not None and root.is_relative_to(checkout) else root
        below = root.relative_to(self._checkout).as_posix()
        self._above = "" if below == "." else f"{below}/"  # the name of this folder in the checkout's .gitignore
        self._found = Scanned()

    def run(self) -> Scanned:
        waiting = [("", self._ignored_above())]
        entries = 0
        while waiting:
            base, ignore = waiting.pop()
            inside = self._inside(base)
            entries += len(inside)
            if entries > MOST_ENTRIES:
                self._found.unseen.append(base)
                break
            ignore = ignore.with_gitignore(
                self._above + base, read_small_text(self._root / base / ".gitignore", _GITIGNORE)
            )
            waiting += [(folder, ignore) for folder in reversed(list(self._folders(base, inside, ignore)))]
        self._found.unseen += [base for base, _ in waiting]
        return self._found

    def _inside(self, base: str) -> list[os.DirEntry[str]]:
        try:
            return sorted(os.scandir(self._root / base), key=lambda entry: (not _is_index(entry.name), entry.name))
        except OSError:
            if not base:
                raise
            self._found.unseen.append(base)
            return []

    def _folders(self, base: str, inside: list[os.DirEntry[str]], ignore: Ignore) -> Iterator[str]:
        """Note the documents of one folder, and yield the folders in it that are to be scanned."""
        for entry in inside:
            name = base + entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(".") or (is_folder and entry.name in _BUILT):
                continue
            reason = LINK if entry.is_symlink() else ""
            if not reason and ignore.ignores(self._above + name, is_folder=is_folder):
                reason = IGNORED
            if not is_folder:
                _note(name, reason, self._found, pdf=self._pdf)
            elif not reason:
                yield f"{name}/"

    def _ignored_above(self) -> Ignore:
        """Return the rules of the folders between the checkout and this one."""
        ignore = Ignore()
        parts = self._above.split("/")[:-1]
        for depth in range(len(parts)):
            base = "".join(f"{part}/" for part in parts[:depth])
            ignore = ignore.with_gitignore(base, read_small_text(self._checkout / base / ".gitignore", _GITIGNORE))
        return ignore


def _note(name: str, reason: str, found: Scanned, *, pdf: bool) -> None:
    ending = PurePosixPath(name).suffix.lower()
    is_api = ending in DATA_ENDINGS and _API.search(name) is not None
    if not (is_api or ending == PDF_ENDING or ending in READ or ending in NOT_READ):
        return  # source code, pictures and the like do not belong in the report
    reason = reason or NOT_READ.get(ending, "")
    if not reason and ending == PDF_ENDING and not pdf:
        reason = PDF
    if reason:
        found.left_out[name] = reason
    else:
        found.names.append(name)


def read(root: Path, name: str) -> bytes:
    """Return the bytes of a document. Raises `FileRefused`, and `OSError` where it cannot be read now."""
    path = root / name
    if not Path(os.path.realpath(path.parent)).is_relative_to(root):
        raise FileRefused(LINK)  # a folder in the path has become a link since the scan
    cap = MAX_PDF if path.suffix.lower() == PDF_ENDING else MAX_BODY
    body = read_start(path, cap + 1)
    if len(body) > cap:
        raise FileRefused(TOO_LARGE)
    if path.suffix.lower() != PDF_ENDING and is_binary(body):
        raise FileRefused(NOT_A_PAGE)
    if path.suffix.lower() in DATA_ENDINGS and not is_openapi(body):
        raise FileRefused(NOT_A_PAGE)
    return body


def read_head(root: Path, name: str, most: int = 20_000) -> str:
    """Return the beginning of a document as text, for its front matter; "" where it may not or cannot be read."""
    path = root / name
    if not Path(os.path.realpath(path.parent)).is_relative_to(root):
        return ""
    return read_small_text(path, most)


def _is_index(name: str) -> bool:
    return PurePosixPath(name).stem.lower() == "index"
