"""The report of a run, person by person; it has no password."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.mail_import.outcome import Outcome
from hopthu.mail_import.source import Source

_SHOWN = 10
"""So many messages that were not copied are named for each mailbox; JSON has all."""


def as_json(outcomes: Sequence[Outcome], source: Source, language: str, *, copy: bool) -> str:
    """Return the report for tools."""
    people = [_plain(each, language) for each in outcomes]
    report = {"from": str(source), "dry_run": not copy, "mailboxes": people}
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _plain(each: Outcome, language: str) -> dict[str, object]:
    counts = ("there", "here", "known", "copied", "moved", "marked", "doubled", "folders", "bytes")
    return {
        "id": each.chosen.mailbox.id,
        "user": each.chosen.account.user,
        "store": each.chosen.store.name,
        "failed": each.failed,
        "reason": translate(each.reason, language) if each.reason else "",
        "fix": translate(each.fix, language) if each.fix else "",
        **{name: getattr(each, name) for name in counts},
        "left_out": list(each.left_out),
        "missing": [
            {"folder": one.folder, "uid": one.uid, "reason": one.reason} for one in each.missing
        ],
    }


def as_text(outcomes: Sequence[Outcome], language: str, *, copy: bool) -> str:
    """Return the report for people."""
    lines = [line for each in outcomes for line in _lines(each, copy)]
    return "".join(f"{translate(line, language)}\n" for line in [*lines, _sum(outcomes, copy)])


def _lines(each: Outcome, copy: bool) -> Iterator[Message]:
    name = each.chosen.mailbox.id
    if each.reason:
        yield Message("{id}: failed: {reason}", id=name, reason=each.reason)
        if each.fix:
            yield Message("  fix: {fix}", fix=each.fix)
        return
    if copy:
        yield Message(
            "{id}: {there} message(s) there, {here} here: {copied} copied now, {known} before, "
            "{moved} moved as there, {marked} with new flags; {doubled} doubled",
            id=name, there=each.there, here=each.here, copied=each.copied, known=each.known,
            moved=each.moved, marked=each.marked, doubled=each.doubled,
        )  # fmt: skip
    else:
        yield Message("{id}: {there} message(s) there, {here} here",
                      id=name, there=each.there, here=each.here)  # fmt: skip
    if each.left_out:
        yield Message("  left out, as they show messages of other folders: {folders}",
                      folders=printable(", ".join(each.left_out)))  # fmt: skip
    for one in each.missing[:_SHOWN]:
        what = {"folder": printable(one.folder), "reason": printable(one.reason)}
        if one.uid:
            yield Message("  not copied: message {uid} of {folder}: {reason}", uid=one.uid, **what)
        else:
            yield Message("  not copied: the folder {folder}: {reason}", **what)
    if (more := len(each.missing) - _SHOWN) > 0:
        yield Message("  and {number} more", number=more)


def _sum(outcomes: Sequence[Outcome], copy: bool) -> Message:
    failed = sum(each.failed for each in outcomes)
    if not copy:
        return Message(
            "{number} mailbox(es): {there} message(s) there, {here} here; {failed} failed. "
            "Nothing was copied.",
            number=len(outcomes), there=sum(each.there for each in outcomes),
            here=sum(each.here for each in outcomes), failed=failed,
        )  # fmt: skip
    return Message(
        "{number} mailbox(es): {complete} complete, {failed} not; {copied} message(s) copied now.",
        number=len(outcomes), complete=len(outcomes) - failed, failed=failed,
        copied=sum(each.copied for each in outcomes),
    )  # fmt: skip
