"""Who may be given a password: only people whom the data gives a mailbox and lets sign in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from hopthu.credentials.servers import SignIns
from hopthu.desired.state import Mailbox, desired
from hopthu.errors import Refused, UsageError
from hopthu.i18n.joining import joined, some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import sort_key
from hopthu.model.lifecycle import State
from hopthu.model.phrases import describe_day
from hopthu.rules.context import RuleContext
from hopthu.show.report import show
from hopthu.validate import Loaded

_SHOWN = 5
_WHY_NOT: dict[State, Message] = {
    "locked": Message("may not sign in: locked, or without a post on that day"),
    "closed": Message("has left the service"),
    "archived": Message("has left the service"),
    "erased": Message("has left the service"),
}


def named(loaded: Loaded, on: date, asked: Sequence[str]) -> tuple[Mailbox, ...]:
    """Return the personal mailboxes of people by id or address.

    Raises `UsageError` for an unknown name, `Refused` with the reason for each who may not sign in.
    """
    found: dict[str, Mailbox] = {}
    refused: list[Message] = []
    for name in asked:
        view = show(loaded, on, name)
        mailbox = view.mailbox
        if view.record.id in loaded.organisation.units:
            reason: Message | None = Message(
                "is a unit: its head and delegate sign in with their own passwords"
            )
        elif mailbox is None:
            reason = Message("has no mailbox on {day}", day=describe_day(on))
        else:
            reason = _WHY_NOT.get(mailbox.state)
            found[mailbox.id] = mailbox
        if reason:
            refused.append(Message("{id}: {reason}", id=view.record.id, reason=reason))
    if refused:
        raise Refused(joined(refused, "\n"))
    return tuple(found.values())


def of_units(loaded: Loaded, on: date, units: Collection[str]) -> tuple[Mailbox, ...]:
    """Return the mailboxes of those who may sign in and work in `units`, or in a unit below.

    Raises `UsageError` if there is no such unit.
    """
    for unit in units:
        if show(loaded, on, unit).record.id not in loaded.organisation.units:
            raise UsageError(
                Message("{id} is not a unit", id=unit),
                fix=Message("give its id, as in data/units.yaml"),
            )
    facts = RuleContext(loaded.source, loaded.policy, on)
    wanted = {show(loaded, on, unit).record.id for unit in units}
    return _active(loaded, on, lambda mailbox: not wanted.isdisjoint(facts.above(mailbox.unit)))


def everybody(loaded: Loaded, on: date) -> tuple[Mailbox, ...]:
    """Return the mailboxes of all who may sign in."""
    return _active(loaded, on, lambda _: True)


def _active(loaded: Loaded, on: date, wanted: Callable[[Mailbox], bool]) -> tuple[Mailbox, ...]:
    state = desired(loaded.organisation, loaded.policy, on)
    return tuple(m for m in state.mailboxes if _may_sign_in(m) and wanted(m))


def _may_sign_in(mailbox: Mailbox) -> bool:
    return mailbox.kind == "personal" and mailbox.state == "active"


def by_unit(mailboxes: Sequence[Mailbox]) -> Iterator[tuple[str, list[Mailbox]]]:
    """Yield each unit, sorted by name, with its people in Vietnamese order."""
    units: dict[tuple[str, str], list[Mailbox]] = {}
    for mailbox in mailboxes:
        units.setdefault((mailbox.unit_name, mailbox.unit), []).append(mailbox)
    for name, unit in sorted(units, key=lambda key: (sort_key(key[0]), key[1])):
        people = units[name, unit]
        yield unit, sorted(people, key=lambda m: (sort_key(m.name), m.id))


def without_password(wanted: Sequence[Mailbox], known: SignIns) -> tuple[Mailbox, ...]:
    """Return `wanted`; raise `Refused` if one has a password, or may not sign in yet."""
    may_sign_in(wanted, known)
    if having := [one.id for one in wanted if one.id in known.having]:
        raise Refused(
            Message("has a password already: {people}", people=some(having, _SHOWN)),
            fix=Message("hopthu credential reset replaces it"),
        )
    return tuple(wanted)


def with_password(wanted: Sequence[Mailbox], known: SignIns) -> tuple[Mailbox, ...]:
    """Return `wanted`; raise `Refused` if one has no password, or may not sign in yet."""
    may_sign_in(wanted, known)
    if lacking := [one.id for one in wanted if one.id not in known.having]:
        raise Refused(
            Message("has no password yet: {people}", people=some(lacking, _SHOWN)),
            fix=Message("hopthu credential issue gives one"),
        )
    return tuple(wanted)


def may_sign_in(wanted: Sequence[Mailbox], known: SignIns) -> None:
    """Raise `Refused` if the servers do not let one of `wanted` sign in."""
    if absent := [one.id for one in wanted if one.id not in known.active]:
        raise Refused(
            Message("the servers do not let them sign in: {people}", people=some(absent, _SHOWN)),
            fix=Message("apply the data first"),
        )
