"""Programs that run on hosts; they are sent over SSH, and nothing is installed there."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """Return the text of the script called `name`, such as `lease.sh`."""
    return (files(__name__) / name).read_text(encoding="utf-8")
