"""Rules that settings agree, with each other, the centre and quotas (Art. 2, 4, 5.1, 8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise

from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS
from hopthu.i18n.vietnamese import spelling
from hopthu.model.policy import MIB
from hopthu.model.sign_in_ranges import lets_in, own_password_ranges
from hopthu.model.timeline import Steps, text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import ISSUERS
from hopthu.schema.sizes import quota, size

_LONGEST = timedelta(days=3650)
"""The longest that a former domain may receive."""


@check("policy-consistent")
def _orders(facts: RuleContext) -> Iterator[Found]:
    warn, sizes = facts.policy.quotas.warn, facts.policy.guards.sizes
    for steps, numbers in ((("quotas", "warn"), warn), (("guards", "sizes"), sizes)):
        if any(larger <= smaller for smaller, larger in pairwise(numbers)):
            what = Message("the numbers are not in ascending order")
            fix = Message("write each once, the smallest first")
            yield Found(facts.setting(*steps), what, fix)


@check("policy-consistent")
def _guards(facts: RuleContext) -> Iterator[Found]:
    guards = facts.policy.guards
    steps = len(guards.sizes) + 1
    for action, limit in guards.limits().items():
        if len(limit.percent) != steps:
            found = Message(
                "{steps} percentages are needed, not {number}",
                number=len(limit.percent),
                steps=steps,
            )
            fix = Message("write one for each of `sizes`, and one for larger sets")
        elif any(larger > smaller for smaller, larger in pairwise(limit.percent)):
            found = Message("a larger set is allowed a larger percentage")
            fix = Message("write the largest percentage first, as in: [20, 10, 2]")
        elif limit.few > limit.most:
            found, fix = Message("`few` is more than `most`"), Message("check both numbers")
        else:
            continue
        what = Message("guard {guard}: {found}", guard=GUARDS[action], found=found)
        yield Found(facts.setting("guards", action), what, fix)


@check("policy-consistent")
def _sizes(facts: RuleContext) -> Iterator[Found]:
    message, quotas = facts.policy.limits.message, facts.policy.quotas
    for name, space in (("personal", quotas.personal), ("unit", quotas.unit)):
        if space < message:
            what = Message("a mailbox holds less than one message of {size} MiB",
                           size=message // MIB)  # fmt: skip
            fix = Message("give mailboxes more space, or let messages be smaller")
            yield Found(_first_set(facts, ("quotas", name), ("limits", "message")), what, fix)


@check("policy-consistent")
def _directory(facts: RuleContext) -> Iterator[Found]:
    """To look people up takes one's own password: a bind names the entry, so nothing can choose."""
    own = own_password_ranges(facts.policy.networks)
    for name, network in facts.policy.networks.items():
        shut = [each for each in network.ranges if not lets_in(own, each)]
        if "directory" in network.may and shut:
            what = Message(
                "people look each other up with their own password, which does not sign in from "
                "all of {range}",
                range=shut[0],
            )
            fix = Message("take `directory` out, or write `sign_in: either`")
            yield Found(facts.setting("networks", name, "may"), what, fix)


@check("policy-consistent")
def _ranges(facts: RuleContext) -> Iterator[Found]:
    """Of overlapping ranges the smaller decides, so that nothing decides between equal ones."""
    first: dict[object, tuple[str, tuple[object, ...]]] = {}
    for name, network in facts.policy.networks.items():
        means = frozenset(network.may), network.sign_in
        for index, written in enumerate(network.ranges):
            other, meant = first.setdefault(ip_network(written), (name, means))
            if meant != means:
                what = Message("{range} is in {network} too, which differs in `may` or `sign_in`",
                               range=written, network=shown(other))  # fmt: skip
                fix = Message("leave it in one of the two")
                yield Found(facts.setting("networks", name, "ranges", index), what, fix)


@check("policy-consistent")
def _others(facts: RuleContext) -> Iterator[Found]:
    policy, passwords = facts.policy, facts.policy.passwords
    first, most = passwords.first_days, passwords.max_age_days
    if 0 < most < first:
        what = Message("`first_days` is {first}, more than `max_age_days`: {most}",
                       first=first, most=most)  # fmt: skip
        fix = Message("write {first} or more, or 0 for passwords that last, or fewer `first_days`",
                      first=first)  # fmt: skip
        yield Found(facts.setting("passwords", "max_age_days"), what, fix)
    if policy.domain in policy.free_mail:
        what = Message("{domain} is the province's own domain, and one of free mail",
                       domain=policy.domain)  # fmt: skip
        fix = Message("take it out of `free_mail`, or write the domain of the province")
        at = policy.free_mail.index(policy.domain)
        yield Found(_first_set(facts, ("free_mail", at), ("domain",)), what, fix)
    outside = policy.probe.outside.domain
    if outside and any(_related(outside, each) for each in {policy.domain, *facts.former_domains}):
        what = Message("{domain} is not outside: the province has mail there", domain=outside)
        fix = Message("write the domain of a mail server of your own, outside the province's")
        yield Found(facts.setting("probe", "outside", "domain"), what, fix)


