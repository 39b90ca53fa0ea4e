"""All files of a daemon in one operation: compared, staged, tested, switched.

pyinfra's `files.put` writes in place, one file at a time, readable by all for a moment. A mail
server must never read half of a change, nor load a configuration that it cannot start with.
Therefore the files go into a private staging folder on the host, the daemon's own test runs there,
and only then each is renamed over the live one. If the test fails the operation fails and the live
files are unchanged.

Of a large file only the new parts are sent (hopthu/operations/upload.py).
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Generator, Mapping, Sequence

from pyinfra import host
from pyinfra.api import StringCommand, operation
from pyinfra.api.operation import OperationMeta

from hopthu import remote
from hopthu.daemons.record import UNITS
from hopthu.operations.host_state import STATE, ManagedFiles, signature
from hopthu.operations.run import ask, calling, mean, note, surveyed
from hopthu.operations.upload import archive, large
from hopthu.remote.host import delta, install
from hopthu.render.files import Files


@operation()
def files(
    daemon: str, files: Files, test: str = "", activates: bool = True, content: bool = False
) -> Generator[StringCommand, None, None]:
    r"""Install `files` on the host as one change.

    + daemon: name of the set; files it no longer contains are removed from the host, and a set
      without files is forgotten there
    + files: path on the host → `hopthu.render.files.File`: content, mode, owner and group
    + test: shell commands run on the host in the staging folder `{stage}` (which mirrors `/`)
      before anything live is touched; may also build further files there, such as map indexes.
      A non-zero exit leaves everything as it was.
    + activates: leave a stamp that `activate` clears, so that a run that dies in between is
      finished by the next one
    + content: the files are data that a daemon serves, such as tables, not its configuration

    **Example:**

    .. code:: python

        settings = config.files(
            name="Configure the demon",
            daemon="demon",
            files={"/etc/demon.conf": File.text("answer = 42\n")},
            test="demon --check {stage}/etc/demon.conf",
        )
    """
    note("tables" if content else "")
    meant = {path: signature(file) for path, file in files.items()}
    mean(meant)
    present = ManagedFiles.of(surveyed()["managed"])
    if not files and present.managed.get(daemon):
        gone = sorted(present.managed[daemon])
        units = any(path.startswith(UNITS) for path in gone)
        yield from calling(lambda: remote.call(install.remove, daemon, gone, units=units))
        return
    changed = any(present.files.get(path) != each for path, each in meant.items())
    stale = present.stale(daemon, files)
    if not changed and not stale:
        host.noop(f"{daemon}: all {len(files)} files are up to date")
        return
    existing = [path for path in large(files) if path in present.files]
    pieces = ask(delta.pieces, existing) if existing else {}
    yield from calling(lambda: installation(daemon, files, test, stale, pieces, stamp=activates))


def installation(
    daemon: str, files: Files, test: str, stale: Sequence[str],
    pieces: Mapping[str, Sequence[str]], *, stamp: bool,
) -> bytes:  # fmt: skip
    """Return the input of the call that installs files; of those in `pieces` recipes are sent."""
    recipes = {path: files[path].digest for path in pieces}
    asked = remote.call(install.install, daemon, test, recipes, stale, stamp=stamp)
    return asked + archive(files, pieces).read()


def _changes(meta: OperationMeta) -> bool:
    return meta.did_change() if meta.is_complete() else meta.will_change


@operation()
def activate(
    daemon: str, command: str, after: Sequence[OperationMeta], content: bool = False
) -> Generator[StringCommand, None, None]:
    """Run `command` (a reload or restart) if the files of `daemon` have changed.

    The command is stored on the host, so that the host can return to earlier files by itself.

    + daemon: the set whose pending stamp this clears
    + command: shell command that makes the daemon load its files
    + after: the operations whose changes make it necessary
    + content: as in `files`

    **Example:**

    .. code:: python

        config.activate(
            name="Reload the demon",
            daemon="demon",
            command="systemctl reload demon",
            after=[settings],
        )
    """
    note("tables" if content else "")
    present = ManagedFiles.of(surveyed()["managed"])
    stored = hashlib.sha256(f"{command}\n".encode()).hexdigest() == present.activate.get(daemon)
    due = daemon in present.pending or any(_changes(meta) for meta in after)
    if stored and not due:
        host.noop(f"{daemon}: no new files to load")
        return
    if not stored:
        how = f"{STATE}/activate/{daemon}"
        text = f"printf '%s\\n' {shlex.quote(command)} >{how}.new && mv -f {how}.new {how}"
        yield StringCommand(f"install -d -m 700 {STATE} {STATE}/activate && {text}")
    if due:
        yield StringCommand(command)
        yield StringCommand(f"rm -f {STATE}/pending/{daemon}")
