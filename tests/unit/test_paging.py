"""A plan longer than the screen goes through a pager, by the rules of git."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import overlay
import terminal
from pipelines import commit

ROOT = Path(__file__).parents[2]
SAY = "import sys; from hopthu.cli.output import page; page('line\\n' * int(sys.argv[1]))"
PAGED = "paged with LESS="


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """A pager that says how it was called, and reads everything."""
    path = tmp_path / "pager"
    path.write_text(f'#!/bin/sh\necho "{PAGED}$LESS"\nexec /bin/cat\n')
    path.chmod(0o755)
    return path


def said(lines: int, cwd: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    found = terminal.run(
        [sys.executable, "-c", SAY, str(lines)],
        cwd,
        {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
    )
    assert 0 == found.code, found.lines
    return found.lines


@pytest.mark.parametrize(
    ("lines", "options", "paged"),
    [
        (24, {}, True),
        (23, {}, False),
        (24, {"CI": "true"}, False),
        (24, {"HOPTHU_PAGER": ""}, False),
        (24, {"HOPTHU_PAGER": "cat"}, False),
        (23, {"LINES": "10"}, True),
    ],
)
def test_what_is_longer_than_the_screen_is_paged(
    lines: int, options: dict[str, str], paged: bool, pager: Path, tmp_path: Path
) -> None:
    """With what git gives to less; not in CI, nor where the pager is `cat` or empty."""
    shown = said(lines, tmp_path, {"HOPTHU_PAGER": str(pager), **options})
    assert ([f"{PAGED}FRX"] if paged else []) == [line for line in shown if PAGED in line]
    assert lines == shown.count("line")


def test_the_own_pager_goes_before_that_of_all_programs(pager: Path, tmp_path: Path) -> None:
    """And LESS is left as it is, if somebody has set it."""
    shown = said(50, tmp_path, {"PAGER": "/bin/false", "HOPTHU_PAGER": str(pager), "LESS": "R"})
    assert f"{PAGED}R" == shown[0]


def test_a_pager_that_is_quit_is_no_error(tmp_path: Path) -> None:
    assert () == said(100_000, tmp_path, {"HOPTHU_PAGER": "true"})


def test_what_another_program_reads_is_not_paged(pager: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PAGER": str(pager)}
    found = subprocess.run(
        [sys.executable, "-c", SAY, "50"], env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "line\n" * 50 == found.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "paged"),
    [
        ([], True),
        (["--no-pager"], False),
        (["--format", "json"], False),
        (["--out", "plan.json"], False),
    ],
)
def test_a_plan_is_paged(options: list[str], paged: bool, pager: Path, tmp_path: Path) -> None:
    """Unless it is to be printed at once, saved, or read by a program."""
    root = tmp_path / "province"
    overlay.write(overlay.read(ROOT / "tests/rules/base"), root)
    subprocess.run(["git", "init", "-q", "--template=", str(root)], check=True)
    commit(root, "Begin")
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOPTHU_PAGER": str(pager), "LINES": "1",
    }  # fmt: skip
    argv = [sys.executable, "-m", "hopthu", "plan", "--base", "HEAD", "--on", "2026-07-15"]
    found = terminal.run([*argv, *options], root, environment)
    assert paged == any(PAGED in line for line in found.lines), found.lines
