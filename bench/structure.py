"""How the code is laid out, at any commits: run as `python -m bench.structure COMMIT...` (without one: HEAD).

    rooms       boxes of core/ (a room, or a file that is in none), arrows between them, layers of its import contract
    language    D401 findings, functions that begin with a verb, functions with a name of one word
    functions   for 1,000 lines of code, private ones of at most six lines that one place calls, public names twice
    history     source files that a commit touches: mean, median and 90th percentile, before a commit and since
    layout      the same commits, their core files under the paths that they have at each COMMIT: how many of those that
                touch two or more stay in one folder, and how many files lie in the folders that one touches

Reads git alone, and runs ruff on a copy; nothing of a commit is run. Seconds of `make quick` and of CI are not measured
here: they are those of one machine, and docs/decisions/0049-the-house.md names it.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from statistics import mean, median, quantiles

PRODUCT = ("bot", "core", "ingest")
BEGAN = "bedad67"
"""The last commit before the rooms."""

SHORT = 6
VERBS = frozenset(
    """
    add allow answer append apply ask assign begin bind bring build call cancel carry change check choose claim clean
    clear close collect compare compute connect convert copy count crawl create cut decide decode delete describe
    discard draw drop embed encode end ensure escape estimate execute expand explain extract fetch fill filter find
    finish fit fold follow forget format gather get give group guess handle has hash have hear hide hold ingest insert
    is iterate join judge keep kill leave lift limit link list listen load lock log look lower make map mark match may
    mend merge migrate move must name needs normalize note notice offer open order pack parse pass pick place plan post
    prepare print process put quote raise rank read receive record redact refuse register release remember remove rename
    render renew repair repeat replace report request reset resolve restart restore resume retry return revise rewrite
    run save say scan score search see select send serve set shorten should show shut skip sort split start stop store
    stream strip sum switch take tell test tidy to touch track translate trim try turn unescape unpack update use
    validate verify wait walk warn watch withdraw work wrap write yield
    """.split()  # noqa: SIM905 - a list of two hundred lines says no more
)


@dataclass(frozen=True, slots=True)
class Structure:
    """What was counted in the product of one commit."""

    files: int
    boxes: int
    arrows: int
    layers: int
    d401: int
    functions: int
    verbs: int
    one_word: int
    code_lines: int
    cut: int
    twice: int


def read_modules(root: Path) -> dict[str, ast.Module]:
    """Return the product's modules by path."""
    paths = sorted(chain.from_iterable((root / folder).rglob("*.py") for folder in PRODUCT))
    return {path.relative_to(root).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


def box_of(dotted: Sequence[str]) -> str:
    """Return the box of a module of core: its room, or the file itself; files of a folder of adapters have no room."""
    return ".".join(dotted[1:3] if dotted[1:2] == ["adapters"] else dotted[1:2])


def find_arrows(modules: Mapping[str, ast.Module]) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the boxes of core and the arrows between them: one for each pair of which the first imports the second."""
    names = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in modules}
    core = {name: path for name, path in names.items() if name.startswith("core.")}
    boxes = {box_of(name.split(".")) for name, path in core.items() if not path.endswith("__init__.py")}
    arrows = set()
    for name, path in core.items():
        for node in ast.walk(modules[path]):
            wanted = list[str]()
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "core":
                wanted = [f"{node.module}.{each.name}" for each in node.names]
            elif isinstance(node, ast.Import):
                wanted = [each.name for each in node.names]
            for each in wanted:
                to = box_of(each.split(".")) if each.startswith("core.") else ""
                arrows |= {(box_of(name.split(".")), to)} if to in boxes else set()
    return boxes, {(start, end) for start, end in arrows if start != end}


def count_layers(root: Path) -> int:
    """Return how many layers the import contract of core has."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return next((len(each["layers"]) for each in contracts if each.get("containers") == ["core"]), 0)


def count_code(modules: Mapping[str, ast.Module], root: Path) -> int:
    """Return the lines that hold code: neither blank nor a comment nor of a docstring."""
    total = 0
    for path, tree in modules.items():
        prose = set[int]()
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        lines = (root / path).read_text("utf-8").splitlines()
        total += sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines) - len(
            [number for number in prose if lines[number - 1].strip()]
        )
    return total


