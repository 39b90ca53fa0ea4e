"""Read the data of a git revision."""

from __future__ import annotations

import hashlib
import io
import os
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
from hopthu.source.upgrade import upgraded

_FILES = ("100644", "100755")
"""The git modes of regular files; symbolic links and submodules have others."""
LINK = "120000"
"""The git mode of a symbolic link, whose content is where it leads."""
SUBMODULE = "160000"
"""The git mode of a submodule, whose object is a commit."""
_NAME_ONE = Message("name a commit, branch or tag")
_YES = b"true\n"
_SHA256 = 64
"""The length of the ids of a SHA-256 repository."""


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[tuple[Path, str]]:
    """Write the data of `revision` to a temporary folder; yield the folder and the commit.

    Raises `UsageError` if git does not know the revision, or if it has no data.
    """
    with differing(root, revision, {}) as (folder, commit, _):
        yield folder, commit


@contextmanager
def differing(
    root: Path, revision: str, current: Mapping[str, bytes]
) -> Iterator[tuple[Path, str, set[str]]]:
    """As `checked_out`, but omit the files that are the same in `current`; yield their names too.

    They are found by comparing blob ids, without reading them.
    """
    commit = _commit(root, revision)
    blobs = _blobs(root, commit)
    same = {n for n, blob in blobs.items() if n in current and blob == _blob(current[n])}
    with tempfile.TemporaryDirectory(prefix="hopthu-revision-") as folder:
        _lay_out(root, Path(folder), {n: blob for n, blob in blobs.items() if n not in same})
        yield Path(folder), commit, same


def _commit(root: Path, revision: str) -> str:
    """Return the commit id of a revision; raise `UsageError` if git does not know it."""
    if not revision:  # from a variable that is not set
        raise UsageError(Message("--base names no revision"), fix=_NAME_ONE)
    name = f"{revision}^{{commit}}"
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", name).decode().strip()
    except UsageError as error:
        if error.fix == _NAME_ONE and _git(root, "rev-parse", "--is-shallow-repository") == _YES:
            what = Message("this clone is shallow: it may lack {revision}", revision=revision)
            raise UsageError(what, fix=Message("git fetch --unshallow")) from error
        if error.fix == _NAME_ONE and not _git(root, "rev-list", "--max-count=1", "--all"):
            what = Message("nothing is committed here yet: there is no revision to compare with")
            raise UsageError(what, fix=Message("commit first")) from error
        raise


def read_at(root: Path, revision: str, head: Source) -> tuple[Source, Source, str]:
    """Return the records of `revision`, in today's form, and its commit.

    The first source has only the files that differ from `head`, the second all of them. Raises
    `UsageError` as `checked_out` does.
    """
    with (
        differing(root, revision, head.files) as (folder, commit, same),
        no_garbage_collection(),
    ):
        source = upgraded(load(folder, every=True))
    return source, _whole(source, head, same), commit


def _whole(source: Source, head: Source, same: set[str]) -> Source:
    """Return `source` with the files that it shares with `head`, and their records."""
    records = {
        kind: (*(r for r in head.records[kind] if r.file in same), *source.records[kind])
        for kind in files.KINDS
    }
    shared = {name: head.files[name] for name in same}
    # Of a kind whose files are all shared none was laid out.
    absent = {"data", *(f"data/{files.kind_of(name)}.yaml" for name in same)} if same else set()
    problems = tuple(p for p in source.problems if p.file not in absent - source.files.keys())
    return replace(source, records=records, files={**source.files, **shared}, problems=problems)


def _blobs(root: Path, commit: str) -> dict[str, str]:
    """Return the blob id of each file of the data, by name."""
    found = {}
    for mode, blob, name in _tree(root, commit, "data"):
        if mode not in _FILES or ".." in name.split("/"):
            raise UsageError(
                Message("{name} is not a regular file in {commit}", name=name, commit=commit[:12]),
                fix=Message("name a revision in which all data are regular files"),
            )
        found[name] = blob
    if not found:
        raise UsageError(
            Message("{commit} has no data", commit=commit[:12]),
            fix=Message("name a revision that has a folder data/"),
        )
    return found


def top_of(root: Path) -> Path:
    """Return the top of the working copy that `root` is in."""
    return Path(os.fsdecode(_git(root, "rev-parse", "--show-toplevel").removesuffix(b"\n")))


def committed(root: Path, commit: str) -> dict[str, tuple[str, str]]:
    """Return the mode and the object of each file of a commit, by name.

    Links are files with what they lead to as their content; a submodule is its commit.
    """
    return {name: (mode, blob) for mode, blob, name in _tree(root, commit)}


def tracked(root: Path) -> dict[str, tuple[str, str]]:
    """Return the mode and the object of each file that git knows in the working copy, by name."""
    listed = _git(root, "ls-files", "--stage", "-z").decode("utf-8", "surrogateescape")
    rows = (line.partition("\t") for line in filter(None, listed.split("\0")))
    return {name: (about.split(" ")[0], about.split(" ")[1]) for about, _, name in rows}


def content(root: Path, blob: str) -> bytes:
    """Return what is in a blob; raise `UsageError` if git does not have it."""
    return _git(root, "cat-file", "blob", blob)


def is_blob(blob: str, content: bytes) -> bool:
    """Tell whether `content` is what a blob has, in repositories of either kind of id."""
    return blob == _blob(content, "sha256" if len(blob) == _SHA256 else "sha1")


def _tree(root: Path, commit: str, *names: str) -> Iterator[tuple[str, str, str]]:
    """Yield the mode, the blob id and the name of each file below `names`."""
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", *names)
    for line in filter(None, listed.decode("utf-8", "surrogateescape").split("\0")):
        about, _, name = line.partition("\t")
        mode, _, blob = about.split(" ")
        yield mode, blob, name


def _lay_out(root: Path, folder: Path, blobs: Mapping[str, str]) -> None:
    """Write files exactly as they are in git.

    `git archive` is not used: it would omit or change files as .gitattributes of the revision says.
    """
    if not blobs:
        return
    request = "".join(f"{blob}\n" for blob in blobs.values())
    output = io.BytesIO(_git(root, "cat-file", "--batch", stdin=request.encode()))
    for name in blobs:
        answer = output.readline().split()
        if answer[1:2] != [b"blob"]:  # a partial clone
            raise UsageError(
                Message("git does not have {name} of that revision", name=name),
                fix=Message("fetch the whole revision"),
            )
        size = int(answer[2])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(output.read(size))
        output.readline()


def _blob(content: bytes, algorithm: str = "sha1") -> str:
    """Return the blob id of `content`; that of SHA-1 matches no file in a SHA-256 repository."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.new(algorithm, head + content, usedforsecurity=False).hexdigest()


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", "-C", str(root), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        what = Message("git is not installed on this machine")
        raise UsageError(what, fix=Message("install git")) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or Message("no such revision")
        fix = _NAME_ONE
        if "not a git repository" in reason:
            fix = Message("run it in a clone of the repository, or name one with --root")
        what = Message("git {command}: {reason}", command=arguments[0], reason=reason)
        raise UsageError(what, fix=fix)
    return done.stdout
