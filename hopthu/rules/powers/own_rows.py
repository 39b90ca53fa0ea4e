"""Who may correct one row of a record, and nothing else in it (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.model.competence import Act
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.uses import Use
from hopthu.rules.rows import Row, rows, texts
from hopthu.source.records import Record


def ways(facts: RuleContext, use: Use) -> Iterator[tuple[Act, tuple[str, ...]]]:
    """Yield the acts, with the units concerned, of which an issuer must be able to decide on one.

    Beside what a document is cited for it is, of a correction, a hold on the record, if the issuer
    is none of the units concerned, as the inspectorate, or a second post in its own unit. The hold
    may be over, or have been a mistake: whether there was one, `hopthu.rules.powers.of_holds` asks,
    and what is corrected, `hopthu.rules.powers.corrections`.
    """
    yield use.act, use.units
    if use.act == "correction" and use.record.kind != "documents":
        if _is_from_elsewhere(facts, use):
            yield "hold", use.units
        named = facts.documents[use.document]
        if "correction" in {act for _, act in texts(named, ("acts", "*"))}:
            yield from (("correction", (unit,)) for unit in of_second_post(facts, use))


def _is_from_elsewhere(facts: RuleContext, use: Use) -> bool:
    issuer = facts.issuers.get(use.document, "")
    return bool(issuer) and all(issuer not in facts.ever_above(unit) for unit in use.units)


def of_second_post(facts: RuleContext, use: Use) -> tuple[str, ...]:
    """Return the issuer of a correction, if somebody has or had a second post in its own unit."""
    issuer = facts.issuers.get(use.document, "")
    there = use.act == "correction" and issuer in second_units(use.record)
    return (issuer,) if there else ()


def second_units(record: Record) -> set[str]:
    """Return the units in which somebody has or had a post beside the main one."""
    return {post.unit for post in _posts(record) if not post.main}


def main_units(record: Record) -> tuple[str, ...]:
    """Return the units in which somebody has or had a main post."""
    return tuple(post.unit for post in _posts(record) if post.main)


def _posts(record: Record) -> Sequence[Row]:
    return rows("post", record, "posts") if record.kind == "people" else ()
