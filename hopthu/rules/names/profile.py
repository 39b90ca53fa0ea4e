"""The rule that addresses and aliases are made of their owner's name, not of another's (Art. 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.model import address_naming
from hopthu.model.address_naming import stem
from hopthu.model.policy import Naming
from hopthu.model.record_local import follows, well_formed
from hopthu.model.timeline import facts_of, text, value_of, was
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext, exception
from hopthu.rules.names.on_record import NamesOnRecord, alike, words_of
from hopthu.source.records import Record
from hopthu.source.values import Map

_MADE_OF = ("name", "short", "kind", "parent")
"""The facts from which the profile makes addresses."""
_PATTERNS = frozenset(("naming.unit", "naming.otherwise"))
"""The keys of the policy that are the profile."""
_DIGITS = "0123456789"
_LONGEST_NAME = 12
"""Words of a name; more are not tried."""


@check("naming-profile")
def naming_profile(facts: RuleContext) -> Iterator[Found]:
    """Report addresses and aliases in use that are not made of a name, or of another's.

    A closed mailbox keeps the address it had, whatever the profile is now.
    """
    names = NamesOnRecord(facts)
    reserved = {fold(name) for name in facts.policy.reserved}
    for record, steps, local, _ in facts.particular_claims:
        if "former" in steps or facts.is_over(record):
            continue
        if not well_formed(local) or fold(local) in reserved:
            continue  # other rules report it
        is_alias = "aliases" in steps
        fault = _of_another(names, record, local, is_alias)
        fault = fault or _not_made(names, record, local, is_alias)
        if fault:
            yield Found(record.at(*steps), *fault)


def _of_another(names: NamesOnRecord, record: Record, local: str, is_alias: bool) -> Fault:
    """Return that an alias, or an address by exception, names another unit; no document may."""
    if not (is_alias or exception(record)):
        return None
    if not (unit := _other_unit(names, record, local)):
        return None
    noun = Message("alias") if is_alias else Message("address")
    what = Message("{noun} {address} names {unit}", noun=noun, address=shown(local), unit=unit)
    return what, Message("remove it: only the unit of that name may have it")


def _not_made(names: NamesOnRecord, record: Record, local: str, is_alias: bool) -> Fault:
    """Return that an address is not made of the name, nor of one before, and by no document."""
    facts, name = names.facts, text(record.data, "name")
    if not words(name) or facts.grants(record, local):
        return None
    held = [data for _, data in facts.past.held(record)]
    fault = (_alias if is_alias else _address)(names, record, held, local)
    if fault and (cited := exception(record)):
        what = Message("{what}, and {document} does not name it", what=fault[0], document=cited)
        return what, fault[1]
    return fault


def _address(names: NamesOnRecord, record: Record, held: Sequence[Map], address: str) -> Fault:
    """Return that an address is not made by a profile of what its owner is or was."""
    facts = names.facts
    profiles = facts.policy.naming.since(facts.since(record))
    made = (_made(facts, record, data, each) for data in held for each in profiles)
    if any(each and follows(address, each) for each in made):
        return None
    expected = _made(facts, record, record.data, profiles[0])
    if not expected:
        return None
    what = Message(
        "address {address} does not follow the naming profile: {expected}",
        address=shown(address),
        expected=shown(expected),
    )
    fix = Message(
        "an address in use is for life: cite the document as `exception`, with `addresses: "
        "[{address}]` in its record; only for a new mailbox use {expected}, numbered if it is "
        "taken",
        address=address,
        expected=shown(expected),
    )
    return what, _unless_made_before(facts, record, fix)


def _alias(names: NamesOnRecord, record: Record, held: Sequence[Map], alias: str) -> Fault:
    """Return that an alias is not made of a name, or that a person's is an office's as well.

    Whoever is called so needs a document: mail to the office must not reach a person.
    """
    if any(_is_made_of(record, data, alias) for data in held):
        keys = [fold(part).rstrip(_DIGITS) for part in (alias, *_cuts(alias)[0])]
        found = (key for key in keys if record.kind == "people" and key in names.functions)
        if not (function := next(found, "")):
            return None
        what = Message(
            "alias {alias} is the name of an office or a function: {function}",
            alias=shown(alias),
            function=function,
        )
        fix = Message("use the address, or the name in another order")
    else:
        address, family = (
            value_of(record.data, "address"),
            fold(words(text(record.data, "name"))[0]),
        )
        example = f"vanthu.{address}" if record.kind == "units" else f"{address}.{family}"
        what = Message("alias {alias} is not made of the owner's name", alias=shown(alias))
        fix = Message(
            "use the name, or the address with a suffix, as in: {example}", example=example
        )
    return what, Message(
        "{fix}; otherwise cite the document that grants it as `exception`, with `addresses: "
        "[{alias}]` in its record",
        fix=fix,
        alias=alias,
    )


def _unless_made_before(facts: RuleContext, record: Record, fix: Message) -> Message:
    """Return a fix, and before it to state what was, if the name or the profile changed since."""
    for row in facts.policy_changes if record.kind == "units" else ():
        stated = was(row) or _PATTERNS.isdisjoint(facts_of(row))
        if not stated and facts.since(record) < row.start:
            return Message(
                "if it was right before {day}, say in the row of `changes` of the policy what was: "
                "`was: {was}`; otherwise {fix}",
                day=row.start,
                was="{naming.unit: {KIND: PATTERN}}",
                fix=fix,
            )
    return facts.past.unless_right_before((record.id,), _MADE_OF, fix)


def _other_unit(names: NamesOnRecord, record: Record, alias: str) -> str:
    """Return another unit that an alias names, as a whole or by a part at a dot; else "".

    Of a person no part may, but those that are the name of one they work for, or their own. A unit
    may add the name of one above it; that of one that is to end, its successor by an exception.
    """
    units, name = names.by_key.get(fold(alias), set()), text(record.data, "name")
    if units and record.id not in units and not _is_called(record, name, fold(alias)):
        return min(units)
    own: set[str] | None = None
    for part in _parts(record, alias):
        if (meant := names.by_key.get(fold(part), set())) and not _is_name_of(record, fold(part)):
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
    above = set[str]().union(*(facts.past.ever_above(unit) for unit in units))
    if record.kind == "people":
        return {u for u in above if u in units or "parent" in facts.units[u].data}
    ending = facts.heirs.items() if facts.grants(record, alias) else ()
    return above | {unit for unit, heirs in ending if not above.isdisjoint(heirs)}


def _is_made_of(record: Record, data: Map, alias: str) -> bool:
    """Tell whether an alias is made of the name in `data`, or of the address.

    Of a person's name it has the given name in full, and other words or initials, each once; of a
    unit's two words or more that follow each other, or the short name.
    """
    name, address = text(data, "name"), value_of(data, "address")
    if alias.startswith(f"{address}.") or follows(alias, address):
        return True
    key = fold(alias).rstrip(_DIGITS)
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


def _made(facts: RuleContext, record: Record, data: Map, profile: Naming) -> str:
    """Return the address that a profile makes of what a record has or had."""
    return stem(text(data, "name")) if record.kind == "people" else of_unit(facts, data, profile)


def of_unit(facts: RuleContext, data: Map, profile: Naming) -> str:
    """Return the address a profile gives a unit; it may look at the address of the one above."""
    above = facts.units.get(text(data, "parent"))
    name = text(data, "name")
    made = address_naming.unit(
        profile.of(facts.policy.named_kind(text(data, "kind"), profile.unit)),
        name=name,
        short=text(data, "short") or name,
        parent=value_of(above.data, "address") if above else "",
        begins=facts.policy.begins(text(data, "kind")),
    )
    return made.strip(".")
