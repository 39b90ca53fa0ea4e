"""Units, people and texts of an edit, as somebody types them."""

from __future__ import annotations

from hopthu.diagnostics.problem import shown
from hopthu.editing.documents import unit_of_name
from hopthu.editing.names import namesakes
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.model.former_domains import compared
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

_FEW = 5


def one_line(option: str, value: str) -> str:
    """Return a text with every letter spelt in one way; raise `UsageError` if it is not one line.

    Control characters, bidirectional ones and bytes that are no UTF-8 are refused: nobody sees
    them in a review.
    """
    said = same(value).strip(" ")
    if not said or not said.isprintable():
        raise UsageError(
            Message("{option}: {value} is not a line of text", option=option, value=shown(value)),
            fix=Message("type it by hand, without line breaks and hidden characters"),
        )
    return said


def with_id(facts: RuleContext, said: str) -> Record:
    """Return the unit with an id; raise `UsageError` if there is none."""
    if said not in facts.units:
        raise UsageError(
            Message("there is no unit {unit}", unit=shown(said)),
            fix=Message("give its id, as in data/units.yaml"),
        )
    return facts.units[said]


def unit(facts: RuleContext, said: str) -> Record:
    """Return the unit with an id or a full name; raise `UsageError` if there is none."""
    return with_id(facts, said if said in facts.units else unit_of_name(facts, said) or said)


def person(facts: RuleContext, said: str) -> Record:
    """Return the person with an id or an address; raise `UsageError` if there is none."""
    if said in facts.people:
        return facts.people[said]
    word = said if said.isprintable() and " " not in said else ""
    address = compared(word.removesuffix(f"@{facts.policy.domain}"))
    for claim in facts.claims:
        if address and claim.folded == address and claim.record.kind == "people":
            return claim.record
    near = namesakes(facts, said)
    raise UsageError(
        Message("there is no person {person}", person=shown(said)),
        fix=Message("did you mean {near}?", near=some(near, _FEW))
        if near
        else Message("give the id or the address, as in data/people.yaml"),
    )
