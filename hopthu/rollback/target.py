"""Which record each host goes back to. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hopthu.errors import Refused, UsageError
from hopthu.history.host_records import Held
from hopthu.history.record import Record

_SHOWN = 5
_SENTENCE = re.compile(r"back to (before |)(\S+) \[run \S+\]")


@dataclass(frozen=True, slots=True)
class RollbackPoint:
    """How far a rollback goes: to what was `before` a run, or after it."""

    run: str
    before: bool

    @property
    def sentence(self) -> str:
        """Say it as the records of the rollback do."""
        return f"back to {'before ' if self.before else ''}{self.run} [run {self.run}]"

    @classmethod
    def of(cls, record: Record) -> RollbackPoint | None:
        """Return how far a run was to go back; None where it was no rollback."""
        for sentence in record.changes:
            if found := _SENTENCE.fullmatch(sentence):
                return cls(found[2], bool(found[1]))
        return None

    def holds(self, record: Record) -> bool:
        """Tell whether a record is old enough to be gone back to."""
        return record.id < self.run or (record.id == self.run and not self.before)


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """`back` is the record of each host that goes back; `undone` the runs that no longer count.

    Runs are newest first; one that broke off is among them.
    """

    bound: RollbackPoint
    back: Mapping[str, Record]
    undone: tuple[Record, ...]


def choose(hosts: Sequence[Held], to: str = "") -> RollbackPlan:
    """Return the way back: to before the newest run, or to what hosts were after the run `to`.

    A host that a run did not touch has no record of it: its newest one before is what it held then.
    Where the newest run is a rollback that did not reach every host, it is brought to its end.
    Raises `UsageError` where `to` is no run of any host, where the newest run was a rollback and no
    `to` is given, or where nothing was ever applied; `Refused` where a host has no record that old.
    """
    runs = _runs(hosts)
    if not runs:
        raise UsageError("nothing was ever applied here", fix="apply first")
    if to:
        if all(to != record.id for host in hosts for record in host.records):
            raise UsageError(f"no host has a record {to!r}", fix=_known(hosts))
        return _back(hosts, runs, RollbackPoint(to, before=False))
    newest = runs[max(runs)]
    begun = RollbackPoint.of(newest)
    if begun is None:
        return _back(hosts, runs, RollbackPoint(newest.id, before=True))
    rest = [host for host in hosts if host.broken or not _there(host, begun)]
    runs = {key: run for key, run in runs.items() if RollbackPoint.of(run) != begun}
    choice = _back(rest, runs, begun)
    if not choice.back:
        raise UsageError(
            f"the newest run, {newest.id}, was a rollback itself",
            fix=f"say --to; {_known(hosts, but=newest.id)}",
        )
    return choice


def _runs(hosts: Sequence[Held]) -> dict[str, Record]:
    """Return every run by its id, with the steps it took, and their effects, on any host."""
    found: dict[str, Record] = {}
    for host in hosts:
        for record in (*host.records, *_broken(host)):
            before = found.get(record.id)
            earlier = (before.steps, before.effects) if before else ((), ())
            steps = dict.fromkeys((*earlier[0], *record.steps))
            effects = dict.fromkeys((*earlier[1], *record.effects))
            found[record.id] = replace(record, steps=tuple(steps), effects=tuple(effects))
    return found


def _back(hosts: Sequence[Held], runs: Mapping[str, Record], bound: RollbackPoint) -> RollbackPlan:
    kept = {host.host: next(filter(bound.holds, host.records), None) for host in hosts}
    if lacking := sorted(name for name, record in kept.items() if record is None):
        when = "before" if bound.before else "as old as"
        raise Refused(
            f"{', '.join(lacking)}: no record {when} {bound.run}; nothing was changed",
            fix="roll back the other hosts with --limit, or say another --to",
        )
    back = {
        host.host: record
        for host in hosts
        if (record := kept[host.host]) and (host.broken or host.deployed != record)
    }
    undone = [run for _, run in sorted(runs.items(), reverse=True) if not bound.holds(run)]
    return RollbackPlan(bound, back, tuple(undone))


def _there(host: Held, bound: RollbackPoint) -> bool:
    """Tell whether a rollback as far as `bound` has reached a host."""
    return host.deployed is not None and RollbackPoint.of(host.deployed) == bound


def _broken(host: Held) -> Sequence[Record]:
    return [host.applying] if host.applying and host.broken else []


def _known(hosts: Sequence[Held], but: str = "") -> str:
    ids = {record.id for host in hosts for record in host.records}
    known = sorted(ids - {but}, reverse=True)
    return f"one of: {', '.join(known[:_SHOWN]) or 'none yet'}"
