"""Start replicas with a copy of the provider's database; replicating 60,000 entries takes minutes.

The copy passes through the operator's memory, because the only connection between hosts is the
directory's own. It contains password hashes, so it is never written to a file there.
"""

from __future__ import annotations

import base64
from collections.abc import Generator
from dataclasses import dataclass

from pyinfra import host, logger
from pyinfra.api import FactBase, Host, StringCommand, operation

from hopthu import remote
from hopthu.daemons.openldap import DATABASE
from hopthu.i18n.message import Message
from hopthu.operations.host_state import STATE
from hopthu.operations.run import Call, call, call_again, calling, current, note
from hopthu.remote.host import fill
from hopthu.remote.host.replica import (
    Compared,
    catch_up,
    compared,
    positions,
    set_aside,
    standing,
)

_UNANSWERED, _BEHIND = 30, 600
"""Seconds to wait for a provider that does not answer, and for a replica that is filling."""

_MAX_NAMED = 20
"""Entries named in the warning about changes that are kept aside."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A database at one moment, compressed by zstd, and the list of its indexes."""

    packed: bytes
    indexes: str


class Database(FactBase[Copy]):
    """A copy of a host's directory, taken while it serves (mdb_copy(1))."""

    def command(self) -> str:
        """Print the list of indexes, then the copy as text.

        Indexes repeat what is far away in the file: `--long` finds it, and the copy has little more
        than half the size. With 27, the most that zstd unpacks by itself, it looks back 128 MiB.
        """
        packed = "zstd -q -3 --long=27 | base64 -w 65536"
        copy = f"runuser -u openldap -- mdb_copy -c {DATABASE} | {packed}"
        return f"cat {STATE}/openldap-indexes && {copy}"

    def process(self, output: list[str]) -> Copy:
        """Parse the output; zstd detects a truncated copy when it is unpacked."""
        return Copy(base64.b64decode("".join(output[1:])), output[0])


def _connected(provider: str) -> Host:
    """Return the provider, to be asked."""
    found = host.state.inventory.get_host(provider)
    if not found.connected:  # an apply of some hosts only
        found.connect(reason="to compare the directory", raise_exceptions=True)
    return found


def _copy(provider: str) -> Copy:
    """Return a copy of the provider's database; all replicas of a run share one."""

    def take() -> Copy:
        return _connected(provider).get_fact(Database)

    run = current()
    return run.once(provider, take) if run else take()


def _filled(base: str, provider: str, address: str) -> bytes:
    """Return the input of a call that fills the replica, if it is empty by now."""
    _, ours = call_again(positions, base, address)
    if ours:
        return remote.call(positions, base, address)
    return _filling(_copy(provider))


def _filling(copy: Copy) -> bytes:
    """Return the input of the call that fills a replica."""
    return remote.call(fill.copy, DATABASE, copy.indexes) + copy.packed


@operation()
def kept_aside(base: str, provider: str, address: str) -> Generator[StringCommand, None, None]:
    """Keep aside a directory with changes that the provider lacks, so that the host begins again.

    It was written to, and went away before the next provider had all of it. A provider that is not
    written to yet gets them: it follows whoever hands over to it.

    + base: the suffix that is replicated
    + provider: the provider's name in the inventory
    + address: the provider's address; on the provider itself, which keeps what it has, it is unused

    **Example:**

    .. code:: python

        replica.kept_aside(
            name="Keep aside what the provider lacks",
            base="dc=example,dc=vn",
            provider="dir1",
            address="10.38.1.10",
        )
    """
    note("entries")
    found = None if host.name == provider else call(compared, base, address)
    # Packet filters shut a host out that comes back, until the provider has been changed.
    if not found or not found["ours"] or (found["theirs"] and not found["place"]):
        host.noop("directory: the provider has all that is here")
        return
    yield from calling(lambda: _setting_aside(found, provider))


def _setting_aside(found: Compared, provider: str) -> bytes:
    """Return the input of the call that keeps the directory aside, and say what is in it."""
    if not found["place"] or not Call(again=True, of=_connected(provider))(standing)["written"]:
        return remote.call(set_aside, [], "", DATABASE)
    logger.warning(
        Message(
            "{host}: its directory has changes that {provider} lacks; all of it is kept in"
            " {place}: {number} entries: {entries}",
            host=host.name,
            provider=provider,
            place=found["place"],
            number=len(found["entries"]),
            entries="; ".join(found["entries"][:_MAX_NAMED]),
        )
    )
    return remote.call(set_aside, found["entries"], found["place"], DATABASE)


@operation()
def caught_up(base: str, provider: str, address: str) -> Generator[StringCommand, None, None]:
    """Wait until the replica has everything that the provider has.

    A replica that has never been complete is first given a copy of the provider's database.

    + base: the suffix that is replicated
    + provider: the provider's name in the inventory
    + address: the provider's address

    **Example:**

    .. code:: python

        replica.caught_up(
            name="Wait for the replica to catch up",
            base="dc=example,dc=vn",
            provider="dir1",
            address="10.38.1.10",
        )
    """
    note("entries")
    found = call_again(compared, base, address)
    if found["theirs"] and found["ours"] == found["theirs"]:
        host.noop("directory: the replica is up to date")
        return
    if not found["ours"] or not found["theirs"] or found["place"]:
        yield from calling(lambda: _filled(base, provider, address))
    yield from calling(lambda: remote.call(catch_up, base, address, _UNANSWERED, _BEHIND))
