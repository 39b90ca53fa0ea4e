"""The folder under which readers see the mailbox of a unit: one name, different for every unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from hopthu.desired.placement import lineage_of
from hopthu.i18n.vietnamese import same
from hopthu.model.organisation import Unit

LONGEST = 255
"""The most bytes of a folder's name that file systems and mail programs agree on."""

MOST_UNITS = 16
"""Open unit mailboxes that one person can read: what Dovecot's processes tell each other of one may
have 8,192 bytes, which more with the longest names would not fit into."""

MOST_SHOWN = 32
"""Unit mailboxes that one person is shown, with those that ended units have left, if they fit."""

_BETWEEN = " – "
_REFUSED = re.compile(r"[^\w\u0300-\u036f ,.;&()'’ʼ–-]")
"""What has no place in the name of a folder: separators, wildcards, and what Dovecot expands."""


def unit_folders(over: Mapping[str, bool], units: Mapping[str, Unit]) -> Mapping[str, str]:
    """Return the name of each unit's folder: its own name and of those above it, but not the top.

    `over` says of each unit whether it has ended: then its folder gives way to one of that name.

    Every commune has the same divisions, so a unit's own name is not enough. Where the whole path
    is not either, or is too long, the id in parentheses at the end makes the difference. No other
    name ends so, which is why no two are ever the same: Dovecot would refuse the session of whoever
    reads both.
    """
    paths = {key: path_of(units[key], units) for key in over}
    open_, all_ = (
        Counter(path.casefold() for key, path in paths.items() if counted or not over[key])
        for counted in (False, True)
    )
    return {
        key: path
        if (all_ if over[key] else open_)[path.casefold()] == 1 and _is_plain(path)
        else _told_apart(path, key)
        for key, path in paths.items()
    }


def path_of(unit: Unit, units: Mapping[str, Unit]) -> str:
    """Return the names of a unit and of those above it, as a folder has them."""
    names = [same(each.name) for each in lineage_of(unit, units)]
    return _REFUSED.sub("-", _BETWEEN.join(names[:-1] or names)).strip()


def beginning_of(name: str) -> str:
    """Return what the paths of all units begin with that could share one with a unit so called."""
    return _REFUSED.sub("-", same(name)).partition(_BETWEEN)[0].strip().casefold()


def _told_apart(path: str, key: str) -> str:
    end = f" ({key})"
    while not _fits(path + end):
        path = path[:-1]
    return path + end


def _is_plain(path: str) -> bool:
    return _fits(path) and not path.endswith(")")


def _fits(name: str) -> bool:
    return len(name.encode()) <= LONGEST
