"""A run on a terminal: each line once, and no frame of a display that moves is left behind."""

import os
import re
import sys
from pathlib import Path

import pytest

import terminal

ROOT = Path(__file__).parents[2]
DEPLOY = """
from pyinfra.operations import server

server.shell(name="A step that is so long that no terminal of eighty columns holds its name in one "
             "line", commands=["sleep 0.6"])
server.shell(name="Short", commands=["sleep 0.6"])
"""
RUN = """
from hopthu.apply import engine
import sys
from pathlib import Path
from rich.console import Console
from hopthu.cli.progress import Progress

root = Path(sys.argv[1])
console = Console(highlight=False, soft_wrap=True)
with Progress(console, 1) as progress:
    progress.stage("looking at the hosts")
    with engine.opened(root, root / "inventory.py", progress, on="2026-11-25", hosts=["@local"],
                       before_each=lambda: None, shell="sh") as pyinfra:
        pyinfra.dry_run()
        progress.settled("@local", "looked at")
        progress.stage("@local")
        pyinfra.change(["@local"])
    progress.settled("@local", "applied and proven")
"""
FRAMES = re.compile(r"^\s*[-/|\\] |[⠀-⣿]")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> terminal.Shown:
    """Show a run of two slow steps on this machine."""
    tmp_path = tmp_path_factory.mktemp("terminal")
    (tmp_path / "deploys").mkdir()
    (tmp_path / "deploys" / "site.py").write_text(DEPLOY)
    (tmp_path / "inventory.py").write_text('hosts = ["@local"]\n')
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return terminal.run([sys.executable, "-c", RUN, str(tmp_path)], tmp_path, environment)


def test_the_screen_shows_each_line_once(shown: terminal.Shown) -> None:
    """The spinner that pyinfra has of its own would write over ours."""
    assert 0 == shown.code, shown.raw.decode()
    assert not [line for line in shown.lines if FRAMES.search(line)], shown.lines
    said = "\n".join(shown.lines)
    for line in ("@local: looked at", "@local: applied and proven", "✓ Short: @local"):
        assert 1 == said.count(line), shown.lines


def test_what_goes_on_is_shown_meanwhile(shown: terminal.Shown) -> None:
    """One display moves, ours."""
    assert "looking at the hosts" in shown.raw.decode()
    assert "@local: Short" in shown.raw.decode()
