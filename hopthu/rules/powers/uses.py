"""What documents are cited for: each use with its act, and the units that the act concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hopthu.i18n.message import Message
from hopthu.model.competence import TABLE, Act
from hopthu.model.facts import OF_PEOPLE, OF_UNITS
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.timeline import (
    NAMES,
    Fact,
    Steps,
    day_before,
    day_of,
    died,
    facts_of,
    text,
    texts,
    was,
)
from hopthu.rules.context import Paper, RuleContext
from hopthu.schema.registry import policy_keys, references
from hopthu.source.records import Record

ACTS: Mapping[str, Message] = {
    **{str(kind): name for kind, name in NAMES.items() if kind != "change"},
    "death": Message("a death"),
    "lock_of_head": Message("a lock of a head"),
    "regulation": Message("a regulation of the mailbox"),
    "transfer": Message("somebody who goes to another unit"),
    "reorganised": Message("a unit's name, kind or parent"),
    "details": Message("a name, a category, an address or a store"),
    "name": Message("a name, a category, an address or a store"),
    "correction": Message("a correction"),
    "exception": Message("an exception"),
    "allowance": Message("an allowance"),
    "former_domain": Message("a former domain"),
    "policy": Message("a key of the policy"),
    "powers": Message("who decides, or what is guarded"),
    "adoption": Message("the adoption of a list"),
}
"""What acts are called."""
_BESIDE: Mapping[str | int, Act] = {
    "corrections": "correction",
    "mailbox": "exception",
    "allowances": "allowance",
    "former_domains": "former_domain",
}
Way = tuple[Act, tuple[str, ...]]
"""An act on which an issuer must be able to decide, with the units that it concerns."""


class Use(NamedTuple):
    """A document cited at a place for an act.

    Its issuer must be able to decide in one of several `ways`, by the organisation on its day or on
    the day of `effect`, at the latest the first day without it; where a unit goes from one to
    another, on every one of `days`. A document that names units must name one of `units`. Where an
    `other` document is cited as well, either will do. What is simply in force has no `effect`.
    """

    record: Record
    steps: Steps
    document: str
    act: Act
    units: tuple[str, ...]
    ways: tuple[Way, ...]
    kinds: tuple[str, ...]
    effect: str = ""
    days: tuple[str, ...] = ()
    other: str | None = None


def of_row(facts: RuleContext, row: Fact) -> Iterator[Use]:
    """Yield the uses of the documents that a row cites, for each act that it takes.

    A row without a decision is decided by its request.
    """
    field, document = ("decision", row.decision) if row.decision else ("request", row.request)
    own = units_of(facts, row)
    units, acts = tuple(dict.fromkeys(concerned(facts, row, own))), acts_of(row)
    # The unit held may be the one inspected: who decides on a hold asks for it as well.
    decides = facts.issuers.get(row.decision) if "hold" in acts else None
    asked = (*units, decides) if decides else units
    if ends_a_post(row):
        asked = ()  # of another post than those they have, as one to come, the edit tells
    days = (day_before(row.start), row.start) if "parent" in was(row) else ()
    for act in acts:  # none, if the row names no fact: that is reported for its shape
        ways = _ways(facts, row, act, own)
        decided = Use(
            *(row.record, (*row.steps, field), document, act, units, ways),
            *(_kinds(acts, field), row.start, days),
        )
        yield decided._replace(
            steps=(*row.steps, "request"),
            document=row.request,
            ways=(("request", asked),),
            kinds=_kinds(acts, "request"),
            days=(),
        )
        yield decided


def _ways(facts: RuleContext, row: Fact, act: Act, own: tuple[str, ...]) -> tuple[Way, ...]:
    """Return in what ways somebody may decide on an act of a row."""
    if act == "policy":
        acts = {policy_keys().get(key) for key in facts_of(row)}
        return (("powers" if "powers" in acts else "policy", own),)
    ways = of_whom(facts, act, own, row.person, row.start, latest(facts, row))
    return (*ways, *_ways_out(facts, row)) if ways[0][0] == "post" else ways


def of_whom(
    facts: RuleContext, act: Act, units: tuple[str, ...], person: str, first: str, last: str = ""
) -> tuple[Way, ...]:
    """Return the act in each of some units: on whoever heads one is decided as the table says.

    That is who does on its `first` day, or on the day of its `last` document. The post with which
    somebody comes to head a unit, on the same day, may be given by the unit.
    """
    of_head, coming = TABLE[act].of_head, first if act == "post" else ""
    days = {first, last or first}
    headed = tuple(
        unit
        for unit in units
        if of_head and any(heads(facts, unit, person, day, coming=coming) for day in days)
    )
    others = tuple(unit for unit in units if unit not in headed)
    ways: tuple[Way, ...] = ((of_head, headed),) if of_head and headed else ()
    return ways if ways and not others else (*ways, (act, others))


def heads(facts: RuleContext, unit: str, person: str, day: str, *, coming: str = "") -> bool:
    """Tell whether somebody heads a unit on a day, and not from the day `coming` on."""
    of_person = (row for row in facts.heads.get(unit, ()) if row.person == person)
    return any(row.start <= day < row.term and row.start != coming for row in of_person)


def consents(facts: RuleContext) -> Iterator[Use]:
    """Yield what posts take beside the unit they are in: each unit that shares somebody agrees.

    That is the unit of the main post they leave, or work beside, and the one they go to, if the
    former decided. Who ends the one by the same paper decides for the other if they could end it.
    """
    for post in (post for posts in facts.posts.values() if posts[1:] for post in posts):
        if going := _ways_out(facts, post):
            coming = tuple((act if act == "ended" else "post", (post.unit,)) for act, _ in going)
            place = post.record, (*post.steps, "decision"), post.decision
            for ways in (going, coming):
                yield Use(*place, *ways[0], ways, (), post.start, other=post.request)


def sender_of(facts: RuleContext, post: Fact) -> str:
    """Return the unit of the main post that a post ends or stands beside, if it is another."""
    main = (each for each in facts.posts.get(post.person, ()) if each.main and each != post)
    if post.main:
        units = [each.unit for each in main if each.end == post.start and each.start < post.start]
    else:
        units = [each.unit for each in main if each.holds_on(post.start)]
    return units[0] if units and units[0] in facts.units and units[0] != post.unit else ""


def _ways_out(facts: RuleContext, post: Fact) -> tuple[Way, ...]:
    """Return in what ways the unit left can decide on a post, or the paper that ends that unit."""
    sender = sender_of(facts, post)
    if not sender:
        return ()
    ended = facts.ended.get(sender)
    goes_on = facts.above(post.unit, post.start).intersection(facts.heirs.get(sender, ()))
    ways = of_whom(facts, "transfer", (sender,), post.person, post.start)
    if ended and goes_on and (ended.start, ended.decision) == (post.start, post.decision):
        return (*ways, ("ended", (sender,)))
    return ways


def acts_of(row: Fact) -> tuple[Act, ...]:
    """Return the act that a row is based on; of a row of `changes` one for each fact it names."""
    if row.kind != "change":
        return ("death",) if died(row) else (row.kind,)
    if row.record.kind == "policy":
        return ("policy",)
    named = facts_of(row)
    acts = (OF_UNITS if row.unit else OF_PEOPLE).items()
    return tuple(dict.fromkeys(act for fact, act in acts if fact in named))


def _kinds(acts: Sequence[Act], field: str) -> tuple[str, ...]:
    """Return the kinds of documents that serve all of some acts."""
    kinds = [getattr(TABLE[act], field) for act in acts]
    return tuple(kind for kind in kinds[0] if all(kind in each for each in kinds))


def concerned(facts: RuleContext, row: Fact, own: Sequence[str]) -> Iterator[str]:
    """Yield the units with a say in a change: its own, and those it comes from or goes to."""
    yield from own
    if row.kind == "post":
        yield from (p.unit for p in facts.posts.get(row.person, ()) if p.start < row.start)
        yield from filter(None, (sender_of(facts, row),))
    elif row.kind == "ended":
        yield from facts.heirs.get(row.unit, ())


def units_of(facts: RuleContext, row: Fact) -> tuple[str, ...]:
    """Return the unit of a row, or of the main post of whom it is about on its day, or the last.

    A post beside it gives its unit a say in that post alone, and a unit they went away from has
    none any more: what is decided or asked for later than its day is judged by that later day.
    Who leaves is of the unit of the day before; so is judged what begins on the first day without
    the issuer, and was asked for by then.
    """
    if row.unit:
        return (row.unit,)
    day, document = latest(facts, row), row.decision or row.request
    over = day_of(facts.ended, facts.issuers.get(document, ""))
    if over == row.start == day or row.kind == "left":
        day = day_before(row.start)
    posts = sorted(facts.posts.get(row.person, ()), key=lambda post: post.start)
    begun = [post for post in posts if post.start <= max(day, row.start)] or posts[:1]
    there = [post for post in begun if post.holds_on(day)]
    if ends_a_post(row) and there:
        return tuple(post.unit for post in there)  # which one ends, the edit shows: `fact-basis`
    main = [post for post in there if post.main] or [post for post in begun if post.main] or begun
    return (max(main, key=lambda post: post.end).unit,) if main else ()


def ends_a_post(row: Fact) -> bool:
    """Tell whether a row of `changes` names an end of posts alone."""
    return row.kind == "change" and facts_of(row) == ["posts"]


def latest(facts: RuleContext, row: Fact) -> str:
    """Return the day of a row, or that of a document that decides on it or asks for it later."""
    return max(row.start, *(facts.issued.get(each, "") for each in (row.decision, row.request)))


def beside_rows(facts: RuleContext) -> Iterator[Use]:
    """Yield what corrections, exceptions, allowances and former domains cite."""
    scopes = {
        (record.file, steps[1]): scope
        for record in facts.source.policy
        for steps, scope in texts(record, ("allowances", "*", "scope"))
    }
    for record, steps, cited in facts.beside_rows:
        act = _BESIDE[steps[0]]
        units: tuple[str, ...] = ()
        if act == "allowance":
            scope = scopes.get((record.file, steps[1]), "")
            units = () if scope == WHOLE_PROVINCE else (scope,)
        elif act != "former_domain":
            units = _units(facts, record)
        yield _in_force(facts, record, steps, cited, act, units)


def regulations(facts: RuleContext) -> Iterator[Use]:
    """Yield the regulations of units."""
    for key, record in facts.units.items():
        if cited := text(record.data, "regulation"):
            yield _in_force(facts, record, ("regulation",), cited, "regulation", (key,))


def adoptions(facts: RuleContext) -> Iterator[Use]:
    """Yield the documents that adopt a list: who may, its own record shows."""
    for key in facts.adoptions:
        record = facts.documents[key]
        steps = ("issuer" if "issuer" in record.data else "outside_issuer",)
        units = (facts.policy.operator,) if facts.policy.operator in facts.units else ()
        use = _in_force(facts, record, steps, key, "adoption", units)
        yield use._replace(kinds=(), units=())


def _in_force(
    facts: RuleContext,
    record: Record,
    steps: Steps,
    cited: str,
    act: Act,
    units: tuple[str, ...],
) -> Use:
    ways: tuple[Way, ...] = ((act, units),)
    if act == "correction" and record.kind != "documents":
        ways = (*ways, *_of_one_row(facts, record, cited, units))
        units = (*units, *_second_post(facts, record, cited))
    return Use(record, steps, cited, act, units, ways, tuple(TABLE[act].decision))


def _of_one_row(
    facts: RuleContext, record: Record, cited: str, units: tuple[str, ...]
) -> Iterator[Way]:
    """Yield in what ways somebody may correct one row of a record, and nothing else in it.

    That is a hold on the record, for an issuer who is none of the units concerned, as the
    inspectorate, or a second post in its own unit. The hold may be over, or have been a mistake:
    whether there was one, the edit shows.
    """
    issuer = facts.issuers.get(cited, "")
    if issuer and all(issuer not in facts.past.ever_above(unit) for unit in units):
        yield "hold", units
    if cited in facts.papers and "correction" in facts.papers[cited].acts:
        yield from (("correction", (unit,)) for unit in _second_post(facts, record, cited))


def _second_post(facts: RuleContext, record: Record, cited: str) -> tuple[str, ...]:
    issuer = facts.issuers.get(cited, "")
    posts = facts.posts.get(record.id, ()) if record.kind == "people" else ()
    return (issuer,) if any(post.unit == issuer and not post.main for post in posts) else ()


def _units(facts: RuleContext, record: Record) -> tuple[str, ...]:
    """Return the units of a person's main posts, the unit itself, or the issuer of a document."""
    if record.kind == "people":
        posts = facts.posts.get(record.id, ())
        return tuple([post.unit for post in posts if post.main] or [post.unit for post in posts])
    if record.kind == "units":
        return (record.id,)
    return (facts.issuers.get(record.id, text(record.data, "issuer")),)


def days_of(facts: RuleContext, use: Use, paper: Paper) -> list[tuple[str, ...]]:
    """Return the days by which a use is judged: on one of each the issuer must be competent."""
    if use.days:
        return [(each,) for each in use.days]
    return [tuple(filter(None, (paper.date, use.effect or facts.today)))]


def cited(facts: RuleContext) -> set[str]:
    """Return the ids that any field names as a document: those read as rows, others if need be."""
    found = {row.decision for row in facts.changes} | {row.request for row in facts.changes}
    found.update(text(record.data, "regulation") for record in facts.source.units)
    rows = (row for listed in facts.fact_changes.values() for row in listed)
    found.update(text(was(row), "regulation") for row in rows)
    if facts.documents.keys() <= found:
        return found
    for kind, records in facts.source.records.items():
        for path in (path for path, target in references(kind) if target == "documents"):
            citing = (r for r in records if path[0] in r.data)
            found.update(named for r in citing for _, named in texts(r, path))
    return found
