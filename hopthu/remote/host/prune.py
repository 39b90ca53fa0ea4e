"""Remove old copies from the host that keeps them, by the times at which they arrived there.

A host dates its copies as it likes, and begins a repository each month: whole ones are removed, for
which no key is needed, and no host can have done it. docs/decisions/backup.md
"""

from __future__ import annotations

import shutil
from pathlib import Path

from hopthu.remote.host.backup import Result, ended
from hopthu.remote.host.kept_copies import arrivals, kinds

_DAY = 86_400
_REMOVED = "removed-"
"""How the names of repositories begin that are removed just now, or were when that was killed."""


def prune(top: str, days: str) -> Result:
    """Remove the oldest repository of each host and kind if all in it has been kept so many days.

    They are counted to the last copy that arrived, not to now: what a host that sends nothing any
    more has sent stays, and a clock that is wrong removes nothing by itself. One at a time: what
    was wrong can be seen before more is gone.
    """
    for host in (each for each in Path(top).iterdir() if each.is_dir()):
        for left in host.glob(f"{_REMOVED}*"):
            shutil.rmtree(left)
        for kind in kinds(host):
            found = arrivals(top, f"{host.name}/{kind}")
            newest = {repository: seconds for _, seconds, repository in found}
            oldest = min(newest, key=newest.__getitem__, default="")
            if oldest and found[-1][1] - newest[oldest] > int(days) * _DAY:
                print(f"{oldest} is removed")  # noqa: T201
                gone = host / f"{_REMOVED}{Path(oldest).name}"
                Path(top, oldest).rename(gone)
                shutil.rmtree(gone)
    return ended(("", ""), [])
