"""How this host differs from its last record."""

from __future__ import annotations

import json
from typing import TypedDict

from hopthu.remote.host.baseline import baseline
from hopthu.remote.host.files import paths_in
from hopthu.remote.host.state import deployed, locked, read, record_ids, record_text, run, state


class Differences(TypedDict):
    """What differs; records are JSON, empty if there is none.

    `record` is the last one, `applied` the last one of an apply, `unfinished` that of an
    interrupted apply; `busy` is the holder of the lock during an apply, which makes all else
    meaningless. `bare`: the record lacks the state of the host. `was` and `found` are lines of the
    record and what is there instead; `newer` packages of a later version than applied.
    """

    record: str
    applied: str
    busy: str
    unfinished: str
    bare: bool
    was: list[str]
    found: list[str]
    newer: list[str]


def differences() -> Differences:
    """Compare the host with its last record."""
    last = deployed()
    folder = state() / "records" / last
    bare = bool(last) and not (folder / "baseline").exists()
    was: set[str] = set()
    found: set[str] = set()
    if last and not bare:
        was, found = set(paths_in(folder / "baseline")), set(baseline())
    # An apply that started meanwhile may have caused the differences.
    busy = "" if last == deployed() else "{}"
    if locked():
        busy = read(state() / "holder") or "{}"
    return {
        "record": record_text(last) if last else "",
        "applied": _last_applied(),
        "busy": busy,
        "unfinished": read(state() / "applying"),
        "bare": bare,
        "was": sorted(was - found),
        "found": sorted(found - was),
        "newer": _newer(was - found, found - was),
    }


def _last_applied() -> str:
    texts = (record_text(record) for record in reversed(record_ids()))
    return next((text for text in texts if json.loads(text).get("result") == "applied"), "")


def _newer(was: set[str], found: set[str]) -> list[str]:
    before, now = (
        dict(line.split("\t") for line in each if line.startswith("package "))
        for each in (was, found)
    )
    return [
        name.removeprefix("package ")
        for name in sorted(before.keys() & now.keys())
        if _is_later(now[name].removesuffix(" hold"), before[name].removesuffix(" hold"))
    ]


def _is_later(one: str, other: str) -> bool:
    return run("dpkg", "--compare-versions", one, "gt", other, fine=(0, 1)).returncode == 0
