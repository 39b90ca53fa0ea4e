"""What all hosts of a centre have: the commit that a daily run applies, and up to which day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hopthu.daily.dated import Dated, dated
from hopthu.errors import HostFailed, Refused
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.git.revision import checked_out
from hopthu.history.data_digest import digest
from hopthu.history.host_records import HostRecords
from hopthu.history.record import Record
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.servers.survey import applied
from hopthu.validate import Loaded, read

_SHORT = 12
_APPLY = Message("run `hopthu apply` once, then days are followed from there")


@dataclass(frozen=True, slots=True)
class Deployed:
    """The commit that every host has, and the day `on` up to which its dates are applied.

    `data` is the digest of the data, `tool` the version of hopthu that applied it, as records have
    them.
    """

    commit: str
    on: date
    data: str
    tool: str

    @property
    def short(self) -> str:
        """Return the beginning of the commit's hash."""
        return self.commit[:_SHORT]


def deployed(hosts: Sequence[HostRecords]) -> Deployed:
    """Return what all `hosts` have.

    Raises `HostFailed` if a host did not answer, and `Refused` if no one commit is completely
    applied to all of them: only a person can say how to go on.
    """
    if failed := [each.error for each in hosts if each.error]:
        raise HostFailed(joined(failed, "\n"))
    if problems := [problem for each in hosts for problem in _incomplete(each)]:
        raise Refused(joined(problems, "\n"), fix=_APPLY)
    records = [each.deployed for each in hosts if each.deployed]
    if len({(record.commit, record.data) for record in records}) > 1:
        listed = [
            Message("{host}: commit {commit}", host=each.host, commit=each.deployed.commit[:_SHORT])
            for each in hosts
            if each.deployed
        ]
        what = Message("hosts have different commits: {listed}", listed=joined(listed, "; "))
        raise Refused(what, fix=_APPLY)
    newest: Record = max(records, key=lambda record: record.id)
    since = min(date.fromisoformat(record.on) for record in records)
    return Deployed(newest.commit, since, newest.data, newest.tool)


def _incomplete(each: HostRecords) -> list[Message]:
    """Return why it is not known what a host has."""
    host, record = each.host, each.deployed
    if each.applying and each.broken:
        return [Message("{host}: an apply was interrupted", host=host)]
    if each.applying:
        return [Message("{host}: an apply is in progress", host=host)]
    if record is None:
        return [Message("{host}: nothing is deployed", host=host)]
    if record.result == "rolled back":
        return [Message("{host}: it was rolled back", host=host)]
    if record.commit == UNKNOWN or record.dirty:
        return [Message("{host}: what was applied is in no commit", host=host)]
    return []


def read_deployed(repository: Repository, found: Deployed, on: date) -> Loaded:
    """Return the data of the deployed commit, as git has it, valid on the day `on`.

    Raises `Refused` if the clone does not have the commit, or if it has other data than was
    applied; and `DataError` if the data is not valid on that day.
    """
    if not repository.has(found.commit):
        raise Refused(
            Message("this clone does not have the deployed commit {commit}", commit=found.short),
            fix=Message("git fetch"),
        )
    with checked_out(repository, found.commit) as (folder, _):
        loaded = read(folder, on)
    if digest(loaded.source) != found.data:
        raise Refused(
            Message("the data of commit {commit} is not what was applied", commit=found.short),
            fix=_APPLY,
        )
    return loaded


def due_now(loaded: Loaded, found: Deployed, on: date) -> Dated:
    """Return what fell due since the deployed day, up to and including `on`, and is not done."""
    return dated(loaded.organisation, loaded.policy, found.on, on)


def not_done(repository: Repository, hosts: Sequence[HostRecords], on: date) -> Dated:
    """Return what is due and not done on `hosts`; raise as `deployed` and `read_deployed` do."""
    found = deployed(hosts)
    return due_now(read_deployed(repository, found, on), found, on)


def overdue(
    repository: Repository, hosts: Sequence[HostRecords], loaded: Loaded, on: date
) -> Mapping[str, Dated]:
    """Return what is due and not done on each host, whichever data it was last applied.

    `loaded` is the working copy, which is used where it is what a host has, committed or not.
    Raises `HostFailed` if a host did not answer, and `Refused` if it is not known what one has.
    """
    found: dict[str, Dated] = {}
    known: dict[tuple[str, str], Dated] = {}
    for each in hosts:
        if each.error:
            raise HostFailed(joined([each.error]))
        record = each.deployed
        if record is None:
            raise Refused(Message("{host}: nothing is deployed", host=each.host), fix=_APPLY)
        state = record.data, record.on
        if state not in known:
            side = applied(repository, record, loaded)
            if side is None:
                raise Refused(
                    Message("{host}: this clone does not have what was applied", host=each.host),
                    fix=Message("git fetch"),
                )
            since = date.fromisoformat(record.on)
            known[state] = dated(side.organisation, side.policy, since, on)
        found[each.host] = known[state]
    return found
