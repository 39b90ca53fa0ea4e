"""Rules on names: how they are written, and that addresses follow from them (Art. 4, 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import LETTERS, same
from hopthu.model import address_naming
from hopthu.rules.context import RuleContext
from hopthu.rules.record_local import PERSON, follows, well_formed
from hopthu.rules.rows import text
from hopthu.source.records import Record

PLAIN_NAME = Rule(
    "plain-name",
    "Art. 5.1",
    "the directory shows names as people write them: in Latin letters, the name and nothing else",
)
PROFILE = Rule(
    "naming-profile",
    "Art. 4",
    "who knows a name can tell the address; an exception names the document that grants it",
)
_LOOKED_AT = 200  # of a name; more is no name
_UNIT = re.compile(rf"[{LETTERS}0-9 ,.()'’/&–-]+\Z")


def plain_name(facts: RuleContext) -> Iterator[Problem]:
    """Report names with signs, digits or letters of other scripts."""
    for records, form in ((facts.source.people, PERSON), (facts.source.units, _UNIT)):
        for record in records:
            name = "" if record.plain else text(record.data, "name")
            if not name or form.match(name) or form.match(same(name)):
                continue
            looked_at = same(name[:_LOOKED_AT])
            odd = next((c for c in looked_at if c != " " and not form.match(f"a{c}a")), " ")
            yield PLAIN_NAME.violation(
                record.at("name"),
                Message("name {name} has {sign} in it", name=shown(name), sign=_sign(odd)),
                subject=record.id,
                fix=Message(
                    "type the name again, in Vietnamese letters, words parted by one space"
                ),
            )


def naming_profile(facts: RuleContext) -> Iterator[Problem]:
    """Report addresses in use that the profile would not give.

    A closed mailbox keeps the address it had, whatever the profile is now.
    """
    for record in facts.source.people:
        address = "" if record.plain else _address(record)
        if not address or record.id in facts.left:
            continue
        expected = address_naming.stem(text(record.data, "name"))
        if expected and not follows(address, expected):
            yield _departs(record, address, expected)
    for record in facts.source.units:
        address = _address(record)
        if address and record.id not in facts.ended:
            expected = of_unit(facts, record)
            if expected and not follows(address, expected):
                yield _departs(record, address, expected)


def _address(record: Record) -> str:
    """Return the plain address of a record, empty where it has none or an exception."""
    mailbox = record.data.get("mailbox")
    if not isinstance(mailbox, dict) or "exception" in mailbox:
        return ""
    address = text(mailbox, "address")
    return address if well_formed(address) else ""


def of_unit(facts: RuleContext, record: Record) -> str:
    """Return the address the profile gives a unit; it may look at the address of the one above."""
    data, profile = record.data, facts.policy.naming
    above = facts.units.get(text(data, "parent"))
    mailbox = above.data.get("mailbox") if above else None
    name = text(data, "name")
    made = address_naming.unit(
        profile.unit.get(text(data, "kind"), profile.otherwise),
        name=name,
        short=text(data, "short") or name,
        parent=text(mailbox, "address") if isinstance(mailbox, dict) else "",
    )
    return made.strip(".")


def _departs(record: Record, address: str, expected: str) -> Problem:
    return PROFILE.violation(
        record.at("mailbox", "address"),
        Message(
            "address {address} is not the profile's {expected}",
            address=shown(address),
            expected=shown(expected),
        ),
        subject=record.id,
        fix=Message(
            "use {expected}, numbered where it is taken; else name the document as `exception`",
            expected=shown(expected),
        ),
    )


def _sign(char: str) -> str:
    return Message("a space too many") if char == " " else f"{shown(char)} (U+{ord(char):04X})"


RULES = (PLAIN_NAME, PROFILE)
CHECKS = (plain_name, naming_profile)
