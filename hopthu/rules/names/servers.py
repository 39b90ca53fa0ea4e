"""Rules on servers: all stand in the centre, and units run none (Art. 4, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext

Network: TypeAlias = IPv4Network | IPv6Network


@check("host-in-centre")
def no_own_server(facts: RuleContext) -> Iterator[Found]:
    """Report networks of units that may hand us mail as a server does."""
    for name, network in facts.policy.networks.items():
        if network.of and "deliver" in network.may:
            what = Message(
                "{network} is the network of {unit} and may deliver mail",
                network=shown(name),
                unit=network.of,
            )
            fix = Message("remove `deliver`; `submit` is for people who sign in")
            yield Found(facts.setting("networks", name, "may"), what, fix)


@check("host-in-centre")
def host_in_centre(facts: RuleContext) -> Iterator[Found]:
    """Report a centre that is not declared, and declared hosts outside its address ranges."""
    centre = facts.policy.centre
    declared = any("centre" in record.data for record in facts.source.policy)
    # A policy that cannot be read has its own problem; one that holds nothing declares nothing.
    read = facts.source.complete("policy") or facts.source.blank("policy")
    if not declared and read:
        what = Message("the data integration centre is not declared: no host could be set up")
        fix = Message("add the ranges its servers stand in: centre: {ranges: [10.38.1.0/24]}")
        yield Found(facts.setting("centre"), what, fix)
    ranges = [ip_network(each) for each in centre.ranges]
    own = [ip_network(r) for n in facts.policy.networks.values() if n.of for r in n.ranges]
    for name, address in centre.hosts.items():
        if (ranges and not _within(address, ranges)) or _within(address, own):
            what = Message(
                "host {host} at {address} is outside the centre", host=shown(name), address=address
            )
            fix = Message("move the host, or check its address and `centre.ranges`")
            yield Found(facts.setting("centre", "hosts", name), what, fix)


def _within(address: str, ranges: list[Network]) -> bool:
    return any(ip_address(address) in each for each in ranges)
