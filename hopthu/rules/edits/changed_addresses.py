"""What changed in the addresses of a mailbox between two revisions (Art. 4, 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.model.facts import FactName
from hopthu.model.former_domains import domain_of
from hopthu.model.timeline import Steps, text, texts
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.granting import exception, grants
from hopthu.rules.revision_pairs import value_before
from hopthu.source.records import Record
from hopthu.source.values import Map


def changed_addresses(
    old: Record, new: Record, after: RuleContext
) -> Iterator[tuple[FactName, Steps, Message]]:
    """Yield the differences of addresses, unless a new exception grants the address.

    What is no longer on record, or was given up before, is reported elsewhere.
    """
    was, now = _mailbox(old), _mailbox(new)
    excepted = exception(new) not in ("", exception(old))
    granted = {each for each in _all(new) if excepted and grants(after, new, each)}
    first, last = text(was, "address"), text(now, "address")
    kept = _all(new) | ({""} if new.kind == "units" else set())  # a person's comes with the post
    if first != last and first in kept and last not in granted:
        yield "address", ("mailbox", "address"), value_before("address", first)
    for address in sorted(_texts(new, "former") - _all(old) - granted):
        if domain_of(address):  # one of ours was in use before
            what = Message("the address {address} is new", address=shown(address))
            yield "aliases", ("mailbox", "former"), what
            return
    gone = _texts(old, "aliases") - _texts(new, "aliases")
    added = _texts(new, "aliases") - _all(old)
    for alias in sorted((added | gone & _all(new)) - {last} - granted) if first else ():
        what = Message("the alias {alias} is new", alias=shown(alias))
        if alias in gone:
            what = Message("{alias} was an alias", alias=shown(alias))
        yield "aliases", ("mailbox", "aliases"), what
        break  # one row answers for all


def _mailbox(record: Record) -> Map:
    mailbox = record.data.get("mailbox")
    return mailbox if isinstance(mailbox, dict) else {}


def _texts(record: Record, field: str) -> set[str]:
    return {each for _, each in texts(record, ("mailbox", field, "*"))}


def _all(record: Record) -> set[str]:
    """Return every local part on record: the address, aliases, and those given up."""
    return {
        text(_mailbox(record), "address"), *_texts(record, "aliases"), *_texts(record, "former")
    }  # fmt: skip
