"""Move waiting mailboxes to their stores: copy in use, freeze, complete the copy, switch.

The directory always says where a mailbox is, and a single change of its entry is the step from one
store to the other. Before it the old copy counts, after it the new one. If anything dies in
between, the next run cleans up according to the directory.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from hopthu.desired.state import Desired
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.migration.access import give
from hopthu.migration.pending import Batch, Waiting, batches, waiting
from hopthu.migration.remote import Cut, Stores
from hopthu.migration.session import RemoteSession
from hopthu.remote.host.moves_settle import Settled

_FROZEN = 45
"""Seconds that a source may take to complete its copies while the mailboxes are frozen."""

_SLACK = 30
"""Further seconds after which the directory unfreezes mailboxes by itself."""

_PAUSES = (1, 2, 4, 8, 15)
"""Seconds to wait before each retry if two stores cannot connect: half a minute in all."""

_DIRECTORY = Message("the directory")
_NO_OUTPUT = Message("no output")

Report = Callable[[Message], None]


@dataclass
class Moves:
    """One run: `report` receives the progress, `check` is called between steps and may raise.

    `warn` receives failures that are tried again. `moved` are the mailboxes moved so far, `arrived`
    the ids whose access is to be granted on their new store, `failed` what could not be moved.
    """

    stores: Stores
    desired: Desired
    report: Report
    check: Callable[[], None] = lambda: None
    warn: Report | None = None
    sleep: Callable[[float], None] = time.sleep
    given_up: set[tuple[str, str]] = field(default_factory=set)
    moved: list[Waiting] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    failed: list[Message] = field(default_factory=list)

    def run(self) -> Mapping[str, int]:
        """Finish interrupted moves, then move what waits; return the number by target host.

        Raises `HostFailed` naming everything that could not be moved; that stays usable where it
        was.
        """
        self.stores.let_go()
        stores = self.stores.centre.stores
        settled = on_all_hosts(stores, lambda store: self.stores.settle(store, close=True))
        for store in stores:
            self._clean_up(store, settled[store.name])
        found = waiting(self.stores.waiting(), self.stores.centre)
        self._move(found)
        if self.arrived:
            give(self.stores, self.desired, self.arrived)
            for store in self.stores.centre.stores:
                self.stores.finish(store)
        if self.failed:
            raise HostFailed(
                Message(
                    "not every mailbox was moved:\n  {failed}", failed=joined(self.failed, "\n  ")
                )
            )
        return Counter(one.target.name for one in self.moved)

    def _move(self, found: Sequence[Waiting]) -> None:
        for batch in batches(found, self.desired):
            self.check()
            stores = _names(batch)
            self.report(
                Message(
                    "moving mailboxes from {source} to {target}: {done} of {total} done",
                    done=len(self.moved),
                    total=len(found),
                    **stores,
                )
            )
            try:
                with self._opened(batch):
                    self._copy(batch)
                    self._hand_over(batch)
                self.moved += batch.mailboxes
            except HostFailed as error:
                self.failed.append(
                    Message(
                        "{number} from {source} to {target}: {reason}",
                        number=len(batch.mailboxes),
                        reason=error.what,
                        **stores,
                    )
                )
            for store in (batch.target, batch.source):
                self._clean_up(store, self.stores.settle(store))

    @contextmanager
    def _opened(self, batch: Batch) -> Iterator[None]:
        """Have the target of a batch accept it from its source, and nobody else, for a `with`."""
        try:
            self.stores.open(batch)
            yield
        finally:
            self.stores.close(batch)

    def _copy(self, batch: Batch) -> None:
        """Copy twice: the second copy is short, which shortens the time they are frozen."""
        self.stores.room(batch)
        for _ in range(2):
            self._copy_once(batch)

    def _copy_once(self, batch: Batch) -> None:
        """Copy, and retry while the connection is cut; what has arrived is not sent again."""
        pair = batch.source.name, batch.target.name
        # After one pair of stores has used up its retries, later batches do not wait for it.
        for pause in () if pair in self.given_up else _PAUSES:
            try:
                return self.stores.copy(batch)
            except Cut:
                self._reopen(
                    batch,
                    Message(
                        "cannot connect from {source} to {target}; trying again in {pause} s",
                        pause=pause,
                        **_names(batch),
                    ),
                )
                self.sleep(pause)
                self.check()
        self.given_up.add(pair)
        self.stores.copy(batch)
        return self.given_up.discard(pair)

    def _reopen(self, batch: Batch, warning: Message) -> None:
        """Warn that the connection is retried, and have the target listen if it does not."""
        (self.warn or self.report)(warning)
        self.stores.open(batch)

    def _completed(self, batch: Batch, source: RemoteSession) -> Sequence[str]:
        """Return the answer of a source once its copies are complete, or cannot be."""
        while (answer := source.answer(_FROZEN * 2)) == ["cut"]:
            self._reopen(
                batch,
                Message(
                    "cannot connect from {source} to {target}; trying again while the mailboxes "
                    "are frozen",
                    **_names(batch),
                ),
            )
        return answer

    def _hand_over(self, batch: Batch) -> None:
        ids = {mailbox.id for mailbox in batch.mailboxes}
        others = {access.person for access in self.desired.access if access.unit in ids}
        with (
            self.stores.hold(batch, _FROZEN + _SLACK) as directory,
            self.stores.leave(batch, others, _FROZEN) as source,
        ):
            try:
                _expect(directory, directory.answer(_FROZEN), "held", _DIRECTORY)
                _expect(source, self._completed(batch, source), "ready", batch.source.name)
                self.stores.arrive(batch, _FROZEN + _SLACK)
                directory.send("switch")
                _expect(directory, directory.answer(_SLACK), "switched", _DIRECTORY)
            finally:
                directory.hang_up()
                # The source acts on what the directory says by itself, and reports it.
                while source.answer(_FROZEN):
                    pass

    def _clean_up(self, store: Host, found: Settled) -> None:
        """Remove old copies from a store, once the mailboxes are found on their new store."""
        self.arrived.update(mailbox.partition("/")[2] for mailbox in found["here"])
        for other in self.stores.centre.stores:
            if left := [mailbox for mailbox, host in found["left"].items() if host == other.fqdn]:
                there = self.stores.have(other, left)
                self.stores.drop(store, there)
                if missing := sorted({*left} - {*there}):
                    raise HostFailed(
                        Message(
                            "{mailboxes}: the directory places them on {target}, which does not "
                            "have them; {source} keeps its copy in /var/vmail/leaving",
                            mailboxes=", ".join(missing),
                            target=other.name,
                            source=store.name,
                        )
                    )


def hosts_needed(centre: Centre) -> frozenset[str]:
    """Return the names of the hosts that a move needs; empty if there is only one store.

    These are all stores: otherwise two of them could learn of a move and a third not.
    """
    stores = centre.stores
    if len(stores) < 2:
        return frozenset()
    return frozenset(host.name for host in (*stores, centre.provider))


def _names(batch: Batch) -> Mapping[str, str]:
    return {"source": batch.source.name, "target": batch.target.name}


def _expect(session: RemoteSession, answer: Sequence[str], wanted: str, host: str) -> None:
    if [*answer] != [wanted]:
        reason = ": ".join(answer) or session.reason or _NO_OUTPUT
        raise HostFailed(Message("{host}: {reason}", host=host, reason=reason))
