"""Ctrl-C while the program is still being loaded."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize(
    "program", [["-m", "hopthu"], ["-c", "from hopthu.__main__ import run; run()"]]
)
def test_ends_at_once_and_silently(tmp_path: Path, program: list[str]) -> None:
    """As a program that was not written in Python does."""
    (tmp_path / "click.py").write_text(INTERRUPTED)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *program, "check"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (-signal.SIGINT, "", "") == (done.returncode, done.stdout, done.stderr)
