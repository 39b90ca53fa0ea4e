"""The rule on further addresses: each is recognisably its owner's, and never another's (Art. 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import stem
from hopthu.model.record_local import follows, well_formed
from hopthu.rules.book import check
from hopthu.rules.claims import addresses, primary
from hopthu.rules.context import RuleContext
from hopthu.rules.names.office_names import LONGEST_NAME, OfficeNames, spent
from hopthu.rules.powers.granting import exception, grants
from hopthu.rules.rows import Steps, text
from hopthu.source.records import Record
from hopthu.source.values import Map

ALIAS = Rule(
    "alias-profile",
    "Art. 4",
    "an alias is made of its owner's name or address, so that nobody writes to one office and "
    "reaches another; exceptions must cite a document",
)
_NUMBER = re.compile("[0-9]+\\Z")
_FEWEST_WORDS = 2  # of its name that a unit may be called by: one may be anybody's
_ALIAS, _ADDRESS = Message("alias"), Message("address")
ABBREVIATED = (("uybannhandan", "ubnd"), ("hoidongnhandan", "hdnd"))


@check
def alias_profile(facts: RuleContext) -> Iterator[Problem]:
    """Report aliases that are not made of the owner's name, and those that name another unit.

    An address by exception names no other unit either.
    """
    offices = OfficeNames(facts)
    reserved = {fold(name) for name in facts.policy.reserved}
    for record in (*facts.source.people, *facts.source.units):
        named = _named(record)
        if not named or facts.is_over(record):
            continue
        for steps, local in named:
            if fold(local) in reserved:
                continue  # `unique-address` reports it
            fault = _of_office(offices, record, steps, local)
            if not fault and "aliases" in steps:
                fault = _of_nobody(facts, record, local)
                fault = fault or _of_function(facts, offices, record, local)
            if fault:
                what, fix = fault
                yield ALIAS.violation(record.at(*steps), what, subject=record.id, fix=fix)


def _of_office(
    offices: OfficeNames, record: Record, steps: Steps, local: str
) -> tuple[Message, Message] | None:
    noun = _ALIAS if "aliases" in steps else _ADDRESS
    if unit := offices.named(record, local):
        return (
            Message("{noun} {address} names {unit}", noun=noun, address=shown(local), unit=unit),
            Message("remove it: only the unit of that name may have it"),
        )
    if word := offices.word(record, local):
        return (
            Message(
                "{noun} {address} is that of an office: {word}",
                noun=noun,
                address=shown(local),
                word=word,
            ),
            Message("remove it: mail to an office must not reach a person"),
        )
    return None


def _of_function(
    facts: RuleContext, offices: OfficeNames, record: Record, alias: str
) -> tuple[Message, Message] | None:
    function = offices.function(record, alias)
    if not function or grants(facts, record, alias):
        return None
    return (
        Message(
            "alias {alias} is the name of an office or a function: {function}",
            alias=shown(alias),
            function=function,
        ),
        Message(
            "use the address, or the name in another order; otherwise cite the document that "
            "grants it as `exception`, with `addresses: [{alias}]` in its record",
            alias=alias,
        ),
    )


def _of_nobody(facts: RuleContext, record: Record, alias: str) -> tuple[Message, Message] | None:
    named = words(text(record.data, "name"))
    states = facts.past.held(record)
    if not named or grants(facts, record, alias) or any(_own(record, d, alias) for _, d in states):
        return None
    what = Message("alias {alias} is not made of the owner's name", alias=shown(alias))
    if cited := exception(record):
        what = Message("{what}, and {document} does not name it", what=what, document=cited)
    return what, Message(
        "use the name, or the address with a suffix, as in: {example}; otherwise cite the document "
        "that grants it as `exception`, with `addresses: [{alias}]` in its record",
        example=_example(record),
        alias=alias,
    )


def _named(record: Record) -> list[tuple[Steps, str]]:
    """Return the aliases of a record, and its address if that is by exception.

    Those that are not well formed have their own problem.
    """
    mailbox = None if record.plain else record.data.get("mailbox")
    if not isinstance(mailbox, dict) or mailbox.keys().isdisjoint(("aliases", "exception")):
        return []
    looked_at = ("aliases", "address") if "exception" in mailbox else ("aliases",)
    return [(at, a) for at, a in addresses(mailbox) if at[1] in looked_at and well_formed(a)]


def _own(record: Record, data: Map, alias: str) -> bool:
    """Tell whether an alias is made of the name in `data`, or of the address."""
    name, address = text(data, "name"), primary(data)
    first, _, _ = alias.partition(".")
    if alias.startswith(f"{address}.") or follows(alias, address):
        return True
    if record.kind == "people":
        return follows(first, stem(name)) or _is_made_of(_unnumbered(fold(alias)), words(name))
    short = fold(text(data, "short"))
    return alias.endswith(f".{address}") or _unnumbered(fold(alias)) in {short, *_runs(words(name))}


def _is_made_of(alias: str, name: Sequence[str]) -> bool:
    """Tell whether `alias` is words of a person's name, or their initials, each once.

    The given name, which is the last, is among them in full.
    """
    given, *others = [fold(word) for word in reversed(name[:LONGEST_NAME])]
    before, found, after = alias.partition(given)
    return bool(found) and spent(before + after, others)


def _runs(name: Sequence[str]) -> set[str]:
    """Return what any two or more words of a unit's name that follow each other fold to."""
    folded = [fold(word) for word in name]
    runs = {
        "".join(folded[begin:end])
        for begin in range(len(folded))
        for end in range(begin + min(_FEWEST_WORDS, len(folded)), len(folded) + 1)
    }
    return runs | {run.replace(*usual) for run in runs for usual in ABBREVIATED}


def _unnumbered(alias: str) -> str:
    return _NUMBER.sub("", alias)


def _example(record: Record) -> str:
    address = primary(record.data)
    if record.kind == "units":
        return f"vanthu.{address}"
    return f"{address}.{fold(words(text(record.data, 'name'))[0])}"
