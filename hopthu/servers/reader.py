"""Read the state of the servers over SSH, all hosts in parallel, without a pyinfra run.

Nothing is changed. Passwords do not leave the directory, and mail does not leave a store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from hopthu.daemons.dovecot import READERS
from hopthu.daemons.openldap import DATABASE
from hopthu.directory.entries import MANAGED
from hopthu.directory.ldif import Entries
from hopthu.fan_out import on_all_hosts
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.operations.answers import Answers, answered
from hopthu.operations.host_state import STATE
from hopthu.operations.unit_access import LETTERS, UNITS, Granted
from hopthu.remote.host.entries import entries as read_content
from hopthu.remote.host.records import records
from hopthu.remote.host.unit_access import granted
from hopthu.servers.state import Readers, ServerState
from hopthu.ssh import OnHost, Ssh, Target


@dataclass(frozen=True, slots=True)
class _HostState:
    """The state of one host.

    `records` are the deployed one, that of a run in progress, and the last of the journal.
    """

    domain: str
    entries: Entries
    readers: Readers
    records: tuple[Record | None, ...]


def read_server_state(
    inventory: Inventory,
    ssh: Ssh,
    limit: Collection[str] = (),
    meanwhile: Callable[[], object] = lambda: None,
) -> ServerState:
    """Read entries from the provider, access from the stores, and records from every host.

    With a `limit` only those hosts are read, and the provider. `meanwhile` is called while they
    answer: reading a directory of 61,000 entries takes a second. Raises `HostFailed` if a host
    cannot be reached, or if the directory can be read neither from slapd nor from its database.
    The state of a bare host is empty.
    """
    centre = inventory.centre
    provider = centre.provider
    covered = tuple(h for h in centre.hosts if not limit or h.name in limit or h == provider)
    answers = Answers()

    def read(host: Host) -> _HostState:
        target = Target.of(host.name, inventory.data[host.name])
        domain, entries = read_entries(ssh, target, answers) if host == provider else ("", {})
        readers = _readers(ssh, target, answers) if host.has("store") else {}
        return _HostState(domain, entries, readers, _records(ssh, target))

    # Connect first, because `meanwhile` keeps Python busy and would delay connections.
    on_all_hosts(covered, lambda host: ssh.connect(Target.of(host.name, inventory.data[host.name])))
    found = on_all_hosts(covered, read, meanwhile)
    copies: Entries = {}
    if not found[provider.name].entries:
        copies = _copies(inventory, ssh)
    deployed, under_way, _ = (
        {name: record for name, state in found.items() if (record := state.records[n])}
        for n in range(3)
    )
    return ServerState(
        domain=found[provider.name].domain,
        entries=found[provider.name].entries,
        readers={pair: exact for state in found.values() for pair, exact in state.readers.items()},
        covered=frozenset(found),
        records=deployed,
        under_way=under_way,
        last=found[provider.name].records[2],
        copies=copies,
        answers=answers,
    )


def _copies(inventory: Inventory, ssh: Ssh) -> Entries:
    """Return the entries of all replicas, whose provider has lost its own or never had any."""
    centre = inventory.centre
    replicas = [h for h in centre.hosts if centre.keeps_directory(h) and h != centre.provider]

    def read(host: Host) -> Entries:
        return read_entries(ssh, Target.of(host.name, inventory.data[host.name]))[1]

    copies = on_all_hosts(replicas, read).values()
    return {dn: attributes for copy in copies for dn, attributes in copy.items()}


def read_entries(ssh: Ssh, target: Target, answers: Answers | None = None) -> tuple[str, Entries]:
    """Return the domain and the entries of a host's own directory; raise `HostFailed`.

    Both are empty if there is none yet. They are stored in `answers`.
    """
    found = OnHost(ssh, target)(read_content, DATABASE, MANAGED)
    if found is None:
        return "", {}
    top, entries = found["suffix"], answered(found["ldif"])
    if answers is not None:
        answers.note_entries(target.name, top, MANAGED, found["position"], entries)
    return ".".join(label.partition("=")[2] for label in top.split(",")), entries


def _readers(ssh: Ssh, target: Target, answers: Answers) -> Readers:
    """Return who can read which unit mailbox, including access to single folders."""
    readers: dict[tuple[str, str], bool] = {}
    found = Granted.of(OnHost(ssh, target)(granted, UNITS, READERS))
    answers.granted[target.name] = found
    for (unit, folder), entries in found.rights.items():
        for identifier, letters in entries.items():
            pair = unit, identifier.removeprefix("user=")
            exact = folder == "INBOX" and letters == LETTERS
            readers[pair] = exact or readers.get(pair, False)
    return readers


def _records(ssh: Ssh, target: Target) -> tuple[Record | None, ...]:
    known = OnHost(ssh, target)(records, older=False)
    texts = {
        "deployed/record.json": known["deployed"],
        "applying": known["applying"],
        "journal.jsonl": known["last"],
    }
    return tuple(
        Record.from_json(text, f"{target.name}:{STATE}/{path}") if text else None
        for path, text in texts.items()
    )
