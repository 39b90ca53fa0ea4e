"""The data of a git revision, and its files."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.git.repository import Repository
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
_SHA256 = 64
"""The length of the ids of a SHA-256 repository."""


@contextmanager
def checked_out(repository: Repository, revision: str) -> Iterator[tuple[Path, str]]:
    """Write the data of `revision` to a temporary folder; yield the folder and the commit.

    Raises `UsageError` if git does not know the revision, or if it has no data.
    """
    with differing(repository, revision, {}) as (folder, commit, _):
        yield folder, commit


@contextmanager
def differing(
    repository: Repository, revision: str, current: Mapping[str, bytes]
) -> Iterator[tuple[Path, str, set[str]]]:
    """As `checked_out`, but omit the files that are the same in `current`; yield their names too.

    They are found by comparing blob ids, without reading them.
    """
    commit = repository.commit(revision)
    blobs = _blobs(repository, commit)
    same = {n for n, blob in blobs.items() if n in current and blob == _blob(current[n])}
    with tempfile.TemporaryDirectory(prefix="hopthu-revision-") as folder:
        _lay_out(repository, Path(folder), {n: blob for n, blob in blobs.items() if n not in same})
        yield Path(folder), commit, same


def read_at(repository: Repository, revision: str, head: Source) -> tuple[Source, Source, str]:
    """Return the records of `revision`, in today's form, and its commit.

    The first source has only the files that differ from `head`, the second all of them. Raises
    `UsageError` as `checked_out` does.
    """
    with (
        differing(repository, revision, head.files) as (folder, commit, same),
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


def _blobs(repository: Repository, commit: str) -> dict[str, str]:
    """Return the blob id of each file of the data, by name."""
    found = {}
    for name, (mode, blob) in repository.files(commit, "data").items():
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


def is_blob(blob: str, content: bytes) -> bool:
    """Tell whether `content` is what a blob has, in repositories of either kind of id."""
    return blob == _blob(content, "sha256" if len(blob) == _SHA256 else "sha1")


def _lay_out(repository: Repository, folder: Path, blobs: Mapping[str, str]) -> None:
    """Write files exactly as they are in git.

    `git archive` is not used: it would omit or change files as .gitattributes of the revision says.
    """
    if not blobs:
        return
    request = "".join(f"{blob}\n" for blob in blobs.values())
    output = io.BytesIO(repository.read("cat-file", "--batch", stdin=request.encode()))
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
