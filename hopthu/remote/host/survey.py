"""What deploys compare with the data: files and folders, packages, services, accounts."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Sequence
from typing import TypedDict

from hopthu.remote.host.managed import Managed, managed
from hopthu.remote.host.places import found
from hopthu.remote.host.state import output
from hopthu.remote.host.units import services


class Account(TypedDict):
    """An account: its ids, home and shell, and the names of all its groups."""

    uid: int
    gid: int
    home: str
    shell: str
    groups: list[str]


class Survey(TypedDict):
    """What a host has; of each service, whether it is active and whether it starts at boot.

    `places` is as `places.found` returns it; `groups` has the GID of each.
    """

    managed: Managed
    packages: list[str]
    services: dict[str, tuple[bool, bool]]
    accounts: dict[str, Account]
    groups: dict[str, int]
    places: dict[str, str]


def survey(units: Sequence[str], places: Sequence[str]) -> Survey:
    """Return what this host has, with the state of some units and what is at some paths."""
    return {
        "managed": managed(),
        "packages": _packages(),
        "services": services(units),
        "accounts": _accounts(),
        "groups": {group.gr_name: group.gr_gid for group in grp.getgrall()},
        "places": found(places),
    }


def _packages() -> list[str]:
    """Return the names of the packages that are installed completely."""
    known = output("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n")
    every = (line.split(" ") for line in known.splitlines())
    return [name for status, name in every if status == "installed"]


def _accounts() -> dict[str, Account]:
    names = {group.gr_gid: group.gr_name for group in grp.getgrall()}
    accounts: dict[str, Account] = {
        each.pw_name: {
            "uid": each.pw_uid,
            "gid": each.pw_gid,
            "home": each.pw_dir,
            "shell": each.pw_shell,
            "groups": [names.get(each.pw_gid, "")],
        }
        for each in pwd.getpwall()
    }
    for group in grp.getgrall():
        for member in group.gr_mem:
            if member in accounts:
                accounts[member]["groups"].append(group.gr_name)
    return accounts
