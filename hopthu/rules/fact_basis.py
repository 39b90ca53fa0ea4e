"""The rule between two revisions that facts change, and units begin, by a document (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same, spelling
from hopthu.model.facts import DECIDED, Fact
from hopthu.model.former_domains import domain_of
from hopthu.rules.context import RuleContext
from hopthu.rules.corrections import Corrections
from hopthu.rules.past_facts import was
from hopthu.rules.revision_pairs import Between, newly_changed, newly_cited, pairs
from hopthu.rules.revisions import is_reused
from hopthu.rules.rows import (
    NAMES,
    NEVER,
    Kind,
    Row,
    Steps,
    day_after,
    day_before,
    facts_of,
    one,
    rows,
    text,
    texts,
)
from hopthu.source.records import Record
from hopthu.source.values import Map

BASIS = Rule(
    "fact-basis",
    "Art. 5.1",
    "the operator changes a record when a competent authority asks; policy says in `documents` "
    "what needs no document",
)
_FIELDS: dict[str, tuple[Fact, ...]] = {
    "units": ("name", "short", "kind", "parent", "store"),
    "people": ("name", "category"),
}
"""The facts that are fields of the record itself."""


class _Difference(NamedTuple):
    """A fact that differs, where it is written now, and what it was.

    `known` are the documents of the row that ends on another day: they do not say so.
    """

    fact: Fact
    steps: Steps
    was: Message
    known: frozenset[str] = frozenset()


def fact_basis(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report new units that no decision creates, and facts that changed without a document.

    An edit that lets more change without a document does not yet profit from it.
    """
    free = {*before.policy.documents.without} & {*after.policy.documents.without}
    # Of a first load, which adds everything, nothing is asked.
    if before.documents and "created" not in free:
        yield from _units_from_nowhere(before, after)
    for old, new in pairs(before, after, "units", "people"):
        if is_reused(old, new):
            continue  # reported as such
        named = newly_changed(old, new)
        for each in _differences(before, old, new, after):
            if each.fact not in free and not named.get(each.fact, frozenset()) - each.known:
                yield BASIS.violation(
                    new.at(*each.steps),
                    each.was,
                    subject=new.id,
                    fix=_fix(each.fact, after.today, text(old.data, each.fact)),
                )
        yield from _untrue(before, after, old, new)


def _untrue(before: RuleContext, after: RuleContext, old: Record, new: Record) -> Iterator[Problem]:
    """Report what new rows of `changes` say of facts before them that was not so.

    Of several new rows for a fact only the first follows what was there. A row that now says
    something else is the past, rewritten: it is judged here only if a document corrects it.
    """
    corrections = Corrections.of(after)
    # Who was above a unit is not for the one to say that would have been.
    cited = (after.documents.get(key) for key in newly_cited(old, new))
    issuers = {text(document.data, "issuer") for document in cited if document}
    sure = not issuers.isdisjoint((before.policy.operator, text(old.data, "parent")))
    earlier = rows("change", old, "changes")
    known, days = {_key(row): was(row) for row in earlier}, {row.start for row in earlier}
    told: set[str] = set()
    for row in sorted(rows("change", new, "changes"), key=lambda row: row.start):
        edited = _key(row) in known
        corrected = corrections.of_row(after, row, old, new)
        if edited and (not corrected or known[_key(row)] == was(row)):
            continue
        # After a change of the same day comes the next one, not before it.
        follows = row.start in days and not edited
        there = before.past.on(old, row.start if follows else day_before(row.start))
        for fact in was(row).keys() - told:
            told.add(fact)
            if corrected and (fact != "parent" or sure):
                continue
            was_there = text(there, fact)
            if same(text(was(row), fact)) != same(was_there):
                yield BASIS.violation(
                    new.at(*row.steps, "was", fact),
                    Message("{field} was {value}", field=shown(fact), value=shown(was_there))
                    if was_there
                    else Message("there was no {field}", field=shown(fact)),
                    subject=new.id,
                    fix=Message("write what it was, or take it out of `was`"),
                )


def _key(row: Row) -> tuple[str, ...]:
    return row.start, row.decision, row.request, *facts_of(row)


