"""The data as a git revision has it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.source import files
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source

_FILES = ("100644", "100755")
"""The modes of files in git; links and other repositories are none."""
_NAME_ONE = Message("name a commit, branch or tag")
_YES = b"true\n"


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
    commit = _commit(root, revision)
    there = _blobs(root, commit)
    same = {name for name, blob in there.items() if name in held and blob == _blob(held[name])}
    with tempfile.TemporaryDirectory(prefix="hopthu-revision-") as folder:
        _lay_out(root, Path(folder), {n: blob for n, blob in there.items() if n not in same})
        yield Path(folder), commit, same


def _commit(root: Path, revision: str) -> str:
    """Return the commit a revision is; raise `UsageError` when git has none."""
    if not revision:  # as of a variable that is not set
        raise UsageError(Message("--base names no revision"), fix=_NAME_ONE)
    asked = f"{revision}^{{commit}}"
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", asked).decode().strip()
    except UsageError as error:
        if error.fix == _NAME_ONE and _git(root, "rev-parse", "--is-shallow-repository") == _YES:
            what = Message("this clone is shallow: it may lack {revision}", revision=revision)
            raise UsageError(what, fix="git fetch --unshallow") from error
        if error.fix == _NAME_ONE and not _git(root, "rev-list", "--max-count=1", "--all"):
            what = Message("nothing is committed here yet: there is no revision to compare with")
            raise UsageError(what, fix="commit first") from error
        raise


def read_at(root: Path, revision: str, head: Source) -> tuple[Source, Source, str]:
    """Return the files of `revision` that `head` does not have just so, all of it, and its commit.

    Raises `UsageError` as `checked_out` does.
    """
    with (
        differing(root, revision, head.files) as (folder, commit, same),
        no_garbage_collection(),
    ):
        source = load(folder)
    return source, _whole(source, head, same), commit


def _whole(source: Source, head: Source, same: set[str]) -> Source:
    """Return `source` with the records of the files it shares with `head`."""
    records = {
        kind: (*(r for r in head.records[kind] if r.file in same), *source.records[kind])
        for kind in files.KINDS
    }
    return replace(source, records=records)


def _blobs(root: Path, commit: str) -> dict[str, str]:
    """Return the digest git keeps each file of the data under, by name."""
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", "data").decode(
        "utf-8", "surrogateescape"
    )
    found = {}
    for line in filter(None, listed.split("\0")):
        about, _, name = line.partition("\t")
        mode, _, blob = about.split(" ")
        if mode not in _FILES or ".." in name.split("/"):
            raise UsageError(
                f"{name} is no file in {commit[:12]}: what it means there cannot be told",
                fix="name a revision that holds all of its data",
            )
        found[name] = blob
    if not found:
        raise UsageError(f"{commit[:12]} has no data", fix="name a revision that has")
    return found


def _lay_out(root: Path, folder: Path, blobs: Mapping[str, str]) -> None:
    """Write files as git keeps them: nothing in the revision itself has a say in what they hold.

    `git archive` would leave out, or change, whatever a .gitattributes tells it to.
    """
    if not blobs:
        return
    asked = "".join(f"{blob}\n" for blob in blobs.values())
    said = io.BytesIO(_git(root, "cat-file", "--batch", stdin=asked.encode()))
    for name in blobs:
        answer = said.readline().split()
        if answer[1:2] != [b"blob"]:  # a clone without all of its objects
            raise UsageError(f"git does not have {name} of that revision", fix="fetch it whole")
        size = int(answer[2])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said.read(size))
        said.readline()


def _blob(content: bytes) -> str:
    """Return the digest git keeps `content` under; none matches where git uses SHA-256."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", "-C", str(root), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError("there is no git on this machine", fix="install git") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or "no such revision"
        fix: str = _NAME_ONE
        if "not a git repository" in reason:
            fix = "run it in a clone of the repository, or name one with --root"
        raise UsageError(f"git {arguments[0]}: {reason}", fix=fix)
    return done.stdout
