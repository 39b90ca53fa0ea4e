"""The drift that was already reported, kept in a file between runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hopthu.drift.collector import Report
from hopthu.drift.model import Drift
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre

Key = tuple[str, str, str, str | None]
"""Host, kind, item and present value: an item that changes again is reported again."""


@dataclass(frozen=True, slots=True)
class ReportedDrift:
    """The drift that was reported before, and the notes, which need no action.

    They are apart in the file: the monitor calls somebody for each drift in it.
    """

    keys: frozenset[Key] = frozenset()
    notes: frozenset[Key] = frozenset()

    @classmethod
    def read(cls, path: Path) -> ReportedDrift:
        """Read the file; a missing file counts as empty. Raises `UsageError` if it is invalid."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            # Files of earlier versions have notes among the drift.
            return cls(_keys(content["told"]), _keys(content.get("notes", [])))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = Message(
                "{path} is not a file written by `hopthu drift --state`: {reason}",
                path=path,
                reason=str(error),
            )
            fix = Message("remove it; all drift is then reported again")
            raise UsageError(what, fix=fix) from error

    def new(self, drifts: Iterable[Drift]) -> tuple[Drift, ...]:
        """Return what was not reported before."""
        known = self.keys | self.notes
        return tuple(drift for drift in drifts if _key(drift) not in known)

    def over(self, report: Report) -> tuple[Key, ...]:
        """Return what was reported and no longer differs, sorted.

        Items that changed again are reported as new; hosts that could not be checked are left out.
        """
        now = {(drift.host, drift.kind, drift.item) for drift in report.drifts}
        known = self.keys | self.notes
        gone = (k for k in known if k[0] in report.checked and k[:3] not in now)
        return tuple(sorted(gone, key=lambda key: key[:3]))

    def write(self, path: Path, report: Report, centre: Centre) -> None:
        """Store the drift reported now, and the earlier one of hosts that were not checked.

        Raises `UsageError` if the file cannot be written.
        """
        hosts = {host.name for host in centre.hosts}
        away = hosts - {*report.checked}
        reported = {
            name: sorted(
                {key for key in before if key[0] in away}
                | {_key(drift) for drift in report.drifts if drift.note == note},
                key=str,
            )
            for name, before, note in (("told", self.keys, False), ("notes", self.notes, True))
        }
        new = path.with_name(f".{path.name}.new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  (a descriptor)
                json.dump(reported, file, ensure_ascii=False, indent=0)
            new.replace(path)
        except OSError as error:
            reason = error.strerror or str(error)
            what = Message("cannot write {path}: {reason}", path=path, reason=reason)
            raise UsageError(what) from error


def _keys(rows: Iterable[Iterable[str]]) -> frozenset[Key]:
    return frozenset((h, k, i, n) for h, k, i, n in rows)


def _key(drift: Drift) -> Key:
    return drift.host, drift.kind, drift.item, drift.now
