"""Change the DNS of a lab that is up."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hopthu.errors import LabError
from hopthu.lab import outside, remote, zone
from hopthu.lab.layout import RESOLVER
from hopthu.lab.state import LabState

_CONFIG = "etc/unbound/unbound.conf.d/lab.conf"
_SECONDS = 10


def publish(state: LabState, texts: Mapping[str, str]) -> None:
    """Serve more TXT records, by name, and return when the resolver answers with them.

    They stay until the lab goes; a name published before gets its new text. Raises `LabError` when
    the resolver does not take them.
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
    """Wait until the resolver answers with `record`: it reloads after it was told to."""
    deadline = time.monotonic() + _SECONDS
    question = f"dig +short @127.0.0.1 {record.name} {record.kind}"
    while record.data not in remote.run(state, state.host(RESOLVER), question).splitlines():
        if time.monotonic() > deadline:
            raise LabError(f"the lab's DNS does not serve {record.kind} {record.name}")
        time.sleep(0.1)
