"""The images that hosts boot from: built once by `lab/build-images`, cached, shared by all labs.

An image is named by a digest of suite, package lists and the recipe itself. After a change of any
of them the next `lab up` builds new images; otherwise it uses those in the cache. Images are never
written to: each host has its own layer on top.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hopthu.errors import LabError
from hopthu.events.event import Emit, PhaseStarted
from hopthu.i18n.message import Message
from hopthu.lab import mirror
from hopthu.lab.holder import UNSHARE
from hopthu.lab.layout import RECIPE

SUITE = "trixie"
_NEEDED_BYTES = 3 * 1000**3


def cache() -> Path:
    """Return the cache folder of images: `$HOPTHU_CACHE/lab`, or one below /var/cache."""
    return Path(os.environ.get("HOPTHU_CACHE") or "/var/cache/hopthu") / "lab"


def key(recipe: Path = RECIPE) -> str:
    """Return the name of the images that are built from the folder `recipe`."""
    digest = hashlib.sha256(f"{SUITE} {platform.machine()}\n".encode())
    for path in [recipe / "build-images", *sorted((recipe / "packages").iterdir())]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def ensure(events: Emit) -> Path:
    """Return the folder of the images, building them if missing; raise `LabError` on failure."""
    folder = cache()
    images = folder / key()
    if images.is_dir():
        return images
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < _NEEDED_BYTES:
        raise LabError(
            Message("{folder} has less than 3 GB free", folder=folder),
            fix=Message("free some space, or set HOPTHU_CACHE"),
        )
    with _alone(folder, events) as lock:
        if not images.is_dir():
            _build(images, lock, events)
    return images


@contextmanager
def _alone(folder: Path, events: Emit) -> Iterator[int]:
    """Lock the cache for one builder; others wait and then find the images built."""
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            events(PhaseStarted(Message("waiting: another lab is building the images")))
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _build(images: Path, lock: int, events: Emit) -> None:
    staging = images.with_suffix(".building")
    # Left by a builder that was killed: it had the lock, so it has ended.
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    sources = staging.parent / f"{images.name}.sources"
    sources.write_text(mirror.sources(SUITE), encoding="utf-8")
    try:
        _run(_command(staging, sources), images.with_suffix(".log"), lock, events)
        staging.rename(images)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        sources.unlink(missing_ok=True)


def _command(staging: Path, sources: Path) -> list[str]:
    arguments = [str(staging), SUITE, str(RECIPE / "packages")]
    arguments.append(str(sources) if sources.stat().st_size else "")
    return [*UNSHARE, str(RECIPE / "build-images"), *arguments, *mirror.options()]


def _run(command: list[str], log: Path, lock: int, events: Emit) -> None:
    """Run the recipe; pass its steps to `events`, other output to `log`."""
    with log.open("wb") as noise:
        builder = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            # Ctrl-C goes to this process: killing unshare ends the build and drops its mounts.
            start_new_session=True,
            pass_fds=(lock,),
        )
        with builder:
            try:
                for line in builder.stdout or ():
                    events(PhaseStarted(_step(line.rstrip())))
                code = builder.wait()
            except BaseException:
                builder.kill()
                if builder.stdout:
                    # Ends when the last process of the build has ended; clean up only after that.
                    builder.stdout.read()
                raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise LabError(
            Message("the lab's images could not be built: {reason}", reason=last),
            fix=Message("read {log}; is a Debian mirror reachable from here?", log=log),
        )


def _step(line: str) -> str:
    """Return a step of the recipe, as a message if it is a known one."""
    if base := re.match(r"Building the base image: Debian (\w+),", line):
        return Message(
            "building the base image: Debian {suite}, and the package repository of the hosts",
            suite=base[1],
        )
    if image := re.fullmatch(r"Building the image: (\w+)", line):
        return Message("building the image: {name}", name=image[1])
    return line
