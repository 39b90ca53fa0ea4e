"""The rule that an edit is judged by the policy it finds as well as by the one it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.policy import Policy
from hopthu.rules.book import check_edit
from hopthu.rules.context import Check, RuleContext
from hopthu.rules.names.addresses import unique_address
from hopthu.rules.names.borrowed_names import name_permitted
from hopthu.rules.names.naming import naming_profile
from hopthu.rules.powers.competence import issuer_competent
from hopthu.rules.powers.concern import issuer_authorised
from hopthu.rules.powers.kept_headships import head_by_second_post
from hopthu.rules.powers.transfers import transfer_permitted
from hopthu.rules.records.basis import basis_cited
from hopthu.rules.records.offices import delegation_term
from hopthu.rules.records.redirects import open_redirect, without_redirect
from hopthu.rules.rows import text

FIRST = Rule(
    "policy-first",
    "Art. 5.1",
    "who may decide what, by which documents and for how long, is settled before somebody decides: "
    "an edit that widens the policy cannot be the first to use it",
)
_DECIDING: tuple[Check, ...] = (
    issuer_competent,
    issuer_authorised,
    transfer_permitted,
    head_by_second_post,
    name_permitted,
    basis_cited,
)
_JUDGED_BY: Mapping[str, tuple[Check, ...]] = {
    "operator": _DECIDING,
    "competence": _DECIDING,
    "citing": _DECIDING,
    "unit_kinds": _DECIDING,
    "outside_authorities": _DECIDING,
    "lifecycle": (delegation_term, open_redirect, without_redirect),
    "reserved": (unique_address,),
    "naming": (naming_profile,),
}
"""The keys of the policy that limit what an edit may do, each with the checks that read it.

Not here are `documents`, of which `fact-basis` and `document-age` take what is stricter, and
`guards`, of which plans do; and `allowances` and `former_domains`, which rest on documents.
"""


@check_edit
def policy_first(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report what an edit may do only by the policy that it brings itself.

    What was there before, however it was judged then, is none of the edit's.
    """
    if not differ(before.policy, after.policy):
        return
    former = {key: getattr(before.policy, key) for key in _JUDGED_BY}
    strict = replace(after, policy=replace(after.policy, **former))
    changed = [key for key in _JUDGED_BY if _differs(before.policy, after.policy, key)]
    at_once = _renamed_at_once(before, after) if "naming" in changed else frozenset()
    for check in dict.fromkeys(check for key in changed for check in _JUDGED_BY[key]):
        reported = {_place(problem) for problem in check(after)}
        known = {_what(problem) for problem in check(before)}
        for problem in check(strict):
            if check is naming_profile and _kind(after, problem) in at_once:
                continue
            if _place(problem) not in reported and _what(problem) not in known:
                yield replace(
                    problem,
                    rule=FIRST.id,
                    article=FIRST.article,
                    why=Message(FIRST.why),
                    what=Message("{what}, by the policy before this edit", what=problem.what),
                    fix=Message(
                        "first the policy, in an edit of its own, then what rests on it: {fix}",
                        fix=problem.fix,
                    ),
                )


def _renamed_at_once(before: RuleContext, after: RuleContext) -> frozenset[str]:
    """Return the kinds of units whose addresses change with the profile.

    One on record does not follow the new one: the policy alone would be refused.
    """
    policy = replace(before.policy, naming=after.policy.naming, unit_kinds=after.policy.unit_kinds)
    wrong = {problem.subject for problem in naming_profile(before)}
    alone = naming_profile(replace(before, policy=policy))
    return frozenset(_kind(before, p) for p in alone if p.subject not in wrong)


def _kind(facts: RuleContext, problem: Problem) -> str:
    record = facts.units.get(problem.subject)
    return text(record.data, "kind") if record else ""


def differ(before: Policy, after: Policy) -> bool:
    """Tell whether two policies may judge a change differently."""
    return any(_differs(before, after, key) for key in _JUDGED_BY)


def _differs(before: Policy, after: Policy, key: str) -> bool:
    return bool(getattr(before, key) != getattr(after, key))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line, problem.column


def _what(problem: Problem) -> tuple[str, str]:
    return problem.subject, problem.what
