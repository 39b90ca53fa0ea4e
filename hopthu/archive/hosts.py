"""The steps on hosts: each can be repeated, and a run that was killed is completed by the next.

Every host that keeps copies keeps every archive, and any of them is read: whichever is lost,
nothing is.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import IO, TypeVar

import pyrage

from hopthu.archive.due import Archiving, Erasing, Spreading, Task, There
from hopthu.archive.kept import Kept, Notes, kept
from hopthu.archive.reading import Read, compared
from hopthu.archive.sealing import Measured, opened, seal
from hopthu.copies.status import keepers
from hopthu.errors import HostFailed
from hopthu.fan_out import answers, on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.model.phrases import describe_day
from hopthu.remote.host import archived, archiving, moves
from hopthu.remote.host.kinds import Count, Day, Digest
from hopthu.ssh import OnHost, Ssh, on_host

_LEFT = Message("{name}: the mail was archived, read there, and has left {host}")
_STAYS = Message("{name}: the mail was archived, read there, and stays on {host}")
_PATIENCE, _RATE = 1800.0, 1_000_000
"""Seconds for a step with one mailbox, and the bytes for which it has another second."""
_LONGEST = 24 * 3600.0
"""Seconds that no step takes longer than, whatever size hosts say that something has."""


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of a centre, and the stores that it is filled from, on a day."""

    ssh: Ssh
    inventory: Inventory
    on: date

    @property
    def keepers(self) -> Sequence[Host]:
        """The hosts that keep it; raises `HostFailed` if there is none."""
        return keepers(self.inventory)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those hosts."""
        return (*(host.name for host in self.keepers),)

    def there(self, mailboxes: Collection[str]) -> There:
        """Return what hosts have of mailboxes; raise `HostFailed` if one does not say so."""
        centre, asked = self.inventory.centre, sorted(mailboxes)
        archives = kept(on_all_hosts(self.keepers, self.notes))
        stores = {host.name: host for host in centre.stores}
        present = on_all_hosts(stores.values(), lambda host: self.present(host, asked))
        known = self._on(centre.provider)(moves.places, asked)
        return There(
            {mailbox: place.state for mailbox, place in known.items()},
            {
                mailbox: (name, size)
                for name, found in present.items()
                for mailbox, size in found.items()
                if mailbox in known and known[mailbox].host == stores[name].fqdn
            },
            archives,
            self.names,
        )

    def notes(self, host: Host) -> Notes:
        """Return what a host that keeps it has noted; raise `HostFailed`.

        A day that is to come would keep an archive for ever.
        """
        found = self._on(host)(archived.notes)
        if any(each["on"] > self.on.isoformat() for of in found.values() for each in of.values()):
            raise HostFailed(
                Message("{host}: what it says was read on a day that is to come", host=host.name)
            )
        return found

    def unnoted(self, host: Host) -> Sequence[str]:
        """Return the paths there of what nobody knows; raise `HostFailed`."""
        return self._on(host)(archived.unnoted)

    def sound(self, host: Host, archives: Sequence[Kept]) -> Sequence[str]:
        """Return the names of archives of a mailbox that are what a host has noted; `HostFailed`.

        It reads all that it has of the mailbox.
        """
        call = self._on(host, _seconds(sum(each.size for each in archives)))
        return call(archived.sound, archives[0].mailbox)

    def present(self, host: Host, mailboxes: Sequence[str]) -> Mapping[str, int]:
        """Return those mailboxes of which a store has anything, and the bytes; `HostFailed`."""
        return self._on(host)(archiving.present, mailboxes)

    def on_stores(self, mailboxes: Sequence[str]) -> tuple[Collection[str], Sequence[str]]:
        """Return those mailboxes of which any store has anything, and why stores do not say so."""
        stores = self.inventory.centre.stores
        found, failed = answers(
            stores if mailboxes else (), lambda host: self.present(host, mailboxes)
        )
        return set().union(*found.values()), [each.what for each in failed.values()]

    def answers(self, ask: Callable[[Host], _T]) -> tuple[Mapping[str, _T], Sequence[str]]:
        """Return what those that keep it say, by name, and why others do not.

        Raises `HostFailed` if nobody does.
        """
        found, failed = answers(self.keepers, ask)
        if not found:
            raise next(iter(failed.values()))
        return found, [each.what for each in failed.values()]

    def archive(
        self, task: Archiving, before: Sequence[Kept], key: pyrage.x25519.Identity
    ) -> tuple[Message, list[Message]]:
        """Bring a mailbox to the archive, read it back, and have its store give it up.

        Returns what was done, and which archives of it from `before` are damaged. Raises
        `HostFailed` if it is not proven on each host that keeps the archive: its store keeps it
        then.
        """
        store = self.inventory.centre.host(task.host)
        read = self._read(before, key)
        damaged = [
            Message(
                "the archive of {day} on {host} is not what was read there, and is made again",
                day=describe_day(each.on), host=keeper,
            )
            for each in before
            for keeper in each.keepers
            if each.name not in read[keeper]
        ]  # fmt: skip
        if task.stays:
            self._taken(task, store, read, key)
        elif not self._gives_up(task, store, read):
            taken = self._taken(task, store, read, key)
            if not self._gives_up(task, store, self._read([taken], key)):
                raise HostFailed(
                    Message("{host}: it has changed meanwhile, and stays there", host=store.name)
                )
        said = _STAYS if task.stays else _LEFT
        return Message(said.template, name=task.name, host=store.name), damaged

    def spread(self, task: Spreading, key: pyrage.x25519.Identity) -> Message:
        """Copy an archive to hosts that lack it, and read it there; raise `HostFailed`."""
        for name in task.to:
            self._copied(task, task.kept, self.inventory.centre.host(name), key)
        return Message(
            "{name}: the archive of {day} was copied to {hosts}, and read there",
            name=task.name, day=describe_day(task.kept.on), hosts=", ".join(task.to),
        )  # fmt: skip

    def erase(self, task: Erasing) -> Message:
        """Erase an archive wherever it is; raise `HostFailed` where it is not what was read."""
        kept = task.kept
        hosts = [host for host in self.keepers if host.name in kept.keepers]
        on_all_hosts(
            hosts,
            lambda host: self._for(task, host)(archived.erase, kept.mailbox, kept.name),
        )
        return Message(
            "{name}: the archive of {day} was erased", name=task.name, day=describe_day(kept.on)
        )

    @contextmanager
    def content(self, kept: Kept, keeper: str, key: pyrage.x25519.Identity) -> Iterator[IO[bytes]]:
        """Yield an archive, decrypted, to be read to its end; raise `HostFailed` if damaged."""
        host = self.inventory.centre.host(keeper)
        call = self._on(host, _seconds(kept.size))
        with (
            call.streaming(archived.content, kept.mailbox, kept.name) as (_, back),
            opened(back, key) as plain,
        ):
            yield plain

    def require_sound(self, kept: Kept, keeper: str, key: pyrage.x25519.Identity) -> None:
        """Read an archive on a host; raise `HostFailed` unless it is what its name says."""
        with self.content(kept, keeper, key) as plain:
            require_of(kept, compared(plain))

    def _taken(
        self, task: Archiving, store: Host, read: Mapping[str, Collection[str]],
        key: pyrage.x25519.Identity,
    ) -> Kept:  # fmt: skip
        """Send a mailbox to one host, and from there to those where it was not `read`."""
        first, *others = self.keepers

        def fill(sealed: IO[bytes]) -> None:
            with self._for(task, store).streaming(archiving.content, task.path, store.fqdn) as (
                _,
                plain,
            ):
                seal(plain, sealed, key)

        kept = self._brought(task, first, fill, self.on, key)
        for other in others:
            if kept.name not in read[other.name]:
                self._copied(task, kept, other, key)
        return replace(kept, keepers=self.names)

    def _copied(self, task: Task, kept: Kept, to: Host, key: pyrage.x25519.Identity) -> None:
        """Copy an archive to a host from any that has it, encrypted as it is."""
        failed: HostFailed | None = None
        for keeper in kept.keepers:
            source = self.inventory.centre.host(keeper)

            def fill(sealed: IO[bytes], source: Host = source) -> None:
                with self._for(task, source).streaming(
                    archived.content, kept.mailbox, kept.name
                ) as (_, back):
                    shutil.copyfileobj(back, sealed)

            try:
                self._brought(task, to, fill, kept.on, key, kept)
            except HostFailed as error:
                failed = error
            else:
                return
        if failed:
            raise failed

    def _brought(
        self, task: Task, keeper: Host, fill: Callable[[IO[bytes]], object], on: date,
        key: pyrage.x25519.Identity, wanted: Kept | None = None,
    ) -> Kept:  # fmt: skip
        """Fill an object on a host, read it back from there, and have it kept as read.

        Raises `HostFailed` if it is damaged, or another one than is `wanted`.
        """
        call, mailbox, arrival = self._for(task, keeper), task.path, secrets.token_hex(32)
        try:
            with call.streaming(archived.receive, mailbox, arrival) as (sealed, _):
                fill(sealed)
            with call.streaming(archived.arrived, mailbox, arrival) as (_, back):
                measured = Measured(back)
                with opened(measured, key) as plain:
                    read = compared(plain)
            if wanted:
                require_of(wanted, read)
        except HostFailed:
            with suppress(HostFailed):  # if that host is down, the next arrival removes this one
                call(archived.discard, mailbox, arrival)
            raise
        note = archived.Note(
            on=Day(on.isoformat()),
            sha256=Digest(measured.sha256),
            size=Count(measured.size),
            messages=Count(read.messages),
        )
        call(archived.keep, mailbox, arrival, read.fingerprint, note)
        return Kept(mailbox, read.fingerprint, on, read.messages, measured.size, (keeper.name,))

    def _read(
        self, archives: Sequence[Kept], key: pyrage.x25519.Identity
    ) -> Mapping[str, Collection[str]]:
        """Return the names of those archives that can be read with the key, by host.

        What a host says of its own does not count: it knows neither key nor mailbox.
        """
        found: dict[str, set[str]] = {name: set() for name in self.names}
        for each in archives:
            for keeper in each.keepers:
                with suppress(HostFailed):  # it is taken anew, which says why if that fails too
                    self.require_sound(each, keeper, key)
                    found[keeper].add(each.name)
        return found

    def _gives_up(self, task: Archiving, store: Host, read: Mapping[str, Collection[str]]) -> bool:
        """Have a store give up what was read on every host; return whether it has that."""
        everywhere = sorted(set.intersection(*map(set, read.values())))
        return self._for(task, store)(archiving.give_up, task.path, store.fqdn, everywhere)

    def _for(self, task: Task, host: Host) -> OnHost:
        """Return what calls functions on a host, which have the time that a mailbox takes.

        One for which it is not enough is given up, and the next one has its turn.
        """
        return self._on(host, _seconds(task.size))

    def _on(self, host: Host, timeout: float = 600) -> OnHost:
        return on_host(self.inventory, self.ssh, host, timeout)


def require_of(kept: Kept, read: Read) -> None:
    """Raise `HostFailed` if what was read is something else, under the name of an archive."""
    if read.fingerprint != kept.name:
        raise HostFailed(
            Message("the archive of {day} is of another mailbox", day=describe_day(kept.on))
        )


def _seconds(size: int) -> float:
    return min(_PATIENCE + size / _RATE, _LONGEST)
