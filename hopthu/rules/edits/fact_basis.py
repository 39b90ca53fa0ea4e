"""The rule between two revisions that facts change, and units begin, by a document (Art. 5)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same, spelling
from hopthu.model.facts import AHEAD, DECIDED, FactName
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
from hopthu.rules.claims import claims
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.changed_addresses import changed_addresses
from hopthu.rules.edits.revisions import is_reused
from hopthu.rules.powers.undoing import SET, Corrections, lifted, may_end, who_may_end
from hopthu.rules.records.change_rows import PLAUSIBLE
from hopthu.rules.revision_pairs import (
    change_key,
    new_changes,
    newly_changed,
    newly_cited,
    pairs,
    value_before,
)
from hopthu.source.records import Record
from hopthu.source.scalar import scalar
from hopthu.source.values import Map, Value

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
    that row, up to the first day that differs, if not every document that names the fact may end
    it.
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
    corrections = Corrections.of(before, after)
    if before.documents:  # of a first load, which adds everything, nothing is asked
        yield from _of_new_records(before, after, free)
    for old, new in pairs(before, after, "units", "people"):
        if is_reused(old, new):
            continue  # reported as such
        named = newly_changed(old, new)
        differences = [d for d in _differences(before, old, new, corrections) if d.fact not in free]
        yield from _unsaid(before, old, new, {each.fact for each in differences})
        for each in differences:
            documents = named.get(each.fact, frozenset()) - each.known
            if each.ended:
                documents |= corrections.documents(each.ended, old, new)
            if documents:
                if each.ended is None or may_end(corrections.power, each.ended, documents):
                    continue
                fix = who_may_end(corrections.power, each.ended)
            else:
                fix = _fix(each.fact, after.today, _said(before, old, (each.fact,), after.today))
            yield BASIS.violation(new.at(*each.steps), each.was, fix=fix)
        yield from _untrue(before, corrections, old, new)


def _of_new_records(
    before: RuleContext, after: RuleContext, free: Container[str]
) -> Iterator[Problem]:
    """Report units from nowhere, and earlier names of new records: nobody knew them by these."""
    for kind in ("units", "people"):
        known = {record.id for record in before.source.records[kind]}
        for record in after.source.records[kind]:
            if record.id in known:
                continue
            if kind == "units" and "created" not in record.data and "created" not in free:
                yield BASIS.violation(
                    record.at("id"),
                    Message("the unit is new, and no decision creates it"),
                    fix=Message("add `created`, with its first day, decision and request"),
                )
            # Of what could not be read nobody can tell what it was called.
            listed = rows("change", record, "changes") if before.source.complete(kind) else ()
            for row in listed:
                said = {fact for fact in ("name", "short") if text(was(row), fact)}
                for fact in said:
                    yield BASIS.violation(
                        row.at("was", fact), value_before(fact, ""), fix=_put_right(fact, "")
                    )


@check_edit
def change_without_effect(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report facts that new rows of `changes` name, and that are as they were.

    A row may be written late for what changed before, so it is no error.
    """
    for old, new in pairs(before, after, "units", "people"):
        # By a correction rows of the past may be put right as well.
        for row in () if newly_cited(old, new) else new_changes(old, new):
            for index, fact in enumerate(facts_of(row)):
                if _seen(old, fact) == _seen(new, fact):
                    yield PLAUSIBLE.violation(
                        row.at("facts", index),
                        Message("{fact} is what it was before this edit", fact=shown(fact)),
                        fix=Message("change it in the record, or take it out of the row"),
                        severity="warning",
                    )


def _seen(record: Record, fact: str) -> list[Value]:
    """Return what a record shows of a fact."""
    if fact != "aliases":
        value = value_of(record.data, fact) or record.data.get(fact)
        return [same(value) if isinstance(value, str) else value]
    mailbox = record.data.get("mailbox")
    box = mailbox if isinstance(mailbox, dict) else {}
    return [box.get(field) for field in ("address", "aliases", "former")]


def _unsaid(
    before: RuleContext, old: Record, new: Record, changed: Container[str]
) -> Iterator[Problem]:
    """Report new rows that do not say what the facts that changed were before.

    It would be believed that they always were as they are now, and the row judged by that. What is
    still to come is reported elsewhere.
    """
    for row in (row for row in new_changes(old, new) if row.start <= before.today):
        known = was(row)
        there = _said(before, old, [f for f in facts_of(row) if f in changed], row.start)
        unsaid = [fact for fact in there if fact not in known]
        if unsaid:
            yield BASIS.violation(
                row.at(),
                Message("the row does not say what {fact} was before", fact=shown(unsaid[0])),
                fix=Message("add `was: {was}`", was=_flow({**there, **known})),
            )


def _said(before: RuleContext, old: Record, facts: Iterable[str], day: str) -> dict[str, Value]:
    """Return what a row of a day says that facts were: an address, only if there was one."""
    there = before.past.on(old, day_before(day))
    values = {fact: value_of(there, fact) or None for fact in facts if fact in AHEAD}
    return {fact: value for fact, value in values.items() if value or fact != "address"}


