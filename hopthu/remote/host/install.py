"""Install the files of a set as one change: unpacked, tested, written beside, renamed."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from hopthu.remote.host import beside, delta
from hopthu.remote.host.files import digest, lines, write
from hopthu.remote.host.state import Failed, run, state

_KNOWN = ("activate", "pending", "managed")
"""The folders of what this host knows of a set; what its files are goes last."""


def install(
    name: str, test: str, recipes: Mapping[str, str], stale: Sequence[str], *, stamp: bool
) -> None:
    """Replace the files of a set by those of the archive that stdin has behind the call.

    `recipes` are those that are made of what is there, with the digest of each; `test` is a shell
    script in which `{stage}` is a folder that mirrors `/`. Raises `Failed` with what the test says:
    then all is as it was. `stale` files are removed; a `stamp` says until it is cleared that the
    daemon has not loaded the files.
    """
    staging = state() / "staging"
    staging.mkdir(0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=staging) as stage, ExitStack() as left:
        paths = _unpacked(stage)
        for path, wanted in recipes.items():
            _join(path, Path(stage + path), wanted)
        _require(test.format(stage=stage))
        for path in paths:
            left.callback(beside.drop, path)
            _put_beside(path, stage)
        for folder in ("managed", "pending"):
            (state() / folder).mkdir(exist_ok=True)
        listed = state() / "managed" / name
        # Before the files, so that a run that dies here leaves no unmanaged file behind.
        with listed.open("a", errors="surrogateescape") as known:
            known.write(lines(paths))
        if stamp:
            (state() / "pending" / name).touch()
        for path in paths:
            beside.take(path)
        for path in stale:
            beside.remove(path)
        write(listed, lines(paths))


def remove(name: str, paths: Sequence[str], *, units: bool) -> None:
    """Remove the files of a set, then what this host knows of the set.

    The index of a table goes with it. If there were `units` among them systemd is told.
    """
    for path in paths:
        beside.remove(path)
        beside.remove(f"{path}.lmdb")
    if units:
        run("systemctl", "daemon-reload")
    for folder in _KNOWN:
        (state() / folder / name).unlink(missing_ok=True)


def _unpacked(stage: str) -> list[str]:
    """Unpack the archive, with owners and modes; return the paths of the live files."""
    paths = []
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|gz") as tar:
        for member in tar:
            tar.extract(member, stage, filter="fully_trusted")
            paths.append(f"/{member.name}")
    return sorted(paths)


def _join(path: str, staged: Path, wanted: str) -> None:
    """Replace a staged recipe by the file that it makes of the live one."""
    # Written into the existing file, which has the right owner and mode.
    staged.write_bytes(delta.join(staged.read_bytes(), Path(path).read_bytes()))
    if digest(str(staged)) != wanted:
        raise Failed(f"{path} was changed during the apply; apply again")


def _require(test: str) -> None:
    done = subprocess.run(
        ["sh", "-euc", test], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        raise Failed(done.stdout.strip() or f"the test of the files: exit code {done.returncode}")


def _put_beside(path: str, stage: str) -> None:
    with Path(stage + path).open("rb") as file:
        found = os.fstat(file.fileno())
        owner = beside.Owner(found.st_mode & 0o7777, found.st_uid, found.st_gid, found.st_mtime)
        beside.write(path, file, owner)
