"""Stores in pairs: which of two hosts serves the store that both have (docs/decisions/pairs.md)."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import StringCommand, operation

from hopthu import remote
from hopthu.operations.run import ask, calling
from hopthu.remote.host import pairs as here


@operation()
def copied(store: str, disk: str, folder: str) -> Generator[StringCommand, None, None]:
    """Have the kernel keep a copy of a store on a disk of this host.

    + store: its label
    + disk: path of the partition; a new one has to be empty
    + folder: where the mail is, on the host that serves it

    **Example:**

    .. code:: python

        pairs.copied(
            name="Keep the mail of store1 on a disk of this host",
            store="store1",
            disk="/dev/disk/by-partlabel/store1",
            folder="/var/vmail",
        )
    """
    found = ask(here.found, store, folder)
    # One that serves from its partner's disk, for its own has failed, hands the store over first.
    if found["kept"] or found["serves"]:
        host.noop(f"{store} is kept here")
        return
    yield from calling(lambda: remote.call(here.prepare, store, disk, folder))


@operation()
def served(
    store: str, mount: str, folder: str, serves: bool
) -> Generator[StringCommand, None, None]:
    """Serve a store from this host, or leave it to the other one.

    + store: its label
    + mount: the systemd unit that mounts the mail, with which what needs it starts and stops
    + folder: where it mounts it
    + serves: whether this host is to

    **Example:**

    .. code:: python

        pairs.served(
            name="Serve store1 from this host",
            store="store1",
            mount="var-vmail.mount",
            folder="/var/vmail",
            serves=True,
        )
    """
    found = ask(here.found, store, folder)
    there = found["serves"] and found["at_boot"]
    gone = not (found["holds"] or found["at_boot"])
    if there if serves else gone:
        host.noop(f"{store} is {'' if serves else 'not '}served from here")
        return
    if serves:
        yield from calling(lambda: remote.call(here.take_over, store))
    else:
        yield from calling(lambda: remote.call(here.leave, store, mount))
