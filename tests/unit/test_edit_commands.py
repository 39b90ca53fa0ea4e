"""Edit commands write the diffs that the pages of the cookbook show, which `check` passes."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import consoles
import overlay
from hopthu.cli import main
from overlay import Files
from pages import Fence, sections
from pipelines import commit

ROOT = Path(__file__).parents[2]
COOKBOOK = ROOT / "docs/cookbook"
DAY = re.compile(r"^\$ hopthu plan .*--on (\S+)", re.MULTILINE)


def commands(fence: Fence) -> list[list[str]]:
    """Return the arguments of each edit command of a block."""
    lines = fence.text.replace("\\\n", " ").splitlines()
    split = [
        shlex.split(line) for line in lines if line.startswith(("hopthu person", "hopthu unit"))
    ]
    return [each[1:] for each in split]


def fences(page: Path) -> list[Fence]:
    return [fence for section in sections(page) for fence in section.fences]


PAGES = [page for page in sorted(COOKBOOK.glob("*.md")) if any(map(commands, fences(page)))]


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the shipped data in its one commit."""
    folder = tmp_path_factory.mktemp("begun")
    overlay.write(overlay.read(ROOT), folder)
    subprocess.run(["git", "init", "-q", "--template=", str(folder)], check=True)
    commit(folder, "Begin")
    return folder


@pytest.fixture
def root(begun: Path, tmp_path: Path) -> Path:
    """Return a copy of it, for a test to change."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return tmp_path


def laid(files: Files, fence: Fence) -> Files:
    """Return files as a block of a page changes them."""
    if fence.language == "diff":
        edited = consoles.edited(files[fence.title].decode(), fence)
        return {**files, fence.title: edited.encode()}
    return overlay.laid(files, fence)


def run(root: Path, arguments: Sequence[str], on: str = "2026-11-27") -> int:
    return int(main([*arguments, "--root", str(root), "--on", on, "--lang", "en"]))


def steps(page: Path) -> Iterator[tuple[list[Fence], list[list[str]], str]]:
    """Yield what a page writes by hand, the commands for it, and the day of the plan below."""
    by_hand: list[Fence] = []
    todo: list[list[str]] = []
    for fence in fences(page):
        if fence.title:
            by_hand.append(fence)
        elif commands(fence):
            todo = commands(fence)
        elif todo and (day := DAY.search(fence.text)):
            yield by_hand, todo, day[1]
            by_hand, todo = [], []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_command_writes_what_the_page_shows(page: Path, root: Path) -> None:
    """Byte for byte, in every file, and `check` finds no error in it."""
    expected = overlay.read(root)
    for by_hand, todo, day in steps(page):
        for fence in by_hand:
            expected = laid(expected, fence)
        for arguments in todo:
            assert 0 == run(root, [*arguments, "--yes"], day)
        assert expected == overlay.read(root)
        assert 0 == run(root, ["check"], day)
        assert 0 == run(root, ["format", "--check"], day)
        commit(root, "Edit")


def test_every_command_is_on_a_page() -> None:
    """Each of them; a new one needs a page."""
    shown = {" ".join(c[:2]) for page in PAGES for f in fences(page) for c in commands(f)}
    people = ("add", "transfer", "leave", "lock", "unlock", "rename", "category", "quota")
    units = (
        "add",
        "merge",
        "split",
        "dissolve",
        "head",
        "delegate",
        "rename",
        "move",
        "address",
        "quota",
        "regulation",
    )
    assert {*(f"person {p}" for p in people), *(f"unit {u}" for u in units)} == shown


def test_a_first_regulation_was_none_before(root: Path) -> None:
    """The row of `changes` says nothing of what was, and `check` accepts it."""
    units = root / "data" / "units.yaml"
    text = units.read_text(encoding="utf-8")
    units.write_text(text.replace("  regulation: qd-1367-sngv-2025\n", ""), encoding="utf-8")
    assert 0 == run(root, ["format"])
    commit(root, "Without")
    words = (
        "unit regulation so-ngoai-vu --yes --regulation qd-1367-sngv-2025"
        " --request-number 449/SNgV-VP --request-issuer so-ngoai-vu --request-date 2026-11-26"
    )
    assert 0 == run(root, words.split())
    row = "- {on: 2026-11-27, facts: [regulation], request: cv-449-sngv-2026}"
    assert row in units.read_text(encoding="utf-8")
    assert 0 == run(root, ["check"])
    assert 2 == run(root, words.split())  # it is in force already
