"""A daemon's files, all of them in one operation: compared, staged, tested, switched.

pyinfra's `files.put` writes in place, readable by all for a moment, one file at a time. A mail
server must never read half of a change, nor take one it cannot start with. So: the files go into a
private staging folder on the host, the daemon's own test runs there, and only then each is renamed
over the live one. If the test fails the operation fails and the live files are as they were.

Of a large file only what is new is sent (hopthu/operations/upload.py).
"""

from __future__ import annotations

import hashlib
import secrets
import shlex
from collections.abc import Collection, Generator, Sequence
from pathlib import PurePosixPath

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from hopthu.operations.upload import Pieces, archive, joined, large
from hopthu.render.files import File, Files

STATE = "/var/lib/hopthu"
"""Where a host keeps what hopthu must know of it, for root alone: staging folders, lists of managed
files, how each daemon takes its files up, pending stamps, and records of what was applied.
"""

STAGING = f"{STATE}/staging/{secrets.token_hex(4)}"
"""Where this run puts what it uploads: two runs at once never mix their files."""


class Managed(FactBase[dict[str, str]]):
    """What a host holds for one daemon.

    Keys are paths with `digest mode owner group` as value; a path we managed before and a missing
    file have the value "gone"; the key "pending" tells that an activation is still due, and
    "activate" has the digest of how it is done.
    """

    def command(self, daemon: str, paths: list[str]) -> str:
        """Ask for the digest and ownership of `paths` and of what was managed before."""
        listing = shlex.quote(f"{STATE}/managed/{daemon}")
        pending = shlex.quote(f"{STATE}/pending/{daemon}")
        how = shlex.quote(f"{STATE}/activate/{daemon}")
        wanted = " ".join(shlex.quote(path) for path in paths)
        return (
            f"[ -e {pending} ] && echo 'due pending'; "
            f'[ -e {how} ] && echo "$(sha256sum <{how} | cut -c1-64) activate"; '
            f"{{ printf '%s\\n' {wanted}; cat {listing} 2>/dev/null; }} | sort -u | "
            'while IFS= read -r f; do if [ -f "$f" ]; then '
            'printf "%s %s %s\\n" "$(sha256sum <"$f" | cut -c1-64)" '
            '"$(stat -c "%a %U %G" "$f")" "$f"; else printf "gone %s\\n" "$f"; fi; done'
        )

    def process(self, output: list[str]) -> dict[str, str]:
        """Read the lines of `command`."""
        found: dict[str, str] = {}
        for line in output:
            if line.startswith(("due ", "gone ")) or line.endswith(" activate"):
                state, name = line.split(" ", 1)
            else:
                digest, mode, owner, group, name = line.split(" ", 4)
                state = f"{digest} {mode} {owner} {group}"
            found[name] = state
        return found

    @staticmethod
    def default() -> dict[str, str]:
        """Return what a host without any of the files holds."""
        return {}


def signature(file: File) -> str:
    """Return what `Managed` tells of a host that holds just this file."""
    return f"{file.digest} {file.mode:o} {file.owner} {file.group}"


def _switch(
    daemon: str,
    files: Files,
    stale: Sequence[str],
    test: str,
    stamp: bool,
    recipes: Collection[str] = (),
) -> str:
    """Write the script that unpacks, tests and renames; it stops at the first failure."""
    stage = f"{STAGING}/{daemon}"
    paths = sorted(files)
    quoted = [shlex.quote(path) for path in paths]
    folders = sorted({shlex.quote(str(PurePosixPath(path).parent)) for path in paths})
    new = " ".join(f"{path}.hopthu-new" for path in quoted)
    clear = f"rm -rf {stage} {stage}.tar {new}; rmdir {STAGING} 2>/dev/null || :"
    lines = [
        "set -eu",
        "umask 077",
        f"trap {shlex.quote(clear)} EXIT",
        f"rm -rf {stage} && mkdir {stage}",
        f"tar -xzpf {stage}.tar -C {stage}",
        joined(stage, files, recipes),
        test.format(stage=stage),
        "umask 022",
        *(f"[ -d {folder} ] || mkdir -p {folder}" for folder in folders),
        *(f"cp -p {stage}{path} {path}.hopthu-new" for path in quoted),
        f"mkdir -p {STATE}/managed {STATE}/pending",
        # Before the files: a run that dies here leaves no file nobody knows of.
        f"printf '%s\\n' {' '.join(quoted)} >>{STATE}/managed/{daemon}",
        *([f"touch {STATE}/pending/{daemon}"] if stamp else []),
        *(f"mv -f {path}.hopthu-new {path}" for path in quoted),
        *(f"rm -f {shlex.quote(path)}" for path in stale),
        f"printf '%s\\n' {' '.join(quoted)} >{STATE}/managed/{daemon}",
    ]
    return "\n".join(line for line in lines if line)


@operation()
def files(
    daemon: str, files: Files, test: str = "", activates: bool = True
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Put `files` on the host as one change.

    + daemon: name of the set; what it no longer contains is removed from the host
    + files: path → `File`, as `hopthu.render` makes them
    + test: shell commands run on the host in the staging folder `{stage}` (which mirrors `/`)
      before anything live is touched; may also build further files there, such as map indexes.
      A non-zero exit leaves everything as it was.
    + activates: leave a stamp that `activate` clears, so that a run which dies in between is
      finished by the next one
    """
    held = host.get_fact(Managed, daemon=daemon, paths=sorted(files))
    changed = any(held.get(path) != signature(file) for path, file in files.items())
    stale = sorted(
        path
        for path, state in held.items()
        if path.startswith("/") and path not in files and state != "gone"
    )
    if not changed and not stale:
        host.noop(f"{daemon}: {len(files)} file(s) as they should be")
        return
    yield StringCommand(f"install -d -m 700 {STATE} {STATE}/staging {STAGING}")
    there = [path for path in large(files) if held.get(path, "gone") != "gone"]
    pieces = host.get_fact(Pieces, paths=there) if there else {}
    yield FileUploadCommand(archive(files, pieces), f"{STAGING}/{daemon}.tar")
    switch = _switch(daemon, files, stale, test, activates, pieces)
    yield StringCommand("sh", "-c", shlex.quote(switch))


def _changes(meta: OperationMeta) -> bool:
    return meta.did_change() if meta.is_complete() else meta.will_change


@operation()
def activate(
    daemon: str, command: str, after: Sequence[OperationMeta]
) -> Generator[StringCommand, None, None]:
    """Run `command` (a reload or restart) once the files of `daemon` changed.

    It is kept on the host, which can so return to files it had before by itself.

    + daemon: the set whose pending stamp this clears
    + command: shell command that makes the daemon take its files
    + after: the operations whose change makes it necessary
    """
    held = host.get_fact(Managed, daemon=daemon, paths=[])
    kept = hashlib.sha256(f"{command}\n".encode()).hexdigest() == held.get("activate")
    due = "pending" in held or any(_changes(meta) for meta in after)
    if kept and not due:
        host.noop(f"{daemon}: nothing to take up")
        return
    if not kept:
        how = f"{STATE}/activate/{daemon}"
        text = f"printf '%s\\n' {shlex.quote(command)} >{how}.new && mv -f {how}.new {how}"
        yield StringCommand(f"install -d -m 700 {STATE} {STATE}/activate && {text}")
    if due:
        yield StringCommand(command)
        yield StringCommand(f"rm -f {STATE}/pending/{daemon}")
