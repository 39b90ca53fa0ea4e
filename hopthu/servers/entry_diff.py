"""Changes of directory entries that the mailbox lines of a plan do not already cover."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import (
    DERIVED,
    UNIQUE,
    addresses_dn,
    person_dn,
    probes_dn,
    suffix,
    unit_dn,
)
from hopthu.directory.ldif import Add, Entries, changes, differing
from hopthu.i18n.message import Message
from hopthu.model.former_domains import domain_of
from hopthu.plan.diff import Change, turned_domain
from hopthu.servers.state import ServerState

Values = Mapping[str, tuple[str, ...]]


def entry_changes(
    live: ServerState, wanted: Entries, now: Desired, known: Iterable[Change]
) -> Iterator[Change]:
    """Yield the changes of entries that do not follow from the `known` changes.

    What people are found by besides is one line; a new name of a unit, and former domains that
    begin or end to receive, have theirs.
    """
    if not live.entries:
        return  # everything is new, which the lines on mailboxes already show
    top = suffix(now.domain)
    owners = {(unit_dn if m.kind == "unit" else person_dn)(m.id, top): m for m in now.mailboxes}
    known = tuple(known)
    explained = {_mailbox_of(change) for change in known if change.kind != "entry"}
    turned = {domain for change in known if (domain := turned_domain(change))}
    renamed = {change.id.rpartition("/")[2] for change in known if change.kind == "entry"}
    above, apart = addresses_dn(top), probes_dn(top)
    noted, findable, probing = 0, 0, 0
    for dn, new in _todo(live.entries, wanted).items():
        owner = owners.get(dn)
        if dn.endswith(f",{above}"):
            noted += not explained.intersection(new.get("hopthuHolder", ()))
        elif dn.endswith(apart):
            probing += 1
        elif owner is None and dn != above:
            yield _other(dn, live.entries.get(dn, {}), new)
        elif (
            owner is None
            or owner.id in explained
            or _only_at(turned, live.entries.get(dn, {}), new)
        ):
            continue  # the folder comes with the first entry in it, an address with its domain
        elif not (told := _told(live.entries.get(dn, {}), new)):
            findable += 1
        elif told.keys() != {"ou"} or owner.id not in renamed:
            yield _correct(owner, live.entries.get(dn, {}), told)
    yield from _counted(top, noted, findable, probing)


def _counted(top: str, noted: int, findable: int, probing: int) -> Iterator[Change]:
    """Return a line each for what a directory of an earlier version lacked of many entries.

    So for accounts for probing, which a line of the policy makes.
    """
    if probing:
        summary = Message("{number} directory entries of accounts for probing", number=probing)
        yield Change("entry", probes_dn(top), "change", None, probing, (), summary)
    if noted:
        summary = Message("the directory keeps who holds {number} address(es)", number=noted)
        yield Change("entry", addresses_dn(top), "add", None, noted, (), summary)
    if findable:
        summary = Message(
            "the directory finds {number} people and units without tone marks too", number=findable
        )
        yield Change("entry", top, "add", None, findable, (), summary)


def _told(old: Values, new: Values) -> Values:
    """Return the new values that are worth a word, and do not just follow from others.

    Before address books searched by it units had no `cn`, and no `ou` but their id.
    """
    follow = {*DERIVED} if "cn" in old or not old else {*DERIVED, "cn", "ou"}
    return {name: values for name, values in new.items() if name not in follow}


def _only_at(domains: Collection[str], old: Values, new: Values) -> bool:
    """Return whether an entry changes in nothing but addresses at some `domains`."""
    if not domains or new.keys() != {"mailLocalAddress"}:
        return False
    values = {*old.get("mailLocalAddress", ())} ^ {*new["mailLocalAddress"]}
    return all(domain_of(address) in domains for address in values)


def _todo(found: Entries, wanted: Entries) -> Mapping[str, Values]:
    """Return the new values an apply would give each entry."""
    todo: dict[str, Values] = {}
    for change in changes(found, differing(found, wanted), UNIQUE):
        new = change.attributes
        if not isinstance(change, Add):  # two changes if a value moves to another entry
            old, end = found[change.dn], wanted[change.dn]
            names = old.keys() | end.keys()
            new = {n: end.get(n, ()) for n in names if {*old.get(n, ())} != {*end.get(n, ())}}
        todo[change.dn] = new
    return todo


def _correct(owner: Mailbox, old: Values, new: Values) -> Change:
    summary = Message(
        "{name}: the directory entry is corrected: {attributes}",
        name=owner.name, attributes=", ".join(sorted(new)),
    )  # fmt: skip
    before, after = _plain(old, new), _plain(new, new)
    return Change("entry", owner.id, "restore", before, after, (), summary, owner.unit)


def _other(dn: str, old: Values, new: Values) -> Change:
    """Return a change of an entry that is not a mailbox, such as the rules for signing in."""
    action = "restore" if old else "add"
    summary = Message("the directory entry {dn} is updated", dn=dn)
    return Change("entry", dn, action, _plain(old, new) or None, _plain(new, new), (), summary)


def _plain(values: Values, names: Iterable[str]) -> dict[str, list[str]]:
    return {name: sorted(values[name]) for name in sorted(names) if name in values}


def _mailbox_of(change: Change) -> str:
    if change.kind == "address":
        return str(change.after or change.before)
    return change.id
