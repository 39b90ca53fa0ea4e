"""Writing to files of the repository."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hopthu.errors import HopthuError, Refused, UsageError
from hopthu.i18n.message import Message
from hopthu.tool.signals import put_off

_SOURCES = frozenset((".yaml", ".yml", ".py", ".j2"))
"""The files of a repository that people write; no output is called so."""
_SAME = 3
"""Bytes by which every output begins as an earlier one of its format does, and as no other file."""


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Put each content in the place of its file: all of them, or none.

    What takes long and what may fail, the writing, is done beside them first; signals wait while
    the files take their places. Raises `HopthuError` where the system does not let it.
    """
    before: dict[Path, bytes | None] = {}
    beside: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            before[path] = _content(path)
            beside[path] = _beside(path, content)
        with put_off():
            _take_places(beside, before)
    finally:
        for new in beside.values():
            new.unlink(missing_ok=True)


def replace_data(root: Path, read: Mapping[str, bytes], contents: Mapping[str, bytes]) -> None:
    """Put each content in the place of a file below `root`, as `replace_files` does.

    `read` are the files as they were when the contents were made of them. Raises `Refused` if one
    that would be replaced has changed since: what somebody saved there would be lost.
    """
    for name in contents:
        if _content(root / name) != read.get(name):
            raise Refused(
                Message("{file} has changed in the meantime", file=name),
                fix=Message("run the command again"),
            )
    replace_files({root / name: content for name, content in contents.items()})


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of a file, whole or not at all; a new file gets the usual rights.

    Raises `HopthuError` where the system does not let it.
    """
    new = _beside(path, content)
    try:
        new.replace(path.resolve())
    except OSError as error:
        new.unlink(missing_ok=True)
        raise _unwritten(path, error) from error


def write_output(path: Path, content: bytes) -> None:
    """Write a file that the user named, as `replace_file` does, into a folder that is there.

    A folder made for a slip of the pen would not be found again, nor would a file in whose place
    the output is put, unless that is an earlier output. Raises `UsageError` for both. What is no
    file, such as /dev/stdout, is written to and stays what it is.
    """
    if path.is_file() and not _written_by_us(path, content):
        raise UsageError(
            Message("{file} is there already, and is no file that hopthu writes", file=path),
            fix=Message("write to another file"),
        )
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UsageError(
            Message("{file} cannot be written: there is no folder {folder}",
                    file=path, folder=folder),
            fix=Message("create the folder, or write to another one"),
        )  # fmt: skip
    if path.is_file() or not path.exists():
        replace_file(path, content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise _unwritten(path, error) from error


def _written_by_us(path: Path, content: bytes) -> bool:
    """Return whether a file is empty, or begins as the output that is to replace it does."""
    if path.suffix in _SOURCES:
        return False
    try:
        with path.open("rb") as file:
            begin = file.read(_SAME)
    except OSError as error:
        raise _unwritten(path, error) from error
    return not begin or begin == content[:_SAME]


def _beside(path: Path, content: bytes) -> Path:
    """Write a file beside the one it is to replace, with the rights of that one."""
    path = path.resolve()
    new: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        new = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        new.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
    except BaseException as error:
        if new:
            new.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(path, error) from error
        raise
    return new


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritten(path, error) from error


def _take_places(beside: Mapping[Path, Path], before: Mapping[Path, bytes | None]) -> None:
    """Rename every file into its place; if one cannot be, undo the others."""
    done: list[Path] = []
    try:
        for path, new in beside.items():
            new.replace(path.resolve())
            done.append(path)
    except OSError as error:
        for changed in done:
            content = before[changed]
            if content is None:
                changed.unlink()
            else:
                replace_file(changed, content)
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> HopthuError:
    return HopthuError(
        Message(
            "{file} cannot be written: {reason}",
            file=path.resolve(),
            reason=error.strerror or error,
        ),
        fix=Message("check the rights and the free space of its folder, then run it again"),
    )
