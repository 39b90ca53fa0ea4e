"""Changes that differ in nothing but whom they concern, or when, folded into one line of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hopthu.i18n.message import Message
from hopthu.plan.diff import Change
from hopthu.plan.later import Edit, Later
from hopthu.plan.phrases import describe_day, describe_number, describe_size

FOLD = "fold"
"""The action of a line that stands for several changes."""
FEW_DAYS = 3
"""What changes on more later days is one line."""
_ON_DAYS: Mapping[Edit, Message] = {
    "added": Message("on {number} days from {first} to {last}: {change}"),
    "changed": Message("on {number} days from {first} to {last}: {change}"),
    "moved": Message("on {number} days from {first} to {last} instead of others: {change}"),
    "removed": Message("no longer on {number} days from {first} to {last}: {change}"),
}
_Alike = tuple[object, ...]


def folded(changes: Sequence[Change], most: int) -> list[Change]:
    """Return the changes, with one line instead of those alike that have one cause.

    What the policy makes is always folded, and stands with its key; other changes are, if they
    rest on the same documents and are more than `most`, in several units.
    """
    together: dict[_Alike, list[Change]] = {}
    for change in changes:
        together.setdefault(_alike(change), []).append(change)
    keys = {change.id: change for change in changes if change.kind == "policy"}
    found: list[Change] = []
    for alike in together.values():
        cause = keys.get(alike[0].cause)
        many = len(alike) > 1 if cause else len(alike) > most and len({c.unit for c in alike}) > 1
        text = _sentence(alike[0], len(alike)) if many else None
        found += [_fold(alike[0], text, cause)] if text else alike
    return found


def later_lines(later: Sequence[Later], *, details: bool = False) -> list[Change]:
    """Return the lines of later days, in order of the first; one if the same comes on many days.

    A lock of one day, again and again, would fill a plan.
    """
    together: dict[_Alike, list[Later]] = {}
    for each in later:
        one = each.change
        alike = (each.edit, one.id, *_alike(one), each.replaced and each.what())
        together.setdefault(alike, []).append(each)
    found: list[tuple[Later, Change]] = []
    for same in together.values():
        if details or len(same) <= FEW_DAYS:
            found += [(each, each.line()) for each in same]
        else:
            found.append((same[0], _on_days(same)))
    place = {id(each): number for number, each in enumerate(later)}
    return [line for _, line in sorted(found, key=lambda each: place[id(each[0])])]


def _on_days(same: Sequence[Later]) -> Change:
    one, days = same[0], sorted(each.on for each in same)
    summary = Message(
        _ON_DAYS[one.edit].template, number=describe_number(len(days)),
        first=describe_day(days[0]), last=describe_day(days[-1]), change=one.what(),
    )  # fmt: skip
    return replace(one.line(), summary=summary)


def _alike(change: Change) -> _Alike:
    """Return what changes alike have in common; of entries that is which attributes differ."""
    corrected = change.kind == "entry" and change.action == "restore"
    values = [sorted(change.after)] if corrected else [change.before, change.after]
    return change.basis, change.cause, change.kind, change.action, str(values)


def _fold(one: Change, text: Message, cause: Change | None) -> Change:
    if cause:
        return Change("policy", cause.id, FOLD, None, None, one.basis, text, cause.unit)
    return Change(one.kind, "", FOLD, None, None, one.basis, text)


def _sentence(change: Change, number: int) -> Message | None:
    """Return what happens to a number of mailboxes or entries; None if each has its own line."""
    many = describe_number(number)
    what = change.kind, change.action
    if what == ("mailbox", "move"):
        return Message(
            "{number} mailboxes: mail moves from {old} to {new}",
            number=many, old=change.before, new=change.after,
        )  # fmt: skip
    if what == ("mailbox", "change") and change.after.keys() == {"quota"}:
        return Message(
            "{number} mailboxes: quota: {old} → {new}",
            number=many, old=_size(change.before), new=_size(change.after),
        )  # fmt: skip
    if what == ("entry", "restore"):
        return Message(
            "{number} directory entries are corrected: {attributes}",
            number=many, attributes=", ".join(sorted(change.after)),
        )  # fmt: skip
    return None


def _size(fields: Mapping[str, Any]) -> str:
    return describe_size(fields["quota"])
