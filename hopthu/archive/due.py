"""What is due: mailboxes whose content goes to the archive, and archives whose term is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hopthu.archive.kept import Kept
from hopthu.desired.host_mailboxes import FOLDERS
from hopthu.desired.state import Desired, Mailbox
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import closed_on, erased_on, later
from hopthu.model.organisation import Organisation, Person, Tenure
from hopthu.model.policy import Policy
from hopthu.plan.phrases import describe_day
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

    `stores` has the name of the host of each mailbox of which anything is on a store.
    """

    states: Mapping[str, str]
    stores: Mapping[str, str]
    archives: Mapping[str, Sequence[Kept]]


@dataclass(frozen=True, slots=True)
class Archiving:
    """The content of a mailbox goes to the archive, and leaves its store unless it is held."""

    over: Over
    host: str

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
        return Message(form.template, name=self.over.mailbox.name, host=self.host)


@dataclass(frozen=True, slots=True)
class Erasing:
    """The term of an archive is over: it is erased, and nothing is left of it."""

    over: Over
    kept: Kept

    def said(self) -> Message:
        """Return what is to be done."""
        return Message(
            "{name}: the archive of {day} is erased",
            name=self.over.mailbox.name, day=describe_day(self.kept.on),
        )  # fmt: skip


Task = Archiving | Erasing


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


def due(known: Mapping[str, Over], there: There, policy: Policy, on: date) -> Iterator[Task]:
    """Yield what is to be done on a day, as data and directory both say."""
    for path, each in sorted(known.items()):
        archives = there.archives.get(path, ())
        state = there.states.get(path, "")
        host = there.stores.get(path)
        if host:
            if state in OVER and not (each.hold and archives):
                yield Archiving(each, host)
        elif state == each.mailbox.state == "erased":
            for kept in archives:
                if until(each, kept, policy) <= on:
                    yield Erasing(each, kept)
