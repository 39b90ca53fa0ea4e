"""The document on which a password is issued or reset (Art. 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hopthu.desired.state import Mailbox
from hopthu.diagnostics.nearest import suggestion
from hopthu.diagnostics.problem import shown
from hopthu.errors import Refused, UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.model.competence import Act
from hopthu.model.organisation import Document
from hopthu.model.phrases import describe_day, describe_document
from hopthu.model.timeline import texts
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.validate import Loaded

_LIKE: Act = "lock"
"""Who may decide that somebody no longer signs in may ask that they can (`competence.lock`)."""

_FITTING = {"post", "lock"}
"""A document whose record lists acts must list one by which people come or cease to sign in."""

_SHOWN = 5


def basis(loaded: Loaded, on: date, document: str, people: Sequence[Mailbox]) -> Document:
    """Return the document with the id `document`.

    Raises `UsageError` if there is none, and `Refused` if it is of a later day, if its issuer may
    not decide on the sign-in of one of `people`, or if it was issued for something else.
    """
    found = loaded.organisation.documents.get(document)
    if found is None:
        otherwise = Message("enter it in data/documents.yaml first")
        raise UsageError(
            Message("there is no document {id}", id=shown(document)),
            fix=suggestion(document, loaded.organisation.documents, otherwise),
        )
    if found.date > on:
        raise Refused(
            Message(
                "{document} is of a later day than {day}",
                document=describe_document(found),
                day=describe_day(on),
            )
        )
    facts = RuleContext(loaded.source, loaded.policy, on)
    _refuse_other_purpose(facts, found, people)
    power, issuer = Competent(facts), facts.issuers[document]
    posts = loaded.organisation.on(on).posts
    # Of a unit's mailbox, and of somebody without a post, the unit decides to which it belongs.
    units = {
        person.id: tuple(post.unit for post in posts.get(person.id, ())) or (person.unit,)
        for person in people
    }
    wrong = [person for person, of in units.items() if not power.may(_LIKE, issuer, of)]
    if wrong:
        raise Refused(
            Message(
                "{document} is not by an authority that may decide on the sign-in of: {people}",
                document=describe_document(found),
                people=some(wrong, _SHOWN),
            ),
            fix=Message(
                "name a document of the unit, of one above it, of the province or the operator; "
                "policy says which, in `competence.lock`"
            ),
        )
    return found


def _refuse_other_purpose(facts: RuleContext, found: Document, people: Sequence[Mailbox]) -> None:
    record = facts.documents[found.id]
    acts = {act for _, act in texts(record, ("acts", "*"))}
    if acts and acts.isdisjoint(_FITTING):
        raise Refused(
            Message("{document} was issued for something else", document=describe_document(found)),
            fix=Message("name a document whose `acts` are not limited, or have: {acts}",
                        acts=", ".join(sorted(_FITTING))),
        )  # fmt: skip
    units = {unit for _, unit in texts(record, ("units", "*"))}
    reached = units.union(*(facts.heirs.get(unit, ()) for unit in units))
    other = [p.id for p in people if reached and reached.isdisjoint(facts.above(p.unit))]
    if other:
        raise Refused(
            Message(
                "{document} does not name the unit of: {people}",
                document=describe_document(found),
                people=some(other, _SHOWN),
            )
        )
