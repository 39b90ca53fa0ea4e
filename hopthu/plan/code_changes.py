"""What differs in a repository beside its data: workflows, reviewers, overrides, inventory.

No record shows what these change, so a plan names each file, with a digest of its content. Both
trees are compared whole; only data files are left out, which plans compare by their records.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

from hopthu.git import SUBMODULE, committed, content, is_blob, tracked
from hopthu.i18n.message import Message
from hopthu.plan.code_files import code_files, counts
from hopthu.plan.diff import Change, ordered
from hopthu.plan.policy_diff import items
from hopthu.tool.resources import resource

_FOLDERS = ("deploys", "inventory", "templates")
_OVERRIDES = ("deploys", "templates")
_REQUIRED = "requirements.txt"
_COMMENT = re.compile(r"(^|\s)#.*")
_SHOWN = 12
"""So many digits of a digest stand in a line."""
_LINES = {
    "add": Message("file: {path} is added ({digest})"),
    "change": Message("file: {path} is changed ({digest})"),
    "remove": Message("file: {path} is removed"),
}
_OF_OVERRIDES = {
    "add": Message("file: {path} is added and overrides hopthu's ({digest})"),
    "remove": Message("file: {path} is removed and no longer overrides hopthu's"),
}
_File = tuple[str, bytes]
"""The git mode of a file and its content: of a link its target, of a submodule its commit."""


def code_changes(root: Path, commit: str, data: Collection[str]) -> tuple[Change, ...]:
    """Return a change for each file that differs from `commit`, but for the files of the `data`.

    Raises `UsageError` if git cannot read the commit.
    """
    root = root.resolve()
    old, new = committed(root, commit), _here(root, data)
    return ordered(
        _change(root, name, old.get(name), new.get(name))
        for name in (old.keys() | new.keys()) - set(data)
        if counts(PurePosixPath(name), name.partition("/")[0])
        and not _same(old.get(name), new.get(name))
    )


def _here(root: Path, data: Collection[str]) -> Mapping[str, _File]:
    """Return each file that git knows, and code that counts for an apply without that."""
    known = tracked(root)
    found = {
        name: file
        for name, (mode, commit) in known.items()
        if name not in data
        if (file := (mode, commit.encode()) if mode == SUBMODULE else _file(root / name))
    }
    for folder in (root / name for name in _FOLDERS):
        links = [path for path in (folder, *folder.rglob("*")) if path.is_symlink()]
        code = ((path, path.resolve()) for path in code_files(folder))
        behind = [real if real.is_relative_to(root) else path for path, real in code]
        for path in (*links, *behind):
            name = path.relative_to(root).as_posix()
            if name not in known and (file := _file(path)):
                found[name] = file
    return found


def _file(path: Path) -> _File | None:
    """Return a file or link; None if there is none."""
    if path.is_symlink():
        return "120000", os.fsencode(path.readlink())
    if not path.is_file():
        return None
    return ("100755" if os.access(path, os.X_OK) else "100644"), path.read_bytes()


def _same(old: tuple[str, str] | None, new: _File | None) -> bool:
    if old is None or new is None:
        return False
    (was, blob), (now, text) = old, new
    return was == now and (blob.encode() == text if now == SUBMODULE else is_blob(blob, text))


def _change(root: Path, name: str, old: tuple[str, str] | None, new: _File | None) -> Change:
    action = "change" if old and new else "add" if new else "remove"
    digest = hashlib.sha256(new[1]).hexdigest() if new else None
    lines = _LINES
    if name.partition("/")[0] in _OVERRIDES and resource(name).is_file():
        lines = _LINES | _OF_OVERRIDES
    shown = (digest or "")[:_SHOWN]
    summary = Message(lines[action].template, path=name, digest=shown)
    if name == _REQUIRED:
        was = _requirements(content(root, old[1]) if old else b"")
        now = _requirements(new[1] if new else b"")
        removed, added = [v for v in was if v not in now], [v for v in now if v not in was]
        if removed or added:
            change = items(removed, added)
            summary = Message(
                "file: {path}: {change} ({digest})", path=name, change=change, digest=shown
            )
    return Change("code", name, action, old[1] if old else None, digest, (), summary)


def _requirements(text: bytes) -> Sequence[str]:
    """Return what is required, without comments."""
    lines = text.decode(errors="replace").splitlines()
    return [line for each in lines if (line := _COMMENT.sub("", each).strip())]
