"""Edits of the policy: on documents, and judged by the policy before them as well (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce

from hopthu.diagnostics.problem import Mark, Problem
from hopthu.i18n.message import Message
from hopthu.model.policy import Naming, Policy
from hopthu.model.timeline import facts_of, was
from hopthu.rules.book import CHECKS, EDIT_CHECKS, Found, check_edit
from hopthu.rules.edit import Edit, key_of
from hopthu.rules.edits.fact_basis import changed_by
from hopthu.schema.registry import policy_keys


@check_edit("fact-basis")
def policy_basis(edit: Edit) -> Iterator[Found]:
    """Report keys of the policy that changed without a new row of `changes`.

    Of a first load, which sets everything, nothing is asked.
    """
    if edit.is_first:
        return
    before, after = edit.before, edit.after
    known = {key_of(row) for row in before.policy_changes}
    new = [row for row in after.policy_changes if key_of(row) not in known]
    named = {fact for row in new for fact in facts_of(row)}
    for key in policy_keys():
        if key not in named and _value(before.policy, key) != _value(after.policy, key):
            what = Message("{key} is not what it was", key=key)
            fix = changed_by(key, after.today, {})
            yield Found(after.setting(*key.split(".")), what, fix)
    stating = {row.start: row for row in new if was(row)}
    for day, profile in after.policy.naming.before:
        if day in stating and not _alike(before.policy, profile):
            what = Message("the naming profile was another one")
            fix = Message("write what it was, or take it out of `was`")
            yield Found(stating[day].at("was"), what, fix)


def _alike(policy: Policy, profile: Naming) -> bool:
    """Tell whether a profile has the pattern of the policy for each kind of unit."""
    sides = policy.naming, profile
    kinds = {"", *policy.naming.unit, *profile.unit}
    return all(
        len({side.of(policy.named_kind(kind, side.unit)) for side in sides}) == 1 for kind in kinds
    )


def _value(policy: Policy, key: str) -> object:
    return reduce(getattr, key.split("."), policy)


@check_edit("policy-first")
def policy_first(edit: Edit) -> Iterator[Found]:
    """Report what an edit may do only by the policy that it brings itself.

    What was there before, however it was judged then, is none of the edit's; and what the policy
    alone would make wrong, such as an address by the former profile, cannot come after it.
    """
    before, after = edit.before, edit.after
    if before.policy == after.policy:
        return
    strict = replace(after, policy=before.policy)
    alone = replace(before, policy=after.policy)
    for check in CHECKS:
        if found := [p for p in check(strict) if p.severity == "error"]:
            known = {(p.rule, p.subject, p.what) for p in check(before)}
            forced = {(p.rule, p.subject) for p in check(alone)}
            unforced = (p for p in found if (p.rule, p.subject) not in forced)
            new = (p for p in unforced if (p.rule, p.subject, p.what) not in known)
            yield from _beside(new, check(after))
    for check_of in (each for each in EDIT_CHECKS if each is not policy_first):
        if found := [p for p in check_of(Edit(before, strict)) if p.severity == "error"]:
            yield from _beside(found, check_of(edit))


def _beside(found: Iterable[Problem], reported: Iterable[Problem]) -> Iterator[Found]:
    """Yield those that are not reported by the policy after the edit as well."""
    places = {(each.file, each.line, each.column, each.rule) for each in reported}
    for each in found:
        if (each.file, each.line, each.column, each.rule) not in places:
            what = Message("{what}, by the policy before this edit", what=each.what)
            fix = Message(
                "first the policy, in an edit of its own, then what rests on it: {fix}",
                fix=each.fix,
            )
            at = Mark(each.file, each.line, each.column, each.place)
            yield Found(at, what, fix, subject=each.subject)
