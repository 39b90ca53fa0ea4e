"""Create a new repository, completely or not at all."""

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
from hopthu.i18n.message import Message
from hopthu.init.repository import NewFile
from hopthu.validate import read

_GIT = ".git"
_NEW_FOLDER = Message("name a new or empty folder")


def create(folder: Path, files: Mapping[str, NewFile], on: date, *, git: bool) -> None:
    """Create the repository `folder`, which must be new, or empty except for `.git`.

    Raises `UsageError` if the folder is not empty or cannot be created. After an error or Ctrl-C
    nothing of the repository is left behind.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(Message("{folder} is a file", folder=folder), fix=_NEW_FOLDER)
    try:
        if folder.exists() and (found := [p.name for p in folder.iterdir() if p.name != _GIT]):
            names = ", ".join(sorted(found)[:3])
            raise UsageError(
                Message("{folder} is not empty: it contains {names}", folder=folder, names=names),
                fix=_NEW_FOLDER,
            )
        with _staging(folder) as staging:
            _write(staging, files)
            _codeowners(staging, on)
            if git and not _in_git(folder):
                _init(staging)
            _put(staging, folder)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            Message("cannot create {folder}: {reason}", folder=folder, reason=reason),
            fix=Message("name a new folder, in one where you may write"),
        ) from error


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Yield a staging folder on the same file system.

    On failure it is removed, with the parents that were created for it. An existing `folder` is
    not replaced, because a shell may be in it: the staging folder is inside it then.
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
    """Read the new data, as `hopthu check` does, and write who reviews it."""
    loaded = read(folder, on)
    found = lines(loaded.source, loaded.organisation, loaded.policy)
    for forge, form in (("github", as_github), ("gitlab", as_gitlab)):
        path = folder / f".{forge}" / "CODEOWNERS"
        path.parent.mkdir(exist_ok=True)
        path.write_text(form(found, loaded.policy), encoding="utf-8")


def _put(staging: Path, folder: Path) -> None:
    """Move the finished repository to its place; undo the move if it fails half way."""
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
    """Return whether `folder` is, or will be, inside a git repository."""
    place = next(path for path in (folder, *folder.parents) if path.is_dir())
    return _git("-C", str(place), "rev-parse", "--is-inside-work-tree") == 0


def _init(folder: Path) -> None:
    if _git("init", "--quiet", "--initial-branch=main", str(folder)):
        raise UsageError(Message("git init failed"), fix=Message("install git, or use --no-git"))


def _git(*arguments: str) -> int:
    """Run git; return its exit code, or 127 if git is not installed, as a shell does."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, check=False).returncode
    except FileNotFoundError:
        return 127
