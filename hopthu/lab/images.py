"""The images hosts boot from: built once by `lab/build-images`, kept, shared by all labs.

An image is named after everything that made it: suite, package lists and the recipe itself. Change
one and the next `lab up` builds again; change none and it boots what is there. Images are never
written to: each host has a layer of its own on top.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hopthu.errors import LabError
from hopthu.lab import mirror
from hopthu.lab.holder import UNSHARE
from hopthu.lab.layout import RECIPE

SUITE = "trixie"
_NEEDED_BYTES = 3 * 1000**3

Progress = Callable[[str], None]


def cache() -> Path:
    """Return the folder images are kept in: `$HOPTHU_CACHE`, or one below /var/cache."""
    return Path(os.environ.get("HOPTHU_CACHE") or "/var/cache/hopthu") / "lab"


def key(recipe: Path = RECIPE) -> str:
    """Return the name of the images that the folder `recipe` makes."""
    digest = hashlib.sha256(f"{SUITE} {platform.machine()}\n".encode())
    for path in [recipe / "build-images", *sorted((recipe / "packages").iterdir())]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def ensure(progress: Progress) -> Path:
    """Return the folder of the images, built if need be; raise `LabError` when they cannot be."""
    folder = cache()
    images = folder / key()
    if images.is_dir():
        return images
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < _NEEDED_BYTES:
        raise LabError(f"{folder} has less than 3 GB free", fix="free some, or set HOPTHU_CACHE")
    with _alone(folder, progress) as lock:
        if not images.is_dir():
            _build(images, lock, progress)
    return images


@contextmanager
def _alone(folder: Path, progress: Progress) -> Iterator[int]:
    """Hold the cache for one builder; whoever waits finds the image made."""
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting: another lab is building the images")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _build(images: Path, lock: int, progress: Progress) -> None:
    staging = images.with_suffix(".building")
    # Left by a builder that was killed: it held the lock, so it is gone.
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    sources = staging.parent / f"{images.name}.sources"
    sources.write_text(mirror.sources(SUITE), encoding="utf-8")
    try:
        _run(_command(staging, sources), images.with_suffix(".log"), lock, progress)
        staging.rename(images)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        sources.unlink(missing_ok=True)


def _command(staging: Path, sources: Path) -> list[str]:
    arguments = [str(staging), SUITE, str(RECIPE / "packages")]
    arguments.append(str(sources) if sources.stat().st_size else "")
    return [*UNSHARE, str(RECIPE / "build-images"), *arguments, *mirror.options()]


def _run(command: list[str], log: Path, lock: int, progress: Progress) -> None:
    """Run the recipe; its steps go to `progress`, all else to `log`."""
    with log.open("wb") as noise:
        builder = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            # Ctrl-C is for us: killing unshare ends the whole build and drops its mounts.
            start_new_session=True,
            pass_fds=(lock,),
        )
        with builder:
            try:
                for line in builder.stdout or ():
                    progress(line.rstrip())
                code = builder.wait()
            except BaseException:
                builder.kill()
                if builder.stdout:
                    # It ends when the last process of the build has: only then clear up.
                    builder.stdout.read()
                raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise LabError(
            f"the lab's images could not be built: {last}",
            fix=f"read {log}; is a Debian mirror reachable from here?",
        )
