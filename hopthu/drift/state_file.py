"""What was already told: a file that the operator's host keeps from one day to the next."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hopthu.drift.collector import Report
from hopthu.drift.model import Drift
from hopthu.errors import UsageError
from hopthu.inventory.topology import Centre

Key = tuple[str, str, str, str | None]
"""Host, kind, item, and what it is now: changed once more, it is told once more."""


@dataclass(frozen=True, slots=True)
class ReportedDrift:
    """What was told before."""

    keys: frozenset[Key] = frozenset()

    @classmethod
    def read(cls, path: Path) -> ReportedDrift:
        """Read what was told; a file that is not there says nothing. Raise `UsageError`."""
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            return cls(frozenset((h, k, i, n) for h, k, i, n in held["told"]))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path} is not a file of `hopthu drift --state`: {error}",
                fix="remove it: then everything is told once more",
            ) from error

    def new(self, drifts: Iterable[Drift]) -> tuple[Drift, ...]:
        """Return what was not told before."""
        return tuple(drift for drift in drifts if _key(drift) not in self.keys)

    def over(self, report: Report) -> tuple[Key, ...]:
        """Return what was told and is no longer so, sorted.

        Of a thing that is only different again there is news anyway; of hosts that could not be
        looked at nobody knows.
        """
        now = {(drift.host, drift.kind, drift.item) for drift in report.drifts}
        gone = (k for k in self.keys if k[0] in report.looked_at and k[:3] not in now)
        return tuple(sorted(gone, key=lambda key: key[:3]))

    def write(self, path: Path, report: Report, centre: Centre) -> None:
        """Keep what is told now, and of hosts not looked at what was told of them.

        Raises `UsageError` when the file cannot be written.
        """
        hosts = {host.name for host in centre.hosts}
        kept = {key for key in self.keys if key[0] in hosts and key[0] not in report.looked_at}
        told = sorted(map(list, kept | {_key(drift) for drift in report.drifts}), key=str)
        new = path.with_name(f".{path.name}.new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  (a descriptor)
                json.dump({"told": told}, file, ensure_ascii=False, indent=0)
            new.replace(path)
        except OSError as error:
            raise UsageError(f"cannot keep what was told: {error}") from error


def _key(drift: Drift) -> Key:
    return drift.host, drift.kind, drift.item, drift.now
