"""The rule that settings of the policy agree: a schema checks each one alone (Art. 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from itertools import pairwise

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS
from hopthu.i18n.vietnamese import Spelling, spelling
from hopthu.model.guard_limits import Limit
from hopthu.model.policy import MIB, Network
from hopthu.model.sign_in_ranges import lets_in, own_password_ranges
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.rows import texts
from hopthu.schema.formats import ISSUERS
from hopthu.source.records import Record

CONSISTENT = Rule(
    "policy-consistent",
    "Art. 2",
    "settings that contradict each other do not do what their author expects",
)


@check
def policy_consistent(facts: RuleContext) -> Iterator[Problem]:
    """Report settings that contradict each other, if the policy sets any of them."""
    for record in facts.source.policy:
        if "guards" in record.data:
            yield from _guards(facts, record)
        yield from _sizes(facts, record)
        yield from _directory(facts, record)
        yield from _ranges(facts, record)
        yield from _passwords(facts, record)
        yield from _free_mail(facts, record)
        yield from _probed(facts, record)
        yield from _authorities(facts, record)
        if not _rising(facts.policy.quotas.warn) and "quotas" in record.data:
            yield CONSISTENT.violation(
                record.at("quotas", "warn"),
                Message("the percentages are not in ascending order"),
                fix=Message("write each once, the smallest first, as in: [80, 95]"),
            )


def _guards(facts: RuleContext, record: Record) -> Iterator[Problem]:
    guards = facts.policy.guards
    if not _rising(guards.sizes):
        yield CONSISTENT.violation(
            record.at("guards", "sizes"),
            Message("the sizes are not in ascending order"),
            fix=Message("write each once, the smallest first, as in: [100, 1000]"),
        )
    for action, limit in guards.limits().items():
        if fault := _limit(limit, len(guards.sizes) + 1):
            what, fix = fault
            yield CONSISTENT.violation(
                record.at("guards", action),
                Message("guard {guard}: {found}", guard=GUARDS[action], found=what),
                fix=fix,
            )


def _limit(limit: Limit, steps: int) -> tuple[Message, Message] | None:
    if len(limit.percent) != steps:
        return Message(
            "{steps} percentages are needed, not {number}", number=len(limit.percent), steps=steps
        ), Message("write one for each of `sizes`, and one for larger sets")
    if any(larger > smaller for smaller, larger in pairwise(limit.percent)):
        return Message("a larger set is allowed a larger percentage"), Message(
            "write the largest percentage first, as in: [20, 10, 2]"
        )
    if limit.few > limit.most:
        return Message("`few` is more than `most`"), Message("check both numbers")
    return None


def _sizes(facts: RuleContext, record: Record) -> Iterator[Problem]:
    limits, quotas = facts.policy.limits, facts.policy.quotas
    for name, space in (("personal", quotas.personal), ("unit", quotas.unit)):
        if record.data.keys() & {"limits", "quotas"} and space < limits.message:
            yield CONSISTENT.violation(
                record.at("quotas", name),
                Message(
                    "a mailbox holds less than one message of {size} MiB",
                    size=limits.message // MIB,
                ),
                fix=Message("give mailboxes more space, or let messages be smaller"),
            )


def _directory(facts: RuleContext, record: Record) -> Iterator[Problem]:
    """To look people up takes one's own password: a bind names the entry, so nothing can choose."""
    if "networks" not in record.data:
        return
    own = own_password_ranges(facts.policy.networks)
    for name, network in facts.policy.networks.items():
        shut = [each for each in network.ranges if not lets_in(own, each)]
        if "directory" in network.may and shut:
            yield CONSISTENT.violation(
                record.at("networks", name, "may"),
                Message(
                    "people look each other up with their own password, which does not sign in "
                    "from all of {range}",
                    range=shut[0],
                ),
                fix=Message("take `directory` out, or write `sign_in: either`"),
            )


def _ranges(facts: RuleContext, record: Record) -> Iterator[Problem]:
    """Of overlapping ranges the smaller decides, so that nothing decides between equal ones."""
    first: dict[object, str] = {}
    networks = facts.policy.networks if "networks" in record.data else {}
    for name, network in networks.items():
        for index, written in enumerate(network.ranges):
            other = first.setdefault(ip_network(written), name)
            if _means(networks[other]) != _means(network):
                yield CONSISTENT.violation(
                    record.at("networks", name, "ranges", index),
                    Message(
                        "{range} is in {network} too, which differs in `may` or `sign_in`",
                        range=written,
                        network=shown(other),
                    ),
                    fix=Message("leave it in one of the two"),
                )


def _means(network: Network) -> tuple[frozenset[str], str]:
    return frozenset(network.may), network.sign_in


def _passwords(facts: RuleContext, record: Record) -> Iterator[Problem]:
    passwords = facts.policy.passwords
    if "passwords" in record.data and 0 < passwords.max_age_days < passwords.first_days:
        yield CONSISTENT.violation(
            record.at("passwords", "max_age_days"),
            Message(
                "`first_days` is {first}, more than `max_age_days`: {most}",
                first=passwords.first_days,
                most=passwords.max_age_days,
            ),
            fix=Message(
                "write {first} or more, or 0 for passwords that last, or fewer `first_days`",
                first=passwords.first_days,
            ),
        )


def _free_mail(facts: RuleContext, record: Record) -> Iterator[Problem]:
    domain, free = facts.policy.domain, facts.policy.free_mail
    named = "free_mail" in record.data
    if domain in free and (named or "domain" in record.data):
        yield CONSISTENT.violation(
            record.at("free_mail", free.index(domain)) if named else record.at("domain"),
            Message("{domain} is the province's own domain, and one of free mail", domain=domain),
            fix=Message("take it out of `free_mail`, or write the domain of the province"),
        )


def _probed(facts: RuleContext, record: Record) -> Iterator[Problem]:
    """Report a domain to which accounts for probing may write that is ours, or a part of ours."""
    outside = facts.policy.probe.outside.domain
    ours = {facts.policy.domain, *facts.former_domains}
    if outside and "probe" in record.data and any(_related(outside, each) for each in ours):
        yield CONSISTENT.violation(
            record.at("probe", "outside", "domain"),
            Message("{domain} is not outside: the province has mail there", domain=outside),
            fix=Message("write the domain of a mail server of your own, outside the province's"),
        )


def _related(one: str, other: str) -> bool:
    """Return whether two domains are the same, or one is part of the other."""
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")


def _authorities(facts: RuleContext, record: Record) -> Iterator[Problem]:
    """Report authorities outside the province that are its units, or are named twice."""
    listed = list(texts(record, ("outside_authorities", "*")))
    names = NamesOnRecord(facts)
    seen: set[Spelling] = set()
    for steps, name in listed:
        written = spelling(name)
        unit = name if name in facts.units else names.unit_called(name)
        if name in ISSUERS:
            what = Message("{name} is a word for issuers, not the name of one", name=shown(name))
        elif unit:
            what = Message("{name} is the unit {unit} of the data", name=shown(name), unit=unit)
        elif written in seen:
            what = Message("{name} is named twice", name=shown(name))
        else:
            seen.add(written)
            continue
        yield CONSISTENT.violation(
            record.at(*steps),
            what,
            fix=Message("remove it; here are the names of authorities outside the province"),
        )


def _rising(numbers: Sequence[int]) -> bool:
    return all(smaller < larger for smaller, larger in pairwise(numbers))
