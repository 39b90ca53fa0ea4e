"""Units, people and texts of an edit, as somebody types them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.nearest import suggestion
from hopthu.diagnostics.problem import shown
from hopthu.editing.documents import unit_of_name
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.former_domains import compared
from hopthu.model.timeline import text
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record


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
            fix=suggestion(
                said, facts.units, Message("give its id, as in data/units.yaml"),
                _named(facts.units, said),
            ),
        )  # fmt: skip
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
    raise UsageError(
        Message("there is no person {person}", person=shown(said)),
        fix=suggestion(
            said, facts.people, Message("give the id or the address, as in data/people.yaml"),
            _named(facts.people, said),
        ),
    )  # fmt: skip


def _named(records: Mapping[str, Record], said: str) -> Iterator[str]:
    """Yield the ids of those who are called so, with the marks on letters or without."""
    wanted = fold(said)
    return (key for key, each in records.items() if fold(text(each.data, "name")) == wanted)
