"""From where people may sign in with their own password (Art. 6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TypeVar

from hopthu.model.policy import Network

R = TypeVar("R", IPv4Network, IPv6Network)


def own_password_ranges(networks: Mapping[str, Network]) -> tuple[str, ...] | None:
    """Return the ranges from which own passwords sign in, disjoint; None if from everywhere.

    Of overlapping ranges the smaller one decides, of equal ones the one for client passwords only.
    From an address that is in no network own passwords do not sign in.
    """
    if all(network.sign_in == "either" for network in networks.values()):
        return None
    either, client = _ranges(networks, "either"), _ranges(networks, "client")
    v4 = _remaining([r for r in either if r.version == 4], [r for r in client if r.version == 4])
    v6 = _remaining([r for r in either if r.version == 6], [r for r in client if r.version == 6])
    return tuple(map(str, (*v4, *v6)))


def probe_ranges(networks: Mapping[str, Network]) -> tuple[str, ...]:
    """Return the ranges from which the accounts for probing sign in, disjoint."""
    having = (network.ranges for network in networks.values() if "probe" in network.may)
    ranges = [ip_network(each) for some in having for each in some]
    v4 = _remaining([r for r in ranges if r.version == 4], [])
    v6 = _remaining([r for r in ranges if r.version == 6], [])
    return tuple(map(str, (*v4, *v6)))


def lets_in(ranges: Sequence[str] | None, asked: str) -> bool:
    """Return whether own passwords sign in from every address of the range `asked`."""
    if ranges is None:
        return True
    wanted = ip_network(asked)
    if wanted.version == 4:
        return not _minus(wanted, [r for r in map(ip_network, ranges) if r.version == 4])
    return not _minus(wanted, [r for r in map(ip_network, ranges) if r.version == 6])


def _ranges(networks: Mapping[str, Network], sign_in: str) -> list[IPv4Network | IPv6Network]:
    found = (network.ranges for network in networks.values() if network.sign_in == sign_in)
    return [ip_network(each) for ranges in found for each in ranges]


def _remaining(either: Sequence[R], client: Sequence[R]) -> list[R]:
    """Return `either` without each part that a range of `client`, no larger, takes from it."""
    left = (
        part
        for wide in either
        for part in _minus(wide, [c for c in client if c.prefixlen >= wide.prefixlen])
    )
    return [half for each in collapse_addresses(left) for half in _halves(each)]


def _minus(wide: R, taken: Sequence[R]) -> list[R]:
    parts = [wide]
    for each in taken:
        parts = [rest for part in parts for rest in _without(part, each)]
    return parts


def _without(wide: R, taken: R) -> Iterator[R]:
    if not wide.overlaps(taken):
        yield wide
    elif not wide.subnet_of(taken):
        yield from wide.address_exclude(taken)


def _halves(whole: R) -> Iterator[R]:
    """Yield a range as it is, but all addresses as two: to Dovecot, /0 also means no address."""
    return whole.subnets(1) if whole.prefixlen == 0 else iter((whole,))
