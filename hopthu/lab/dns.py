"""Change the DNS of a running lab."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab import outside, remote, zone
from hopthu.lab.layout import RESOLVER
from hopthu.lab.state import LabState

_CONFIG = "etc/unbound/unbound.conf.d/lab.conf"
_SECONDS = 10


def publish(state: LabState, texts: Mapping[str, str]) -> None:
    """Publish TXT records, by name, and return when the resolver serves them.

    They stay until the lab is removed; a name that was published before gets the new text. Raises
    `LabError` if the resolver does not serve them in time.
    """
    if texts.items() <= zone.published(state).items():
        return
    zone.add(state, texts)
    resolver = state.host(RESOLVER)
    content = outside.render(state, resolver, _CONFIG).encode()
    remote.run(state, resolver, f"cat >/{_CONFIG}", stdin=content)
    remote.run(state, resolver, "unbound-checkconf >/dev/null && systemctl reload unbound")
    for name, text in texts.items():
        _await(state, zone.Record(name, "TXT", text))


def _await(state: LabState, record: zone.Record) -> None:
    """Wait until the resolver serves `record`: it reloads asynchronously."""
    deadline = time.monotonic() + _SECONDS
    query = f"dig +short @127.0.0.1 {record.name} {record.kind}"
    while record.data not in remote.run(state, state.host(RESOLVER), query).splitlines():
        if time.monotonic() > deadline:
            raise LabError(
                Message(
                    "the lab's DNS does not serve {kind} {name}", kind=record.kind, name=record.name
                )
            )
        time.sleep(0.1)