def _units_from_nowhere(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    for key, record in after.units.items():
        if key not in before.units and "created" not in record.data:
            yield BASIS.violation(
                record.at("id"),
                Message("the unit is new, and no decision creates it"),
                subject=key,
                fix=Message("add `created`, with its first day, decision and request"),
            )


def _differences(
    before: RuleContext, old: Record, new: Record, after: RuleContext
) -> Iterator[_Difference]:
    yield from _fields(old, new, after)
    yield from _addresses(old, new)
    corrections = Corrections.of(after)
    for row, each in (*_ends(before, old, new, after), *_end_of_hold(old, new, after.today)):
        if not corrections.of_row(before, row, old, new):
            yield each


def _fields(old: Record, new: Record, after: RuleContext) -> Iterator[_Difference]:
    for fact in _FIELDS[new.kind]:
        was = text(old.data, fact)
        if fact == "parent" and was in after.ended:
            continue  # a unit below one that ends gets another parent by the decision that ends it
        if spelling(was) != spelling(text(new.data, fact)):
            yield _Difference(fact, (fact,) if fact in new.data else ("id",), _was(fact, was))
    regulation = text(old.data, "regulation")
    if regulation and "regulation" not in new.data:  # another one is a document itself
        yield _Difference("regulation", ("id",), _was("regulation", regulation))


def _addresses(old: Record, new: Record) -> Iterator[_Difference]:
    """Yield the differences of addresses, unless a new document permits the ones of now.

    What is no longer on record, or was given up before, is reported elsewhere.
    """
    was, now = _mailbox(old), _mailbox(new)
    if text(now, "exception") not in ("", text(was, "exception")):
        return
    first, last = text(was, "address"), text(now, "address")
    kept = _all(new) | ({""} if new.kind == "units" else set())  # a person's comes with the post
    if first != last and first in kept:
        yield _Difference("address", ("mailbox", "address"), _was("address", first))
    for address in sorted(_texts(new, "former") - _all(old)):
        if domain_of(address):  # one of ours was in use before
            what = Message("the address {address} is new", address=shown(address))
            yield _Difference("aliases", ("mailbox", "former"), what)
            return
    gone = _texts(old, "aliases") - _texts(new, "aliases")
    added = _texts(new, "aliases") - _all(old)
    for alias in sorted((added | gone & _all(new)) - {last}) if first else ():
        what = Message("the alias {alias} is new", alias=shown(alias))
        if alias in gone:
            what = Message("{alias} was an alias", alias=shown(alias))
        yield _Difference("aliases", ("mailbox", "aliases"), what)
        break  # one row answers for all


def _ends(
    before: RuleContext, old: Record, new: Record, after: RuleContext
) -> Iterator[tuple[Row, _Difference]]:
    """Yield the rows that end on another day than was written, for no other row's sake.

    What was over by then is the past, which another rule keeps. Another row may end one sooner, and
    never makes one last longer. A lock that ended for another row's sake does not by itself.
    """
    earlier = {kind: listed for _, kind, listed in _lists(old, before)}
    for fact, kind, listed in _lists(new, after):
        open_ = (row for row in earlier[kind] if _is_running(row, after.today))
        running = {(row.start, row.unit, row.person): row for row in open_}
        for row in listed:
            was = running.get((row.start, row.unit, row.person))
            if was is None:
                continue
            sooner = row.end <= was.end and _is_ended(row, listed, after)
            bare = kind == "lock" and row.until and _is_ended(was, earlier[kind], before)
            if (was.until != row.until or bare) and not sooner:
                known = frozenset((was.decision, was.request))
                what = _until(was) if was.until != row.until else _for_another(was)
                yield was, _Difference(fact, (*row.steps, "until"), what, known)


def _lists(record: Record, after: RuleContext) -> Iterator[tuple[Fact, Kind, Sequence[Row]]]:
    """Yield the lists of a record whose rows may be given another last day."""
    if record.kind == "units":
        yield "heads", "head", after.heads.get(record.id, ())
        yield "delegates", "delegate", after.delegates.get(record.id, ())
    else:
        yield "posts", "post", after.posts.get(record.id, ())
        yield "locked", "lock", after.locks.get(record.id, ())


def _is_running(row: Row, today: str) -> bool:
    return row.start <= today and (not row.until or row.until >= today)


def _is_ended(row: Row, listed: Sequence[Row], after: RuleContext) -> bool:
    """Tell whether another row ends one by its last day: it has documents of its own."""
    over = after.left.get(row.record.id) or after.ended.get(row.record.id)
    starts = [over.start] if over else []
    if row.main and row.kind != "lock":
        starts += [each.start for each in listed if each.main]
    if row.kind == "delegate":  # with the head who authorised them, or with their post
        starts += [each.start for each in after.heads.get(row.unit, ())]
        starts.append(after.works_until(row.person, row.unit, row.start))
    return row.end < (day_after(row.until) if row.until else NEVER) or row.end in starts


def _end_of_hold(old: Record, new: Record, today: str) -> Iterator[tuple[Row, _Difference]]:
    """Yield that a hold ends on another day; one that is gone, or over, is reported elsewhere."""
    was, now = one("hold", old, "hold"), one("hold", new, "hold")
    if was and now and was.holds_on(today) and now.end > today:
        same = (was.start, was.decision) == (now.start, now.decision)
        if same and was.until != now.until:  # another hold has its own decision
            documents = frozenset((was.decision, was.request))
            yield was, _Difference("hold", ("hold", "until"), _until(was), documents)


def _until(was: Row) -> Message:
    kind, day = NAMES[was.kind], was.start
    if was.until:
        return Message("{kind} from {day} was until {until}", kind=kind, day=day, until=was.until)
    return Message("{kind} from {day} had no last day", kind=kind, day=day)


def _for_another(was: Row) -> Message:
    return Message(
        "{kind} from {day} ended on {until} because of another row, which says so no more",
        kind=NAMES[was.kind],
        day=was.start,
        until=was.until,
    )


def _mailbox(record: Record) -> Map:
    mailbox = record.data.get("mailbox")
    return mailbox if isinstance(mailbox, dict) else {}


def _texts(record: Record, field: str) -> set[str]:
    return {each for _, each in texts(record, ("mailbox", field, "*"))}


def _all(record: Record) -> set[str]:
    """Return every local part on record: the address, aliases, and those given up."""
    return {
        text(_mailbox(record), "address"), *_texts(record, "aliases"), *_texts(record, "former")
    }  # fmt: skip


def _was(fact: Fact, value: str) -> Message:
    if value:
        return Message("{field} was {value}", field=shown(fact), value=shown(value))
    return Message("there was no {field}", field=shown(fact))


def _fix(fact: Fact, today: str, before: str) -> Message:
    fields = [f"on: {today}", f"facts: [{fact}]"]
    if fact == "parent" and before:  # earlier rows are judged by it
        fields.append(f"was: {{parent: {before}}}")
    cited = ("decision", "request") if fact in DECIDED else ("request",)
    fields += [f"{each}: {some_id('documents', each)}" for each in cited]
    return Message(
        "restore it, or add to `changes` by which document it changed: `- {row}`",
        row=f"{{{', '.join(fields)}}}",
    )


RULES = (BASIS,)
CHECKS: tuple[Between, ...] = (fact_basis,)
