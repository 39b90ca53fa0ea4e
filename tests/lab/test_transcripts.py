"""What an operator sees on a terminal of 80 columns: tests/transcripts, in both languages.

`--accept` writes the transcripts anew; times, checksums and the number of all steps are left out.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from labs import BACK, CHECKOUT, Lab, copied

import overlay
import terminal
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from pages import Fence, sections

DAY = "2026-11-25"
TRANSCRIPTS = CHECKOUT / "tests" / "transcripts"
PAGE = CHECKOUT / "docs" / "plan.md"
QUESTION = Message("Apply these changes?")
CTRL_C = "\x03"
VARIES = (
    # The step that Ctrl-C ended, if it was in the midst of one: a full line may go on below.
    (re.compile(r"^(?=.{80}$)  ✗ .*\n(?![a-z]+\d: ).*\n", re.MULTILINE), ""),
    (re.compile(r"^  ✗ .*\n", re.MULTILINE), ""),
    (re.compile(r"^\d+\.\d s$", re.MULTILINE), "… s"),
    (re.compile(r"\b[0-9a-f]{12}(?:[0-9a-f]{4})?\b"), "…"),
    (re.compile(r"^(\d+)(\D+)\d{3}(?=\D)", re.MULTILINE), r"\1\2…"),
)


@pytest.fixture(scope="module")
def transfer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which the transfer of docs/plan.md is not committed."""
    return copied(tmp_path_factory.mktemp("transfer") / "checkout")


def edit(root: Path) -> None:
    """Lay the records of docs/plan.md over the data."""
    fences: list[Fence] = [fence for section in sections(PAGE) for fence in section.fences]
    for fence in (f for f in fences[:2] if f.title):
        changed = overlay.laid(overlay.read(root), fence)
        overlay.write({fence.title: changed[fence.title]}, root)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_transcripts(centre: Lab, transfer: Path, language: str, accept: bool) -> None:
    """A plan, a no, Ctrl-C at the question and in the middle, and an apply to its end."""
    centre.hopthu("apply", "lab", "--yes", "--on", DAY, *BACK)
    edit(transfer)
    hosts = Message("({number} of {total} hosts done)", number=1, total=len(centre.hosts))
    question, begun = translate(QUESTION, language), translate(hosts, language)
    seen = {
        name: shown(centre, transfer, command, language, answers, code)
        for name, command, answers, code in (
            ("plan", "plan --live lab", [], 0),
            ("declined", "apply lab", [(question, "n\n")], 1),
            ("interrupted-question", "apply lab", [(question, CTRL_C)], 130),
            ("interrupted", "apply lab", [(question, "y\n"), (begun, CTRL_C)], 130),
            ("applied", "apply lab", [(question, "y\n")], 0),
            ("again", "apply lab", [], 0),
        )
    }
    wrong = []
    for name, text in seen.items():
        path = TRANSCRIPTS / f"{name}.{language}.txt"
        if accept:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.name}: this is not what is expected:\n{text}")
    assert not wrong, "\n".join(wrong)


def shown(
    lab: Lab,
    root: Path,
    command: str,
    language: str,
    answers: Sequence[tuple[str, str]],
    code: int,
) -> str:
    """Return what the terminal shows after a command, without what varies."""
    argv = [*command.split(), "--on", DAY, "--lang", language]
    environment = {**os.environ, "HOPTHU_LAB": str(lab.folder), "PYTHONPATH": str(root)}
    found = terminal.run([sys.executable, "-m", "hopthu", *argv], root, environment, answers)
    text = "".join(f"{line}\n" for line in (f"$ hopthu {' '.join(argv)}", *found.lines))
    assert code == found.code, text
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return text
