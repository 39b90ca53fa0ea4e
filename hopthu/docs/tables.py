"""Tables that are made from code, within pages of docs/ that people write.

A table stands between `<!-- NAME: … -->` and `<!-- end -->`. `python -m hopthu.docs` writes
them, and a test fails while one is not current.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import hopthu.operations
from hopthu.directory.password_results import REFUSALS, RESULTS
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.tool.resources import resource
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


def files() -> dict[Path, str]:
    """Return what is made here, by path."""
    return {path: page(path) for path in pages()}


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
    return [
        resource("docs") / name
        for name in ("deploys.md", "verify.md", "own-password.md", "doi-mat-khau.md")
    ]


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


def _results(language: str) -> Iterator[str]:
    yield translate(Message("| code | what it means | what to do |"), language)
    yield "|---|---|---|"
    for result in RESULTS:
        what, fix = (translate(text, language) for text in (result.what, result.fix))
        yield f"| {result.code} | {what} | {fix} |"


def _refusals(language: str) -> Iterator[str]:
    yield translate(Message("| what is refused | what to do |"), language)
    yield "|---|---|"
    for each in REFUSALS:
        yield f"| {translate(each.what, language)} | {translate(each.fix, language)} |"


def _first_sentence(operation: Operation) -> str:
    paragraph = (inspect.getdoc(operation) or "").partition("\n\n")[0]
    return " ".join(paragraph.split()).rstrip(".").replace("|", "\\|")


_TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "operations": _operations,
    "probes": _probes,
    "results": partial(_results, "en"),
    "refusals": partial(_refusals, "en"),
    "kết quả": partial(_results, "vi"),
    "quy tắc": partial(_refusals, "vi"),
}
