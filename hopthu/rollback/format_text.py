"""What a rollback would do, for whoever decides on it: what goes back, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hopthu.diagnostics.problem import printable
from hopthu.history.format_text import local
from hopthu.history.record import Record
from hopthu.rollback.preview import Preview, stays
from hopthu.rollback.target import RollbackPlan

_SHOWN = 10
_ADDRESSES: Mapping[str, str] = {
    "new": "{number} address(es) are refused until the next apply, as they were not there then",
    "gone": "{number} address(es) are taken again, and mail to them comes back: they are closed",
}


def as_text(
    choice: RollbackPlan, foreseen: Sequence[Preview], inventory: str, *, tables: bool
) -> str:
    """Return what would happen; with `tables` they go back too."""
    lines = _lines(choice, foreseen, inventory, tables=tables)
    return "".join(f"{printable(line)}\n" for line in lines)


def _lines(
    choice: RollbackPlan, foreseen: Sequence[Preview], inventory: str, *, tables: bool
) -> Iterator[str]:
    for each in foreseen:
        yield f"{each.host}: back to {_named(choice.back[each.host])}"
        for name, files in each.files.items():
            yield from (f"  {file}  [{name}]" for file in files)
        if not each.files:
            yield "  its files are so already"
    yield "Undone:"
    for record in choice.undone:
        yield f"  {_named(record)}"
        yield from (f"    {sentence}" for sentence in record.changes[:_SHOWN])
        if len(record.changes) > _SHOWN:
            yield f"    … and {len(record.changes) - _SHOWN} more"
    if tables:
        yield from _addresses(foreseen)
    yield "Not undone: mail, entries of the directory, rights in unit mailboxes, packages."
    if changed := stays(choice.undone):
        yield f"  Of these the runs undone had changed: {', '.join(changed)}."
    if not tables:
        yield "  Nor tables: which address leads where, and who may send as whom."
    yield f"`hopthu apply {inventory}` goes forward again."


def _addresses(foreseen: Sequence[Preview]) -> Iterator[str]:
    """Yield what going back does to addresses, as the tables of any host say."""
    for kind, sentence in _ADDRESSES.items():
        found = sorted({address for each in foreseen for address in each.addresses.get(kind, ())})
        if found:
            yield f"{sentence.format(number=len(found))}: {_some(found)}"


def _some(found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{', '.join(found[:_SHOWN])}{more}"


def _named(record: Record) -> str:
    when = local(record.finished or record.started)
    return f"{record.id}, {record.commit[:7]} of {when} by {record.who}"
