"""The units that hopthu keeps running on this host, and what a record has of them.

The list has a unit from before it is first started until after it was stopped. So whatever runs
because of hopthu is in it, wherever a run is killed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hopthu.remote.host.files import lines, paths_in, write
from hopthu.remote.host.state import Failed, output, run, state

UNITS = "kept-units"
"""The list, in the folder of the state and in records."""

_SYSTEMCTL = ("env", "SYSTEMCTL_SKIP_SYSV=1", "systemctl")
"""Runs no hook for init scripts: each has systemd load all units once more, and nothing reads them.
systemd, docs/ENVIRONMENT.md
"""
ENABLE = (*_SYSTEMCTL, "enable", "--quiet", "--now")
START = ("systemctl", "start")
DISABLE = (*_SYSTEMCTL, "disable", "--quiet", "--now")

_ACTIVE = {"running", "waiting", "exited", "listening", "mounted"}
_AT_BOOT = {"enabled", "static"}
_PROPERTIES = ("Id", "UnitFileState", "PartOf")


def services(units: Sequence[str]) -> dict[str, tuple[bool, bool]]:
    """Return of each unit that is known here whether it is active and whether it starts at boot.

    One that is part of another, such as of a mount, runs while that does: if it is to start at
    boot, it counts as active where neither is. `systemctl show` takes longer for one unit than
    lists for all, so it is asked only for those, and for what runs without a file of its name: an
    instance of a template, or a unit whose file was removed.
    """
    running = _running(units)
    files = _listed("list-unit-files", units)
    at_boot = {str(each["unit_file"]): each["state"] in _AT_BOOT for each in files}
    idle = [name for name, starts in at_boot.items() if starts and name not in running]
    without = sorted(running - at_boot.keys())
    shown = _shown([*idle, *without])
    at_boot |= {name: shown[name]["UnitFileState"] in _AT_BOOT for name in without}
    whole = {name: each["PartOf"].split() for name, each in shown.items()}
    if every := {part for parts in whole.values() for part in parts}:
        running |= _running([*every])
    return {
        name: (name in running or not running.issuperset(whole.get(name, ())), starts)
        for name, starts in at_boot.items()
    }


def _running(units: Sequence[str]) -> set[str]:
    listed = _listed("list-units", units, "--all")
    return {str(each["unit"]) for each in listed if each["sub"] in _ACTIVE}


def _listed(verb: str, units: Sequence[str], *options: str) -> list[dict[str, Any]]:
    """Return the entries of some units in a list, which has all units if none are given."""
    # It exits with 1 if it finds none, too, and has an empty list then.
    done = run("systemctl", "--output", "json", verb, *options, "--", *units, fine=(0, 1))
    if not done.stdout:
        raise Failed(f"systemctl: {done.stderr.strip()}")
    return list(json.loads(done.stdout))


def _shown(units: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return some properties of units, by name; none if no units are given."""
    if not units:
        return {}
    wanted = [word for name in _PROPERTIES for word in ("--property", name)]
    blocks = (
        dict(line.split("=", 1) for line in block.splitlines())
        for block in output("systemctl", "show", *wanted, "--", *units).strip().split("\n\n")
    )
    return {each["Id"]: each for each in blocks}


def surplus(record: Path) -> list[str]:
    """Return the units that a record lacks; none if it is of a version that did not note them."""
    wanted = paths_in(record / UNITS)
    there = (record / UNITS).exists()
    return [unit for unit in paths_in(state() / UNITS) if unit not in wanted] if there else []


def missing(record: Path) -> list[str]:
    """Return the units of a record that hopthu does not keep running now."""
    listed = paths_in(state() / UNITS)
    return [unit for unit in paths_in(record / UNITS) if unit not in listed]


def stop(units: Sequence[str]) -> None:
    """Stop units, now and at boot, as far as this host has them."""
    known = services(units) if units else {}
    if running := [unit for unit in units if any(known.get(unit, ()))]:
        run(*DISABLE, *running)


def start(record: Path) -> None:
    """Have the units of a record run, now and at boot, and no others in the list."""
    if not (record / UNITS).exists():
        return
    if more := missing(record):
        write(state() / UNITS, lines([*paths_in(state() / UNITS), *more]))
    wanted = paths_in(record / UNITS)
    known = services(wanted) if wanted else {}
    if idle := [unit for unit in wanted if not all(known.get(unit, (False,)))]:
        run(*ENABLE, *idle)
    write(state() / UNITS, lines(wanted))
