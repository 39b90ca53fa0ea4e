"""Programs that run on hosts; they are sent over SSH, and nothing is installed there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

_LOAD = """
import sys, types
for name in ("hopthu", "hopthu.remote"):
    sys.modules[name] = types.ModuleType(name)
for name, text in {modules!r}:
    module = sys.modules["hopthu.remote." + name] = types.ModuleType("hopthu.remote." + name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main()
"""


@cache
def script(name: str) -> str:
    """Return the text of the script called `name`, such as `lease.sh`."""
    return (files(__name__) / name).read_text(encoding="utf-8")


def program(modules: Sequence[str]) -> str:
    """Return one Python text of several modules of this folder, which calls `main` of the last.

    Each may import those before it, by their full names.
    """
    return _LOAD.format(modules=[(name, script(f"{name}.py")) for name in modules])
