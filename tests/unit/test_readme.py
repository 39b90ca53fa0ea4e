"""The README's "A day's work", pasted into a clone as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import clone

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## A day's work\n")[1]
SECTION = SECTION.split("\n## ")[0]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", SECTION, re.DOTALL)


def pasted(root: Path) -> None:
    """Add the records of the README to the ends of the files its comments name."""
    (text,) = [text for language, text in BLOCKS if language == "yaml"]
    for name, records in re.findall(r"^# (data/\S+\.yaml)[^\n]*\n(.*?)(?=^# data/|\Z)", text,
                                    re.DOTALL | re.MULTILINE):  # fmt: skip
        with (root / name).open("a", encoding="utf-8") as file:
            file.write(records.strip() + "\n")


def commands(after: str = "") -> list[list[str]]:
    """Return the commands of the shell blocks, without their comments, that need no server."""
    text = "".join(text for language, text in BLOCKS if language == "sh")
    found = [shlex.split(line, comments=True) for line in text.splitlines()]
    return [line for line in found if line[1:2] and line[1] not in
            ("apply", "verify", "history", "drift", "rollback")]  # fmt: skip


def hopthu(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a clone, by its own code."""
    return subprocess.run(
        [sys.executable, "-m", "hopthu", *arguments],
        cwd=root, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fresh clone."""
    return clone(tmp_path_factory.mktemp("readme") / "hopthu")


def test_a_days_work_goes_as_the_readme_says(root: Path) -> None:
    """Each command succeeds: the address is free, the data is valid, the plan says what happens."""
    address, *rest = commands()
    assert ["address", "format", "check", "show", "plan"] == [address[1], *(c[1] for c in rest)]
    given = hopthu(root, *address[1:]).stdout.splitlines()[0]
    assert f"address: {given}}}" in SECTION
    pasted(root)
    said = {}
    for line in rest:
        done = hopthu(root, *line[1:])
        assert 0 == done.returncode, f"{shlex.join(line)}\n{done.stdout}{done.stderr}"
        said[line[1]] = done.stdout
    assert "No problem found.\n" == said["check"]
    numbers = re.findall(r"number: ([^,]+),", SECTION)
    assert 2 == len(numbers)
    assert all(number in said["plan"] for number in numbers), said["plan"]
    assert given in said["show"]
