"""The rule between two revisions that facts change, and units begin, by a document (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same, spelling
from hopthu.model.facts import DECIDED, FactName
from hopthu.model.timeline import (
    NAMES,
    NEVER,
    Fact,
    Kind,
    Steps,
    day_after,
    day_before,
    facts_of,
    one,
    rows,
    text,
    value_of,
    was,
)
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.changed_addresses import changed_addresses, value_before
from hopthu.rules.edits.revisions import is_reused
from hopthu.rules.powers.undoing import SET, Corrections, lifted, may_end, who_may_end
from hopthu.rules.revision_pairs import newly_changed, newly_cited, pairs
from hopthu.source.records import Record

BASIS = Rule(
    "fact-basis",
    "Art. 5.1",
    "the operator changes a record when a competent authority asks; policy says in `documents` "
    "what needs no document",
)
_FIELDS: dict[str, tuple[FactName, ...]] = {
    "units": ("name", "short", "kind", "parent", "quota", "store"),
    "people": ("name", "category", "quota"),
}
"""The facts that are fields of the record itself."""


class _Difference(NamedTuple):
    """A fact that differs, where it is written now, and what it was.

    `known` are the documents of the row that ends on another day: they do not say so. `ended` is
    that row, where not every document that names the fact may end it.
    """

    fact: FactName
    steps: Steps
    was: Message
    known: frozenset[str] = frozenset()
    ended: Fact | None = None


@check_edit
def fact_basis(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report new units that no decision creates, and facts that changed without a document."""
    free = after.policy.documents.without
    corrections = Corrections.of(after)
    # Of a first load, which adds everything, nothing is asked.
    if before.documents and "created" not in free:
        yield from _units_from_nowhere(before, after)
    for old, new in pairs(before, after, "units", "people"):
        if is_reused(old, new):
            continue  # reported as such
        named = newly_changed(old, new)
        for each in _differences(before, old, new, corrections):
            if each.fact in free:
                continue
            documents = named.get(each.fact, frozenset()) - each.known
            if each.ended:
                documents |= corrections.documents(each.ended, old, new)
            if documents:
                if each.ended is None or may_end(corrections.power, each.ended, documents):
                    continue
                fix = who_may_end(corrections.power, each.ended)
            else:
                fix = _fix(each.fact, after.today, text(old.data, each.fact))
            yield BASIS.violation(new.at(*each.steps), each.was, fix=fix)
        yield from _untrue(before, corrections, old, new)


def _untrue(
    before: RuleContext, corrections: Corrections, old: Record, new: Record
) -> Iterator[Problem]:
    """Report what new rows of `changes` say of facts before them that was not so.

    Of several new rows for a fact only the first follows what was there. A row that now says
    something else is the past, rewritten: it is judged here only if a document corrects it.
    """
    after = corrections.after
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
            was_there = value_of(there, fact)
            if same(text(was(row), fact)) != same(was_there):
                yield BASIS.violation(
                    new.at(*row.steps, "was", fact),
                    Message("{field} was {value}", field=shown(fact), value=shown(was_there))
                    if was_there
                    else Message("there was no {field}", field=shown(fact)),
                    fix=_put_right(fact, text(old.data, "parent")),
                )


def _put_right(fact: str, parent: str) -> Message:
    """Return what to do about a fact that was not so, as far as the record says."""
    fix = Message("write what it was, or take it out of `was`")
    if fact != "parent" or not parent:
        return fix
    return Message(
        "{fix}; if the record was wrong, cite under `corrections` a document of {unit} that says "
        "so (`acts: [correction]`)",
        fix=fix,
        unit=parent,
    )


def _key(row: Fact) -> tuple[str, ...]:
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
    before: RuleContext, old: Record, new: Record, corrections: Corrections
) -> Iterator[_Difference]:
    after = corrections.after
    yield from _fields(before, old, new, after)
    for told, steps, what in changed_addresses(old, new, after):
        yield _Difference(told, steps, what)
    # Rows may be corrected as well; but what was set by one is not lifted by another.
    for row, each in (*_ends(before, old, new, after), *_end_of_hold(old, new, after.today)):
        set_by_one = each.ended is not None and each.ended.kind in SET
        if set_by_one or not corrections.of_row(before, row, old, new):
            yield each
    for row in lifted(old, new, after.today) if newly_cited(old, new) else ():
        fact: FactName = "hold" if row.kind == "hold" else "locked"
        yield _Difference(fact, ("id",), _until(row), ended=row)


