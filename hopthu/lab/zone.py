"""The DNS records of a lab."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hopthu.lab.layout import NETWORK, RESOLVER
from hopthu.lab.state import LabState

REVERSE_ZONE = NETWORK.network_address.reverse_pointer.partition(".")[2]

_PUBLISHED = "dns.json"
_TXT_PART = 255


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """One DNS record; `name` without the final dot, `value` of a TXT record as plain text."""

    name: str
    kind: str
    value: str

    @property
    def data(self) -> str:
        """Return the value as in a zone file: TXT in strings of at most 255 (RFC 1035 §3.3)."""
        if self.kind != "TXT":
            return self.value
        parts = range(0, len(self.value), _TXT_PART)
        return " ".join(f'"{self.value[i : i + _TXT_PART]}"' for i in parts)


def records(state: LabState) -> list[Record]:
    """Return all records of the lab, sorted, including those that were added later."""
    extra = (Record(name, "TXT", text) for name, text in published(state).items())
    return sorted({*_domain(state), *_outside(state), *_hosts(state), *extra})


def published(state: LabState) -> dict[str, str]:
    """Return the TXT records that were added later, by name."""
    path = state.directory / _PUBLISHED
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def add(state: LabState, texts: Mapping[str, str]) -> None:
    """Store TXT records, by name; a name that was added before gets the new text."""
    content = json.dumps(published(state) | dict(texts), indent=2)
    (state.directory / _PUBLISHED).write_text(content + "\n", encoding="utf-8")


def outside_domain(state: LabState) -> str:
    """Return the mail domain outside the centre: that of the host `internet`."""
    return state.host(RESOLVER).fqdn.partition(".")[2]


def _domain(state: LabState) -> Iterator[Record]:
    domain = state.domain
    edges = [host.address for host in state.hosts.values() if "edge" in host.roles]
    accesses = [host.address for host in state.hosts.values() if "access" in host.roles]
    senders = " ".join(f"ip4:{address}" for address in dict.fromkeys([*edges, *accesses]))
    yield Record(domain, "MX", f"10 mx.{domain}.")
    yield Record(domain, "TXT", f"v=spf1 {senders} -all")
    yield from (Record(f"mx.{domain}", "A", address) for address in edges)
    yield from (Record(f"mail.{domain}", "A", address) for address in accesses)


def _outside(state: LabState) -> Iterator[Record]:
    resolver = state.host(RESOLVER)
    domain = outside_domain(state)
    yield Record(domain, "MX", f"10 {resolver.fqdn}.")
    yield Record(domain, "TXT", f"v=spf1 ip4:{resolver.address} -all")


def _hosts(state: LabState) -> Iterator[Record]:
    for host in state.hosts.values():
        yield Record(host.fqdn, "A", host.address)
        yield Record(ipaddress.ip_address(host.address).reverse_pointer, "PTR", f"{host.fqdn}.")
