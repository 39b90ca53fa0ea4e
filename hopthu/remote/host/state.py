"""The state that hopthu keeps on this host, and the programs of the host."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO


class Failed(Exception):
    """What was asked cannot be done; the text is the reason."""


FAILURES = (Failed, OSError, subprocess.SubprocessError)
"""What a host reports as the reason why a call failed."""


def state() -> Path:
    """Return the folder that holds the records, the journal, and the lists of managed files."""
    return Path(os.environ.get("HOPTHU_STATE", "/var/lib/hopthu"))


def read(path: Path) -> str:
    """Return the text of a file, empty if there is none."""
    try:
        return path.read_text(errors="surrogateescape")
    except FileNotFoundError:
        return ""


def deployed() -> str:
    """Return the id of the last complete record, empty before the first."""
    try:
        return (state() / "deployed").readlink().name
    except FileNotFoundError:
        return ""


def record_ids() -> list[str]:
    """Return the ids of all complete records, oldest first: they begin with the time."""
    folder = state() / "records"
    return sorted(path.name for path in folder.glob("[0-9]*")) if folder.exists() else []


def record_text(record: str) -> str:
    """Return the JSON of a record, empty if there is none."""
    return read(state() / "records" / record / "record.json")


def locked() -> bool:
    """Return whether a run has locked this host; the lock itself is not taken."""
    try:
        inode = (state() / "lock").stat().st_ino
    except FileNotFoundError:
        return False
    locks = Path("/proc/locks").read_text()
    return bool(re.search(rf" FLOCK .* WRITE .*:{inode} ", locks))


def run(
    *argv: str | Path,
    stdin: str | bytes = "",
    fine: Sequence[int] | None = (0,),
    timeout: float | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program; raise `Failed` if its exit code is not one of `fine`, None for any.

    Any bytes survive: those that are not UTF-8 are surrogates in its output, and in text that it is
    given.
    """
    given = stdin if isinstance(stdin, bytes) else stdin.encode(errors="surrogateescape")
    said = subprocess.run(
        argv, input=given, capture_output=True, check=False, timeout=timeout,
        env={**os.environ, "LC_ALL": "C", **(env or {})},
    )  # fmt: skip
    texts = (each.decode(errors="surrogateescape") for each in (said.stdout, said.stderr))
    done = subprocess.CompletedProcess(said.args, said.returncode, *texts)
    if fine is not None and done.returncode not in fine:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        reason = "; ".join(last) or f"exit code {done.returncode}"
        raise Failed(f"{Path(argv[0]).name}: {reason}")
    return done


def output(*argv: str | Path, stdin: str | bytes = "") -> str:
    """Return the output of a program; raise `Failed` if it fails."""
    return run(*argv, stdin=stdin).stdout


def try_lock(file: IO[str]) -> bool:
    """Lock a file, if nobody holds its lock; return whether it is locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def comes(true: Callable[[], bool], patience: float, pause: float = 0.05) -> bool:
    """Return whether something becomes true within some seconds.

    A failure is tried again, and raised if the last try fails.
    """
    until = time.monotonic() + patience
    while True:
        late = time.monotonic() >= until
        try:
            if true():
                return True
        except FAILURES:
            if late:
                raise
        if late:
            return False
        time.sleep(pause)
