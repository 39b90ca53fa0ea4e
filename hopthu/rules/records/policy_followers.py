"""What is not reported of records while the part of the policy that judges them has errors.

Where the operator does not exist, every request it ever made is by a unit that is not concerned:
hundreds of problems, of which the one in the policy is the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hopthu.diagnostics.problem import Problem
from hopthu.rules.context import RuleContext

JUDGING: Mapping[str, tuple[str, ...]] = {
    "domain": ("address-form", "no-outside-mail"),
    "former_domains": ("address-form", "no-outside-mail"),
    "operator": ("adoption-basis", "issuer-competent", "issuer-concerned"),
    "unit_kinds": (
        "alias-profile", "issuer-competent", "naming-profile", "unit-kind", "unit-level",
        "unit-mailbox", "unit-parent",
    ),
    "participating": ("unit-mailbox",),
    "citing": ("basis-cited",),
    "competence": ("issuer-competent",),
    "outside_authorities": ("issuer-competent",),
    "naming": ("naming-profile",),
    "lifecycle": ("delegation-term", "open-redirect", "overdue-request", "person-has-post"),
    "reserved": ("alias-profile", "unique-address"),
}  # fmt: skip
"""The rules that judge records by a key of the policy."""


def without_followers(facts: RuleContext, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems without those of records that follow from errors in the policy."""
    found = list(problems)
    files = {record.file for record in facts.source.policy} | {"data/policy.yaml"}
    wrong = [p for p in found if p.severity == "error" and p.file in files]
    if not wrong:
        return found
    idle = {rule for key in _keys(facts, wrong) for rule in JUDGING.get(key, ())}
    return [p for p in found if p.rule not in idle or p.file in files]


def _keys(facts: RuleContext, wrong: Iterable[Problem]) -> set[str]:
    """Return the keys of the policy that cannot be judged by."""
    if not facts.source.complete("policy"):
        return set(JUDGING)
    keys = {_key(facts, problem) for problem in wrong}
    if facts.source.complete("units") and facts.policy.operator not in facts.units:
        keys.add("operator")  # the default one, of which the policy has no line
    return keys


def _key(facts: RuleContext, problem: Problem) -> str:
    """Return the key of the policy at which a problem is, an empty text if there is none."""
    found = (0, 0, "")
    for record in facts.source.policy:
        for key in record.data if record.file == problem.file else ():
            mark = record.at(key, key=True)
            if (mark.line, mark.column) <= (problem.line, problem.column):
                found = max(found, (mark.line, mark.column, key))
    return found[2]
