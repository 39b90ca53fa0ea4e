"""The state that hopthu keeps on a host, and the files it manages there."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pyinfra.api import FactBase

from hopthu.render.files import File

STATE = "/var/lib/hopthu"
"""Where hopthu keeps its state on a host, readable only by root: staging folders, lists of managed
files, the command by which each daemon loads its files, pending stamps, and records.
"""

STAGING = f"{STATE}/staging/{secrets.token_hex(4)}"
"""Where this run uploads files, so that two simultaneous runs never mix theirs.

The name is drawn once per process, which is one run, because it must be the same when an operation
is checked and when it is run.
"""

_DIGEST = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<path>.+)")


@dataclass(frozen=True, slots=True)
class ManagedFiles:
    """The files that hopthu manages on a host, in sets that are named after daemons.

    `files` has `digest mode owner group` of every existing file by path; `managed` the paths of
    each set, existing or not. `pending` are the sets that their daemon has not loaded yet;
    `activate` has the digest of the command that loads each set.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    managed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    activate: Mapping[str, str] = field(default_factory=dict)

    def stale(self, daemon: str, wanted: Collection[str]) -> list[str]:
        """Return the existing files of a set that are no longer wanted."""
        managed = self.managed.get(daemon, frozenset())
        return sorted(path for path in managed if path in self.files and path not in wanted)


class Managed(FactBase[ManagedFiles]):
    """The files that hopthu manages on a host, read in one query for all sets."""

    def command(self, paths: Sequence[str] = ()) -> str:
        """Read all managed files, and `paths` whether they are managed or not."""
        given = shlex.join(["printf", "%s\\n", *paths]) if paths else ":"
        return f"""
export LC_ALL=C
for f in {STATE}/pending/*; do [ ! -e "$f" ] || echo "pending ${{f##*/}}"; done
for f in {STATE}/managed/*; do [ ! -e "$f" ] || sed "s|^|managed ${{f##*/}} |" "$f"; done
paths() {{ {{ {given}; cat {STATE}/managed/* 2>/dev/null; }} | sort -u; }}
paths | xargs -rd '\n' stat -c '%F|%a %U %G|%n' -- 2>/dev/null
{{ paths; printf '%s\n' {STATE}/activate/*; }} | xargs -d '\n' sha256sum -- 2>/dev/null
true"""

    def process(self, output: list[str]) -> ManagedFiles:
        """Parse the output."""
        managed: dict[str, set[str]] = {}
        pending, digests, files = set(), {}, {}
        for line in output:
            word, _, rest = line.partition(" ")
            if word == "pending":
                pending.add(rest)
            elif word == "managed":
                daemon, _, path = rest.partition(" ")
                managed.setdefault(daemon, set()).add(path)
            elif word in ("regular", "symbolic"):  # a link is not one of our files: it is replaced
                kind, whose, path = line.split("|", 2)
                files[path] = whose if word == "regular" else kind
            elif match := _DIGEST.fullmatch(line):
                digests[match["path"]] = match["digest"]
        how = f"{STATE}/activate/"
        return ManagedFiles(
            {path: f"{digests.get(path, '')} {whose}" for path, whose in files.items()},
            {daemon: frozenset(paths) for daemon, paths in managed.items()},
            frozenset(pending),
            {path.removeprefix(how): d for path, d in digests.items() if path.startswith(how)},
        )

    @staticmethod
    def default() -> ManagedFiles:
        """Return the result for a host without any of the files."""
        return ManagedFiles()


def signature(file: File) -> str:
    """Return the value of `Managed` for a host that has exactly this file."""
    return f"{file.digest} {file.mode:o} {file.owner} {file.group}"
