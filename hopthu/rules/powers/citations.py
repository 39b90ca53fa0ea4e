"""Where records cite documents."""

from __future__ import annotations

from hopthu.rules.context import RuleContext
from hopthu.rules.rows import text, texts
from hopthu.schema.registry import references


def cited(facts: RuleContext) -> set[str]:
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
