"""Ids and addresses of new records, as the naming profile and the data have them."""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Set as AbstractSet

from hopthu.diagnostics.problem import shown
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same, spelling
from hopthu.model.address_naming import id_stem, personal, stem
from hopthu.model.organisation import LOCAL
from hopthu.model.record_local import LONGEST_ADDRESS, PERSON
from hopthu.model.timeline import text, value_of
from hopthu.rules.context import RuleContext
from hopthu.rules.names.profile import of_unit
from hopthu.rules.records.units import BUILT_IN, kind_of
from hopthu.schema.formats import ID, LONGEST_ID
from hopthu.source.records import Record

_BELOW = "division"
"""Units of this kind have the same names in many places: their ids say where."""


def taken(facts: RuleContext) -> set[str]:
    """Return every local part that is reserved, or is or was somebody's, folded."""
    return {fold(local) for local in facts.policy.reserved} | {
        claim.folded for claim in facts.claims
    }


def of_person(facts: RuleContext, name: str, earlier: AbstractSet[str] = frozenset()) -> str:
    """Return the free address for a person's name; raise `UsageError` if none can be made.

    `earlier` are folded local parts of records that an edit has taken out: they stay taken.
    """
    if not (PERSON.match(same(name)) and stem(name)):
        what = Message("no address can be made of the name {name}", name=shown(name))
        fix = Message("write the name in Vietnamese letters, with one space between words")
        raise UsageError(what, fix=fix)
    return short_enough(personal(name, taken(facts) | earlier))


def address_of_unit(
    facts: RuleContext, record: Record, earlier: AbstractSet[str] = frozenset()
) -> str:
    """Return the address the profile gives a unit: its own if it has it, else a free one."""
    made = of_unit(facts, record.data, facts.policy.naming)
    if value_of(record.data, "address") == made:
        return short_enough(made)
    return free_for_unit(made, taken(facts) | earlier)


def free_for_unit(made: str, held: Container[str]) -> str:
    """Return the address that the profile makes, numbered if it is `held`, folded, by another."""
    address, number = made, 2
    while fold(address) in held:
        address, number = f"{made}{number}", number + 1
    return short_enough(address)


def short_enough(local: str) -> str:
    """Return a local part; raise `UsageError` if it is too long for an address."""
    if len(local) <= LONGEST_ADDRESS:
        return local
    raise UsageError(
        Message("address {address} is longer than {limit} characters",
             address=shown(local), limit=LONGEST_ADDRESS),
        fix=Message("agree on a shorter one, and name the document that grants it as `exception`"),
    )  # fmt: skip


def person_id(facts: RuleContext, name: str) -> str:
    """Return the id a new person is given: the words of the name, numbered from 2 on."""
    return free_id(id_stem(name), _ids(facts))


def namesakes(facts: RuleContext, name: str) -> list[str]:
    """Return the people who have this name, however its tones are placed."""
    wanted = spelling(name)
    return [
        key for key, each in facts.people.items() if spelling(text(each.data, "name")) == wanted
    ]


def perhaps_the_same(facts: RuleContext, name: str, unit: str) -> list[str]:
    """Return who has this name and may be the same person: in `unit`, or with no post to go on.

    So it is of a list that is imported: who works elsewhere is another one.
    """
    found = []
    for key in namesakes(facts, name):
        units = {row.unit for row in facts.posts.get(key, ()) if row.end > facts.today}
        if not units or unit in units:
            found.append(key)
    return found


def unit_id(
    facts: RuleContext, name: str, kind: str, parent: str, ids: Container[str] | None = None
) -> str:
    """Return the id a new unit is given: its name, and for many that of the unit above.

    So it is of divisions, and of parts of communes, which all have the same ones. Where that is too
    long, the unit above is told by its initials. `ids` are those that are taken, of all records if
    they are not given.
    """
    held = _ids(facts) if ids is None else ids
    base = id_stem(name)
    above = facts.units.get(parent)
    is_local = above is not None and kind_of(facts, above.data) in LOCAL
    if facts.policy.like(kind) == _BELOW or base in held or is_local:
        longer = f"{base}-{parent}".strip("-")
        short = "".join(word[0] for word in parent.split("-"))
        base = longer if len(longer) <= LONGEST_ID else f"{base}-{short}"
    return free_id(base, held)


def valid_id(facts: RuleContext, key: str, taken: Container[str] | None = None) -> str:
    """Return the id of a new record; raise `UsageError` if it is none, or taken.

    `taken` are those of all records if they are not given.
    """
    if not ID.match(key) or len(key) > LONGEST_ID:
        raise UsageError(
            Message("{id} is not an id", id=shown(key)),
            fix=Message(
                "write two words or more in lower case, with hyphens, at most {limit} characters",
                limit=LONGEST_ID,
            ),
        )
    if key in ({*_ids(facts), *facts.documents} if taken is None else taken):
        raise UsageError(
            Message("the id {id} is taken", id=key),
            fix=Message("give another one; an id is never used again"),
        )
    return key


def known_kind(facts: RuleContext, kind: str) -> str:
    """Return a kind of unit; raise `UsageError` if neither hopthu nor the policy has it."""
    kinds = (*BUILT_IN, *facts.policy.unit_kinds)
    if kind not in kinds:
        raise UsageError(
            Message("there is no kind of unit {kind}", kind=shown(kind)),
            fix=Message("write one of: {kinds}", kinds=", ".join(kinds)),
        )
    return kind


def _ids(facts: RuleContext) -> set[str]:
    return {*facts.units, *facts.people}


def free_id(base: str, ids: Container[str]) -> str:
    """Return an id that none of `ids` is, numbered from 2 on if need be."""
    key, number = base, 2
    while key in ids:
        key, number = f"{base}-{number}", number + 1
    return key
