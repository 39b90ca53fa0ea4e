"""The rule between two revisions that facts change, and units begin, by a document (Art. 5)."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same, spelling
from hopthu.model.facts import AHEAD, DATED, DECIDED, FIRST_FREE, OF_PEOPLE, OF_UNITS, FactName
from hopthu.model.former_domains import domain_of
from hopthu.model.timeline import Steps, day_before, facts_of, rows, text, value_of, was
from hopthu.rules.book import Found, check_edit
from hopthu.rules.context import RuleContext, claims, exception
from hopthu.rules.edit import Edit, Pair, value_before
from hopthu.rules.edits.revisions import is_reused
from hopthu.rules.powers.undoing import Corrections
from hopthu.source.records import Record
from hopthu.source.scalar import scalar
from hopthu.source.values import Map, Value

_FIELDS = {
    kind: [fact for fact in of if fact not in (*DATED, "address", "aliases")]
    for kind, of in (("units", OF_UNITS), ("people", OF_PEOPLE))
}
"""The facts that are fields of the record itself."""


_Difference = tuple[FactName, Steps, Message]
"""A fact that changed, the place of what changed, and what it was."""


@check_edit("fact-basis")
def fact_basis(edit: Edit) -> Iterator[Found]:
    """Report new units that no decision creates, and facts that changed without a document."""
    free = edit.after.policy.documents.without
    if not edit.is_first:
        yield from _of_new_records(edit, free)
    for pair in edit.pairs("units", "people"):
        if is_reused(pair):
            continue  # reported as such
        named = pair.changed()
        differences = [each for each in _differences(edit, pair) if each[0] not in free]
        yield from _unsaid(edit.before, pair, {fact for fact, *_ in differences})
        for fact, steps, what in differences:
            if not named.get(fact):
                today = edit.after.today
                fix = changed_by(fact, today, _said(edit.before, pair.old, (fact,), today))
                yield Found(pair.new.at(*steps), what, fix)
        yield from _untrue(edit, pair)


def _of_new_records(edit: Edit, free: Container[str]) -> Iterator[Found]:
    """Report units from nowhere, and earlier names of new records: nobody knew them by these."""
    before, after = edit.before, edit.after
    for kind in ("units", "people"):
        known = {record.id for record in before.source.records[kind]}
        for record in after.source.records[kind]:
            if record.id in known:
                continue
            if kind == "units" and "created" not in record.data and "created" not in free:
                what = Message("the unit is new, and no decision creates it")
                fix = Message("add `created`, with its first day, decision and request")
                yield Found(record.at("id"), what, fix)
            # Of what could not be read nobody can tell what it was called.
            listed = rows("change", record, "changes") if before.source.complete(kind) else ()
            for row, fact in itertools.product(listed, ("name", "short")):
                if text(was(row), fact):
                    what, fix = value_before(fact, ""), _put_right(fact, "")
                    yield Found(row.at("was", fact), what, fix)


@check_edit("change-plausible")
def change_without_effect(edit: Edit) -> Iterator[Found]:
    """Report facts that new rows of `changes` name, and that are as they were.

    A row may be written late for what changed before, so it is no error.
    """
    for pair in edit.pairs("units", "people"):
        # By a correction rows of the past may be put right as well.
        for known, row in () if pair.corrected_by() else pair.changes():
            for index, fact in enumerate(() if known else facts_of(row)):
                if _seen(pair.old, fact) == _seen(pair.new, fact):
                    what = Message("{fact} is what it was before this edit", fact=shown(fact))
                    fix = Message("change it in the record, or take it out of the row")
                    yield Found(row.at("facts", index), what, fix, severity="warning")


def _seen(record: Record, fact: str) -> list[Value]:
    """Return what a record shows of a fact."""
    if fact != "aliases":
        value = value_of(record.data, fact) or record.data.get(fact)
        return [same(value) if isinstance(value, str) else value]
    mailbox = record.data.get("mailbox")
    box = mailbox if isinstance(mailbox, dict) else {}
    return [box.get(field) for field in ("address", "aliases", "former")]


def _unsaid(before: RuleContext, pair: Pair, changed: Container[str]) -> Iterator[Found]:
    """Report new rows that do not say what the facts that changed were before.

    It would be believed that they always were as they are now, and the row judged by that. What is
    still to come is reported elsewhere.
    """
    for row in (row for old, row in pair.changes() if not old and row.start <= before.today):
        known = was(row)
        there = _said(before, pair.old, [f for f in facts_of(row) if f in changed], row.start)
        unsaid = [fact for fact in there if fact not in known]
        if unsaid:
            what = Message("the row does not say what {fact} was before", fact=shown(unsaid[0]))
            fix = Message("add `was: {was}`", was=_flow({**there, **known}))
            yield Found(row.at(), what, fix)


def _said(before: RuleContext, old: Record, facts: Iterable[str], day: str) -> dict[str, Value]:
    """Return what a row of a day says that facts were."""
    there = before.past.on(old, day_before(day))
    values = {fact: value_of(there, fact) or None for fact in facts if fact in AHEAD}
    return {fact: value for fact, value in values.items() if value or fact not in FIRST_FREE}


def _flow(facts: Map) -> str:
    """Return facts as a row of YAML has them."""
    pairs_ = (f"{fact}: {scalar(v) if isinstance(v, str) else 'null'}" for fact, v in facts.items())
    return f"{{{', '.join(pairs_)}}}"


def _untrue(edit: Edit, pair: Pair) -> Iterator[Found]:
    """Report what new rows of `changes` say of facts before them that was not so.

    Of several new rows for a fact the first follows what was there, and no revision confirms what
    the others say; but a name alone gives nothing, unless an address is made of it. A row that now
    says something else is the past, rewritten: it is judged here only if a document corrects it.
    """
    (old, new), before, after = pair, edit.before, edit.after
    # Who was above a unit is not for the one to say that would have been.
    cited = (after.documents.get(key) for key in pair.corrected_by())
    issuers = {text(document.data, "issuer") for document in cited if document}
    sure = not issuers.isdisjoint((before.policy.operator, text(old.data, "parent")))
    addresses = {claim.folded for claim in claims(new)} - {claim.folded for claim in claims(old)}
    told: dict[str, bool] = {}
    for edited, row in pair.changes():
        corrected = Corrections(edit).of_row(after, row, pair)
        if edited and (not corrected or was(edited) == was(row)):
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
                what = value_before(fact, was_there)
                fix = _put_right(fact, text(old.data, "parent"))
                if same(said) == same(was_there):
                    continue
            else:
                continue
            yield Found(row.at("was", fact), what, fix)


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


def _differences(edit: Edit, pair: Pair) -> Iterator[_Difference]:
    (old, new), on = pair, edit.after.today
    today = edit.before.past.on(old, on), edit.after.past.on(new, on)
    for fact in _FIELDS[new.kind]:
        was = value_of(old.data, fact)
        latest, now = (
            [spelling(value_of(d, fact)) for d in each] for each in ((old.data, new.data), today)
        )
        # What was planned is withdrawn: another rule asks whether the document may do so.
        withdrawn = now[0] == now[1] == latest[1] and pair.corrected_by()
        first = fact == "regulation" and not was  # which is a document itself
        if (now[0] != now[1] or latest[0] != latest[1]) and not (withdrawn or first):
            yield fact, (fact,) if fact in new.data else ("id",), value_before(fact, was)
    yield from _of_addresses(pair, edit.after)


def _of_addresses(pair: Pair, after: RuleContext) -> Iterator[_Difference]:
    """Yield the differences of addresses, unless a new exception grants the address.

    What is no longer on record, or was given up before, is reported elsewhere.
    """
    old, new = pair
    was, now = _by_field(old), _by_field(new)
    excepted = exception(new) not in ("", exception(old))
    granted = {each for each in _all(now) if excepted and after.grants(new, each)}
    first, last = (min(each["address"], default="") for each in (was, now))
    kept = _all(now) | ({""} if new.kind == "units" else set())  # a person's comes with the post
    if first != last and first in kept and last not in granted:
        yield "address", ("mailbox", "address"), value_before("address", first)
    for address in sorted(now["former"] - _all(was) - granted):
        if domain_of(address):  # one of ours was in use before
            what = Message("the address {address} is new", address=shown(address))
            yield "aliases", ("mailbox", "former"), what
            return
    gone, added = was["aliases"] - now["aliases"], now["aliases"] - _all(was)
    for alias in sorted((added | gone & _all(now)) - {last} - granted) if first else ():
        what = Message("the alias {alias} is new", alias=shown(alias))
        if alias in gone:
            what = Message("{alias} was an alias", alias=shown(alias))
        yield "aliases", ("mailbox", "aliases"), what
        break  # one row answers for all


def _by_field(record: Record) -> Mapping[str, set[str]]:
    """Return the address of a record, its aliases, and those given up."""
    found: dict[str, set[str]] = {"address": set(), "aliases": set(), "former": set()}
    for claim in claims(record):
        found[str(claim.steps[1])].add(claim.address)
    return found


def _all(fields: Mapping[str, set[str]]) -> set[str]:
    return set[str]().union(*fields.values())


def changed_by(fact: str, today: str, before: Map) -> Message:
    """Return what to do about a fact that changed, with the row of `changes` to add."""
    fields = [f"on: {today}", f"facts: [{fact}]"]
    if before:
        fields.append(f"was: {_flow(before)}")
    asked_for = fact in {*OF_UNITS, *OF_PEOPLE} - DECIDED
    cited = ("request",) if asked_for else ("decision", "request")
    fields += [f"{each}: {some_id('documents', each)}" for each in cited]
    return Message(
        "restore it, or add to `changes` by which document it changed: `- {row}`",
        row=f"{{{', '.join(fields)}}}",
    )
