"""The documents that a change rests on: those of the row that causes it (Art. 5.1, 5.2).

A fact that is in no row of its own rests on the new rows of `changes` that name it. A row that an
edit changes but gives no new document, and one that it removes, rest on such a row too, or on the
documents that the record newly names under `corrections`. A change without documents has no
supporting document; it is never filed under those of another row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hopthu.model.facts import Fact
from hopthu.model.lifecycle import closed_on, erased_on
from hopthu.model.organisation import Ending, Organisation, Person, Tenure, Unit
from hopthu.model.policy import Lifecycle
from hopthu.plan.deciding import (
    Record,
    Row,
    endings,
    office,
    place,
    post,
    record_of,
    stated,
    statement,
)
from hopthu.plan.diff import Change, Documents
from hopthu.plan.row_documents import RowDocuments


@dataclass(frozen=True, slots=True)
class Basis(RowDocuments):
    """Finds the documents of the changes from `before` on `since` to `after` on `on`.

    `since` is None if the state before the changes is that of servers, which may be of any earlier
    day. `lifecycle` says how long the content of closed mailboxes is kept.
    """

    before: Organisation
    on: date
    since: date | None
    lifecycle: Lifecycle

    def cited(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Return the changes of mailboxes, addresses, access and entries with their documents."""
        return tuple(replace(change, basis=self.of(change)) for change in changes)

    def fact(self, key: str, fact: Fact) -> Documents:
        """Return the documents of a fact, by a row that is new or takes effect in the period."""
        rows = stated(record_of(self.after, key), fact)
        falling_due = (row for row in rows if self._then < row.on <= self.on)
        named = (each for row in falling_due for each in (row.decision, row.request) if each)
        return RowDocuments.fact(self, key, fact) or tuple(dict.fromkeys(named))

    def of(self, change: Change) -> Documents:
        """Return the documents of one change."""
        if change.kind == "policy":
            return change.basis
        if change.kind == "mailbox":
            return self._mailbox(change)
        if change.kind == "address":
            return self._address(change)
        if change.kind == "access":
            return self._access(change)
        corrected = isinstance(change.after, dict) and not {"title", "ou"}.isdisjoint(change.after)
        return self._post(change.id) if change.kind == "entry" and corrected else ()

    def cancelling(self, change: Change) -> Documents:
        """Return the documents by which a change that `before` has on the day does not happen."""
        if change.kind in ("unit", "person"):
            return self._corrections(change.id)
        if change.kind != "access":
            return self.of(change)
        inverse = {"grant": "revoke", "revoke": "grant"}[change.action]
        return self.of(replace(change, action=inverse))

    def _mailbox(self, change: Change) -> Documents:
        if change.action == "move":
            return self._post(change.id) or self._stored(change.id)
        if change.action == "change":
            return self._changed(change.id, change.after)
        if change.action == "erase" and self._kept_by_hold(change.id):
            return self._hold(change.id)
        return self._state(change.id)

    def _changed(self, key: str, fields: Mapping[str, object]) -> Documents:
        """Return the documents of a change of some fields of a mailbox."""
        if not {"unit", "title"}.isdisjoint(fields):
            return self._post(key)
        if "address" in fields:
            return self._taken_over(key) or self._local(key)
        if "state" in fields:
            return self._hold(key) if self._kept_by_hold(key) else self._state(key)
        facts: tuple[Fact, ...] = ("name", "quota")
        return next((self.fact(key, fact) for fact in facts if fact in fields), ())

    def _stored(self, key: str) -> Documents:
        """Return the documents by which the unit of a mailbox, or one above it, is elsewhere."""
        person = self.after.people.get(key)
        now = place(person, self.on) if person else None
        unit = self.after.units.get(now.unit if now else key)
        while unit:
            if fact := _placed(self.known.units.get(unit.id), unit):
                return self.parent(unit.id) if fact == "parent" else self.fact(unit.id, fact)
            unit = self.after.units.get(unit.parent or "")
        return ()

    def _kept_by_hold(self, key: str) -> bool:
        """Return whether a legal hold decides until when the content is kept, or did before.

        What a hold that is over, shortened or gone brings about does not follow from the row by
        which the mailbox was closed.
        """
        new, old = record_of(self.after, key), record_of(self.known, key)
        if new is None:
            return False
        lifted = old is not None and old.hold != new.hold and _closing(old) == _closing(new)
        return self._held_back(new) or (lifted and old is not None and self._held_back(old))

    def _held_back(self, record: Record) -> bool:
        """Return whether a legal hold puts off the day on which the content is erased."""
        closed = closed_on(record, self.lifecycle)
        if record.hold is None or closed is None:
            return False
        without = replace(record, hold=None)
        return record.hold.holds_on(erased_on(without, closed, self.lifecycle))

    def _hold(self, key: str) -> Documents:
        """Return the documents of a legal hold as it is now, or by which it was taken off."""
        record = record_of(self.after, key)
        return self.hold(key, record.hold if record else None)

    def _state(self, key: str) -> Documents:
        """Return the documents by which a mailbox begins, ends, is locked or is open again."""
        new, old = record_of(self.after, key), record_of(self.before, key)
        if new is None:
            return ()
        now, was = statement(new, self.on), statement(old, self._then) if old else None
        if isinstance(new, Unit) and isinstance(now, Ending):
            return self._ended(new)
        if isinstance(was, Ending) and not isinstance(now, Ending):
            return self._corrections(key)
        return self._served(new, old, now, was)

    def _served(
        self, new: Record, old: Record | None, now: Row | None, was: Row | None
    ) -> Documents:
        """Return the documents of a mailbox that is open or locked, or a leaver's."""
        key = new.id
        if old is not None and old.mailbox is None:
            return self.fact(key, "address") if isinstance(new, Unit) else self.row(key, now)
        if isinstance(new, Person) and self._is_open(new) and (lock := self._lock(old)):
            return self.end(key, lock)
        if isinstance(now, Tenure) and now.until and now.until < self.on:
            return self.end(key, now)
        if now is None or (now == was and self.on == self.since):
            return self._held(new, old)
        return self.row(key, now)

    def _is_open(self, person: Person) -> bool:
        """Return whether a person may sign in."""
        now = statement(person, self.on)
        return isinstance(now, Tenure) and bool(now.unit) and now.holds_on(self.on)

    def _lock(self, person: Record | None) -> Tenure | None:
        """Return the lock of a person that held before, or may have held on the servers."""
        locks = person.locked if isinstance(person, Person) else ()
        if self.since is None:
            locks = tuple(lock for lock in locks if lock.start <= self.on)
            return max(locks, key=lambda lock: lock.start, default=None)
        return next((lock for lock in locks if lock.holds_on(self._then)), None)

    def _held(self, new: Record, old: Record | None) -> Documents:
        """Return the documents of a legal hold, if that is what differs."""
        if old is None or old.hold == new.hold:
            return ()
        return self.hold(new.id, new.hold)

    def _ended(self, unit: Unit) -> Documents:
        """Return the documents of the end of a unit, or of the successors that ended since."""
        steps = endings(unit, self.after.units, self.on)
        before = self.before.units.get(unit.id)
        known = endings(before, self.before.units, self._then) if before else {}
        new = [key for key, end in steps.items() if known.get(key) != end]
        if not new:
            return () if self.on == self.since else self.row(unit.id, steps[unit.id])
        found = [document for key in new for document in self.row(key, steps[key])]
        return tuple(dict.fromkeys(found))

    def _post(self, key: str) -> Documents:
        """Return the documents of the post that decides where somebody works."""
        new, old = self.after.people.get(key), self.before.people.get(key)
        now = place(new, self.on) if new else None
        if new is None or now is None:
            return ()
        if now == (place(old, self._then) if old else None) and self.on == self.since:
            return ()
        if now.until and now.until < self.on:
            return self.end(key, now)
        return self.row(key, now)

    def _address(self, change: Change) -> Documents:
        local, _, _ = change.id.partition("@")
        for key in filter(None, (change.before, change.after)):
            unit = self.after.units.get(key)
            box = unit.mailbox if unit else None
            ours = box and box.address == local and change.id not in box.former
            if ours and (documents := self._taken_over(key)):
                return documents
        holder = change.after or change.before
        before = record_of(self.before, holder)
        there = before is not None and statement(before, self._then) is not None
        always = isinstance(before, Unit) and before.created is None
        if before is not None and before.mailbox and (there or always):
            return self._local(holder, local)
        return self._state(holder)

    def _taken_over(self, key: str) -> Documents:
        """Return the documents of the end of a unit whose successor has its address."""
        unit = self.after.units.get(key)
        ended = unit and unit.ended
        return self.row(key, ended) if ended and ended.address_to and ended.on <= self.on else ()

    def _local(self, key: str, local: str = "") -> Documents:
        """Return the documents newly named for the address of a mailbox, or for a local part."""
        sides = [record_of(each, key) for each in (self.known, self.after)]
        old, new = (each.mailbox if each else None for each in sides)
        first, last = (each.address if each else "" for each in (old, new))
        granted = new.exception if new and new.exception != (old.exception if old else "") else ""
        of_alias = local and (first == last or local not in (first, last))
        named = self.fact(key, "aliases" if of_alias else "address")
        return (*named, granted) if granted and granted not in named else named

    def _access(self, change: Change) -> Documents:
        key, _, person = change.id.partition("/")
        right = change.after or change.before
        if right not in ("head", "delegate"):
            return ()
        over = self.since is None and change.action == "revoke"
        was = office(self.before.units.get(key), right, person, self._then, over=over)
        now = office(self.after.units.get(key), right, person, self.on, over=False)
        if change.action == "grant":
            return self._granted(key, person, was, now)
        return self._revoked(key, person, was, now)

    def _granted(self, key: str, person: str, was: Tenure | None, now: Tenure | None) -> Documents:
        if now is None:
            return ()
        if was is None or was.start != now.start or self.since is None:
            return self.row(key, now)
        old, new = self.before.people.get(person), self.after.people.get(person)
        if old is None or new is None:
            return ()
        if statement(old, self._then) != statement(new, self.on):
            return self._state(person)
        fresh = next((p for p in new.posts if p.unit == key and p not in old.posts), None)
        return self.row(person, fresh) if fresh else self._state(key)

    def _revoked(self, key: str, person: str, was: Tenure | None, now: Tenure | None) -> Documents:
        unit, leaver = self.after.units.get(key), self.after.people.get(person)
        if was is None or unit is None or leaver is None:
            return ()
        if unit.ended and unit.ended.on <= self.on:
            return self.row(key, unit.ended)
        if now is None or now.start != was.start:
            return self.end(key, was)
        reason = statement(leaver, self.on)
        if reason and (isinstance(reason, Ending) or reason in leaver.locked):
            return self.row(person, reason)
        left = post(leaver, key, self.on)
        return self.end(person, left) if left else self._corrections(person)

    @property
    def _then(self) -> date:
        return self.since or self.on


def at_once(before: Organisation, after: Organisation, on: date, lifecycle: Lifecycle) -> Basis:
    """Return the documents of what an edit changes on one day."""
    return Basis(known=before, after=after, before=before, on=on, since=on, lifecycle=lifecycle)


def over_time(organisation: Organisation, since: date, on: date, lifecycle: Lifecycle) -> Basis:
    """Return the documents of what dates in the data bring about from one day to another."""
    was, now = organisation.at(since), organisation.at(on)
    return Basis(known=was, after=now, before=was, on=on, since=since, lifecycle=lifecycle)


def _closing(record: Record) -> Ending | None:
    return record.ended if isinstance(record, Unit) else record.left


def _placed(old: Unit | None, new: Unit) -> Fact | None:
    """Return the fact by which the store of a unit is another one, if one of them changed."""
    facts: tuple[Fact, ...] = ("store", "kind", "parent")
    return next((f for f in facts if old and getattr(old, f) != getattr(new, f)), None)
