"""The formats of IP addresses and ranges in the policy."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Fault, Message

Network: TypeAlias = IPv4Network | IPv6Network
# RFC 1918, RFC 4193, RFC 6598: private, so of any size.
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
# Ranges that no server of a service can be in: this host, link-local, multicast, reserved
# (RFC 6890).
_NOWHERE = (
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
    "::/127", "fe80::/10", "ff00::/8",
)  # fmt: skip
_SHORTEST_PREFIX = {4: 16, 6: 32}
"""The shortest prefix of a public range: the most that a whole province gets."""


def network(text: str) -> Fault:
    """Check an address range in CIDR notation, without host bits and zone."""
    try:
        if "%" in text:
            raise ValueError(text)
        ip_network(text)
    except ValueError:
        try:
            meant = Message("write {value}", value=ip_network(text, strict=False))
        except ValueError:
            meant = Message("write it as in: 10.38.0.0/16")
        return Message("{text} is not an address range", text=shown(text)), meant
    return None


def centre_range(text: str) -> Fault:
    """Check an address range of a data centre, which must not be too large."""
    if fault := network(text):
        return fault
    if of_one_site(ip_network(text)):
        return None
    return Message("{text} is not an address range of a data centre", text=shown(text)), Message(
        "write the private range its servers stand in, as in: 10.38.1.0/24"
    )


def ip(text: str) -> Fault:
    """Check an IP address without a zone."""
    try:
        if "%" in text:
            raise ValueError(text)
        ip_address(text)
    except ValueError:
        return Message("{text} is not an IP address", text=shown(text)), Message(
            "write it as in: 10.38.0.53"
        )
    return None


def of_one_site(network: Network) -> bool:
    """Return whether one data centre may have `network`: private, or public and not too large."""
    if any(network.overlaps(each) for each in _all(_NOWHERE, network)):
        return False
    private = any(network.subnet_of(each) for each in _all(_PRIVATE, network))  # type: ignore[arg-type]
    return private or network.prefixlen >= _SHORTEST_PREFIX[network.version]


def _all(texts: Sequence[str], like: Network) -> list[Network]:
    return [each for each in map(ip_network, texts) if each.version == like.version]
