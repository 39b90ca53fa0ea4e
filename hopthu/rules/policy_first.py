"""The rule that an edit is judged by the policy it finds as well as by the one it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.policy import Policy
from hopthu.rules.basis import basis_cited
from hopthu.rules.competence import issuer_competent
from hopthu.rules.context import RuleContext
from hopthu.rules.kept_headships import head_by_second_post
from hopthu.rules.revision_pairs import Between
from hopthu.rules.transfers import transfer_permitted

FIRST = Rule(
    "policy-first",
    "Art. 5.1",
    "who may decide, and by which documents, is settled before somebody decides: an edit that "
    "widens the policy cannot be the first to use it",
)
_JUDGED_BY = ("operator", "competence", "citing", "unit_kinds", "outside_authorities")
"""The keys of the policy that say which documents a change may rest on."""
_CHECKS = (issuer_competent, transfer_permitted, head_by_second_post, basis_cited)


def policy_first(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report what an edit may do only by the policy that it brings itself.

    What was there before, however it was judged then, is none of the edit's.
    """
    if not differ(before.policy, after.policy):
        return
    former = {key: getattr(before.policy, key) for key in _JUDGED_BY}
    strict = replace(after, policy=replace(after.policy, **former))
    for check in _CHECKS:
        reported = {_place(problem) for problem in check(after)}
        known = {_what(problem) for problem in check(before)}
        for problem in check(strict):
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


def differ(before: Policy, after: Policy) -> bool:
    """Tell whether two policies may judge a change differently by its documents."""
    return any(getattr(before, key) != getattr(after, key) for key in _JUDGED_BY)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line, problem.column


def _what(problem: Problem) -> tuple[str, str]:
    return problem.subject, problem.what


RULES = (FIRST,)
OF_EDITS: tuple[Between, ...] = (policy_first,)
"""Checks of an edit against the revision it changes."""
