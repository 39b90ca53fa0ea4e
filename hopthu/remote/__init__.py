"""Programs that run on hosts, sent over SSH as they are; nothing of them is installed there."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """Return the text of the script called `name`, such as `lease.sh`."""
    return (files(__name__) / name).read_text(encoding="utf-8")
