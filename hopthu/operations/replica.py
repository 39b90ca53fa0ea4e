"""Start replicas with a copy of the provider's database; replicating 60,000 entries takes minutes.

The copy passes through the operator's memory, because the only connection between hosts is the
directory's own. It contains password hashes, so it is never written to a file there.
"""

from __future__ import annotations

import base64
import functools
import shlex
from collections.abc import Generator
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, Host, StringCommand, operation

from hopthu.daemons.base import TLS
from hopthu.daemons.openldap import DATABASE, LDAPI
from hopthu.operations.directory import ASK
from hopthu.operations.host_state import STATE
from hopthu.operations.run import calling, current, note
from hopthu.remote import call
from hopthu.remote.host import fill

_NOWHERE = "none"
"""The position of a replica that does not answer, or has never been complete."""

_UNANSWERED, _BEHIND = 30, 600
"""Seconds to wait for a provider that does not answer, and for a replica that is filling."""


def _position(base: str, where: str) -> str:
    """Return the shell command that prints the position of the directory at the URI `where`."""
    search = f"ldapsearch {ASK} -H {where} -b {shlex.quote(base)} -s base contextCSN"
    return f"{search} 2>/dev/null | grep ^contextCSN"


def _identity() -> str:
    """Return the environment with which this host authenticates as a replica to the provider."""
    return f"LDAPTLS_CACERT={TLS}/ca.pem LDAPTLS_CERT={TLS}/host.pem LDAPTLS_KEY={TLS}/host.key"


class Positions(FactBase[list[str]]):
    """The positions of a replica and its provider; a single line if they are equal."""

    def command(self, base: str, provider: str) -> str:
        """Read both."""
        theirs = f"{_identity()} {_position(base, f'ldaps://{provider}')} || echo no answer"
        ours = f"{_position(base, LDAPI)} || echo {_NOWHERE}"
        return f"{{ {theirs}; {ours}; }} | sort -u"

    def process(self, output: list[str]) -> list[str]:
        """Return the lines."""
        return output

    @staticmethod
    def default() -> list[str]:
        """Return the result for a host without the tools."""
        return []


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
    return call(fill.copy, DATABASE, copy.indexes) + copy.packed


@operation()
def caught_up(
    base: str, provider: str, address: str
) -> Generator[StringCommand | FileUploadCommand, None, None]:
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
    positions = host.get_fact(Positions, base=base, provider=address)
    if len(positions) == 1 and positions[0].startswith("contextCSN"):
        host.noop("directory: the replica is up to date")
        return
    if _NOWHERE in positions:
        yield from calling(lambda: _filling(_copy(host.state.inventory.get_host(provider))))
    wait = _catch_up(base, address, _UNANSWERED, _BEHIND)
    yield StringCommand("sh", "-c", shlex.quote(wait))


def _catch_up(base: str, provider: str, unanswered: int, behind: int) -> str:
    """Return the script that waits until both positions are equal, or until a timeout."""
    return f"""
started=$(date +%s)
while :; do
    theirs=$({_identity()} {_position(base, f"ldaps://{provider}")})
    ours=$({_position(base, LDAPI)})
    [ -n "$theirs" ] && [ "$ours" = "$theirs" ] && exit
    [ -n "$theirs" ] && limit={behind} || limit={unanswered}
    [ $(($(date +%s) - started)) -lt $limit ] || break
    sleep 0.2
done
echo "the provider is at ${{theirs:-(no answer)}}, this replica at ${{ours:-(no answer)}}" >&2
exit 1
"""