def find_functions(modules: Mapping[str, ast.Module]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, without those that Python names."""
    for node in chain.from_iterable(map(ast.walk, modules.values())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__"):
            yield node


def count_cut(modules: Mapping[str, ast.Module]) -> int:
    """Return how many private functions of at most six lines are named in one place of their file alone."""
    found = 0
    for tree in modules.values():
        named = Counter(
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Name | ast.Attribute)
        )
        for node in find_functions({"": tree}):
            start = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            lines = (node.end_lineno or 0) - start.lineno + 1
            found += node.name.startswith("_") and lines <= SHORT and named[node.name] == 1
    return found


def count_twice(modules: Mapping[str, ast.Module]) -> int:
    """Return how many public classes have the name of another module's."""
    names = Counter(
        node.name
        for tree in modules.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    return sum(count > 1 for count in names.values())


def measure(root: Path) -> Structure:
    """Return what is counted in a checkout."""
    modules = read_modules(root)
    boxes, arrows = find_arrows(modules)
    names = [node.name.strip("_") for node in find_functions(modules)]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--preview", "--select", "D401", "--output-format"]
    found = subprocess.run([*ruff, "concise", *PRODUCT], cwd=root, capture_output=True, text=True, check=False)
    return Structure(
        files=len(modules),
        boxes=len(boxes),
        arrows=len(arrows),
        layers=count_layers(root),
        d401=found.stdout.count("D401") + found.stdout.count("non-imperative-mood"),
        functions=len(names),
        verbs=sum(name.split("_")[0] in VERBS for name in names),
        one_word=sum("_" not in name for name in names),
        code_lines=count_code(modules, root),
        cut=count_cut(modules),
        twice=count_twice(modules),
    )


def git(*arguments: str) -> str:
    """Return what git says."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def read_history(until: str) -> list[tuple[str, list[str]]]:
    """Return the commits up to one, the latest first: hash and files of the product, under their paths of `until`."""
    history = git("log", "--topo-order", "--no-merges", "--name-status", "-M", "--format=%x00%h", until, "--", *PRODUCT)
    current, commits = dict[str, str](), list[tuple[str, list[str]]]()
    for block in history.split("\0")[1:]:
        number, *lines = [line for line in block.splitlines() if line]
        changes = [line.split("\t") for line in lines]
        for change in changes:
            if change[0].startswith("R"):
                current.setdefault(change[1], current.get(change[2], change[2]))
        touched = {current.get(change[-1], change[-1]) for change in changes if change[0] != "R100"}
        commits.append((number, sorted(path for path in touched if path.endswith((".py", ".sql")))))
    return commits


def describe(counts: Sequence[int]) -> str:
    """Return the mean, the median and the 90th percentile of counts."""
    if len(counts) < 2:
        return "too few commits"
    ninth = quantiles(counts, n=10, method="inclusive")[8]
    return f"{mean(counts):.1f} / {median(counts):g} / {ninth:g}  ({len(counts)} commits)"


def folder_of(path: str) -> str:
    """Return the folder of a file."""
    return PurePosixPath(path).parent.as_posix()


def replay(commits: Sequence[tuple[str, list[str]]], at: str) -> str:
    """Return how the commits lie in the layout of core at one commit."""
    there = [
        path for path in git("ls-tree", "-r", "--name-only", at, "core").splitlines() if "/migrations/" not in path
    ]
    sizes = Counter(folder_of(path) for path in there if path.endswith((".py", ".sql")))
    known, several, one_room, lying = set(there), 0, 0, list[int]()
    for _, touched in commits:
        inside = [path for path in touched if path in known]
        folders = {folder_of(path) for path in inside}
        if inside:
            lying.append(sum(sizes[folder] for folder in folders))
        if len(inside) > 1:
            several += 1
            one_room += len(folders) == 1
    share = 100 * one_room / several if several else 0.0
    return f"{share:.0f} % of {several} stay in one folder; files in the folders touched: {describe(lying)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commits", nargs="*", default=["HEAD"], metavar="COMMIT")
    parser.add_argument("--since", default=BEGAN, metavar="COMMIT", help="where the history is cut in two: %(default)s")
    given = parser.parse_args()
    for commit in given.commits:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.run(["git", "archive", commit], capture_output=True, check=True).stdout
            subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
            found = measure(Path(folder))
        commits = read_history(commit)
        since = set(git("log", "--format=%h", f"{given.since}..{commit}").split())
        touched = [(number in since, len(files)) for number, files in commits if files]
        print(f"{commit} ({git('log', '-1', '--format=%h, %as', commit).strip()}): {found.files} files of the product")
        rows = {
            "boxes, arrows, layers of core": f"{found.boxes}, {found.arrows}, {found.layers}",
            "D401 findings": f"{found.d401}",
            "functions that begin with a verb": f"{100 * found.verbs / found.functions:.0f} % of {found.functions}",
            "functions with a name of one word": f"{100 * found.one_word / found.functions:.0f} %",
            "functions per 1,000 lines of code": f"{1000 * found.functions / found.code_lines:.0f}",
            f"private, at most {SHORT} lines, one caller": f"{found.cut}",
            "public classes named twice": f"{found.twice}",
            f"source files a commit, up to {given.since}": describe([count for new, count in touched if not new]),
            f"source files a commit, since {given.since}": describe([count for new, count in touched if new]),
            f"core's commits up to {given.since}, in this layout": replay(
                [each for each in commits if each[0] not in since], commit
            ),
            f"core's commits since {given.since}, in this layout": replay(
                [each for each in commits if each[0] in since], commit
            ),
        }
        for name, value in rows.items():
            print(f"  {name:<48}{value}")


if __name__ == "__main__":
    main()
