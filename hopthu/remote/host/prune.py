"""Remove old copies from the host that keeps them, by what has arrived there since.

A host dates its copies as it likes, and begins a repository each month: whole ones are removed, for
which no key is needed, and no host can have done it. docs/decisions/backup.md
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

from hopthu.remote.host.backup import Result, ended
from hopthu.remote.host.files import write
from hopthu.remote.host.kept_copies import arrivals, kinds, repositories
from hopthu.remote.host.state import read, state

_REMOVED = "removed-"
"""How the names of repositories begin that are removed just now, or were when that was killed."""

Mornings = dict[str, tuple[int, int]]
"""The copies in each repository, and on how many mornings newer ones had come to others alone."""
_NONE = (0, 0)


def prune(top: str, days: str) -> Result:
    """Remove the oldest repository of each host and kind after so many days with newer copies.

    Days are counted, run by run, and no clock is asked: neither a wrong one nor a host that sent
    nothing for months removes anything. One at a time: what was wrong can be seen before more is
    gone.
    """
    noted = state() / "copies" / "mornings"
    before: dict[str, Mornings] = json.loads(read(noted) or "{}")
    now: dict[str, Mornings] = {}
    old = []
    for host in (each for each in Path(top).iterdir() if each.is_dir()):
        for left in host.glob(f"{_REMOVED}*"):
            shutil.rmtree(left)
        for kind in (f"{host.name}/{each}" for each in kinds(host)):
            was = before.get(kind, {})
            now[kind] = counted(top, kind, was)
            oldest = max(now[kind], key=lambda each: now[kind][each][1])
            if now[kind][oldest][1] > max(int(days), was.get(oldest, _NONE)[1]):
                old.append(Path(top, oldest))
    write(noted, json.dumps(now))
    for repository in old:
        print(f"{repository.relative_to(top)} is removed")  # noqa: T201
        shutil.rmtree(repository.rename(repository.with_name(f"{_REMOVED}{repository.name}")))
    return ended({}, [])


def counted(top: str, kind: str, before: Mornings) -> Mornings:
    """Return what is there this morning of `HOST/KIND`, after what was there the morning before."""
    arrived = Counter(repository for *_, repository in arrivals(top, kind))
    known = (str(each.relative_to(top)) for each in repositories(top, kind))
    was = {each: before.get(each, _NONE) for each in known}
    grown = {each for each, (copies, _) in was.items() if arrived[each] != copies}
    return {
        each: (arrived[each], 0 if each in grown else mornings + bool(grown))
        for each, (_, mornings) in was.items()
    }
