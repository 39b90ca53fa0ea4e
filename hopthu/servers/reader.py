"""Read the state of the servers over SSH, all hosts in parallel, without a pyinfra run.

Nothing is changed. Passwords do not leave the directory, and mail does not leave a store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from hopthu.daemons.dovecot import MAIL, READERS
from hopthu.daemons.openldap import DATABASE
from hopthu.directory.entries import MANAGED, suffix
from hopthu.directory.ldif import Entries
from hopthu.fan_out import answers, on_all_hosts
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.operations.answers import answered
from hopthu.operations.host_state import STATE
from hopthu.operations.unit_access import UNITS, Granted
from hopthu.remote import question
from hopthu.remote.host import pairs
from hopthu.remote.host.entries import Found, entries, position
from hopthu.remote.host.records import Records, records
from hopthu.remote.host.replica import Standing, standing
from hopthu.remote.host.unit_access import Granted as Answer
from hopthu.remote.host.unit_access import granted
from hopthu.servers.standings import lacking, standings_of, successors
from hopthu.servers.state import Readers, ServerState
from hopthu.ssh import OnHost, Ssh, on_host


@dataclass(frozen=True, slots=True)
class Content:
    """What a directory has: its entries at a position or later, and their domain; or nothing."""

    domain: str = ""
    position: str = ""
    entries: Entries = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _HostState:
    """The state of one host.

    `content` is empty unless it is the provider, `standing` None unless it has a directory,
    `granted` None unless it serves mail, `pair` None unless it is a store.
    `records` are the deployed one, that of a run in progress, and the last of the journal.
    """

    content: Content
    standing: Standing | None
    granted: Answer | None
    pair: pairs.Found | None
    records: tuple[Record | None, ...]


def read_server_state(
    inventory: Inventory,
    ssh: Ssh,
    limit: Collection[str] = (),
    silent: Collection[str] = (),
) -> ServerState:
    """Read entries from the provider, access from the stores, and records from every host.

    With a `limit` only those hosts are read, the provider, and of pairs who serves; hosts that are
    `silent` are not asked. Raises `HostFailed` if a host cannot be reached, or if the directory can
    be read neither from slapd nor from its database. The state of a bare host is empty.
    """
    centre = inventory.centre
    provider = centre.provider
    covered = tuple(h for h in centre.hosts if not limit or h.name in limit or h == provider)

    def read(host: Host) -> _HostState:
        store, kept = host.serves, host == provider
        asked = [question(records, older=False)]
        asked += [question(granted, UNITS, READERS)] if store else []
        asked += [question(entries, DATABASE, MANAGED)] if kept else []
        directory = centre.keeps_directory(host)
        asked += [question(standing)] if directory else []
        asked += [question(pairs.found, host.stores[0], MAIL)] if host.stores else []
        found = iter(on_host(inventory, ssh, host).all(*asked))
        return _HostState(
            records=_records(next(found), host.name),
            granted=next(found) if store else None,
            content=_content(next(found)) if kept else Content(),
            standing=next(found) if directory else None,
            pair=next(found) if host.stores else None,
        )

    found = on_all_hosts(covered, read)
    access = {name: state.granted for name, state in found.items() if state.granted}
    copies: Entries = {}
    content = found[provider.name].content
    if not content.entries:
        copies = _copies(inventory, ssh)
    # Who is written to is known of all, whichever are to be changed.
    standings = standings_of(inventory, ssh, [h for h in centre.hosts if h not in covered])
    standings.update({name: s.standing for name, s in found.items() if s.standing})

    def ask_pair(host: Host) -> pairs.Found:
        return on_host(inventory, ssh, host)(pairs.found, host.stores[0], MAIL)

    def newest() -> str:
        return on_host(inventory, ssh, provider)(position, suffix(content.domain))

    # A host that is not to be changed may serve what its partner is to take over.
    others = [h for h in centre.hosts if h not in covered and centre.partner(h) in covered]
    partners, _ = answers([h for h in others if h.name not in silent], ask_pair)

    deployed, under_way, _ = (
        {name: record for name, state in found.items() if (record := state.records[n])}
        for n in range(3)
    )
    return ServerState(
        domain=content.domain,
        entries=content.entries,
        readers=_readers(access.values()),
        covered=frozenset(found),
        records=deployed,
        under_way=under_way,
        last=found[provider.name].records[2],
        copies=copies,
        position=content.position,
        granted=access,
        lacking=lacking(centre, standings, content.position, newest),
        successors=successors(centre, standings),
        pairs=partners | {name: state.pair for name, state in found.items() if state.pair},
    )


def _copies(inventory: Inventory, ssh: Ssh) -> Entries:
    """Return the entries of all replicas, whose provider has lost its own or never had any."""
    centre = inventory.centre
    replicas = [h for h in centre.at_work if centre.keeps_directory(h) and h != centre.provider]

    copies = on_all_hosts(replicas, lambda host: read_entries(on_host(inventory, ssh, host)))
    return {dn: attributes for copy in copies.values() for dn, attributes in copy.items()}


def read_entries(host: OnHost) -> Entries:
    """Return what a host's own directory has, if there is one; raise `HostFailed`."""
    return _content(host(entries, DATABASE, MANAGED)).entries


def _content(found: Found | None) -> Content:
    if found is None:
        return Content()
    labels = (label.partition("=")[2] for label in found["suffix"].split(","))
    return Content(".".join(labels), found["position"], answered(found["ldif"]))


def _readers(answers: Iterable[Answer]) -> Readers:
    """Return who can read which unit mailbox, including access to single folders."""
    readers: dict[tuple[str, str], frozenset[str]] = {}
    rights = (right for each in answers for right in Granted.of(each).rights.items())
    for (unit, folder), letters_of in rights:
        for identifier, letters in letters_of.items():
            pair = unit, identifier.removeprefix("user=")
            readers[pair] = letters if folder == "INBOX" else readers.get(pair, frozenset())
    return readers


def _records(known: Records, host: str) -> tuple[Record | None, ...]:
    texts = {
        "deployed/record.json": known["deployed"],
        "applying": known["applying"],
        "journal.jsonl": known["last"],
    }
    return tuple(
        Record.from_json(text, f"{host}:{STATE}/{path}") if text else None
        for path, text in texts.items()
    )
