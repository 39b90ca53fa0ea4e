"""Tables that are made from code, within pages of docs/ that people write.

A table stands between `<!-- NAME: … -->` and `<!-- end -->`. `python -m hopthu.docs.tables` writes
them, and a test fails while one is not current.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import hopthu.operations
from hopthu.tool.resources import checkout
from hopthu.verify.catalogue import PROBES

Operation = Callable[..., Any]


def operations() -> dict[str, Operation]:
    """Return every operation, as it was written, by the name a deploy calls it by."""
    found = {}
    for module in pkgutil.iter_modules(hopthu.operations.__path__):
        members = vars(import_module(f"hopthu.operations.{module.name}"))
        for name, each in members.items():
            if hasattr(each, "is_idempotent") and each.__module__ == members["__name__"]:
                found[f"{module.name}.{name}"] = inspect.unwrap(each)
    return found


def page(path: Path) -> str:
    """Return the page at `path` with its tables as they should be."""
    text = path.read_text(encoding="utf-8")
    for name, rows in _TABLES.items():
        begin = re.search(rf"<!-- {name}: [^\n]*-->\n", text)
        if begin:
            end = text.index("<!-- end -->", begin.end())
            table = "\n".join(rows())
            text = f"{text[: begin.end()]}\n{table}\n\n{text[end:]}"
    return text


def pages() -> list[Path]:
    """Return the pages that have such a table."""
    folder = checkout()
    if folder is None:
        raise SystemExit("docs/ is part of a checkout of hopthu")
    return [folder / "docs" / name for name in ("deploys.md", "verify.md")]


def _operations() -> Iterator[str]:
    yield "| operation | arguments | |"
    yield "|---|---|---|"
    for name, operation in operations().items():
        arguments = ", ".join(f"`{each}`" for each in inspect.signature(operation).parameters)
        yield f"| `{name}` | {arguments} | {_first_sentence(operation)} |"


def _probes() -> Iterator[str]:
    yield "| probe | what must be so | article |"
    yield "|---|---|---|"
    for probe in PROBES:
        yield f"| `{probe.id}` | {probe.title} | {probe.article} |"


def _first_sentence(operation: Operation) -> str:
    paragraph = (inspect.getdoc(operation) or "").partition("\n\n")[0]
    return " ".join(paragraph.split()).rstrip(".").replace("|", "\\|")


_TABLES = {"operations": _operations, "probes": _probes}


if __name__ == "__main__":
    for each in pages():
        each.write_text(page(each), encoding="utf-8")
