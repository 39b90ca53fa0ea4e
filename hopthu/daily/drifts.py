"""What was due and is not done, as drift: servers are not what the data says of this day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from hopthu.daily.deployed import not_done
from hopthu.drift.model import Drift
from hopthu.errors import DataError, HostFailed, Refused
from hopthu.git.repository import Repository
from hopthu.history.host_records import HostRecords
from hopthu.i18n.message import Message
from hopthu.model.phrases import describe_day


def due_drifts(
    repository: Repository, hosts: Sequence[HostRecords], provider: str, on: date
) -> Iterator[Drift]:
    """Yield each change that is due on `on` and not done, as drift of the `provider`.

    Nothing if it is not known what hosts have: other drift tells, and `hopthu history` says why.
    """
    try:
        found = not_done(repository, hosts, on)
    except (DataError, HostFailed, Refused):
        return
    for each in found.days:
        for change in each.changes:
            item = f"{change.kind} {change.id} {change.action}"
            text = Message(
                "due on {day} and not applied: {change}",
                day=describe_day(each.on),
                change=change.summary,
            )
            yield Drift(provider, "due", item, None, each.on.isoformat(), text)
