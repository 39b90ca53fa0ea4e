"""Start replicas with a copy of the provider's database; replicating 60,000 entries takes minutes.

The copy passes through the operator's memory, because the only connection between hosts is the
directory's own. It contains password hashes, so it is never written to a file there.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Generator
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import FactBase, Host, StringCommand, operation

from hopthu import remote
from hopthu.daemons.openldap import DATABASE
from hopthu.operations.host_state import STATE
from hopthu.operations.run import call, calling, current, note
from hopthu.remote.host import fill
from hopthu.remote.host.replica import catch_up, positions

_UNANSWERED, _BEHIND = 30, 600
"""Seconds to wait for a provider that does not answer, and for a replica that is filling."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A database at one moment, compressed by zstd, and the list of its indexes."""

    packed: bytes
    indexes: str


class Database(FactBase[Copy]):
    """A copy of a host's directory, taken while it serves (mdb_copy(1))."""

    def command(self) -> str:
        """Print the list of indexes, then the copy as text."""
        copy = f"runuser -u openldap -- mdb_copy -c {DATABASE} | zstd -q -3 | base64 -w 65536"
        return f"cat {STATE}/openldap-indexes && {copy}"

    def process(self, output: list[str]) -> Copy:
        """Parse the output; zstd detects a truncated copy when it is unpacked."""
        return Copy(base64.b64decode("".join(output[1:])), output[0])


def _taken(provider: Host) -> Copy:
    if not provider.connected:  # an apply of some hosts only
        provider.connect(reason="to copy the directory", raise_exceptions=True)
    return provider.get_fact(Database)


def _copy(provider: Host) -> Copy:
    """Return a copy of the provider's database; all replicas of a run share one."""
    run = current()
    take = functools.partial(_taken, provider)
    return run.once(provider.name, take) if run else take()


def _filling(copy: Copy) -> bytes:
    """Return the input of the call that fills a replica."""
    return remote.call(fill.copy, DATABASE, copy.indexes) + copy.packed


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
    theirs, ours = call(positions, base, address)
    if theirs and ours == theirs:
        host.noop("directory: the replica is up to date")
        return
    if not ours:
        yield from calling(lambda: _filling(_copy(host.state.inventory.get_host(provider))))
    yield from calling(lambda: remote.call(catch_up, base, address, _UNANSWERED, _BEHIND))
