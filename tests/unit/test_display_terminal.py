"""A run on a terminal: one line that rewrites itself, of which nothing is left."""

import os
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

import sys
from pathlib import Path
from engines import engine, prepare
from hopthu.cli.display import stream
from hopthu.events.event import HostFinished, PhaseStarted, RunStarted, Warned

root = Path(sys.argv[1])
with stream("auto", "en") as events:
    events(RunStarted(("@local", "other")))
    events(PhaseStarted("checking hosts"))
    with engine(root, events) as run:
        prepare(run)
        events(Warned("the clock is late"))
        events(PhaseStarted("@local"))
        run.change(["@local"], lambda: None)
    events(HostFinished("@local", "applied", "applied; health checks passed"))
    events(PhaseStarted("other"))
print("2 of 2 steps changed something.")
"""

INTERRUPTED = """
import signal
from hopthu.cli.display import stream
from hopthu.events.event import PhaseStarted

with stream("auto", "en") as events:
    try:
        events(PhaseStarted("A step that is so " + "very " * 20 + "long"))
        signal.pause()
    except KeyboardInterrupt:
        pass
print("Interrupted.")
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> terminal.Shown:
    """Show a run of two slow steps on this machine."""
    tmp_path = tmp_path_factory.mktemp("terminal")
    (tmp_path / "deploys").mkdir()
    (tmp_path / "deploys" / "site.py").write_text(DEPLOY)
    (tmp_path / "inventory.py").write_text('hosts = ["@local"]\n')
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    return terminal.run([sys.executable, "-c", RUN, str(tmp_path)], tmp_path, environment)


@pytest.mark.slow
def test_screen_keeps_only_warnings_and_results(shown: terminal.Shown) -> None:
    """Whatever was drawn meanwhile is gone, however long it was."""
    assert 0 == shown.code, shown.raw.decode()
    assert (
        "  ! the clock is late",
        "@local: applied; health checks passed",
        "2 of 2 steps changed something.",
    ) == shown.lines


@pytest.mark.slow
def test_current_step_is_shown(shown: terminal.Shown) -> None:
    """By a single display, ours."""
    drawn = shown.raw.decode()
    for text in ("checking hosts", "@local: A step that is so long", "…", "@local: Short"):
        assert text in drawn
    assert "(1 of 2 hosts done) other" in drawn


def test_nothing_stays_of_a_line_that_ctrl_c_ends(tmp_path: Path) -> None:
    """The terminal echoes ^C behind it, which has room, so that the line does not wrap."""
    program = [sys.executable, "-c", INTERRUPTED]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    found = terminal.run(program, tmp_path, environment, [("A step", "\x03")])
    assert b"^C" in found.raw
    assert ("Interrupted.",) == found.lines
