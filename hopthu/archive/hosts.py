"""The steps on hosts: each can be repeated, and a run that was killed is completed by the next."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import IO

import pyrage

from hopthu.archive.due import Archiving, Erasing, There
from hopthu.archive.kept import Kept, kept
from hopthu.archive.reading import compared
from hopthu.archive.sealing import Measured, opened, seal
from hopthu.copies.status import keepers, on_host
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.plan.phrases import describe_day
from hopthu.remote.host import archived, archiving, moves
from hopthu.ssh import OnHost, Ssh

_LEFT = Message("{name}: the mail was archived, read there, and has left {host}")
_STAYS = Message("{name}: the mail was archived, read there, and stays on {host}")
_LONG = 24 * 3600.0
"""Seconds in which a large mailbox is copied, or a large archive read."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of a centre, and the stores that it is filled from."""

    ssh: Ssh
    inventory: Inventory

    @property
    def keeper(self) -> Host:
        """The first, by name, that keeps copies; raises `HostFailed` if there is none."""
        return keepers(self.inventory)[0]

    def there(self, mailboxes: Collection[str]) -> There:
        """Return what hosts have of mailboxes; raise `HostFailed` if one does not answer."""
        centre, asked = self.inventory.centre, sorted(mailboxes)
        kept_there = self.kept()
        stores = {host.name: host for host in centre.with_role("store")}
        present = on_all_hosts(
            stores.values(), lambda host: self._on(host)(archiving.present, asked)
        )
        places = self._on(centre.provider)(moves.places, asked)
        known = {mailbox: moves.Place(*place) for mailbox, place in places.items()}
        return There(
            {mailbox: place.state for mailbox, place in known.items()},
            {
                mailbox: name
                for name, found in present.items()
                for mailbox in found
                if mailbox in known and known[mailbox].host == stores[name].fqdn
            },
            kept_there,
        )

    def kept(self) -> Mapping[str, Sequence[Kept]]:
        """Return the archives, by mailbox."""
        return kept(self._kept(archived.notes))

    def damaged(self, found: Mapping[str, Sequence[Kept]]) -> Collection[Kept]:
        """Return the archives that are not what was read there; every one is read."""
        return [
            each
            for mailbox, archives in found.items()
            for sound in [self._kept(archived.sound, mailbox)]
            for each in archives
            if each.name not in sound
        ]

    def unnoted(self) -> Sequence[str]:
        """Return the paths there of what has no note of what was read in it."""
        return self._kept(archived.unnoted)

    def archive(
        self, task: Archiving, before: Sequence[Kept], on: date, key: pyrage.x25519.Identity
    ) -> tuple[Message, list[Message]]:
        """Bring a mailbox to the archive, read it back, and have its store give it up.

        Returns what was done, and which archives of it from `before` are damaged. Raises
        `HostFailed` if it is not proven there: its store keeps it then.
        """
        mailbox, store = task.over.path, self.inventory.centre.host(task.host)
        sound = self._kept(archived.sound, mailbox)
        damaged = [
            Message(
                "the archive of {day} is not what was read there, and is made again",
                day=describe_day(each.on),
            )
            for each in before
            if each.name not in sound
        ]
        if task.stays:
            self._taken(store, mailbox, on, key)
        elif not self._gives_up(store, mailbox, sound):
            self._taken(store, mailbox, on, key)
            if not self._gives_up(store, mailbox, self._kept(archived.sound, mailbox)):
                raise HostFailed(
                    Message("{host}: it has changed meanwhile, and stays there", host=store.name)
                )
        said = _STAYS if task.stays else _LEFT
        done = Message(said.template, name=task.over.mailbox.name, host=store.name)
        return done, damaged

    def erase(self, task: Erasing) -> Message:
        """Erase an archive; raise `HostFailed` if it is not what was read there."""
        self._kept(archived.erase, task.kept.mailbox, task.kept.name)
        return Message(
            "{name}: the archive of {day} was erased",
            name=task.over.mailbox.name, day=describe_day(task.kept.on),
        )  # fmt: skip

    @contextmanager
    def content(self, kept: Kept, key: pyrage.x25519.Identity) -> Iterator[IO[bytes]]:
        """Yield an archive, decrypted, to be read to its end; raise `HostFailed` if damaged."""
        with (
            self._on(self.keeper).streaming(archived.content, kept.mailbox, kept.name) as (_, back),
            opened(back, key) as plain,
        ):
            yield plain

    def _taken(self, store: Host, mailbox: str, on: date, key: pyrage.x25519.Identity) -> None:
        """Send a mailbox to the archive, read it back from there, and have it kept as read."""
        arrival = secrets.token_hex(32)
        try:
            fingerprint, note = self._read_back(store, mailbox, arrival, on, key)
        except HostFailed:
            with suppress(HostFailed):  # if that host is down, the next arrival removes this one
                self._kept(archived.discard, mailbox, arrival)
            raise
        self._kept(archived.keep, mailbox, arrival, fingerprint, note)

    def _read_back(
        self, store: Host, mailbox: str, arrival: str, on: date, key: pyrage.x25519.Identity
    ) -> tuple[str, archived.Note]:
        """Send a mailbox to the archive; return its fingerprint and note, as read from there."""
        kept = self._kept
        with (
            self._on(store).streaming(archiving.content, mailbox, store.fqdn) as (_, plain),
            kept.streaming(archived.receive, mailbox, arrival) as (sealed, _),
        ):
            seal(plain, sealed, key)
        with kept.streaming(archived.arrived, mailbox, arrival) as (_, back):
            measured = Measured(back)
            with opened(measured, key) as plain:
                read = compared(plain)
        note = archived.Note(
            on=on.isoformat(), sha256=measured.sha256, size=measured.size, messages=read.messages
        )
        return read.fingerprint, note

    def _gives_up(self, store: Host, mailbox: str, verified: Collection[str]) -> bool:
        return self._on(store)(archiving.give_up, mailbox, store.fqdn, [*verified])

    @property
    def _kept(self) -> OnHost:
        return self._on(self.keeper)

    def _on(self, host: Host) -> OnHost:
        return on_host(self.inventory, self.ssh, host, _LONG)
