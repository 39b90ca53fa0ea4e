"""What differs in a repository beside its data: overrides, inventory, the hopthu it requires.

No record shows what these change on servers, so a plan names the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from hopthu.git import committed, content, is_blob
from hopthu.i18n.message import Message
from hopthu.plan.code_files import code_files, counts
from hopthu.plan.diff import Change, ordered
from hopthu.plan.policy_diff import items
from hopthu.tool.resources import resource

_FOLDERS = ("deploys", "inventory", "templates")
_OVERRIDES = ("deploys", "templates")
_REQUIRED = "requirements.txt"
_COMMENT = re.compile(r"(^|\s)#.*")
_LINES = {
    "add": Message("code: {path} is added"),
    "change": Message("code: {path} is changed"),
    "remove": Message("code: {path} is removed"),
}
_OF_OVERRIDES = {
    "add": Message("code: {path} is added and overrides hopthu's"),
    "remove": Message("code: {path} is removed and no longer overrides hopthu's"),
}


def code_changes(root: Path, commit: str) -> tuple[Change, ...]:
    """Return a change for each such file that differs from `commit`, and one for what is required.

    Raises `UsageError` if git cannot read the commit.
    """
    root = root.resolve()
    required = committed(root, commit, {_REQUIRED}).get(_REQUIRED)
    was = _requirements(content(root, required) if required else b"")
    path = root / _REQUIRED
    now = _requirements(path.read_bytes() if path.is_file() else b"")
    named, (links, linked) = _named([*was, *now]), _links(root)
    old = committed(root, commit, {*_FOLDERS, *linked, *named})
    return ordered([*_requires(was, now), *_differing(old, {**_here(root, named), **links})])


def _here(root: Path, named: Collection[str]) -> Mapping[str, bytes]:
    """Return the content of each file of the repository by name; that of links by their own."""
    paths = [root / name for name in named if (root / name).is_file()]
    paths += [path for name in _FOLDERS for path in code_files(root / name)]
    found = {}
    for path in paths:
        real = path.resolve()
        own = real if real.is_relative_to(root) else path
        found[own.relative_to(root).as_posix()] = path.read_bytes()
    return found


def _links(root: Path) -> tuple[Mapping[str, bytes], set[str]]:
    """Return what each link leads to, as git stores it, and the names of that in the repository."""
    found: dict[str, bytes] = {}
    names, pending = set[str](), [root / name for name in _FOLDERS]
    while pending:
        start = pending.pop()
        for path in (path for path in (start, *start.rglob("*")) if path.is_symlink()):
            found[path.relative_to(root).as_posix()] = os.fsencode(path.readlink())
            target = path.resolve()
            name = target.relative_to(root).as_posix() if target.is_relative_to(root) else ""
            if name and name not in names:
                names.add(name)
                pending.append(target)
    return found, names - {"."}


def _differing(old: Mapping[str, str], new: Mapping[str, bytes]) -> Iterator[Change]:
    for name in old.keys() | new.keys():
        if not counts(PurePosixPath(name), name.partition("/")[0]):
            continue
        if name in old and name in new:
            if not is_blob(old[name], new[name]):
                yield _line(name, "change")
        else:
            yield _line(name, "add" if name in new else "remove")


def _line(name: str, action: str) -> Change:
    lines = _LINES
    if name.partition("/")[0] in _OVERRIDES and resource(name).is_file():
        lines = _LINES | _OF_OVERRIDES
    summary = Message(lines[action].template, path=name)
    before, after = (None if action == unless else name for unless in ("add", "remove"))
    return Change("code", name, action, before, after, (), summary)


def _requires(was: Sequence[str], now: Sequence[str]) -> Iterator[Change]:
    removed, added = [v for v in was if v not in now], [v for v in now if v not in was]
    if removed or added:
        change = items(removed, added)
        summary = Message("code: {path}: {change}", path=_REQUIRED, change=change)
        yield Change("code", _REQUIRED, "change", [*was], [*now], (), summary)


def _requirements(text: bytes) -> Sequence[str]:
    """Return what is required, without comments."""
    lines = text.decode(errors="replace").splitlines()
    return [line for each in lines if (line := _COMMENT.sub("", each).strip())]


def _named(requirements: Sequence[str]) -> set[str]:
    """Return the names that may be files of the repository: a wheel, or further requirements."""
    words = {PurePosixPath(word) for line in requirements for word in line.split()}
    return {
        word.as_posix() for word in words if word.parts and not word.is_absolute()
        and ".." not in word.parts and word.as_posix() != _REQUIRED
    }  # fmt: skip
