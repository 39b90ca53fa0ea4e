"""The usual edits of tests/edits: each is accepted as it is written, and says what it does.

After a change of wording, `pytest --accept tests/unit/test_usual_edits.py` writes what is said:
read the diff as the head of an office would.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import edit_pages
import overlay
from edit_pages import BASE, Case, every_case
from hopthu.cli import main
from pipelines import commit

CASES = every_case()
BY_COMMAND = [case for case in CASES if any(step.commands for step in case.steps)]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the data that every edit begins from in its one commit."""
    folder = tmp_path_factory.mktemp("begun")
    overlay.write(overlay.read(BASE), folder)
    subprocess.run(["git", "init", "-q", "--template=", str(folder)], check=True)
    commit(folder, "Begin")
    return folder


@pytest.fixture
def root(begun: Path, tmp_path: Path) -> Path:
    """Return a copy of it, for a test to change."""
    return Path(shutil.copytree(begun, tmp_path / "province"))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_is_accepted_as_it_is_written(
    case: Case, root: Path, accept: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` finds no error, and `plan` says in Vietnamese what the page has."""
    said = []
    for step in _in_turn(case, root):
        overlay.write(step.laid(overlay.read(root)), root)
        codes = [main(["format", "--check", "--root", str(root)])]
        capsys.readouterr()
        codes.append(_run(root, step, "check"))
        found = "".join(capsys.readouterr()).replace("Không có lỗi nào.\n", "")
        codes.append(_run(root, step, "plan", "--base", "HEAD", "--no-pager"))
        text = found + _without_digests("".join(capsys.readouterr()))
        assert [0, 0, 0] == codes, text
        said.append(text)
    if accept and said != [step.expected and step.expected.text for step in case.steps]:
        edit_pages.accept(case, said)
        return
    for step, text in zip(case.steps, said, strict=True):
        assert step.expected, f"{case.page}:{step.line}: no expected text; --accept writes it"
        assert step.expected.text == text, f"{case.page}:{step.line}"


@pytest.mark.slow  # some 5 s; the cookbook's commands are tried in the quick suite
@pytest.mark.parametrize("case", BY_COMMAND, ids=str)
def test_the_commands_write_the_same(case: Case, root: Path) -> None:
    """Byte for byte, in every file."""
    for step in _in_turn(case, root):
        by_hand = step.laid(overlay.read(root))
        for command in step.commands:
            assert 0 == _run(root, step, *command, "--yes")
        assert not step.commands or by_hand == overlay.read(root)
        overlay.write(by_hand, root)


def _in_turn(case: Case, root: Path) -> Iterator[edit_pages.Step]:
    """Yield the edits of a case, each once those before it are committed."""
    for number, step in enumerate(case.steps):
        if number:
            commit(root, "Edit")
        yield step


def _run(root: Path, step: edit_pages.Step, *arguments: str) -> int:
    where = ["--root", str(root), "--on", step.on.isoformat(), "--lang", "vi"]
    return int(main([*arguments, *where]))


def _without_digests(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{8,}\b", "…", text)
