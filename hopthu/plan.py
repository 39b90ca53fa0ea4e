"""What would change, in the words of the domain: one desired state against another.

Pure, but for `at_revision`, which asks git. Plans are sorted and carry a checksum, so that two
people who see the same checksum have seen the same plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from hopthu.desired import Access, Desired, Mailbox, desired
from hopthu.errors import DataError, UsageError
from hopthu.organisation import Organisation
from hopthu.revision import checked_out
from hopthu.validate import read

Kind = Literal["mailbox", "address", "list", "access", "entry", "unit", "person"]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One change; `before` and `after` hold what differs, `basis` the documents it rests on."""

    kind: Kind
    id: str
    action: str
    before: Any
    after: Any
    basis: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes from `base` to `head` on a day, sorted."""

    on: date
    base: str
    head: str
    changes: tuple[Change, ...]

    @property
    def checksum(self) -> str:
        """SHA-256 over day and changes; the names of the revisions do not matter."""
        content = json.dumps([self.on.isoformat(), [asdict(c) for c in self.changes]])
        return hashlib.sha256(content.encode()).hexdigest()

    def as_json(self) -> str:
        """Return the contract of `plan --format json`."""
        report = {
            "on": self.on.isoformat(),
            "base": self.base,
            "head": self.head,
            "checksum": self.checksum,
            "changes": [asdict(c) for c in self.changes],
            "guards": [],
            "due": [],
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


Basis = Callable[[str], tuple[str, ...]]


def diff(before: Desired, after: Desired, basis: Basis = lambda _: ()) -> tuple[Change, ...]:
    """Return the changes that lead from `before` to `after`, sorted.

    `basis` gives the documents that the change of a unit or person rests on.
    """
    changes = [
        *_mailboxes(_by_id(before), _by_id(after), basis),
        *_addresses(before, after, basis),
        *_access(before, after, basis),
    ]
    return tuple(sorted(changes, key=lambda c: (c.kind, c.id, c.action, str(c.after))))


def basis_of(organisation: Organisation, on: date) -> Basis:
    """Return a function giving the newest documents behind what a unit or person is on `on`."""

    def documents(record_id: str) -> tuple[str, ...]:
        person = organisation.people.get(record_id)
        unit = organisation.units.get(record_id)
        steps: list[tuple[date, str, str]] = []
        if person:
            steps += [(p.start, p.decision, p.request) for p in (*person.posts, *person.locked)]
            steps += [(p.until, p.decision, p.request) for p in person.locked if p.until]
        if unit:
            steps += [(h.start, h.decision, h.request) for h in unit.heads]
            steps += [(e.on, e.decision, e.request) for e in (unit.created,) if e]
        ending = (person and person.left) or (unit and unit.ended)
        if ending:
            steps.append((ending.on, ending.decision, ending.request))
        begun = [step for step in steps if step[0] <= on]
        return tuple(filter(None, max(begun)[1:])) if begun else ()

    return documents


def at_revision(root: Path, revision: str, on: date) -> tuple[Desired, str]:
    """Return what git's `revision` of `root` desires on `on`, and its commit.

    Raises `UsageError` when git does not know the revision, or its data is not valid.
    """
    with checked_out(root, revision) as (folder, commit):
        try:
            loaded = read(folder, on)
        except DataError as error:
            raise UsageError(
                f"the data of {revision} is not valid ({len(error.problems)} problems)",
                fix="name a revision with valid data as --base",
            ) from error
    return desired(loaded.organisation, loaded.policy, on), commit


def _by_id(state: Desired) -> Mapping[str, Mailbox]:
    return {m.id: m for m in state.mailboxes}


def _mailboxes(
    before: Mapping[str, Mailbox], after: Mapping[str, Mailbox], basis: Basis
) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        for action, was, now, summary in _mailbox_steps(old, new):
            yield Change("mailbox", key, action, was, now, basis(key), summary)


def _mailbox_steps(old: Mailbox | None, new: Mailbox | None) -> Iterator[tuple[str, Any, Any, str]]:
    if new is None:
        if old is not None:
            yield "erase", old.state, None, f"the mailbox of {old.name} is no longer in the data"
        return
    if old is None:
        where = f"{new.name}, {new.unit_name}, on {new.store}"
        yield "create", None, new.state, f"a {new.kind} mailbox for {where}"
        return
    if old.state != new.state:
        action = {"active": "unlock", "locked": "lock", "closed": "close"}[new.state]
        yield action, old.state, new.state, f"{new.name}: {old.state} becomes {new.state}"
    if old.store != new.store:
        yield "move", old.store, new.store, f"{new.name}: mail moves to {new.store}"
    if "closed" in {old.state, new.state}:
        return  # its title went with its owner; that says nothing new
    fields = ("name", "title", "unit", "quota")
    was = {f: getattr(old, f) for f in fields if getattr(old, f) != getattr(new, f)}
    if was:
        now = {f: getattr(new, f) for f in was}
        words = ", ".join(f"{f} {was[f] or '(none)'} → {now[f] or '(none)'}" for f in was)
        yield "change", was, now, f"{new.name}: {words}"


def _addresses(before: Desired, after: Desired, basis: Basis) -> Iterator[Change]:
    old = {a: m.id for m in before.mailboxes for a in m.addresses} | dict(before.reserved)
    new = {a: m.id for m in after.mailboxes for a in m.addresses} | dict(after.reserved)
    for address in sorted(old.keys() | new.keys()):
        was, now = old.get(address), new.get(address)
        if was == now:
            continue
        full = f"{address}@{after.domain}"
        action = "change" if was and now else "add" if now else "remove"
        lead = f"{full} leads to {now}" if now else f"{full} is no longer in the data"
        yield Change("address", full, action, was, now, basis(now or was or ""), lead)


def _access(before: Desired, after: Desired, basis: Basis) -> Iterator[Change]:
    old, new = set(before.access), set(after.access)
    for grant in new - old:
        yield _grant(grant, "grant", basis)
    for grant in old - new:
        yield _grant(grant, "revoke", basis)


def _grant(grant: Access, action: str, basis: Basis) -> Change:
    verb = "may now" if action == "grant" else "may no longer"
    summary = f"{grant.person} {verb} use the mailbox of {grant.unit}, as its {grant.right}"
    was, now = (None, grant.right) if action == "grant" else (grant.right, None)
    return Change(
        "access", f"{grant.unit}/{grant.person}", action, was, now, basis(grant.unit), summary
    )
