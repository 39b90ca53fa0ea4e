"""The files of a repository that differ: workflows, reviewers, overrides, inventory, the data.

A plan names each of them, with a digest of its content: of most no record shows what they change,
and of the data none shows its comments, or in which file it stands. Both trees are compared whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from hopthu.git.repository import Repository
from hopthu.git.revision import LINK, SUBMODULE, is_blob
from hopthu.i18n.message import Message
from hopthu.plan.diff import Change, ordered
from hopthu.plan.edit_words import quoted
from hopthu.tool import resources
from hopthu.tool.code import code_files

_FOLDERS = ("deploys", "inventory", "templates")
_OVERRIDES = ("deploys", "templates")
_SHOWN = 32
"""So many digits of a digest stand in a line."""
_LINES = {
    "add": Message("file {path}: added ({digest})"),
    "change": Message("file {path}: changed ({digest})"),
    "remove": Message("file {path}: removed"),
}
_OF_OVERRIDES = {
    "add": Message("file {path}: added, overrides hopthu's ({digest})"),
    "remove": Message("file {path}: removed, no longer overrides hopthu's"),
}
_MODES = {
    "100755": Message("executable, {digest}"),
    LINK: Message("a link to {target}, {digest}"),
    SUBMODULE: Message("submodule at {digest}"),
}
"""What stands in a line besides the digest of a file, by its mode in git."""
_File = tuple[str, bytes]
"""The git mode of a file and its content: of a link its target, of a submodule its commit."""


def code_changes(repository: Repository, commit: str, data: Collection[str]) -> tuple[Change, ...]:
    """Return a change for each file that differs from `commit`; `data` are those with records.

    Of a repository that is more than the folder with data/ all is compared: workflows are at its
    top. Raises `UsageError` if git cannot read the commit.
    """
    root, top = repository.root.resolve(), repository.top()
    whole = Repository(top)
    records = {(root / name).relative_to(top).as_posix() for name in data}
    old, new = whole.files(commit), _here(root, whole, records)
    found = []
    for name in old.keys() | new.keys():
        file = new[name]() if name in new else None
        was = old.get(name)
        if (was or file) and not _same(was, file):
            change = _change(root, whole, name, was, file)
            found.append(replace(change, kind="data") if name in records else change)
    return ordered(found)


def _here(
    root: Path, whole: Repository, data: Collection[str]
) -> Mapping[str, Callable[[], _File | None]]:
    """Return what reads each file that git knows, and what counts without that: data and code.

    Byte code is among it if git knows it: whatever is committed may be run.
    """
    top = whole.root
    found = {
        name: partial(_file, top / name, blob if mode == SUBMODULE else "")
        for name, (mode, blob) in (dict.fromkeys(data, ("", "")) | whole.tracked()).items()
    }
    for folder in (root / name for name in _FOLDERS):
        links = [path for path in (folder, *folder.rglob("*")) if path.is_symlink()]
        code = ((path, path.resolve()) for path in code_files(folder))
        behind = [real if real.is_relative_to(top) else path for path, real in code]
        for path in (*links, *behind):
            found.setdefault(path.relative_to(top).as_posix(), partial(_file, path))
    return found


def _file(path: Path, commit: str = "") -> _File | None:
    """Return a file or link, or the submodule at a commit; None if there is none."""
    if commit:
        return SUBMODULE, commit.encode()
    if path.is_symlink():
        return LINK, os.fsencode(path.readlink())
    if not path.is_file():
        return None
    return ("100755" if os.access(path, os.X_OK) else "100644"), path.read_bytes()


def _same(old: tuple[str, str] | None, new: _File | None) -> bool:
    if old is None or new is None:
        return False
    (was, blob), (now, text) = old, new
    return was == now and (blob.encode() == text if now == SUBMODULE else is_blob(blob, text))


def _change(
    root: Path, whole: Repository, name: str, old: tuple[str, str] | None, new: _File | None
) -> Change:
    action = "change" if old and new else "add" if new else "remove"
    path = whole.root / name
    own = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
    lines = _LINES
    if own.partition("/")[0] in _OVERRIDES and resources.resource(own).is_file():
        lines = _LINES | _OF_OVERRIDES
    after, shown = _described(*new) if new else (None, "")
    named = _text(os.fsencode(name))
    summary = Message(lines[action].template, path=quoted(named), digest=shown)
    return Change("code", named, action, " ".join(old) if old else None, after, (), summary)


def _described(mode: str, text: bytes) -> tuple[str, str]:
    """Return the mode of a file and its digest, as they are compared and as a line has them."""
    digest = text.decode() if mode == SUBMODULE else hashlib.sha256(text).hexdigest()
    short = digest[:_SHOWN]
    if mode not in _MODES:
        return f"{mode} {digest}", short
    target = quoted(_text(text)) if mode == LINK else ""
    return f"{mode} {digest}", Message(_MODES[mode].template, digest=short, target=target)


def _text(name: bytes) -> str:
    """Return a name as text, no two alike: what is not UTF-8 is escaped, and so is a backslash."""
    return name.replace(b"\\", rb"\\").decode(errors="backslashreplace")
