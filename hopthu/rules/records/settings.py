"""The rule that settings of the policy agree: a schema checks each one alone (Art. 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import ip_network
from itertools import pairwise

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS
from hopthu.i18n.vietnamese import Spelling, spelling
from hopthu.model.policy import MIB
from hopthu.model.sign_in_ranges import lets_in, own_password_ranges
from hopthu.model.timeline import Steps, text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import ISSUERS

_LONGEST = timedelta(days=3650)
"""The longest that a former domain may receive."""
_Contradiction = tuple[Sequence[Steps], Message, Message]
"""The settings that contradict each other, what is wrong, and how to fix it."""


@check("policy-consistent")
def policy_consistent(facts: RuleContext) -> Iterator[Found]:
    """Report settings that contradict each other, at the first one that the policy sets."""
    for find in (
        _orders,
        _guards,
        _sizes,
        _directory,
        _ranges,
        _others,
        _former,
        _authorities,
        _lists,
    ):
        for settings, what, fix in find(facts):
            records = [(steps, each) for steps in settings for each in facts.source.policy]
            set_here = [each.at(*steps) for steps, each in records if steps[0] in each.data]
            yield from (Found(at, what, fix) for at in set_here[:1])


def _orders(facts: RuleContext) -> Iterator[_Contradiction]:
    warn, sizes = facts.policy.quotas.warn, facts.policy.guards.sizes
    for steps, numbers in ((("quotas", "warn"), warn), (("guards", "sizes"), sizes)):
        if any(larger <= smaller for smaller, larger in pairwise(numbers)):
            what = Message("the numbers are not in ascending order")
            yield [steps], what, Message("write each once, the smallest first")


def _guards(facts: RuleContext) -> Iterator[_Contradiction]:
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
        yield [("guards", action)], what, fix


def _sizes(facts: RuleContext) -> Iterator[_Contradiction]:
    message, quotas = facts.policy.limits.message, facts.policy.quotas
    for name, space in (("personal", quotas.personal), ("unit", quotas.unit)):
        if space < message:
            what = Message("a mailbox holds less than one message of {size} MiB",
                           size=message // MIB)  # fmt: skip
            fix = Message("give mailboxes more space, or let messages be smaller")
            yield [("quotas", name), ("limits", "message")], what, fix


def _directory(facts: RuleContext) -> Iterator[_Contradiction]:
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
            yield [("networks", name, "may")], what, fix


def _ranges(facts: RuleContext) -> Iterator[_Contradiction]:
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
                yield [("networks", name, "ranges", index)], what, fix


def _others(facts: RuleContext) -> Iterator[_Contradiction]:
    policy, passwords = facts.policy, facts.policy.passwords
    first, most = passwords.first_days, passwords.max_age_days
    if 0 < most < first:
        what = Message("`first_days` is {first}, more than `max_age_days`: {most}",
                       first=first, most=most)  # fmt: skip
        fix = Message("write {first} or more, or 0 for passwords that last, or fewer `first_days`",
                      first=first)  # fmt: skip
        yield [("passwords", "max_age_days")], what, fix
    if policy.domain in policy.free_mail:
        what = Message("{domain} is the province's own domain, and one of free mail",
                       domain=policy.domain)  # fmt: skip
        fix = Message("take it out of `free_mail`, or write the domain of the province")
        at = policy.free_mail.index(policy.domain)
        yield [("free_mail", at), ("domain",)], what, fix
    outside = policy.probe.outside.domain
    if outside and any(_related(outside, each) for each in {policy.domain, *facts.former_domains}):
        what = Message("{domain} is not outside: the province has mail there", domain=outside)
        fix = Message("write the domain of a mail server of your own, outside the province's")
        yield [("probe", "outside", "domain")], what, fix


def _former(facts: RuleContext) -> Iterator[_Contradiction]:
    """Yield former domains that are ours, free mail, given twice, or badly dated."""
    policy, seen = facts.policy, set[str]()
    another = Message("name the domain of the province that merged into this one")
    for index, each in enumerate(policy.former_domains):
        said, fix, what = {"domain": shown(each.domain)}, another, None
        if _related(each.domain, policy.domain):
            what = Message("{domain} is our own domain, or below or above it", **said)
        elif each.domain in policy.free_mail:
            what = Message("{domain} is a free-mail service", **said)
        elif each.domain in seen:
            what, fix = (
                Message("{domain} is declared twice", **said),
                Message("keep one of the two"),
            )
        if what:
            yield [("former_domains", index, "domain")], what, fix
        seen.add(each.domain)
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
            yield [("former_domains", index, "until")], what, fix


def _related(one: str, other: str) -> bool:
    """Return whether two domains are the same, or one is part of the other."""
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")


def _authorities(facts: RuleContext) -> Iterator[_Contradiction]:
    """Yield authorities outside the province that are its units, or are named twice."""
    names = {spelling(text(r.data, "name")): r.id for r in facts.source.units}
    names |= {spelling(key): key for key in facts.units}
    seen: set[Spelling] = set()
    for index, name in enumerate(facts.policy.outside_authorities):
        written, what = spelling(name), None
        if name in ISSUERS:
            what = Message("{name} is a word for issuers, not the name of one", name=shown(name))
        elif unit := names.get(written):
            what = Message("{name} is the unit {unit} of the data", name=shown(name), unit=unit)
        elif written in seen:
            what = Message("{name} is named twice", name=shown(name))
        if what:
            fix = Message("remove it; here are the names of authorities outside the province")
            yield [("outside_authorities", index)], what, fix
        seen.add(written)


def _lists(facts: RuleContext) -> Iterator[_Contradiction]:
    """Yield lists that no unit has, or that look at units where nobody asks about any."""
    for key, query in facts.policy.lists.items():
        if not (query.kinds or query.units):
            what = Message("no unit has the list {key}", key=shown(key))
            fix = Message("name the kinds of unit that have it as `kinds`, or units as `units`")
            yield [("lists", key)], what, fix
        for name in ("top", "among") if query.who == "members" else ():
            if getattr(query, name):
                what = Message("`{name}` has no effect on a list of members", name=name)
                fix = Message("take `{name}` out, or write `who: all`", name=name)
                yield [("lists", key, name)], what, fix
        for number, unit in enumerate(query.units):
            record = facts.units.get(unit)
            if record and not isinstance(record.data.get("mailbox"), dict):
                what = Message("{unit} has no mailbox, which alone could write to the list",
                               unit=unit)  # fmt: skip
                fix = Message("name a unit with a mailbox, and this one as `top` if that is meant")
                yield [("lists", key, "units", number)], what, fix
