"""Choose the record that each host goes back to. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hopthu.errors import Refused, UsageError
from hopthu.history.host_records import HostRecords
from hopthu.history.record import Record
from hopthu.i18n.message import Message

_SHOWN = 5
_SENTENCE = re.compile(r"back to (before |)(\S+) \[run \S+\]")


@dataclass(frozen=True, slots=True)
class RollbackPoint:
    """How far a rollback goes: to the state `before` a run, or after it."""

    run: str
    before: bool

    @property
    def sentence(self) -> Message:
        """Return the sentence for the records of the rollback."""
        if self.before:
            return Message("back to before {run} [run {run}]", run=self.run)
        return Message("back to {run} [run {run}]", run=self.run)

    @classmethod
    def of(cls, record: Record) -> RollbackPoint | None:
        """Return how far a run was to go back; None if it was not a rollback."""
        for sentence in record.changes:
            if found := _SENTENCE.fullmatch(sentence):
                return cls(found[2], bool(found[1]))
        return None

    def holds(self, record: Record) -> bool:
        """Return whether a record is old enough to go back to."""
        return record.id < self.run or (record.id == self.run and not self.before)


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """`back` has the target record of each host; `undone` are the runs that are undone.

    Runs are newest first and include an interrupted one.
    """

    bound: RollbackPoint
    back: Mapping[str, Record]
    undone: tuple[Record, ...]


def choose(hosts: Sequence[HostRecords], to: str = "") -> RollbackPlan:
    """Choose the way back: to the state before the newest run, or after the run `to`.

    A host that a run did not touch has no record of it; its newest earlier record is its state at
    that time. If the newest run is a rollback that did not reach every host, it is completed.
    Raises `UsageError` if no host has a run `to`, if the newest run was a rollback and there is no
    `to`, or if nothing was ever applied; `Refused` if a host has no record that old.
    """
    runs = _runs(hosts)
    if not runs:
        raise UsageError(Message("nothing was ever applied here"), fix=Message("apply first"))
    if to:
        if all(to != record.id for host in hosts for record in host.records):
            what = Message("no host has a record {id}", id=repr(to))
            raise UsageError(what, fix=Message("use one of: {ids}", ids=_known(hosts)))
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
            Message("the newest run, {id}, was itself a rollback", id=newest.id),
            fix=Message("give --to with one of: {ids}", ids=_known(hosts, but=newest.id)),
        )
    return choice


def _runs(hosts: Sequence[HostRecords]) -> dict[str, Record]:
    """Return every run by its id, with the steps it took, and their effects, on any host."""
    found: dict[str, Record] = {}
    for host in hosts:
        for record in (*host.records, *_interrupted(host)):
            before = found.get(record.id)
            earlier = (before.steps, before.effects) if before else ((), ())
            steps = dict.fromkeys((*earlier[0], *record.steps))
            effects = dict.fromkeys((*earlier[1], *record.effects))
            found[record.id] = replace(record, steps=tuple(steps), effects=tuple(effects))
    return found


def _back(
    hosts: Sequence[HostRecords], runs: Mapping[str, Record], bound: RollbackPoint
) -> RollbackPlan:
    targets = {host.host: next(filter(bound.holds, host.records), None) for host in hosts}
    if lacking := sorted(name for name, record in targets.items() if record is None):
        words = {"hosts": ", ".join(lacking), "run": bound.run}
        raise Refused(
            Message("{hosts}: no record from before {run}; nothing was changed", **words)
            if bound.before
            else Message("{hosts}: no record as old as {run}; nothing was changed", **words),
            fix=Message("roll back the other hosts with --limit, or give another --to"),
        )
    back = {
        host.host: record
        for host in hosts
        if (record := targets[host.host]) and (host.broken or host.deployed != record)
    }
    undone = [run for _, run in sorted(runs.items(), reverse=True) if not bound.holds(run)]
    return RollbackPlan(bound, back, tuple(undone))


def _there(host: HostRecords, bound: RollbackPoint) -> bool:
    """Return whether a rollback as far as `bound` has reached a host."""
    return host.deployed is not None and RollbackPoint.of(host.deployed) == bound


def _interrupted(host: HostRecords) -> Sequence[Record]:
    return [host.applying] if host.applying and host.broken else []


def _known(hosts: Sequence[HostRecords], but: str = "") -> str:
    ids = {record.id for host in hosts for record in host.records}
    known = sorted(ids - {but}, reverse=True)
    return ", ".join(known[:_SHOWN]) or Message("none yet")
