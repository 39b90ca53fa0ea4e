"""Lay a new repository down: all of it, or nothing."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hopthu.codeowners import as_github, as_gitlab, lines
from hopthu.errors import UsageError
from hopthu.init.repository import NewFile
from hopthu.validate import read

_GIT = ".git"


def create(folder: Path, files: Mapping[str, NewFile], on: date, *, git: bool) -> None:
    """Make the repository `folder`: new, or empty but for a `.git`.

    Raises `UsageError` where the folder holds anything or cannot be made; nothing of the
    repository is left behind then, nor after Ctrl-C.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", fix="name a new or empty folder")
    try:
        if folder.exists() and (held := [p.name for p in folder.iterdir() if p.name != _GIT]):
            raise UsageError(
                f"{folder} is not empty: it holds {', '.join(sorted(held)[:3])}",
                fix="name a new or empty folder",
            )
        with _staging(folder) as staging:
            _write(staging, files)
            _codeowners(staging, on)
            if git and not _in_git(folder):
                _init(staging)
            _put(staging, folder)
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error}") from error


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Give a folder of the same file system; it goes, with the parents made for it, on failure.

    A folder that is there already is not replaced, for shells may stand in it: then it is inside.
    """
    place = folder if folder.exists() else folder.parent
    made = [p for p in (place, *place.parents) if not p.exists()]
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=place, prefix=".hopthu-init-", ignore_cleanup_errors=True
        ) as above:
            staging = Path(above) / "repository"
            staging.mkdir()
            yield staging
    except BaseException:
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        raise


def _write(folder: Path, files: Mapping[str, NewFile]) -> None:
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        if file.executable:
            path.chmod(0o755)


def _codeowners(folder: Path, on: date) -> None:
    """Read what was written, as `hopthu check` does, and say who reviews it."""
    loaded = read(folder, on)
    found = lines(loaded.source, loaded.organisation, loaded.policy)
    for forge, form in (("github", as_github), ("gitlab", as_gitlab)):
        path = folder / f".{forge}" / "CODEOWNERS"
        path.parent.mkdir(exist_ok=True)
        path.write_text(form(found, loaded.policy), encoding="utf-8")


def _put(staging: Path, folder: Path) -> None:
    """Move the finished repository to its place; take it back where that breaks off."""
    if not folder.exists():
        staging.rename(folder)
        return
    names = sorted(path.name for path in staging.iterdir())
    try:
        for name in names:
            (staging / name).rename(folder / name)
    except BaseException:
        for name in names:
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        raise


def _in_git(folder: Path) -> bool:
    """Tell whether `folder` is, or will lie, in a git repository."""
    place = next(path for path in (folder, *folder.parents) if path.is_dir())
    return _git("-C", str(place), "rev-parse", "--is-inside-work-tree") == 0


def _init(folder: Path) -> None:
    if _git("init", "--quiet", "--initial-branch=main", str(folder)):
        raise UsageError("git init failed", fix="install git, or use --no-git")


def _git(*arguments: str) -> int:
    """Run git; return its exit code, 127 without git as a shell does."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, check=False).returncode
    except FileNotFoundError:
        return 127