def _fields(
    before: RuleContext, old: Record, new: Record, after: RuleContext
) -> Iterator[_Difference]:
    today = before.past.on(old, after.today), after.past.on(new, after.today)
    for fact in _FIELDS[new.kind]:
        was = value_of(old.data, fact)
        if fact == "parent" and was in after.ended and after.ended[was].start <= after.today:
            continue  # a unit below one that ends gets another parent by the decision that ends it
        latest, now = (
            [spelling(value_of(d, fact)) for d in each] for each in ((old.data, new.data), today)
        )
        # What was planned is withdrawn: another rule asks whether the document may do so.
        withdrawn = now[0] == now[1] == latest[1] and newly_cited(old, new)
        if (now[0] != now[1] or latest[0] != latest[1]) and not withdrawn:
            yield _Difference(
                fact, (fact,) if fact in new.data else ("id",), value_before(fact, was)
            )
    regulation = text(old.data, "regulation")
    if regulation and "regulation" not in new.data:  # another one is a document itself
        yield _Difference("regulation", ("id",), value_before("regulation", regulation))


def _ends(
    before: RuleContext, old: Record, new: Record, after: RuleContext
) -> Iterator[tuple[Fact, _Difference]]:
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
            # A lock that somebody's leaving ends goes on if they come back: it needs no `until`.
            sooner = kind != "lock" and row.term <= was.term and _is_ended(row, listed, after)
            bare = kind == "lock" and row.until and _is_ended(was, earlier[kind], before)
            if (was.until != row.until or bare) and not sooner:
                known = frozenset((was.decision, was.request))
                what = _until(was) if was.until != row.until else _for_another(was)
                judged = {
                    "post": True,
                    "lock": row.term < was.term,
                    "delegate": row.term > was.term,
                }
                by = was if judged.get(kind) else None
                yield was, _Difference(fact, (*row.steps, "until"), what, known, by)


def _lists(record: Record, after: RuleContext) -> Iterator[tuple[FactName, Kind, Sequence[Fact]]]:
    """Yield the lists of a record whose rows may be given another last day."""
    if record.kind == "units":
        yield "heads", "head", after.heads.get(record.id, ())
        yield "delegates", "delegate", after.delegates.get(record.id, ())
    else:
        yield "posts", "post", after.posts.get(record.id, ())
        yield "locked", "lock", after.locks.get(record.id, ())


def _is_running(row: Fact, today: str) -> bool:
    return row.start <= today and (not row.until or row.until >= today)


def _is_ended(row: Fact, listed: Sequence[Fact], after: RuleContext) -> bool:
    """Tell whether another row ends one by its last day: it has documents of its own."""
    over = after.left.get(row.record.id) or after.ended.get(row.record.id)
    starts = [over.start] if over else []
    if row.main and row.kind != "lock":
        starts += [each.start for each in listed if each.main]
    if row.kind == "delegate":  # with the head who authorised them
        starts += [each.start for each in after.heads.get(row.unit, ())]
    if row.kind in ("head", "delegate"):  # an office ends with the post in the unit
        starts.append(after.works_until(row.person, row.unit, row.start))
    return row.term < (day_after(row.until) if row.until else NEVER) or row.term in starts


def _end_of_hold(old: Record, new: Record, today: str) -> Iterator[tuple[Fact, _Difference]]:
    """Yield that a hold ends on another day; one that is gone, or over, is reported elsewhere."""
    was, now = one("hold", old, "hold"), one("hold", new, "hold")
    if was and now and was.holds_on(today) and now.term > today:
        same = (was.start, was.decision) == (now.start, now.decision)
        if same and was.until != now.until:  # another hold has its own decision
            known = frozenset((was.decision, was.request))
            by = was if now.term < was.term else None
            yield was, _Difference("hold", ("hold", "until"), _until(was), known, by)


def _until(was: Fact) -> Message:
    kind, day = NAMES[was.kind], was.start
    if was.until:
        return Message("{kind} from {day} was until {until}", kind=kind, day=day, until=was.until)
    return Message("{kind} from {day} had no last day", kind=kind, day=day)


def _for_another(was: Fact) -> Message:
    return Message(
        "{kind} from {day} ended on {until} because of another row, which says so no more",
        kind=NAMES[was.kind],
        day=was.start,
        until=was.until,
    )


def _fix(fact: FactName, today: str, before: str) -> Message:
    fields = [f"on: {today}", f"facts: [{fact}]"]
    if fact == "parent" and before:  # earlier rows are judged by it
        fields.append(f"was: {{parent: {before}}}")
    cited = ("decision", "request") if fact in DECIDED else ("request",)
    fields += [f"{each}: {some_id('documents', each)}" for each in cited]
    return Message(
        "restore it, or add to `changes` by which document it changed: `- {row}`",
        row=f"{{{', '.join(fields)}}}",
    )
