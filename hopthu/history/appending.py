"""Append a run to the journal, and have all other hosts remember it.

Each line of the journal contains the digest of the line before. Whoever remembers the digest of one
knows all before it by that, so that nobody who is root where the journal is changes them unnoticed.
"""

from __future__ import annotations

import json
from functools import partial

from hopthu.errors import HostFailed
from hopthu.fan_out import answers, together
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.remote.host import journal
from hopthu.ssh import Ssh, on_host


def append(ssh: Ssh, inventory: Inventory, line: str) -> None:
    """Append the line of a run; every other host of the centre that answers remembers it.

    Those that can be the provider have the whole journal.

    Raises `HostFailed` if it cannot be appended, or if there are others and none remembers it.
    """
    centre, line = inventory.centre, line.rstrip("\n")
    on = partial(on_host, inventory, ssh)
    before = on(centre.provider)(journal.append, line)
    # Made here, so that a host that wrote something else is found out.
    head, run = journal.digest(journal.linked(line, before)), json.loads(line)["id"]

    def remember(host: Host) -> None:
        on(host)(journal.remember, before, head, run)
        if host.has("directory"):  # it can be the next provider
            lacking = on(centre.provider)(journal.since, *on(host)(journal.standing))
            on(host)(journal.follow, *lacking)

    others = [host for host in centre.hosts if host != centre.provider]
    _, failed = answers(others, remember)
    if failed and len(failed) == len(others):
        raise HostFailed(
            Message("no other host remembers it: {reason}", reason=_what(together(failed)))
        )


def _what(error: BaseException) -> str:
    return error.what if isinstance(error, HostFailed) else str(error)
