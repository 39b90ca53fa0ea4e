"""`python -m hopthu` is `hopthu`."""

from hopthu.cli import run

run()
