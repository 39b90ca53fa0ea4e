"""Which record each host goes back to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hopthu.deployed.held import Held
from hopthu.deployed.record import Record
from hopthu.errors import Refused, UsageError

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """`back` is the record of each host that goes back; `undone` the runs that no longer count.

    `sentence` says the whole of it, as the records of the rollback will. Runs are newest first; one
    that broke off is among them.
    """

    sentence: str
    back: Mapping[str, Record]
    undone: tuple[Record, ...]


def choose(hosts: Sequence[Held], to: str = "") -> Choice:
    """Return the way back: to before the newest run, or to what hosts were after the run `to`.

    A host that a run did not touch has no record of it: its newest one before is what it held then.
    Raises `UsageError` where `to` is no run of any host, where the newest run was a rollback and no
    `to` is given, or where nothing was ever applied; `Refused` where a host has no record that old.
    """
    runs = {record.id: record for host in hosts for record in (*host.records, *_broken(host))}
    if not runs:
        raise UsageError("nothing was ever applied here", fix="apply first")
    newest = runs[max(runs)]
    if to and not any(to == record.id for host in hosts for record in host.records):
        raise UsageError(f"no host has a record {to!r}", fix=_known(hosts))
    if not to and newest.result == "rolled back":
        raise UsageError(
            f"the newest run, {newest.id}, was a rollback itself",
            fix=f"say --to; {_known(hosts, but=newest.id)}",
        )

    def counts(record: Record) -> bool:
        return record.id <= to if to else record.id < newest.id

    kept = {host.host: next(filter(counts, host.records), None) for host in hosts}
    if lacking := sorted(name for name, record in kept.items() if record is None):
        when = f"as old as {to}" if to else f"before {newest.id}"
        raise Refused(
            f"{', '.join(lacking)}: no record {when}; nothing was changed",
            fix="roll back the other hosts with --limit, or say another --to",
        )
    back = {
        host.host: record
        for host in hosts
        if (record := kept[host.host]) and (host.broken or host.deployed != record)
    }
    undone = [runs[key] for key in sorted(runs, reverse=True) if not counts(runs[key])]
    sentence = f"back to {to} [run {to}]" if to else f"back to before {newest.id} [run {newest.id}]"
    return Choice(sentence, back, tuple(undone))


def _broken(host: Held) -> Sequence[Record]:
    return [host.applying] if host.applying and host.broken else []


def _known(hosts: Sequence[Held], but: str = "") -> str:
    ids = {record.id for host in hosts for record in host.records}
    known = sorted(ids - {but}, reverse=True)
    return f"one of: {', '.join(known[:_SHOWN]) or 'none yet'}"
