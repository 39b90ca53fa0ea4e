"""What a host keeps of hopthu: where, and the files that it holds of ours."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pyinfra.api import FactBase

from hopthu.render.files import File

STATE = "/var/lib/hopthu"
"""Where a host keeps what hopthu must know of it, for root alone: staging folders, lists of managed
files, how each daemon takes its files up, pending stamps, and records of what was applied.
"""

STAGING = f"{STATE}/staging/{secrets.token_hex(4)}"
"""Where this run puts what it uploads: two runs at once never mix their files.

A process is one run, so it is drawn once in each: what is put there is named both when an operation
is looked at and when it is run.
"""

_DIGEST = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<path>.+)")


@dataclass(frozen=True, slots=True)
class Held:
    """What a host holds of the files we put, whole or in sets, each named after its daemon.

    `files` has `digest mode owner group` of every file that is there, by path; `managed` the paths
    of each set, there or not. `pending` are the sets whose activation is still due, `activate` has
    the digest of how that is done.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    managed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    activate: Mapping[str, str] = field(default_factory=dict)

    def stale(self, daemon: str, wanted: Collection[str]) -> list[str]:
        """Return the files of a set that are there and no longer wanted."""
        managed = self.managed.get(daemon, frozenset())
        return sorted(path for path in managed if path in self.files and path not in wanted)


class Managed(FactBase[Held]):
    """What a host holds of the files we put: one question for all sets."""

    def command(self, paths: Sequence[str] = ()) -> str:
        """Ask for all that we manage, and for `paths` whether we do or not."""
        given = shlex.join(["printf", "%s\\n", *paths]) if paths else ":"
        return f"""
export LC_ALL=C
for f in {STATE}/pending/*; do [ ! -e "$f" ] || echo "pending ${{f##*/}}"; done
for f in {STATE}/managed/*; do [ ! -e "$f" ] || sed "s|^|managed ${{f##*/}} |" "$f"; done
paths() {{ {{ {given}; cat {STATE}/managed/* 2>/dev/null; }} | sort -u; }}
paths | xargs -rd '\n' stat -c '%F|%a %U %G|%n' -- 2>/dev/null
{{ paths; printf '%s\n' {STATE}/activate/*; }} | xargs -d '\n' sha256sum -- 2>/dev/null
true"""

    def process(self, output: list[str]) -> Held:
        """Read the lines of `command`."""
        managed: dict[str, set[str]] = {}
        pending, digests, files = set(), {}, {}
        for line in output:
            word, _, rest = line.partition(" ")
            if word == "pending":
                pending.add(rest)
            elif word == "managed":
                daemon, _, path = rest.partition(" ")
                managed.setdefault(daemon, set()).add(path)
            elif word in ("regular", "symbolic"):  # a link is no file we put: it is replaced
                kind, whose, path = line.split("|", 2)
                files[path] = whose if word == "regular" else kind
            elif match := _DIGEST.fullmatch(line):
                digests[match["path"]] = match["digest"]
        how = f"{STATE}/activate/"
        return Held(
            {path: f"{digests.get(path, '')} {whose}" for path, whose in files.items()},
            {daemon: frozenset(paths) for daemon, paths in managed.items()},
            frozenset(pending),
            {path.removeprefix(how): d for path, d in digests.items() if path.startswith(how)},
        )

    @staticmethod
    def default() -> Held:
        """Return what a host without any of the files holds."""
        return Held()


def signature(file: File) -> str:
    """Return what `Managed` tells of a host that holds just this file."""
    return f"{file.digest} {file.mode:o} {file.owner} {file.group}"
