"""The rule that a mailbox has a quota of its own only as policy offers it (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.schema.sizes import quota, size


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
