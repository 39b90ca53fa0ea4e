"""What documents are cited for: each use with its act, and the units that the act concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hopthu.i18n.message import Message
from hopthu.model.competence import Act
from hopthu.model.facts import OF_PEOPLE, OF_UNITS
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.timeline import was
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.concern import units_of_the_day
from hopthu.rules.rows import (
    NAMES,
    Row,
    Steps,
    day,
    day_before,
    died,
    facts_of,
    text,
    texts,
)
from hopthu.source.records import Record

ACTS: Mapping[str, Message] = {
    **{str(kind): name for kind, name in NAMES.items() if kind != "change"},
    "regulation": Message("a regulation of the mailbox"),
    "transfer": Message("somebody who goes to another unit"),
    "reorganised": Message("a unit's name, kind or parent"),
    "details": Message("a name, a category, an address or a store"),
    "correction": Message("a correction"),
    "exception": Message("an exception"),
    "allowance": Message("an allowance"),
    "former_domain": Message("a former domain"),
    "policy": Message("a key of the policy"),
}
"""What acts are called."""
_BESIDE: Mapping[str | int, Act] = {
    "corrections": "correction",
    "mailbox": "exception",
    "allowances": "allowance",
    "former_domains": "former_domain",
}


class Use(NamedTuple):
    """A document cited at a place for an act, which concerns at least one of `units`.

    An outside issuer is the empty string among `units`; an allowance over the province has none,
    and neither has a former domain. `days` are those on which the units may be judged by those
    above them: that of the document, and that on which it takes effect. Where a unit goes from one
    to another, the issuer must be competent on `every` of them.
    """

    record: Record
    steps: Steps
    document: str
    act: Act
    units: tuple[str, ...]
    days: tuple[str, ...]
    every: bool = False


def on_people(facts: RuleContext) -> Iterator[Use]:
    """Yield the decisions by which people leave or are locked, or their mailboxes are held."""
    holds = [row for row in facts.holds.values() if not row.unit]
    locks = [row for rows in facts.locks.values() for row in rows]
    for row in (*facts.left.values(), *holds, *locks):
        if died(row) and _is_notice(facts, row.decision):
            continue  # of a register or a hospital, which decide nothing
        yield from _decided(facts, row, units_of_the_day(facts, row))


def on_facts(facts: RuleContext) -> Iterator[Use]:
    """Yield the decisions by which facts change, once for each of the acts that this takes."""
    of_records = (row for rows in facts.fact_changes.values() for row in rows)
    for row in (*of_records, *facts.policy_changes):
        if not row.unit and _is_notice(facts, row.decision):
            continue  # an extract from the register, which decides nothing
        units = [row.unit] if row.unit else units_of_the_day(facts, row)
        moves = "parent" in was(row)
        for use in _decided(facts, row, units):
            both = (day_before(row.start), row.start)
            yield use._replace(days=both, every=True) if moves else use


def acts_of(row: Row) -> tuple[Act, ...]:
    """Return the act that a row is based on; of a row of `changes` one for each fact it names."""
    if row.kind != "change":
        return (row.kind,)
    if row.record.kind == "policy":
        return ("policy",)
    named = facts_of(row)
    acts = (OF_UNITS if row.unit else OF_PEOPLE).items()
    return tuple(dict.fromkeys(act for fact, act in acts if fact in named))


def beside_rows(facts: RuleContext) -> Iterator[Use]:
    """Yield what corrections, exceptions, allowances and former domains cite."""
    scopes = {
        (record.file, steps[1]): scope
        for record in facts.source.policy
        for steps, scope in texts(record, ("allowances", "*", "scope"))
    }
    for record, steps, cited in facts.beside_rows:
        act = _BESIDE[steps[0]]
        if act == "allowance":
            scope = scopes.get((record.file, steps[1]), "")
            units = [] if scope == WHOLE_PROVINCE else [scope]
        elif act == "former_domain":
            units = []
        else:
            units = _units(facts, record)
        yield Use(record, steps, cited, act, tuple(units), days(facts, cited, facts.today))


def regulations(facts: RuleContext) -> Iterator[Use]:
    """Yield the regulations of units."""
    for key, record in facts.units.items():
        if cited := text(record.data, "regulation"):
            judged = days(facts, cited, facts.today)
            yield Use(record, ("regulation",), cited, "regulation", (key,), judged)


def of_row(facts: RuleContext, row: Row, field: str, act: Act, units: Sequence[str]) -> Use:
    """Return the use of the document that a row cites as `field`."""
    cited = row.decision if field == "decision" else row.request
    judged = days(facts, cited, row.start)
    return Use(row.record, (*row.steps, field), cited, act, tuple(units), judged)


def days(facts: RuleContext, cited: str, effect: str) -> tuple[str, ...]:
    """Return the day of a document, where it can be read, and the day it takes effect."""
    dated = text(facts.documents[cited].data, "date") if cited in facts.documents else ""
    return tuple(filter(None, (day(dated), effect)))


def _decided(facts: RuleContext, row: Row, units: Sequence[str]) -> Iterator[Use]:
    return (of_row(facts, row, "decision", act, units) for act in acts_of(row))


def _is_notice(facts: RuleContext, document: str) -> bool:
    return document in facts.documents and text(facts.documents[document].data, "kind") == "notice"


def _units(facts: RuleContext, record: Record) -> list[str]:
    """Return the units of a person's main posts, the unit itself, or the issuer of a document."""
    if record.kind == "people":
        posts = facts.posts.get(record.id, ())
        return [post.unit for post in posts if post.main] or [post.unit for post in posts]
    return [record.id if record.kind == "units" else text(record.data, "issuer")]
