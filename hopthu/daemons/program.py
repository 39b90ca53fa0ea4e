"""Modules of hopthu/remote/host with all that they import: for calls, and for programs of hosts.

What a module imports is what says so: no list beside it has to be kept.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from hopthu.render.files import File, Files

_HOST = "hopthu.remote.host"
_PARENTS = ("hopthu/__init__.py", "hopthu/remote/__init__.py")


def program(place: str, main: str) -> Files:
    """Return the files of a program below `place` that calls `main` of the module it names.

    With them are all modules that it imports, which other parts of hopthu run on hosts, too.
    """
    begin = f"from hopthu.remote.host.{main} import main\n\nmain()\n"
    everything = {"__main__.py": begin, **with_imports([main])}
    return {f"{place}/{path}": File.text(text) for path, text in everything.items()}


def with_imports(modules: Iterable[str]) -> Mapping[str, str]:
    """Return the texts of modules of `hopthu.remote.host` and of all that they import, by path."""
    texts: dict[str, str] = {}
    todo = ["__init__", *modules]
    while todo:
        if (name := todo.pop()) not in texts:
            texts[name], imported = _module(name)
            todo += imported
    here = {f"hopthu/remote/host/{name}.py": texts[name] for name in sorted(texts)}
    return dict.fromkeys(_PARENTS, "") | here


@cache
def _module(name: str) -> tuple[str, Sequence[str]]:
    """Return the text of a module of `hopthu.remote.host`, and the names of those it imports."""
    text = (files(_HOST) / f"{name}.py").read_text(encoding="utf-8")
    imported = [
        each
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_HOST)
        for each in (
            [alias.name for alias in node.names] if node.module == _HOST
            else [str(node.module).removeprefix(f"{_HOST}.")]
        )
    ]  # fmt: skip
    return text, imported