def _flow(facts: Map) -> str:
    """Return facts as a row of YAML has them."""
    pairs_ = (f"{fact}: {scalar(v) if isinstance(v, str) else 'null'}" for fact, v in facts.items())
    return f"{{{', '.join(pairs_)}}}"


def _untrue(
    before: RuleContext, corrections: Corrections, old: Record, new: Record
) -> Iterator[Problem]:
    """Report what new rows of `changes` say of facts before them that was not so.

    Of several new rows for a fact the first follows what was there, and no revision confirms what
    the others say; but a name alone gives nothing, unless an address is made of it. A row that now
    says something else is the past, rewritten: it is judged here only if a document corrects it.
    """
    after = corrections.after
    # Who was above a unit is not for the one to say that would have been.
    cited = (after.documents.get(key) for key in newly_cited(old, new))
    issuers = {text(document.data, "issuer") for document in cited if document}
    sure = not issuers.isdisjoint((before.policy.operator, text(old.data, "parent")))
    known = {change_key(row): was(row) for row in rows("change", old, "changes")}
    addresses = {claim.folded for claim in claims(new)} - {claim.folded for claim in claims(old)}
    told: dict[str, bool] = {}
    for row in sorted(rows("change", new, "changes"), key=lambda row: row.start):
        edited = change_key(row) in known
        corrected = corrections.of_row(after, row, old, new)
        if edited and (not corrected or known[change_key(row)] == was(row)):
            continue
        there = before.past.on(old, day_before(row.start))
        for fact in was(row):
            seen, told[fact] = told.get(fact), told.get(fact, False) or not edited
            said, was_there = text(was(row), fact), value_of(there, fact)
            if seen and not edited and (fact != "name" or addresses):
                what = Message("no revision had {field} {value}",
                               field=shown(fact), value=shown(said))  # fmt: skip
                fix = Message(
                    "enter the later change in an edit of its own, once the first is pushed"
                )
            elif seen is None and not (corrected and (fact != "parent" or sure)):
                what, fix = (
                    value_before(fact, was_there),
                    _put_right(fact, text(old.data, "parent")),
                )
                if same(said) == same(was_there):
                    continue
            else:
                continue
            yield BASIS.violation(row.at("was", fact), what, fix=fix)


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


def _differences(
    before: RuleContext, old: Record, new: Record, corrections: Corrections
) -> Iterator[_Difference]:
    after = corrections.after
    yield from _fields(before, old, new, after)
    for told, steps, what in changed_addresses(old, new, after):
        yield _Difference(told, steps, what)
    # Rows may be corrected as well; but what was set by one is not lifted by another.
    for row, each in _ends(before, old, new, after):
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
        running = {_place(row): row for row in open_}
        for row in listed:
            was = running.get(_place(row))
            if was is None:
                continue
            # A lock that somebody's leaving ends goes on if they come back: it needs no `until`.
            by_others = kind not in SET and _is_ended(row, listed, after)
            sooner = by_others and row.term <= was.term
            bare = kind == "lock" and row.until and _is_ended(was, earlier[kind], before)
            if (was.until != row.until or bare) and not sooner:
                known = frozenset((was.decision, was.request))
                what = _until(was) if was.until != row.until else _for_another(was)
                shorter, longer = row.term < was.term, row.term > was.term
                judged = {"post": True, "delegate": longer, **dict.fromkeys(SET, shorter)}
                by = was._replace(end=min(was.end, row.end)) if judged.get(kind) else None
                yield was, _Difference(fact, (*row.steps, "until"), what, known, by)


def _place(row: Fact) -> tuple[str, ...]:
    """Return what identifies a row in another revision; another hold has its own decision."""
    return row.start, row.unit, row.person, row.decision if row.kind == "hold" else ""


def _lists(record: Record, after: RuleContext) -> Iterator[tuple[FactName, Kind, Sequence[Fact]]]:
    """Yield the lists of a record whose rows may be given another last day.

    A hold that is gone, or over, is reported elsewhere.
    """
    if record.kind == "units":
        yield "heads", "head", after.heads.get(record.id, ())
        yield "delegates", "delegate", after.delegates.get(record.id, ())
    else:
        yield "posts", "post", after.posts.get(record.id, ())
        yield "locked", "lock", after.locks.get(record.id, ())
    hold = one("hold", record, "hold")
    yield "hold", "hold", [hold] if hold and hold.end > after.today else []


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


def _fix(fact: FactName, today: str, before: Map) -> Message:
    fields = [f"on: {today}", f"facts: [{fact}]"]
    if before:
        fields.append(f"was: {_flow(before)}")
    cited = ("decision", "request") if fact in DECIDED else ("request",)
    fields += [f"{each}: {some_id('documents', each)}" for each in cited]
    return Message(
        "restore it, or add to `changes` by which document it changed: `- {row}`",
        row=f"{{{', '.join(fields)}}}",
    )
