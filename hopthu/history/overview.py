"""The content of `hopthu history`: what each host has, what is not deployed, and the runs."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from hopthu.errors import HostFailed
from hopthu.git.repository import Repository
from hopthu.history import host_records, undeployed
from hopthu.history.host_records import HostRecords
from hopthu.history.journal import Journal, Run, contradicted, forgotten, unrecorded
from hopthu.history.record import Record, names
from hopthu.history.undeployed import Pending
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.ssh import Ssh


@dataclass(frozen=True, slots=True)
class Overview:
    """A centre's history, or the part that concerns `asked` (a host, id or address, else empty).

    `also` has the other ids and addresses by which sentences name the same record.
    `runs` are newest first; for a host they are its own records. `unrecorded` are runs that a host
    has on record and the journal lacks; `missing` are those of them that the journal should have.
    `broken` lists where the journal was changed, `forgotten` the lines that hosts remember and it
    lacks; `error` is the reason if it cannot be read.
    """

    inventory: str
    hosts: tuple[HostRecords, ...]
    pending: tuple[Pending, ...] = ()
    runs: tuple[Run, ...] = ()
    asked: str = ""
    also: frozenset[str] = frozenset()
    unrecorded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    broken: tuple[Message, ...] = ()
    forgotten: tuple[Message, ...] = ()
    error: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """Return all by which sentences name what is asked for."""
        return self.also | {self.asked}

    @property
    def unreached(self) -> bool:
        """Return whether something is unknown because a host could not be reached."""
        return bool(self.error) or any(host.error for host in self.hosts)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the contract of `history --format json`."""
        return {
            "inventory": self.inventory,
            "hosts": [_host(each, language) for each in self.hosts],
            "pending": [_pending(each) for each in self.pending],
            "runs": [run.as_dict() for run in self.runs],
            "journal": {
                "broken": [translate(each, language) for each in self.broken],
                "unrecorded": list(self.unrecorded),
                "forgotten": [translate(each, language) for each in self.forgotten],
                "error": translate(self.error, language),
            },
        }


def overview(
    repository: Repository, found: Inventory, asked: str = "", also: frozenset[str] = frozenset()
) -> Overview:
    """Read the records of an inventory's hosts; unreachable hosts are reported with the others.

    Raises `UsageError` if git cannot read its history.
    """
    with Ssh() as ssh:
        hosts = host_records.read_records(ssh, found, all_of={asked})
        journal, error = Journal(), ""
        try:
            journal = host_records.journal(ssh, found)
        except HostFailed as failed:
            error = failed.what
    records = [record for host in hosts for record in host.records]
    return Overview(
        found.path.stem,
        hosts=tuple(host for host in hosts if host.host == asked) or hosts,
        pending=undeployed.pending(repository, hosts),
        runs=_runs(journal, hosts, asked, also),
        asked=asked,
        also=also,
        unrecorded=() if error else unrecorded(journal, records),
        missing=() if error else missing(journal, hosts),
        broken=(*journal.broken, *contradicted(journal, records)),
        # Read before the journal: whatever was remembered by then is in it by now.
        forgotten=() if error else forgotten(journal, {each.host: each.heads for each in hosts}),
        error=error,
    )


def missing(journal: Journal, hosts: Sequence[HostRecords]) -> tuple[str, ...]:
    """Return the runs that were cut off the end of the journal, or lost with all of it; sorted.

    A line is written at the end of a run, so a run whose operator was killed has none. Runs older
    than the last line therefore do not count as missing; the chain of lines shows that none was
    removed. Newer ones are reported until the next run.
    """
    last = max((run.record.id for run in journal.runs), default="")
    under_way = {host.applying.id for host in hosts if host.applying}
    records = (record for host in hosts for record in host.records if record.id > last)
    return unrecorded(journal, (record for record in records if record.id not in under_way))


def _runs(
    journal: Journal, hosts: Sequence[HostRecords], asked: str, also: frozenset[str]
) -> tuple[Run, ...]:
    for host in hosts:
        if host.host == asked:
            return _of_host(journal, host)
    keys = also | {asked}
    return tuple(run for run in reversed(journal.runs) if not asked or about(run.record, keys))


def _of_host(journal: Journal, host: HostRecords) -> tuple[Run, ...]:
    """Return a host's own records, and the runs that failed there and thus have no record."""
    own = {record.id: Run(record, {host.host: record.result}) for record in host.records}
    for run in journal.runs:
        result = run.hosts.get(host.host, "untouched")
        if run.record.id not in own and result != "untouched":
            own[run.record.id] = Run(replace(run.record, result=result), {host.host: result})
    return tuple(own[key] for key in sorted(own, reverse=True))


def about(record: Record, keys: Set[str]) -> bool:
    """Return whether a run has one of `keys` as id, or changed or cites something called so."""
    if not keys.isdisjoint((record.id, *record.documents)):
        return True
    return any(names(sentence, keys) for sentence in record.changes)


def _host(each: HostRecords, language: str) -> dict[str, Any]:
    def brief(record: Record | None) -> dict[str, Any] | None:
        return asdict(record) if record else None

    return {
        "host": each.host,
        "deployed": brief(each.deployed),
        "applying": brief(each.applying),
        "broken_off": each.broken,
        "error": translate(each.error, language),
    }


def _pending(each: Pending) -> dict[str, Any]:
    commits = [{"commit": commit, "subject": subject} for commit, subject in each.commits]
    hosts = list(each.hosts)
    return {"since": each.since, "hosts": hosts, "commits": commits, "ahead": each.ahead}
