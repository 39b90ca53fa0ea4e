"""Ctrl-C and SIGTERM end a run, whatever is drawn or asked at that moment."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = """
import _thread
import signal
import sys
import time
from hopthu.tool.signals import ended_by_signals

def draw():
    signal.raise_signal(signal.Signals[sys.argv[1]])

with ended_by_signals():
    try:
        # Not of `threading`: its locks do not bear an exception at any moment.
        _thread.start_new_thread(draw, ())
        for _ in range(1000):
            time.sleep(0.01)
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_that_hits_the_display_ends_the_run(name: str) -> None:
    """Whatever thread raises it, and whatever the run waits for."""
    argv = ["env", "--default-signal=INT", sys.executable, "-c", RUN, name]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ("interrupted\n", "") == (done.stdout, done.stderr)


IGNORED = """
import signal
from hopthu.tool.signals import put_off

signal.signal(signal.SIGINT, signal.SIG_IGN)
with put_off():
    signal.raise_signal(signal.SIGINT)
print("went on")
"""


def test_what_ignores_a_signal_goes_on() -> None:
    """As what a shell starts in the background, while it writes as well."""
    argv = [sys.executable, "-c", IGNORED]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ("went on\n", "") == (done.stdout, done.stderr)
