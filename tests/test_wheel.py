"""An installed wheel is the whole product: it runs the demo in a folder that has no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hatch_build import RELATIVE_LINK, make_links_absolute
from tests.conftest import ROOT
from tests.core.embedded.helpers import sweep

SOURCES = ("bot", "core", "ingest", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md")
PAGES = ("conf.py", "index.md", "quickstart.md", "configuration.md", "retrieval.md")
"""Those pages of the documentation that the demo asks about: the rest takes minutes to embed where other tests run."""
PATIENCE = 600.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel as `make wheel` does, from a copy of the sources."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    (copy / "docs").mkdir()
    for page in PAGES:
        shutil.copy(ROOT / "docs" / page, copy / "docs" / page)
    run(sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", "build/doctrees", "docs", "build/site", cwd=copy)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist", cwd=copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment, with the dependencies of this one. -> its command."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-index", str(wheel))
    packages = run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    # A path in a .pth file is not searched for .pth files itself: the editable install of this checkout stays out.
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "footnote"


@pytest.mark.parametrize(
    ("home", "links"),
    [
        (
            "https://code.example/us/it",
            "see [it](https://code.example/us/it/blob/main/docs/a.md#b), [y](#y)",
        ),
        ("", "see it, [y](#y)"),
    ],
)
def test_links_of_the_readme_lead_to_the_repository_on_an_index_page(home: str, links: str) -> None:
    assert make_links_absolute("see [it](docs/a.md#b), [y](#y)", home) == links


def test_the_wheel_describes_itself_without_a_link_that_leads_nowhere(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [each for each in packed.namelist() if each.endswith(".dist-info/METADATA")]
        described = packed.read(name).decode()
    assert "make demo" in described
    assert RELATIVE_LINK.findall(described) == []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Name a folder for FOOTNOTE_HOME whose servers are gone afterwards."""
    folder = tmp_path / "home"
    yield folder
    for each in (folder, folder / "demo"):
        if each.is_dir():
            sweep(each)


def run(*command: str, cwd: Path | None = None, home: Path | None = None) -> str:
    """Run a command that sees no variable of this process but PATH. -> what it prints."""
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    if home is not None:
        environment |= {"HOME": str(home.parent), "FOOTNOTE_HOME": str(home)}
    ended = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_wheel_holds_the_site_of_the_demo_and_says_that_it_is_typed(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "bot/site/index.html" in names
    assert {"bot/py.typed", "core/py.typed", "ingest/py.typed"} <= set(names)
    assert not [name for name in names if "doctrees" in name or name.startswith(("tests/", "bench/", "docs/"))]


def test_the_demo_of_an_installed_wheel_answers_from_its_own_site(program: Path, home: Path, tmp_path: Path) -> None:
    shown = run(str(program), "demo", cwd=tmp_path, home=home)
    assert shown.count("Sources") == 3
    assert "DATABASE_URL" in shown


def test_doctor_is_content_with_an_installed_wheel(program: Path, home: Path, tmp_path: Path) -> None:
    assert '"ok": true' in run(str(program), "doctor", "--json", cwd=tmp_path, home=home)
