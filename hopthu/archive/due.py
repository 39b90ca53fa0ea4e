"""What is due: mailboxes whose content goes to the archive, and archives whose term is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hopthu.archive.kept import Kept
from hopthu.desired.host_mailboxes import FOLDERS
from hopthu.desired.state import Desired, Mailbox
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import closed_on, erased_on, later
from hopthu.model.organisation import Organisation, Person, Tenure
from hopthu.model.phrases import describe_day
from hopthu.model.policy import Policy
from hopthu.remote.host.archiving import OVER


@dataclass(frozen=True, slots=True)
class Over:
    """A mailbox whose days on its store are over, by the data of a day.

    `ends` is the first day on which nothing of it need be kept, `date.max` while nobody knows;
    `hold` is the legal hold that is on it, under which nothing is erased; `documents` are those
    that it was closed by.
    """

    mailbox: Mailbox
    ends: date
    hold: Tenure | None
    documents: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return the path of its folder on a store, by which hosts know it."""
        return f"{FOLDERS[self.mailbox.kind]}/{self.mailbox.id}"


@dataclass(frozen=True, slots=True)
class There:
    """What hosts have: who has which mailbox, the state that it has by the directory, archives.

    `stores` has the name of the host of each mailbox of which anything is on a store, and the bytes
    there; `keepers` are the names of the hosts that keep archives.
    """

    states: Mapping[str, str]
    stores: Mapping[str, tuple[str, int]]
    archives: Mapping[str, Sequence[Kept]]
    keepers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Closed:
    """What is to be done with a mailbox whose days on its store are over."""

    over: Over

    @property
    def path(self) -> str:
        """Return the path by which hosts know the mailbox."""
        return self.over.path

    @property
    def name(self) -> str:
        """Return the name of the mailbox."""
        return self.over.mailbox.name

    @property
    def documents(self) -> tuple[str, ...]:
        """Return the documents that it rests on."""
        return self.over.documents


@dataclass(frozen=True, slots=True)
class Archiving(_Closed):
    """The content of a mailbox goes to the archive, and leaves its store unless it is held.

    `size` is the number of its bytes there, more or less.
    """

    host: str
    size: int = field(compare=False)

    @property
    def stays(self) -> bool:
        """Whether it stays on its store as well."""
        return self.over.hold is not None

    def said(self) -> Message:
        """Return what is to be done."""
        form = (
            Message("{name}: the mail goes to the archive, and stays on {host}: it is held")
            if self.stays
            else Message("{name}: the mail goes to the archive, and then leaves {host}")
        )
        return Message(form.template, name=self.name, host=self.host)


@dataclass(frozen=True, slots=True)
class Erasing(_Closed):
    """The term of an archive is over: it is erased, and nothing is left of it."""

    kept: Kept

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self.kept.size

    def said(self) -> Message:
        """Return what is to be done."""
        return Message(
            "{name}: the archive of {day} is erased", name=self.name, day=describe_day(self.kept.on)
        )


@dataclass(frozen=True, slots=True)
class Spreading:
    """Hosts `to` lack an archive that another has: it is copied there, whoever its mailbox is."""

    kept: Kept
    name: str
    to: tuple[str, ...]

    @property
    def path(self) -> str:
        """Return the path by which hosts know the mailbox."""
        return self.kept.mailbox

    @property
    def documents(self) -> tuple[str, ...]:
        """Return the documents that it rests on: none."""
        return ()

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return self.kept.size

    def said(self) -> Message:
        """Return what is to be done."""
        return Message(
            "{name}: the archive of {day} is copied to {hosts}",
            name=self.name, day=describe_day(self.kept.on), hosts=", ".join(self.to),
        )  # fmt: skip


Task = Archiving | Erasing | Spreading


def over(organisation: Organisation, policy: Policy, state: Desired) -> Mapping[str, Over]:
    """Return the mailboxes whose days on their stores are over, by path."""
    found = (
        Over(
            mailbox,
            erased_on(record, closed, policy.lifecycle),
            record.hold if record.hold and record.hold.holds_on(state.on) else None,
            tuple(filter(None, (ending.decision, ending.request))),
        )
        for mailbox in state.mailboxes
        if mailbox.state in OVER
        for record in [organisation.record(mailbox.id)]
        if record and (closed := closed_on(record, policy.lifecycle))
        for ending in [record.left if isinstance(record, Person) else record.ended]
        if ending
    )
    return {each.path: each for each in found}


def until(over: Over | None, kept: Kept, policy: Policy) -> date:
    """Return the first day on which an archive may be erased, `date.max` while nobody knows.

    Its term begins when it was read: one that was made late is kept as long as any.
    """
    if over is None or over.hold:
        return date.max
    return max(over.ends, later(kept.on, policy.lifecycle.keep_archived_days))


def due(
    known: Mapping[str, Over],
    there: There,
    organisation: Organisation,
    policy: Policy,
    on: date,
) -> list[Task]:
    """Return what is to be done on a day, as data and directory both say, the smallest first.

    A large one that fails, or for which a run has no time left, keeps no other from its turn.
    """
    tasks: list[Task] = []
    for path, each in sorted(known.items()):
        if path in there.stores:
            host, size = there.stores[path]
            if there.states.get(path) in OVER and not (each.hold and there.archives.get(path)):
                tasks.append(Archiving(each, host, size))
    for path, archives in sorted(there.archives.items()):
        of = known.get(path)
        for kept in archives:
            lacking = (*(each for each in there.keepers if each not in kept.keepers),)
            if of and _is_past(of, kept, there, policy, on):
                tasks.append(Erasing(of, kept))
            elif lacking:
                tasks.append(Spreading(kept, called(organisation, path), lacking))
    return sorted(tasks, key=lambda task: task.size)


def _is_past(over: Over, kept: Kept, there: There, policy: Policy, on: date) -> bool:
    """Return whether an archive is to be erased, of which nothing is on a store any more."""
    states = {there.states.get(over.path), over.mailbox.state}
    return (
        over.path not in there.stores and states == {"erased"} and until(over, kept, policy) <= on
    )


def called(organisation: Organisation, path: str) -> str:
    """Return the name of a mailbox; its id if nobody knows it any more."""
    key = path.partition("/")[2]
    record = organisation.record(key)
    return record.name if record else key
