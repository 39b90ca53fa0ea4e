"""Whether what is checked out goes on from what the hosts hold, or would take them back.

A clone that has not pulled knows nothing of a colleague's change: to apply it takes the change away
again. So the commit on record must be the one checked out, or have come before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.diagnostics.problem import Problem, printable
from hopthu.errors import Refused, UsageError
from hopthu.history import checkout
from hopthu.history.record import UNKNOWN, Record
from hopthu.history.removals import PERMANENT, since
from hopthu.i18n.message import Message
from hopthu.source.records import Source

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Newer:
    """A commit that `hosts` hold and the checkout does not contain.

    `record` is that of the newest run that brought it; `known` tells whether the clone has it.
    """

    commit: str
    hosts: tuple[str, ...]
    record: Record
    known: bool


def newer(root: Path, records: Mapping[str, Record]) -> tuple[Newer, ...]:
    """Return the commits on record that are neither checked out in `root` nor came before.

    Of hosts that were given no commit nothing can be said.
    """
    by_commit: dict[str, dict[str, Record]] = {}
    for host, record in sorted(records.items()):
        by_commit.setdefault(record.commit, {})[host] = record
    return tuple(
        Newer(name, tuple(held), max(held.values(), key=lambda r: r.id), checkout.has(root, name))
        for name, held in sorted(by_commit.items())
        if name != UNKNOWN and not checkout.is_part(root, name)
    )


def sentence(found: Newer) -> Message:
    """Say which hosts hold what, who applied it and when."""
    finished = found.record.finished or found.record.started
    return Message(
        "{hosts}: commit {commit} is deployed, by {who} at {when} UTC, and what is checked out "
        "here does not contain it",
        hosts=", ".join(found.hosts),
        commit=found.commit[:_SHORT],
        who=printable(found.record.who),
        when=finished[:16].replace("T", " "),
    )


def go_on(root: Path, found: Sequence[Newer], back_to: str) -> str:
    """Return what the record says of going back, empty where an apply goes forward.

    `back_to` is the revision that whoever applies says they go back to. Raises `Refused` where it
    is not the one checked out, and where an apply would go back and nobody said so.
    """
    head = checkout.head(root)
    if back_to and (named := checkout.named(root, back_to)) != head:
        raise Refused(
            f"--back-to names {named[:_SHORT] or repr(back_to)}, but HEAD is {head[:_SHORT]}",
            fix="check out the commit to go back to, look at `hopthu plan --live`, then apply",
        )
    if not found:
        return ""
    if back_to:
        return f"back to {head[:_SHORT]} from {', '.join(n.commit[:_SHORT] for n in found)}"
    told = [sentence(each) for each in found]
    raise Refused(told[0] if len(told) == 1 else "\n".join(told), fix=_fix(head, found))


def _fix(head: str, found: Iterable[Newer]) -> Message:
    if head == UNKNOWN:
        return Message("apply from a git clone that contains it")
    words = {"commit": head[:_SHORT]}
    if all(each.known for each in found):
        return Message(
            "git merge it, then plan and apply; or go back knowingly: --back-to {commit}", **words
        )
    return Message(
        "git pull, then plan and apply; or go back knowingly: --back-to {commit}", **words
    )


def taken(root: Path, records: Mapping[str, Record], source: Source, on: date) -> list[Problem]:
    """Return what `source` takes away of what hosts were given and must not, sorted.

    Of a commit that is not part of this checkout counts what both have in common. Whatever was
    given beyond a commit, or of one that git cannot read, is not known here.
    """
    found: set[Problem] = set()
    for name in {record.commit for record in records.values()} - {UNKNOWN}:
        shared = checkout.shared(root, name)
        if shared:
            try:
                found.update(since(root, shared, source, on, PERMANENT).problems)
            except UsageError:
                continue  # it has no data that git can lay out: `lost` looks at the directory
    return sorted(found)
