"""The rules that a document serves what it is cited for: its kind, its issuer, what it names.

What a true document would be made to say besides, a person is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hopthu.diagnostics.problem import shown
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.model.competence import TABLE, Act
from hopthu.model.timeline import NEVER, Fact, day_of, text, texts
from hopthu.rules.book import Found, check, check_edit
from hopthu.rules.context import OUTSIDE, Paper, RuleContext, outside
from hopthu.rules.edit import Edit
from hopthu.rules.powers.competence import LISTED, Competent
from hopthu.rules.powers.uses import (
    ACTS,
    Use,
    Way,
    adoptions,
    beside_rows,
    consents,
    days_of,
    ends_a_post,
    latest,
    of_row,
    of_whom,
    regulations,
    units_of,
)
from hopthu.rules.records.basis import working_days_after
from hopthu.schema.formats import ID, ISSUERS

_OTHERWISE = ("decision", "request")


@check("document-serves")
def documents_serve(facts: RuleContext) -> Iterator[Found]:
    """Report documents that do not serve what they are cited for, once for each place."""
    judge = Judge(facts)
    reported = set()
    for use in _uses(judge):
        if problem := judge.fault(use):
            place = use.record.kind, use.record.id, use.steps
            if place not in reported:
                reported.add(place)
                yield problem


def _uses(judge: Judge) -> Iterator[Use]:
    """Yield the uses of documents, but for those of rows that are served as nearly all are."""
    facts = judge.facts
    for row in facts.changes:
        if not judge.is_served(row):
            yield from of_row(facts, row)
    yield from consents(facts)
    yield from beside_rows(facts)
    yield from regulations(facts)
    yield from adoptions(facts)


@check_edit("issuer-competent")
def corrects_a_hold(edit: Edit) -> Iterator[Found]:
    """Report new corrections by those who may only hold mailboxes, where there is and was no hold.

    Later on the record shows no more of a hold that was taken out.
    """
    judge = Judge(edit.after)
    cited = {
        (pair.new.kind, pair.new.id): pair.corrected_by()
        for pair in edit.pairs("units", "people")
        if not any("hold" in each.data for each in pair)
    }
    for use in beside_rows(edit.after) if any(cited.values()) else ():
        is_new = use.document in cited.get((use.record.kind, use.record.id), ())
        others = use._replace(ways=tuple(way for way in use.ways if way[0] != "hold"))
        if is_new and judge.permits(use) and not judge.permits(others):
            yield judge.incompetent(use)


@check_edit("issuer-competent")
def ends_asked_for(edit: Edit) -> Iterator[Found]:
    """Report requests to end posts by a unit that neither they nor the other posts concern."""
    judge, after, known = Judge(edit.after), edit.after, edit.before.people
    asking = [row for row in edit.added() if ends_a_post(row)]
    ended: dict[str, list[str]] = {}
    for _, was, now in edit.kept() if asking else ():
        if was.kind == "post" and (now is None or now.until != was.until):
            ended.setdefault(was.person, []).append(was.unit)
    for row in (row for row in asking if row.record.id in known):
        units = (*units_of(after, row), *ended.get(row.record.id, ()))
        ways: tuple[Way, ...] = (("request", units),)
        for use in of_row(after, row) if row.request in after.papers else ():
            asked = use._replace(ways=ways)
            if use.steps[-1] == "request" and not judge.permits(asked):
                yield judge.incompetent(asked)


@check_edit("issuer-competent")
def asked_of_those_who_decide(edit: Edit) -> Iterator[Found]:
    """Report new rows by nobody who may decide or ask for them, today or on their first day.

    Those are rows by who has no say any more: a unit that ended since, or from which the unit or
    the person went to another. What was asked for while it had one is entered in time as long as
    the request is not overdue; that both were written then, only the papers tell.
    """
    after = edit.after
    judge, due = Judge(after), after.policy.lifecycle.due_working_days
    for old, row in () if edit.is_first else edit.rows():
        if row is None or (old and (old.decision or old.request) == (row.decision or row.request)):
            continue
        if after.today < row.term:
            days = dict.fromkeys((after.today, max(after.today, row.start)))
            found = min((judge.late(row, day) for day in days), key=len)
            if found and not any(map(judge.fault, of_row(after, row))):  # which is reported as such
                asked = after.issued.get(row.request, "")
                in_time = asked and after.today <= working_days_after(asked, due)
                told = in_time and not judge.late(row, asked)
                yield from map(_to_compare, found) if told else found


def _to_compare(found: Found) -> Found:
    fix = Message("compare with the papers when they were written; if later, {fix}", fix=found.fix)
    return found._replace(severity="warning", fix=fix)


@check("issuer-competent")
def issuers_exist(facts: RuleContext) -> Iterator[Found]:
    """Report units that policy names as issuers and that do not exist."""
    if not facts.source.complete("units"):
        return
    for record in facts.source.policy:
        for steps, issuer in texts(record, ("competence", "*", "*")):
            if ID.match(issuer) and issuer not in facts.units:
                what = Message("there is no unit {unit}", unit=shown(issuer))
                fix = Message(
                    "write the id of a unit, or one of: {words}", words=", ".join(ISSUERS)
                )
                yield Found(record.at(*steps), what, fix)


@check("document-serves")
def authorises_one(facts: RuleContext) -> Iterator[Found]:
    """Report authorisations cited for a second person, or of a head before the one of the day."""
    for unit, delegates in facts.delegates.items():
        first: dict[str, str] = {}
        for row in sorted(delegates, key=lambda row: row.start):
            document = facts.documents.get(row.decision)
            if document is None or text(document.data, "kind") != "authorisation":
                continue
            person = first.setdefault(row.decision, row.person)
            given_by = _head(facts, unit, text(document.data, "date"))
            if person != row.person:
                what = Message(
                    "{document} authorises {person}", document=row.decision, person=person
                )
            elif given_by and given_by != _head(facts, unit, row.start):
                what = Message(
                    "{document} is of {head}, who does not head the unit on {day}",
                    document=row.decision,
                    head=given_by,
                    day=row.start,
                )
            else:
                continue
            fix = Message("cite the authorisation of this person, by the head of that day")
            yield Found(row.at("decision"), what, fix, article="Art. 7.2")


def _head(facts: RuleContext, unit: str, day: str) -> str:
    heads = facts.heads.get(unit, ())
    return next((head.person for head in heads if head.holds_on(day)), "")


def unfit(facts: RuleContext, document: str) -> Fault:
    """Return why a document of `facts` cannot order a return on the day, and what could.

    None if it can. The document must exist. A return to an earlier commit is an exception for the
    whole province: the document is judged as if an allowance for all cited it.
    """
    record = facts.documents[document]
    if (dated := text(record.data, "date")) > facts.today:
        return Message(
            "{document} is of {day}, which is still to come", document=document, day=dated
        ), Message("go back once it is in force")
    ways: tuple[Way, ...] = (("allowance", ()),)
    kinds = tuple(TABLE["allowance"].decision)
    use = Use(record, (), document, "allowance", (), ways, kinds)
    found = Judge(facts).fault(use)
    return (joined([found.what]), joined([found.fix])) if found else None


@dataclass(frozen=True)
class Judge(Competent):
    """Judges uses of documents: the kind first, then the issuer, then what the document names."""

    _served: dict[tuple[str, ...], bool] = field(default_factory=dict, compare=False)

    def is_served(self, row: Fact) -> bool:
        """Tell whether a row is served as nearly all are; any other is judged in full.

        That is by documents for anything that their issuers may decide on, in the unit of the row
        as it was on the first day.
        """
        if row.kind == "change" or not row.unit:
            return False
        act: Act = row.kind
        if (row.unit, row.person) in self._heads:
            last = latest(self.facts, row)
            act = of_whom(self.facts, act, (row.unit,), row.person, row.start, last)[0][0]
        # Colleagues are often appointed together: many rows say the same but for the person.
        key = act, row.kind, row.unit, row.start, row.decision, row.request
        if key not in self._served:
            line = TABLE[row.kind]
            self._served[key] = self._serves(row.decision, row, act, line.decision) and (
                not row.request or self._serves(row.request, row, "request", line.request)
            )
        return self._served[key]

    def _serves(self, document: str, row: Fact, act: Act, kinds: Sequence[str]) -> bool:
        paper = self.facts.papers.get(document)
        if paper is None or paper.kind not in kinds or paper.acts:
            return False
        if paper.units and row.unit not in paper.units:
            return False
        able = self.able(act, (row.unit,), (row.start,))
        return paper.kind == "adoption" or (row.start <= paper.last and paper.issuer in able)

    @cached_property
    def _heads(self) -> frozenset[tuple[str, str]]:
        rows = (row for listed in self.facts.heads.values() for row in listed)
        return frozenset((row.unit, row.person) for row in rows)

    def late(self, row: Fact, day: str) -> list[Found]:
        """Return what is wrong with a row if it is decided on, or asked for, only on a day.

        Either will do, by who has a say then: on a person, in the unit that they are in by then.
        """
        if self.is_served(row._replace(start=day)):
            return []
        uses = of_row(self.facts, row if row.unit else row._replace(start=day))
        deciding = (
            use._replace(kinds=(), effect=day, days=(day,), other=row.request)
            for use in uses
            if not (row.decision and use.steps[-1] == "request")
        )
        return list(filter(None, map(self.fault, deciding)))

    def fault(self, use: Use) -> Found | None:
        """Return what is wrong with a use, None if nothing is or it is reported elsewhere."""
        document = self.facts.documents.get(use.document)
        if document is None:
            return None
        if use.record is document and use.act == "correction":
            what = Message("a document cannot correct its own record")
            fix = Message("cite the later document by which the mistake was corrected")
            return Found(use.record.at(*use.steps), what, fix, rule="document-serves")
        kind = text(document.data, "kind")
        if use.kinds and kind and kind not in use.kinds:
            able = use.kinds
            wanted = Message("decision or request") if able == _OTHERWISE else DOCUMENTS[able[0]]
            what = Message(
                "{document} is of kind {kind}, not {wanted}",
                document=use.document,
                kind=DOCUMENTS.get(kind, kind),
                wanted=wanted,
            )
            fix = Message(
                "cite a document of kind {wanted}, or check the kind of this one", wanted=wanted
            )
            return Found(use.record.at(*use.steps), what, fix, rule="document-serves")
        # A notice decides nothing, and by whom a list is adopted shows its own record.
        decides = kind not in ("notice", "adoption") or use.act == "adoption"
        if decides and not self.permits(use):
            return self.incompetent(use)
        return self._unnamed(use) if use.kinds else None

    def incompetent(self, use: Use) -> Found:
        """Report a use of a document whose issuer, which must be known, may not decide on it."""
        facts, (act, units) = self.facts, use.ways[0]
        paper = facts.papers[use.document]
        able = [
            [each for each in self.able(act, units, days)
             if use.effect <= day_of(facts.ended, each)]
            for days in days_of(facts, use, paper)
        ]  # fmt: skip
        fix = self._instead(act, able, outside=paper.issuer.startswith(OUTSIDE))
        if not TABLE[act].fixed and use.effect <= paper.last < NEVER and units:
            fix = Message(
                "if {issuer} was above {unit} on that day, say in `changes` of {unit} until when: "
                "`was: {was}`; otherwise {fix}",
                issuer=paper.issuer,
                unit=units[0],
                was=f"{{parent: {paper.issuer}}}",
                fix=fix,
            )
        what = self._not_by(use, paper, act)
        fix = facts.past.unless_right_before(units, ("parent",), fix)
        article = "Art. 5.2" if act == "request" else ""
        return Found(use.record.at(*use.steps), what, fix, "issuer-competent", article=article)

    def _not_by(self, use: Use, paper: Paper, act: Act) -> Message:
        issuer: str | Message = paper.issuer
        if paper.issuer.startswith(OUTSIDE):
            issuer = shown(text(self.facts.documents[use.document].data, "outside_issuer"))
        told = {"document": use.document, "issuer": issuer}
        if paper.last < use.effect:
            return Message(
                "{document} is by {issuer}, which ended on {day} and has no say any more",
                day=paper.last, **told,
            )  # fmt: skip
        if act == "request":
            return Message("{document} is by {issuer}, which is not concerned", **told)
        return Message(
            "{document} is by {issuer}, which may not decide on {act}", act=ACTS[act], **told
        )

    def _instead(self, act: Act, able: Sequence[Sequence[str]], *, outside: bool) -> Message:
        """Return whose document to cite, by those who may decide, on each day that is judged."""
        key, (first, *others) = TABLE[act].like or act, able
        common = [each for each in first if all(each in other for other in others)]
        if LISTED in first and outside:
            names = ", ".join(self.facts.policy.outside_authorities)
            fix = Message("add the issuer to `outside_authorities` in data/policy.yaml")
            return (
                Message("write one of: {names}; or {fix}", names=names, fix=fix) if names else fix
            )
        if not common:
            return Message("name somebody who may in `competence.{key}` of the policy", key=key)
        fix = Message("cite a document of: {issuers}", issuers=called(common))
        if TABLE[key].fixed:
            return fix
        return Message("{fix}; policy may name others in `competence.{key}`", fix=fix, key=key)

    def _unnamed(self, use: Use) -> Found | None:
        line, named = TABLE[use.act], self.facts.papers[use.document].acts
        act = line.like or use.act
        if act not in named if named else line.named:
            acts = [ACTS[each] for each in ACTS if each in named]
            what = Message(
                "{document} is not issued for {act}", document=use.document, act=ACTS[act]
            )
            fix = Message(
                "cite the document that grants it; its record says so: `acts: [{key}]`", key=act
            )
            if acts:
                fix = Message(
                    "cite the document for it; this one is for: {acts}", acts=joined(acts, ", ")
                )
            return Found(use.record.at(*use.steps), what, fix, rule="document-serves")
        issuer = self.facts.issuers.get(use.document)
        own = line.own and use.steps[-1:] != ("request",)
        if not own and not self.facts.papers[use.document].units:
            return None
        units = [unit for _, unit in texts(self.facts.documents[use.document], ("units", "*"))]
        units = units or [each for each in (issuer,) if each and own]
        reached = {*units}.union(*(self.facts.heirs.get(unit, ()) for unit in units))
        if units and reached.isdisjoint(use.units):
            wanted = ", ".join(dict.fromkeys(use.units)) or Message("the whole province")
            what = Message("{document} does not name {units}", document=use.document, units=wanted)
            fix = Message(
                "cite the document for it; the `units` of this one are: {units}",
                units=called(units),
            )
            return Found(use.record.at(*use.steps), what, fix, rule="document-serves")
        return None


def called(issuers: Sequence[str]) -> Message:
    """Return issuers as a message names them."""
    outside = Message("an authority outside the province")
    return joined(
        dict.fromkeys(outside if each.startswith(OUTSIDE) else each for each in issuers), ", "
    )


@check_edit("document-cited-again")
def cited_again(edit: Edit) -> Iterator[Found]:
    """Report documents that were on record before an edit, and are cited for something new."""
    numbers: Counter[str] = Counter()
    more = _citations(edit.after, edit.new) - _citations(edit.before, edit.old)
    for (document, *_), number in more.items():
        numbers[document] += number
    documents = edit.after.documents
    for document in sorted(numbers.keys() & edit.before.documents.keys() & documents.keys()):
        # The same of each, so that many are shown as one.
        what = Message("the document was on record before this edit, which cites it again")
        fix = Message(
            "compare with its text the {number} new place(s) that cite it; otherwise cite "
            "the document for them",
            number=numbers[document],
        )
        yield Found(documents[document].at("id"), what, fix)


def _citations(facts: RuleContext, edited: Iterable[Fact]) -> Counter[tuple[str, ...]]:
    """Return how often each document is cited for each thing; a row put off stays the same."""
    found: Counter[tuple[str, ...]] = Counter(
        (cited, field, row.kind, row.record.id, row.unit, row.person)
        for row in edited
        for field, cited in (("decision", row.decision), ("request", row.request))
    )
    beside = (*beside_rows(facts), *regulations(facts))
    found.update((use.document, use.act, use.record.kind, use.record.id) for use in beside)
    return found


@check_edit("unknown-authority")
def unknown_authority(edit: Edit) -> Iterator[Found]:
    """Report documents by authorities outside that neither policy nor any document before names."""
    if edit.is_first:
        return
    after = edit.after
    known = {*edit.before.issuers.values(), *map(outside, after.policy.outside_authorities)}
    for document, issuer in after.issuers.items():
        if issuer.startswith(OUTSIDE) and issuer not in known:
            record = after.documents[document]
            what = Message(
                "no document on record before this edit is by {authority}, and policy does not "
                "list it",
                authority=shown(text(record.data, "outside_issuer")),
            )
            fix = Message("check that there is such an authority, and that it decides on this")
            yield Found(record.at("outside_issuer"), what, fix)
