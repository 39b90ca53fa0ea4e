"""Where records cite documents."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.rules.facts import Facts, texts
from hopthu.rules.rows import Steps, text
from hopthu.schemas import references
from hopthu.source import Record


def cited(facts: Facts) -> set[str]:
    """Return the ids that any field names as a document: those read as rows, others if need be."""
    found = {row.decision for row in facts.changes} | {row.request for row in facts.changes}
    found.update(text(record.data, "regulation") for record in facts.source.units)
    if facts.documents.keys() <= found:
        return found
    for kind, records in facts.source.records.items():
        for path in (path for path, target in references(kind) if target == "documents"):
            citing = (r for r in records if path[0] in r.data)
            found.update(named for r in citing for _, named in texts(r, path))
    return found


def beside_rows(facts: Facts) -> Iterator[tuple[Record, Steps, str]]:
    """Yield what exceptions, corrections and allowances cite: no row of a record, and no request.

    A plain record has no exception.
    """
    source = facts.source
    for records in (source.units, source.people, source.documents):
        for record in [r for r in records if "corrections" in r.data]:
            yield from _at(record, ("corrections", "*"))
    for record in [*source.units, *(r for r in source.people if not r.plain)]:
        yield from _at(record, ("mailbox", "exception"))
    for record in source.policy:
        yield from _at(record, ("allowances", "*", "document"))


def _at(record: Record, path: tuple[str, ...]) -> Iterator[tuple[Record, Steps, str]]:
    yield from ((record, steps, named) for steps, named in texts(record, path))
