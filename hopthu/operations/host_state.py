"""The state that hopthu keeps on a host, and the files it manages there."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hopthu.daemons.record import Daemon
from hopthu.remote.host.managed import Managed
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

MAKE_STAGING = f"install -d -m 700 {STATE} {STATE}/staging {STAGING}"
"""The command that makes that folder."""


@dataclass(frozen=True, slots=True)
class ManagedFiles:
    """The files that hopthu manages on a host, in sets that are named after daemons.

    `files` has `digest mode owner group` of every existing file by path; `managed` the paths of
    each set, existing or not. `pending` are the sets that their daemon has not loaded yet;
    `activate` has the digest of the command that loads each set. `units` are those that hopthu
    keeps running, None if the host did not note them yet.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    managed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    activate: Mapping[str, str] = field(default_factory=dict)
    units: frozenset[str] | None = None

    @classmethod
    def of(cls, answer: Managed) -> ManagedFiles:
        """Return what a host has answered."""
        return cls(
            answer["files"],
            {daemon: frozenset(paths) for daemon, paths in answer["managed"].items()},
            frozenset(answer["pending"]),
            answer["activate"],
            None if answer["units"] is None else frozenset(answer["units"]),
        )

    def holds(self, daemon: Daemon) -> bool:
        """Return whether the host has a file set of `daemon`."""
        return any(self.managed.get(each.name) for each in daemon.file_sets)

    def surplus(self, daemon: Daemon, kept: Collection[str]) -> list[str]:
        """Return the units of `daemon` that hopthu keeps running, but for those to be `kept`.

        On a host that did not note them, all of one that is to keep none.
        """
        listed = self.units
        if listed is None:
            listed = frozenset(() if kept or not self.holds(daemon) else daemon.every_unit())
        return [unit for unit in daemon.every_unit() if unit in listed and unit not in kept]

    def stale(self, daemon: str, wanted: Collection[str]) -> list[str]:
        """Return the existing files of a set that are no longer wanted."""
        managed = self.managed.get(daemon, frozenset())
        return sorted(path for path in managed if path in self.files and path not in wanted)


def signature(file: File) -> str:
    """Return what `ManagedFiles.files` has for a host with exactly this file."""
    return f"{file.digest} {file.mode:o} {file.owner} {file.group}"
