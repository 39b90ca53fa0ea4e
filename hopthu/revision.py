"""The data as a git revision has it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hopthu.errors import UsageError

_MOST = 500
"""More paths than this are not named one by one: a command line has an end."""


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[tuple[Path, str]]:
    """Lay the data of `revision` out in a folder of its own; give the folder and the commit.

    Raises `UsageError` when git does not know the revision, or it has no data.
    """
    with differing(root, revision, {}) as (folder, commit, _):
        yield folder, commit


@contextmanager
def differing(
    root: Path, revision: str, held: Mapping[str, bytes]
) -> Iterator[tuple[Path, str, set[str]]]:
    """As `checked_out`, but without the files that are `held` just so; give their names too.

    Which these are git says by the digests it keeps files under, so that they are not even read.
    """
    asked = f"{revision}^{{commit}}"
    commit = _git(root, "rev-parse", "--verify", "--quiet", asked).decode().strip()
    there = _blobs(root, commit)
    same = {name for name, blob in there.items() if name in held and blob == _blob(held[name])}
    others = sorted(there.keys() - same)
    with tempfile.TemporaryDirectory(prefix="hopthu-revision-") as folder:
        if others or not there:
            wanted = others if same and len(others) <= _MOST else ["data"]
            packed = _git(root, "archive", "--format=tar", commit, "--", *wanted)
            with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
                tar.extractall(folder, filter="data")
            for name in same:
                (Path(folder) / name).unlink(missing_ok=True)
        yield Path(folder), commit, same


def _blobs(root: Path, commit: str) -> dict[str, str]:
    """Return the digest git keeps each file of the data under, by name."""
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", "data").decode(
        "utf-8", "surrogateescape"
    )
    lines = (line.partition("\t") for line in listed.split("\0") if line)
    return {name: about.split(" ")[2] for about, _, name in lines}


def _blob(content: bytes) -> str:
    """Return the digest git keeps `content` under; none matches where git uses SHA-256."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(
        ["git", "--literal-pathspecs", "-C", str(root), *arguments],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or "no such revision"
        raise UsageError(f"git {arguments[0]}: {reason}", fix="name a commit, branch or tag")
    return done.stdout
