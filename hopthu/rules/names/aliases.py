"""The rule on further addresses: each is recognisably its owner's, and never another's (Art. 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import Problem, shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import stem
from hopthu.model.record_local import follows, well_formed
from hopthu.model.timeline import Steps, text
from hopthu.rules.book import check
from hopthu.rules.claims import addresses, primary
from hopthu.rules.context import RuleContext
from hopthu.rules.names.naming import PROFILE
from hopthu.rules.names.on_record import NamesOnRecord, alike, words_of
from hopthu.rules.powers.granting import exception, grants
from hopthu.source.records import Record
from hopthu.source.values import Map

_NUMBER = re.compile("[0-9]+\\Z")
_LONGEST_NAME = 12
"""Words of a name; more are not tried."""


@check
def alias_profile(facts: RuleContext) -> Iterator[Problem]:
    """Report aliases that are not made of the owner's name, and those that name another unit.

    An address by exception names no other unit either.
    """
    names = NamesOnRecord(facts)
    reserved = {fold(name) for name in facts.policy.reserved}
    for record in (*facts.source.people, *facts.source.units):
        named = _named(record)
        if not named or facts.is_over(record):
            continue
        for steps, local in named:
            if fold(local) in reserved:
                continue  # `unique-address` reports it
            if fault := _fault(names, record, local, is_alias="aliases" in steps):
                what, fix = fault
                yield PROFILE.violation(record.at(*steps), what, subject=record.id, fix=fix)


def _fault(
    names: NamesOnRecord, record: Record, local: str, *, is_alias: bool
) -> tuple[Message, Message] | None:
    """Return what is wrong with an address: what it says of others, then what not of its owner."""
    if unit := _other_unit(names, record, local):
        noun = Message("alias") if is_alias else Message("address")
        return (
            Message("{noun} {address} names {unit}", noun=noun, address=shown(local), unit=unit),
            Message("remove it: only the unit of that name may have it"),
        )
    facts = names.facts
    if not is_alias or grants(facts, record, local) or not words(text(record.data, "name")):
        return None
    if not any(_is_made_of(record, data, local) for _, data in facts.past.held(record)):
        what = Message("alias {alias} is not made of the owner's name", alias=shown(local))
        if cited := exception(record):
            what = Message("{what}, and {document} does not name it", what=what, document=cited)
        return what, Message(
            "use the name, or the address with a suffix, as in: {example}; otherwise cite the "
            "document that grants it as `exception`, with `addresses: [{alias}]` in its record",
            example=_example(record),
            alias=local,
        )
    if record.kind == "people" and (function := _function(names, local)):
        return (
            Message(
                "alias {alias} is the name of an office or a function: {function}",
                alias=shown(local),
                function=function,
            ),
            Message(
                "use the address, or the name in another order; otherwise cite the document that "
                "grants it as `exception`, with `addresses: [{alias}]` in its record",
                alias=local,
            ),
        )
    return None


def _other_unit(names: NamesOnRecord, record: Record, alias: str) -> str:
    """Return another unit that an alias names, as a whole or by a part at a dot; else "".

    Of a person no part may, but those that are the name of one they work for, or their own. A unit
    may add the name of one above it; that of one that is to end, its successor by an exception.
    """
    units, name = names.by_key(fold(alias)), text(record.data, "name")
    if units and record.id not in units and not _is_called(record, name, fold(alias)):
        return min(units)
    own: set[str] | None = None
    for part in _parts(record, alias):
        if (meant := names.by_key(fold(part))) and not _is_name_of(record, fold(part)):
            own = _own_units(names.facts, record, alias) if own is None else own
            if meant.isdisjoint(own):
                return min(meant)
    return ""


def _own_units(facts: RuleContext, record: Record, alias: str) -> set[str]:
    """Return the units whose names an owner may add: theirs, and those above these.

    Of people not the one at the top, unless they work there: all do somewhere below it.
    """
    units = [record.id] if record.kind == "units" else [p.unit for p in facts.posts[record.id]]
    over = [unit for unit in units if unit in facts.ended and facts.is_over(facts.units[unit])]
    units += [heir for unit in over for heir in facts.heirs[unit]]
    above = set[str]().union(*(facts.ever_above(unit) for unit in units))
    if record.kind == "people":
        return {u for u in above if u in units or "parent" in facts.units[u].data}
    ending = facts.heirs.items() if grants(facts, record, alias) else ()
    return above | {unit for unit, heirs in ending if not above.isdisjoint(heirs)}


def _function(names: NamesOnRecord, alias: str) -> str:
    """Return the office or function that an alias, or what stands before a dot in it, is as well.

    Whoever is called so needs a document: mail to the office must not reach a person.
    """
    keys = [_unnumbered(fold(part)) for part in (alias, *_cuts(alias)[0])]
    return next((key for key in keys if names.of_function(key)), "")


def _named(record: Record) -> list[tuple[Steps, str]]:
    """Return the aliases of a record, and its address if that is by exception.

    Those that are not well formed have their own problem.
    """
    mailbox = None if record.plain else record.data.get("mailbox")
    if not isinstance(mailbox, dict) or mailbox.keys().isdisjoint(("aliases", "exception")):
        return []
    looked_at = ("aliases", "address") if "exception" in mailbox else ("aliases",)
    return [(at, a) for at, a in addresses(mailbox) if at[1] in looked_at and well_formed(a)]


def _is_made_of(record: Record, data: Map, alias: str) -> bool:
    """Tell whether an alias is made of the name in `data`, or of the address.

    Of a person's name it has the given name in full, and other words or initials, each once; of a
    unit's two words or more that follow each other, or the short name.
    """
    name, address = text(data, "name"), primary(data)
    if alias.startswith(f"{address}.") or follows(alias, address):
        return True
    key = _unnumbered(fold(alias))
    if record.kind == "people":
        return follows(alias.partition(".")[0], stem(name)) or _is_called(record, name, key)
    parts = words_of(name)
    runs = (parts[i:j] for i in range(len(parts)) for j in range(i + 2, len(parts) + 1))
    whole = alias.endswith(f".{address}") or key in {fold(text(data, "short")), "".join(parts)}
    return whole or any(alike((key,), run) for run in runs)


def _is_called(record: Record, name: str, letters: str) -> bool:
    """Tell whether letters are the given name of a person, with others or their initials."""
    parts = [fold(word) for word in reversed(words(name)[:_LONGEST_NAME])]
    if record.kind != "people" or not parts:
        return False
    before, found, after = letters.partition(parts[0])
    return bool(found) and spent(before + after, parts[1:])


def spent(letters: str, parts: Sequence[str]) -> bool:
    """Tell whether letters are some of `parts`, or their initials, each once, in any order."""
    number = Counter(part for part in parts if part)
    beginning = Counter(part[0] for part in number.elements())
    pieces = {piece for part in number for piece in (part, part[0])}
    # Which initials were spent follows from how far letters are read and what was spent whole, so
    # only that is remembered, sorted: the number of orders grows with the factorial of the words.
    ways: list[set[tuple[str, ...]]] = [{()}, *(set() for _ in letters)]
    for position, choices in enumerate(ways):
        fitting = [piece for piece in pieces if letters.startswith(piece, position)]
        for piece in fitting if choices else ():
            end, first = position + len(piece), piece[0]
            read = letters.count(first, 0, end)
            for whole in choices:
                chosen = tuple(sorted((*whole, piece))) if len(piece) > 1 else whole
                begun = read - sum(part.count(first, 1) for part in chosen)
                if begun <= beginning[first] and chosen.count(piece) <= number[piece]:
                    ways[end].add(chosen)
    return bool(ways[-1])


def _parts(record: Record, alias: str) -> list[str]:
    """Return what stands behind each dot, and of people before each."""
    before, behind = _cuts(alias)
    return [*behind, *before] if record.kind == "people" else behind


def _cuts(alias: str) -> tuple[list[str], list[str]]:
    labels = alias.split(".")
    cuts = range(1, len(labels))
    return [".".join(labels[:n]) for n in cuts], [".".join(labels[n:]) for n in cuts]


def _is_name_of(record: Record, letters: str) -> bool:
    """Tell whether letters are words of a person's name, or initials; of a unit they never are."""
    name = words(text(record.data, "name"))[:_LONGEST_NAME]
    return record.kind == "people" and spent(letters, [fold(word) for word in name])


def _unnumbered(alias: str) -> str:
    return _NUMBER.sub("", alias)


def _example(record: Record) -> str:
    address = primary(record.data)
    if record.kind == "units":
        return f"vanthu.{address}"
    return f"{address}.{fold(words(text(record.data, 'name'))[0])}"
