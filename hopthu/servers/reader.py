"""What the servers hold, asked over SSH: every host at once, nothing changed, no pyinfra run.

Passwords do not leave the directory, nor does mail leave a store.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from hopthu.daemons.openldap import DATABASE
from hopthu.directory.entries import MANAGED
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.operations.answers import ALL, Answers
from hopthu.operations.directory import answered
from hopthu.operations.host_state import STATE
from hopthu.operations.mailboxes import LETTERS, UnitMailboxes
from hopthu.servers.state import Readers, ServerState
from hopthu.ssh import Ssh, Target

_SCRIPT = Path(__file__).parents[1] / "remote" / "entries.sh"
_JOURNAL = f"{STATE}/journal.jsonl"
_RECORDS = {
    f"{STATE}/deployed/record.json": r"tr -d '\n' <{0}",
    f"{STATE}/applying": r"tr -d '\n' <{0}",
    # A line that was not written to its end, as by a power cut, never counted.
    _JOURNAL: '[ -n "$(tail -c 1 {0})" ] || tail -n 1 {0}',
}
_ASK = "; ".join(f'echo "$({{ {ask.format(p)}; }} 2>/dev/null)"' for p, ask in _RECORDS.items())


@dataclass(frozen=True, slots=True)
class _Held:
    """What one host says; `records` are the deployed one, the one under way, the journal's last."""

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
    """Ask the provider for its entries, the stores for their rights, every host for its record.

    With a `limit` only those hosts are asked, and the provider. What is to be done `meanwhile` is
    done while they answer: a directory of 61,000 entries takes a second to tell them. Raises
    `HostFailed` when one cannot be reached, or the directory can be read neither from slapd nor
    from its database. A bare host holds nothing.
    """
    centre = inventory.centre
    provider = centre.provider
    asked = tuple(h for h in centre.hosts if not limit or h.name in limit or h == provider)
    said = Answers()

    def one(host: Host) -> _Held:
        target = Target.of(host.name, inventory.data[host.name])
        domain, entries = read_entries(ssh, target, said) if host == provider else ("", {})
        readers = _readers(ssh, target, said) if host.has("store") else {}
        return _Held(domain, entries, readers, _records(ssh.output(target, _ASK), host.name))

    # First, as whoever works meanwhile does not let anybody wait for a connection.
    on_all_hosts(asked, lambda host: ssh.connect(Target.of(host.name, inventory.data[host.name])))
    answers = on_all_hosts(asked, one, meanwhile)
    deployed, under_way, _ = (
        {name: record for name, held in answers.items() if (record := held.records[n])}
        for n in range(3)
    )
    return ServerState(
        domain=answers[provider.name].domain,
        entries=answers[provider.name].entries,
        readers={pair: full for held in answers.values() for pair, full in held.readers.items()},
        asked=frozenset(answers),
        records=deployed,
        under_way=under_way,
        last=answers[provider.name].records[2],
        answers=said,
    )


def read_entries(ssh: Ssh, target: Target, answers: Answers | None = None) -> tuple[str, Entries]:
    """Return the domain of a host's own directory and its entries; raise `HostFailed`.

    Both are empty where there is none yet. They are noted in `answers`.
    """
    argv = ["bash", "-c", _SCRIPT.read_text(encoding="utf-8"), "entries", DATABASE, *MANAGED]
    answer = ssh.run(target, shlex.join(argv))
    if answer.code != 0:
        raise HostFailed(f"{target.name}: {answer.err.strip() or 'the directory says nothing'}")
    head, _, packed = answer.out.partition("\n")
    top, _, position = head.partition("\t")
    if not top:
        return "", {}
    entries = answered("".join(packed.split()))
    if entries is None:
        raise HostFailed(f"{target.name}: the answer of the directory was cut short")
    if answers is not None:
        answers.note_search(target.name, top, ALL, MANAGED, position, entries)
    return ".".join(label.partition("=")[2] for label in top.split(",")), entries


def _readers(ssh: Ssh, target: Target, answers: Answers) -> Readers:
    """Return who is let into which unit mailbox: folders count where INBOX does not say it all."""
    fact = UnitMailboxes()
    found: dict[tuple[str, str], bool] = {}
    held = fact.process(ssh.output(target, fact.command()).splitlines())
    answers.note(target.name, UnitMailboxes, held)
    for (unit, folder), entries in held.rights.items():
        for identifier, letters in entries.items():
            pair = unit, identifier.removeprefix("user=")
            just_so = folder == "INBOX" and letters == LETTERS
            found[pair] = just_so or found.get(pair, False)
    return found


def _records(text: str, host: str) -> tuple[Record | None, ...]:
    """Read the answer to `_ASK`: a line each, empty where there is none."""
    return tuple(
        Record.from_json(line, f"{host}:{path}") if line else None
        for path, line in zip(_RECORDS, text.splitlines(), strict=True)
    )
