"""Describe a rollback to the operator who decides on it: what goes back, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import printable
from hopthu.history.format_text import local
from hopthu.history.record import Record
from hopthu.i18n.catalogue import translate
from hopthu.i18n.joining import joined, some
from hopthu.i18n.message import Message
from hopthu.rollback.preview import Preview, stays
from hopthu.rollback.target import RollbackPlan

_SHOWN = 10


def as_text(
    choice: RollbackPlan,
    foreseen: Sequence[Preview],
    inventory: str,
    language: str = "en",
    *,
    tables: bool,
) -> str:
    """Return what would happen, in `language`; with `tables` they go back too."""
    lines = _lines(choice, foreseen, inventory, tables=tables)
    return "".join(f"{printable(translate(line, language))}\n" for line in lines)


def _lines(
    choice: RollbackPlan, foreseen: Sequence[Preview], inventory: str, *, tables: bool
) -> Iterator[str]:
    for each in foreseen:
        to = _describe(choice.back[each.host])
        yield Message("{host}: back to {record}", host=each.host, record=to)
        for name, files in each.files.items():
            yield from (f"  {file}  [{name}]" for file in files)
        if not each.files:
            yield Message("  no file needs to change")
    yield Message("Undone:")
    for record in choice.undone:
        yield Message("  {record}", record=_describe(record))
        yield from (Message("    {text}", text=each) for each in record.changes[:_SHOWN])
        if len(record.changes) > _SHOWN:
            yield Message("    … and {number} more", number=len(record.changes) - _SHOWN)
    if tables:
        yield from _addresses(foreseen)
    yield Message("Not undone: mail, directory entries, access to unit mailboxes, packages.")
    if changed := stays(choice.undone):
        yield Message(
            "  The undone runs changed some of these: {what}.", what=joined(changed, ", ")
        )
    if not tables:
        yield Message("  Nor are tables: where mail for an address goes, and who may send as whom.")
    yield Message("`hopthu apply {inventory}` goes forward again.", inventory=inventory)
    yield Message("To undo an edit of the data, `git revert` its commit, then apply.")


def _addresses(foreseen: Sequence[Preview]) -> Iterator[Message]:
    """Yield what the rollback does to addresses, according to the tables of all hosts."""
    if new := _of_kind(foreseen, "new"):
        yield Message(
            "Addresses that did not exist then, refused until the next apply: {addresses}",
            addresses=some(new, _SHOWN),
        )
    if gone := _of_kind(foreseen, "gone"):
        yield Message(
            "Closed addresses that are accepted again, though their mail will bounce: {addresses}",
            addresses=some(gone, _SHOWN),
        )


def _of_kind(foreseen: Sequence[Preview], kind: str) -> list[str]:
    return sorted({address for each in foreseen for address in each.addresses.get(kind, ())})


def _describe(record: Record) -> Message:
    return Message(
        "{id}, {commit} of {day} by {who}",
        id=record.id,
        commit=record.commit[:7],
        day=local(record.finished or record.started),
        who=record.who,
    )
