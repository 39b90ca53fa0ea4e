"""The data as a git revision has it."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hopthu.errors import UsageError


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[tuple[Path, str]]:
    """Lay the data of `revision` out in a folder of its own; give the folder and the commit.

    Raises `UsageError` when git does not know the revision, or it has no data.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode()
    packed = _git(root, "archive", "--format=tar", commit.strip(), "--", "data")
    with tempfile.TemporaryDirectory(prefix="hopthu-revision-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder), commit.strip()


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or "no such revision"
        raise UsageError(f"git {arguments[0]}: {reason}", fix="name a commit, branch or tag")
    return done.stdout