@check("policy-consistent")
def _former(facts: RuleContext) -> Iterator[Found]:
    """Yield former domains that are ours, free mail, or badly dated."""
    policy = facts.policy
    for index, each in enumerate(policy.former_domains):
        said, what = {"domain": shown(each.domain)}, None
        if _related(each.domain, policy.domain):
            what = Message("{domain} is our own domain, or below or above it", **said)
        elif each.domain in policy.free_mail:
            what = Message("{domain} is a free-mail service", **said)
        if what:
            fix = Message("name the domain of the province that merged into this one")
            yield Found(facts.setting("former_domains", index, "domain"), what, fix)
        what, last = None, each.start + _LONGEST
        if each.until < each.start:
            what = Message("{domain} would end before it begins, on {day}", day=each.start, **said)
            fix = Message("check both dates")
        elif each.until > last:
            what = Message(
                "{domain} would receive for longer than {days} days", days=_LONGEST.days, **said
            )
            fix = Message("write {written}, or an earlier day", written=last)
        if what:
            yield Found(facts.setting("former_domains", index, "until"), what, fix)


def _first_set(facts: RuleContext, *settings: Steps) -> Mark:
    """Return the place of the first of some settings that the policy sets."""
    known = {key for record in facts.source.policy for key in record.data}
    return facts.setting(*next((each for each in settings if each[0] in known), settings[0]))


def _related(one: str, other: str) -> bool:
    """Return whether two domains are the same, or one is part of the other."""
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")


@check("policy-consistent")
def _authorities(facts: RuleContext) -> Iterator[Found]:
    """Yield authorities outside the province that are its units."""
    names = {spelling(text(r.data, "name")): r.id for r in facts.source.units}
    names |= {spelling(key): key for key in facts.units}
    for index, name in enumerate(facts.policy.outside_authorities):
        what = None
        if name in ISSUERS:
            what = Message("{name} is a word for issuers, not the name of one", name=shown(name))
        elif unit := names.get(spelling(name)):
            what = Message("{name} is the unit {unit} of the data", name=shown(name), unit=unit)
        if what:
            fix = Message("remove it; here are the names of authorities outside the province")
            yield Found(facts.setting("outside_authorities", index), what, fix)


@check("policy-consistent")
def _lists(facts: RuleContext) -> Iterator[Found]:
    """Yield lists that no unit has, or that look at units where nobody asks about any."""
    for key, query in facts.policy.lists.items():
        if not (query.kinds or query.units):
            what = Message("no unit has the list {key}", key=shown(key))
            fix = Message("name the kinds of unit that have it as `kinds`, or units as `units`")
            yield Found(facts.setting("lists", key), what, fix)
        for name in ("top", "among") if query.who == "members" else ():
            if getattr(query, name):
                what = Message("`{name}` has no effect on a list of members", name=name)
                fix = Message("take `{name}` out, or write `who: all`", name=name)
                yield Found(facts.setting("lists", key, name), what, fix)
        for number, unit in enumerate(query.units):
            record = facts.units.get(unit)
            if record and not isinstance(record.data.get("mailbox"), dict):
                what = Message("{unit} has no mailbox, which alone could write to the list",
                               unit=unit)  # fmt: skip
                fix = Message("name a unit with a mailbox, and this one as `top` if that is meant")
                yield Found(facts.setting("lists", key, "units", number), what, fix)


@check("quota-step")
def quota_step(facts: RuleContext) -> Iterator[Found]:
    """Report quotas of one mailbox that policy does not offer."""
    steps = facts.policy.quotas.steps
    offered = {size(step) for step in steps}
    everybody = (*facts.source.units, *facts.source.people)
    for record in (each for each in everybody if "quota" in each.data):
        own = text(record.data, "quota")
        if own and quota(own) is None and size(own) not in offered:
            what = Message("{quota} is not a step of the policy", quota=shown(own))
            fix = Message("take it out, or let the policy offer it under `quotas.steps`")
            if steps:
                fix = Message("write one of `quotas.steps`: {steps}", steps=", ".join(steps))
            yield Found(record.at("quota"), what, fix)


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


def _within(address: str, ranges: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(ip_address(address) in each for each in ranges)
