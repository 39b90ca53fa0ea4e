"""The rule that settings of the policy agree: a schema checks each one alone (Art. 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS
from hopthu.model.guard_limits import Limit
from hopthu.model.policy import MIB
from hopthu.model.sign_in_ranges import lets_in, own_password_ranges
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

CONSISTENT = Rule(
    "policy-consistent",
    "Art. 2",
    "settings that contradict each other do not do what their author expects",
)


def policy_consistent(facts: RuleContext) -> Iterator[Problem]:
    """Report settings that contradict each other, if the policy sets any of them."""
    for record in facts.source.policy:
        if "guards" in record.data:
            yield from _guards(facts, record)
        yield from _sizes(facts, record)
        yield from _directory(facts, record)
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


def _rising(numbers: Sequence[int]) -> bool:
    return all(smaller < larger for smaller, larger in pairwise(numbers))


RULES = (CONSISTENT,)
CHECKS = (policy_consistent,)
