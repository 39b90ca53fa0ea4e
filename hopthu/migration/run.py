"""Every mailbox that waits is taken to its store: copied in use, then held, completed, handed over.

The directory says at every moment where a mailbox is, and one change of it is the whole step from
one store to the other. Before it the old copy counts, after it the new one; whatever dies, the next
run clears up by what the directory says.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hopthu.desired.state import Desired
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.topology import Centre, Host
from hopthu.migration.access import give
from hopthu.migration.pending import Batch, Waiting, batches, waiting
from hopthu.migration.remote import Cut, Lines, Stores
from hopthu.migration.session import RemoteSession

_HELD = 45
"""Seconds that a source may take to complete its copies while nobody can use them."""

_SLACK = 30
"""Seconds more until the directory lets go of mailboxes by itself."""

_PAUSES = (1, 2, 4, 8, 15)
"""Seconds before each new try when there is no connection between two stores: half a minute."""

Tell = Callable[[str], None]


@dataclass
class Moves:
    """One run: `tell` is told how it goes, `check` is called between steps and may raise.

    `warn` is told what goes wrong and is tried again.
    """

    stores: Stores
    desired: Desired
    tell: Tell
    check: Callable[[], None] = lambda: None
    warn: Tell | None = None
    sleep: Callable[[float], None] = time.sleep
    given_up: set[tuple[str, str]] = field(default_factory=set)
    moved: list[Waiting] = field(default_factory=list)
    come: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    def run(self) -> Mapping[str, int]:
        """Finish what was broken off, then move whatever waits; return how many came to which host.

        Raises `HostFailed` with all that could not be moved: it is as usable where it was as
        before.
        """
        self.stores.let_go()
        stores = self.stores.centre.with_role("store")
        settled = on_all_hosts(stores, lambda store: self.stores.settle(store, close=True))
        for store in stores:
            self._clear_up(store, settled[store.name])
        found = waiting(self.stores.waiting(), self.stores.centre)
        targets = sorted({one.target for one in found}, key=lambda host: host.name)
        try:
            for target in targets:
                self.stores.open(target)
            self._move(found)
        finally:
            for target in targets:
                self.stores.close(target)
        if self.come:
            give(self.stores, self.desired, self.come)
            for store in self.stores.centre.with_role("store"):
                self.stores.finish(store)
        if self.failed:
            raise HostFailed("not every mailbox has moved:\n  " + "\n  ".join(self.failed))
        return Counter(one.target.name for one in self.moved)

    def _move(self, found: Sequence[Waiting]) -> None:
        for batch in batches(found, self.desired):
            self.check()
            names = f"{batch.source.name} to {batch.target.name}"
            self.tell(f"moving mailboxes from {names}: {len(self.moved)} of {len(found)} done")
            try:
                self._copy(batch)
                self._hand_over(batch)
                self.moved += batch.mailboxes
            except HostFailed as error:
                self.failed.append(f"{len(batch.mailboxes)} from {names}: {error.what}")
            for store in (batch.target, batch.source):
                self._clear_up(store, self.stores.settle(store))

    def _copy(self, batch: Batch) -> None:
        """Copy twice: the second time is short, and so is then the time nobody can use them."""
        self.stores.room(batch)
        for _ in range(2):
            self._copy_once(batch)

    def _copy_once(self, batch: Batch) -> None:
        """Copy, again and again while the connection is cut; what has arrived is not sent again."""
        pair = batch.source.name, batch.target.name
        # Whoever has been waited for once is not waited for with every batch.
        for pause in () if pair in self.given_up else _PAUSES:
            try:
                return self.stores.copy(batch)
            except Cut:
                self._reopen(batch, f"in {pause} s")
                self.sleep(pause)
                self.check()
        self.given_up.add(pair)
        self.stores.copy(batch)
        return self.given_up.discard(pair)

    def _reopen(self, batch: Batch, when: str) -> None:
        """Say that the connection is tried again, and have the target listen if it does not."""
        names = f"{batch.source.name} to {batch.target.name}"
        (self.warn or self.tell)(f"no connection from {names}: trying again {when}")
        self.stores.open(batch.target)

    def _completed(self, batch: Batch, source: RemoteSession) -> str:
        """Return what a source says of its copies in the end."""
        while (said := source.line(_HELD * 2)) == "cut":
            self._reopen(batch, "while nobody can use the mailboxes")
        return said

    def _hand_over(self, batch: Batch) -> None:
        ids = {mailbox.id for mailbox in batch.mailboxes}
        others = {access.person for access in self.desired.access if access.unit in ids}
        with (
            self.stores.hold(batch, _HELD + _SLACK) as held,
            self.stores.leave(batch, others, _HELD) as source,
        ):
            try:
                _expect(held.line(_HELD), "held", "the directory")
                _expect(self._completed(batch, source), "ready", batch.source.name)
                self.stores.arrive(batch)
                held.say("switch\n")
                _expect(held.line(_SLACK), "switched", "the directory")
            finally:
                held.hang_up()
                # The source does by itself what the directory says, and tells.
                while source.line(_HELD):
                    pass

    def _clear_up(self, store: Host, said: Lines) -> None:
        """Remove the old copies of what has left a store, once it is seen to be where it should."""
        self.come.update(line.split()[1] for line in said.get("here", ()))
        gone: dict[str, list[str]] = {}
        for line in said.get("left", ()):
            kind, key, name = line.split()
            gone.setdefault(name, []).append(f"{kind} {key}")
        for other in self.stores.centre.with_role("store"):
            if lines := gone.get(other.fqdn):
                there = self.stores.have(other, "".join(f"{line}\n" for line in lines))
                self.stores.drop(store, "".join(f"{line}\n" for line in there))
                if lost := sorted(set(lines) - set(there)):
                    raise HostFailed(
                        f"{', '.join(lost)}: by the directory on {other.name}, which has nothing "
                        f"of them; {store.name} keeps its copy in /var/vmail/leaving"
                    )


def hosts_needed(centre: Centre) -> frozenset[str]:
    """Return the names of the hosts without which no mailbox moves; none where there is one store.

    All stores: two of them could be brought to know of a move and a third not.
    """
    stores = centre.with_role("store")
    if len(stores) < 2:
        return frozenset()
    return frozenset(host.name for host in (*stores, centre.provider))


def _expect(said: str, wanted: str, who: str) -> None:
    if said != wanted:
        raise HostFailed(f"{who}: {said or 'nothing said'}")
