"""What changed in the addresses of a mailbox between two revisions (Art. 4, 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.model.facts import FactName
from hopthu.model.former_domains import domain_of
from hopthu.model.timeline import Steps
from hopthu.rules.claims import claims, exception
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import Pair, value_before
from hopthu.source.records import Record


def changed_addresses(pair: Pair, after: RuleContext) -> Iterator[tuple[FactName, Steps, Message]]:
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
