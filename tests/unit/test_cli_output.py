"""Where what a command prints cannot be written: a sentence, or for a reader who left nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rule_pages import the_case

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
INVALID = the_case("unique-address/two-people-have-one-address")
FULL = Path("/dev/full")
PRINTING = (
    ["--help"],
    # A clone with commits of its own is told by default what they are compared with.
    ["check", "--format", "json", "--base", "HEAD"],
    ["show", "so-tai-chinh"],
    ["show", "so-tai-chinh", "--root", "INVALID"],
)


def hopthu(arguments: list[str], stdout: int, folder: Path) -> tuple[int, str]:
    """Run a command; return its exit code and what it says on standard error.

    `INVALID` in it is a folder of data that is not valid, laid into `folder`.
    """
    invalid = str(INVALID.lay(folder))
    arguments = [invalid if each == "INVALID" else each for each in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "hopthu", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_full_disk_is_a_sentence(arguments: list[str], tmp_path: Path) -> None:
    """One that says what to do; the exit code is that of what nobody expected."""
    with FULL.open("w", encoding="utf-8") as full:
        code, said = hopthu(arguments, full.fileno(), tmp_path)
    sentence = "error: the output cannot be written: No space left on device\n  fix: .+\n"
    assert re.fullmatch(sentence, said), said
    assert code == 1


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_who_leaves_hears_nothing(arguments: list[str], tmp_path: Path) -> None:
    """As with `hopthu show … | head -1`: that is no error of anybody's."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        code, said = hopthu(arguments, writer, tmp_path)
    finally:
        os.close(writer)
    assert (1, "") == (code, said)


def test_a_folder_that_was_removed_is_a_sentence(tmp_path: Path) -> None:
    """Where the command is run: another terminal may have removed it."""
    program = "import os, sys; os.rmdir(os.getcwd()); from hopthu.__main__ import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", program, "check", "--lang", "en"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert 2 == done.returncode
    assert "error: the current folder is no longer there\n  fix: change to a folder" in done.stderr
