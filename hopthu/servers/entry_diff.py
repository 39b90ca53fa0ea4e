"""What a plan says of directory entries beyond what its lines on mailboxes say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import UNIQUE, person_dn, suffix, unit_dn
from hopthu.directory.ldif import Add, Entries, changes, differing
from hopthu.i18n.message import Message
from hopthu.plan.diff import Change
from hopthu.plan.legal_basis import LegalBasis
from hopthu.servers.state import ServerState

Values = Mapping[str, tuple[str, ...]]


def entry_changes(
    live: ServerState, wanted: Entries, now: Desired, told: Iterable[Change], basis: LegalBasis
) -> Iterator[Change]:
    """Yield the changes of entries that none of the changes `told` explains.

    A unit's new name, which every one of its people shows, is one line.
    """
    if not live.entries:
        return  # all of it is new, which the lines on mailboxes say
    top = suffix(now.domain)
    owners = {(unit_dn if m.kind == "unit" else person_dn)(m.id, top): m for m in now.mailboxes}
    explained = {_mailbox_of(change) for change in told}
    renamed: dict[str, list[Mailbox]] = defaultdict(list)
    for dn, new in _todo(live.entries, wanted).items():
        owner = owners.get(dn)
        if owner is None:
            yield _other(dn, live.entries.get(dn, {}), new)
        elif owner.id not in explained and new.keys() == {"ou"} and owner.kind == "personal":
            renamed[owner.unit].append(owner)
        elif owner.id not in explained:
            yield _put_right(owner, live.entries.get(dn, {}), new, basis)
    for unit, people in renamed.items():
        old = live.entries[person_dn(people[0].id, top)].get("ou", ("",))[0]
        yield Change(
            "entry", unit, "change", old, people[0].unit_name, basis(unit),
            Message("the directory shows the new name of {unit} at {number} people",
                 unit=people[0].unit_name, number=len(people)), unit,
        )  # fmt: skip


def _todo(held: Entries, wanted: Entries) -> Mapping[str, Values]:
    """Return the new values an apply would give each entry."""
    todo: dict[str, Values] = {}
    for change in changes(held, differing(held, wanted), UNIQUE):
        new = change.attributes
        if not isinstance(change, Add):  # twice where a value goes from one entry to another
            old, end = held[change.dn], wanted[change.dn]
            names = old.keys() | end.keys()
            new = {n: end.get(n, ()) for n in names if {*old.get(n, ())} != {*end.get(n, ())}}
        todo[change.dn] = new
    return todo


def _put_right(owner: Mailbox, held: Values, new: Values, basis: LegalBasis) -> Change:
    told = Message(
        "{name}: the directory entry is put right: {attributes}",
        name=owner.name, attributes=", ".join(sorted(new)),
    )  # fmt: skip
    before, after = _plain(held, new), _plain(new, new)
    return Change("entry", owner.id, "restore", before, after, basis(owner.id), told, owner.unit)


def _other(dn: str, held: Values, new: Values) -> Change:
    """Return a change of an entry that is nobody's mailbox, such as the rules for signing in."""
    action = "restore" if held else "add"
    told = Message("the directory entry {dn} is brought up to date", dn=dn)
    return Change("entry", dn, action, _plain(held, new) or None, _plain(new, new), (), told)


def _plain(values: Values, names: Iterable[str]) -> dict[str, list[str]]:
    return {name: sorted(values[name]) for name in sorted(names) if name in values}


def _mailbox_of(change: Change) -> str:
    if change.kind == "address":
        return str(change.after or change.before)
    return change.id
