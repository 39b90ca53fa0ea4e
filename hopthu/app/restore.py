"""Bring back mail, and the directory, from the copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath

from hopthu.app.deployment import begun, deployment, refuse_other_day, who
from hopthu.app.workspace import Workspace
from hopthu.copies.status import keeper, moment, named, on_host
from hopthu.credentials.basis import basis
from hopthu.credentials.servers import Servers
from hopthu.daemons.backup import FOLDER
from hopthu.daemons.dovecot import SHARED
from hopthu.daemons.openldap import DATABASE
from hopthu.desired.host_mailboxes import FOLDERS, shared
from hopthu.desired.state import Desired, Mailbox, desired
from hopthu.diagnostics.problem import printable, shown
from hopthu.directory.password_rules import max_age
from hopthu.errors import HostFailed, HostRefused, Refused, UsageError
from hopthu.fan_out import on_all_hosts
from hopthu.history.journal import Run, line
from hopthu.history.record import Record
from hopthu.history.record import moment as written
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host import fill, kept_copies, recover, recover_directory, recover_store
from hopthu.servers.survey import Deployment
from hopthu.ssh import OnHost, Ssh
from hopthu.validate import read

_LONG = 4 * 3600.0
"""Seconds in which a large mailbox comes back."""
_DAY = 24 * 3600.0
"""Seconds in which a store comes back."""

Note = Callable[[str, Sequence[str]], None]
"""Puts a result on record, empty while there is none, with what was done."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, from the copy of which moment, into which folder of the mailbox.

    `left` is what could not be done after it was in place, each with the reason.
    """

    mailbox: Mailbox
    copied: datetime
    folder: str
    messages: int
    folders: int
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is restored: the mailbox with an id, as of a moment, on a document.

    Of all that is in it a `folder` alone, or the messages with a Message-ID.
    """

    mailbox: str
    at: datetime
    document: str
    folder: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RestoredDirectory:
    """The directory of a host that was restored, from the copy of which moment.

    `left` says which hosts did not forget theirs, which may be newer.
    """

    host: str
    copied: datetime
    entries: int
    left: tuple[str, ...]


def restore(workspace: Workspace, inventory: str, asked: Asked) -> Restored:
    """Put mail as it was into a new folder beside what is there, and record it.

    Raises `UsageError` for an unknown mailbox or document, `Refused` if the document is not by who
    may decide it, or if no copy is as old.
    """
    with Ssh() as ssh:
        job = _Job.begun(workspace, inventory, ssh, asked.document)
        chosen = _mailbox(job.state, asked.mailbox)
        job.require_basis([chosen])
        store = job.wanted.inventory.centre.store_host(chosen.store)
        with job.copy(store, "mail", asked.at) as (copy, copied):
            words = {"name": chosen.name, "moment": _minute(copied), "id": chosen.id}
            begins = Message("{name}: mail as of {moment} is restored [mail {id}]", **words)
            failed = Message(
                "{name}: mail as of {moment} was to be restored, and that failed [mail {id}]",
                **words,
            )
            note = job.noting(store)
            with _on_record(note, begins, failed):
                done = job.on(store)(
                    recover.beside,
                    copy,
                    f"{FOLDERS[chosen.kind]}/{chosen.id}",
                    store.fqdn,
                    f"Khôi phục {copied:%Y-%m-%d %H.%M}",
                    {"folder": asked.folder, "message": asked.message},
                    _readers(job.state, chosen),
                )
        result = Restored(
            chosen, copied, done["name"], done["messages"], done["folders"], (*done["left"],)
        )
        note("applied", sentences(result))
    return result


def restore_directory(
    workspace: Workspace, inventory: str, at: datetime, document: str
) -> RestoredDirectory:
    """Fill the provider's directory, which is empty, as it was; record it, and have others follow.

    Raises `UsageError` for an unknown document, `Refused` if the document is not by who may decide
    on everybody's sign-in, or if no copy is as old.
    """
    with Ssh() as ssh:
        job = _Job.begun(workspace, inventory, ssh, document)
        job.require_basis(job.state.mailboxes)
        centre = job.wanted.inventory.centre
        provider = centre.provider
        followers = [h for h in centre.hosts if centre.keeps_directory(h) and h != provider]
        with job.copy(provider, "directory", at) as (copy, copied):
            words = {"moment": _minute(copied), "host": provider.name}
            begins = Message("the directory as of {moment} is restored [directory {host}]", **words)
            failed = Message(
                "the directory as of {moment} was to be restored, and that failed"
                " [directory {host}]",
                **words,
            )
            note = job.noting(provider)
            with _on_record(note, begins, failed):
                number = job.on(provider)(recover_directory.directory, copy, DATABASE)
        left: tuple[str, ...] = ()
        try:
            on_all_hosts(followers, lambda host: job.on(host)(fill.forget, DATABASE))
        except HostFailed as error:  # the directory is in place anyway
            left = (*error.what.splitlines(),)
        result = RestoredDirectory(provider.name, copied, number, left)
        note("applied", directory_sentences(result)[:-1])
    return result


@dataclass(frozen=True, slots=True)
class RestoredStore:
    """How much of a store is in place again, from the copy of which moment; `left` is what not."""

    host: str
    copied: datetime
    mailboxes: int
    messages: int
    left: tuple[str, ...]


def restore_store(
    workspace: Workspace, inventory: str, host: str, at: datetime, document: str
) -> RestoredStore:
    """Put the mailboxes of a store in place, whose disk was lost, and record it.

    Raises `UsageError` for an unknown host or document, `Refused` if the document is not by who may
    decide on the sign-in of all owners, or if no copy is as old.
    """
    with Ssh() as ssh:
        job = _Job.begun(workspace, inventory, ssh, document)
        store = job.wanted.inventory.centre.host(host)
        job.require_basis([each for each in job.state.mailboxes if each.store in store.stores])
        readers = {each.id: _readers(job.state, each) for each in job.state.kept()}
        with job.copy(store, "mail", at) as (copy, copied):
            words = {"moment": _minute(copied), "host": store.name}
            begins = Message("the store as of {moment} is restored [store {host}]", **words)
            failed = Message(
                "the store as of {moment} was to be restored, and that failed [store {host}]",
                **words,
            )
            note = job.noting(store)
            with _on_record(note, begins, failed):
                done = job.on(store, _DAY)(recover_store.store, copy, store.fqdn, readers)
        result = RestoredStore(
            store.name, copied, done["mailboxes"], done["messages"], (*done["left"],)
        )
        note("applied", store_sentences(result))
    return result


@dataclass(frozen=True, slots=True)
class _Job:
    """What is restored by whom to which hosts, on the document that `record` names."""

    workspace: Workspace
    wanted: Deployment
    state: Desired
    record: Record
    ssh: Ssh

    @classmethod
    def begun(cls, workspace: Workspace, inventory: str, ssh: Ssh, document: str) -> _Job:
        """Read data and inventory; raise `Refused` if the day is not today."""
        loaded = read(workspace.root, workspace.on)
        wanted = deployment(workspace, loaded, inventory)
        found = wanted.inventory
        refuse_other_day(workspace, found, Message("what was copied is restored as of today only"))
        state = desired(loaded.organisation, loaded.policy, workspace.on)
        record = begun(workspace, wanted, who(workspace, found), [document])
        return cls(workspace, wanted, state, record, ssh)

    def require_basis(self, people: Sequence[Mailbox]) -> None:
        """Raise unless the document is by who may decide on the sign-in of people."""
        (document,) = self.record.documents
        basis(self.wanted.loaded, self.workspace.on, document, people)

    def on(self, host: Host, timeout: float = _LONG) -> OnHost:
        """Return what calls functions on a host, which may take hours."""
        return on_host(self.wanted.inventory, self.ssh, host, timeout)

    @contextmanager
    def copy(
        self, host: Host, kind: str, at: datetime
    ) -> Iterator[tuple[tuple[str, str], datetime]]:
        """Have a copy served: its repository and snapshot, and when it arrived.

        The repository is as it was when that snapshot arrived: what a host adds later cannot spoil
        what was there.
        """
        kept, repository = self.on(keeper(self.wanted.inventory)), f"{host.name}/{kind}"
        arrivals = kept(kept_copies.arrivals, FOLDER, repository)
        snapshot, copied = _before(arrivals, at, named(kind, host.name))
        view = kept(kept_copies.view, FOLDER, repository, snapshot)
        try:
            yield (PurePath(view).name, snapshot), copied
        finally:
            kept(kept_copies.remove_view, FOLDER, view)

    def noting(self, host: Host) -> Note:
        """Return what puts on record how it ended on a host, or that it begins."""
        loaded = self.wanted.loaded
        age, domain = max_age(loaded.policy), loaded.policy.domain
        servers = Servers(self.ssh, self.wanted.inventory, domain, age)

        def note(result: str, changes: Sequence[str]) -> None:
            finished = written(self.workspace.clock()) if result else ""
            noted = replace(self.record, finished=finished, changes=(*changes,), result=result)
            servers.record(line(Run(noted, {host.name: result})))

        return note


@contextmanager
def _on_record(note: Note, begins: Message, failed: Message) -> Iterator[None]:
    """Put on record that a restore begins, and that it failed if its host says so.

    A host goes on when this program ends or the connection does: nobody knows how it ended then.
    """
    note("", [begins])
    try:
        yield
    except HostRefused:
        note("failed", [failed])
        raise


def _readers(state: Desired, mailbox: Mailbox) -> dict[str, str]:
    """Return who reads a unit's mailbox, each with the folder that it is for them."""
    if mailbox.kind != "unit":
        return {}
    unit = shared(state)[mailbox.id]
    return dict.fromkeys(sorted(unit.readers), f"{SHARED}/{unit.folder}")


def sentences(done: Restored) -> list[Message]:
    """Say what was restored, and what could not be done after that."""
    restored = Message(
        "{name}: {messages} message(s) in {folders} folder(s), as of {moment}, were restored to"
        " the folder {folder} [mail {id}]",
        name=done.mailbox.name, messages=done.messages, folders=done.folders,
        moment=_minute(done.copied), folder=done.folder, id=done.mailbox.id,
    )  # fmt: skip
    left = (
        Message(
            "the mail is there, but not all folders may be shown, or read mail marked as so:"
            " {reason} [mail {id}]",
            reason=printable(each), id=done.mailbox.id,
        )
        for each in done.left
    )  # fmt: skip
    return [restored, *left]


def directory_sentences(done: RestoredDirectory) -> list[Message]:
    """Say what was restored, and what is to be done next."""
    restored = Message(
        "the directory as of {moment} was restored, {number} entries [directory {host}]",
        moment=_minute(done.copied), number=done.entries, host=done.host,
    )  # fmt: skip
    left = (
        Message(
            "a copy of the directory may be newer than what was restored, and was not removed:"
            " {reason} [directory {host}]",
            reason=printable(each), host=done.host,
        )
        for each in done.left
    )  # fmt: skip
    then = Message("now run `hopthu apply`: it adds what has changed since")
    if done.left:
        then = Message(
            "when these hosts answer, empty the directory, and restore it once more: until then"
            " they do not follow it"
        )
    return [restored, *left, then]


def store_sentences(done: RestoredStore) -> list[Message]:
    """Say what was restored, and what was not."""
    restored = Message(
        "as of {moment}, {mailboxes} mailbox(es) with {messages} message(s) are in place again"
        " [store {host}]",
        moment=_minute(done.copied), mailboxes=done.mailboxes, messages=done.messages,
        host=done.host,
    )  # fmt: skip
    left = (
        Message("not restored: {reason} [store {host}]", reason=printable(each), host=done.host)
        for each in done.left
    )
    return [restored, *left]


def _mailbox(state: Desired, wanted: str) -> Mailbox:
    known = {mailbox.id: mailbox for mailbox in state.mailboxes}
    if wanted not in known:
        raise UsageError(
            Message("there is no mailbox with the id {id}", id=shown(wanted)),
            fix=Message("hopthu show NAME says the id"),
        )
    return known[wanted]


def _before(
    arrivals: list[kept_copies.Arrival], at: datetime, what: Message
) -> tuple[str, datetime]:
    """Return the newest copy that had arrived by then; raise `Refused` if there was none."""
    earlier = [(each, moment(seconds)) for each, seconds in arrivals if moment(seconds) <= at]
    if earlier:
        return earlier[-1]
    if not arrivals:
        raise Refused(Message("there is no copy of {what}", what=what))
    first = moment(arrivals[0][1])
    raise Refused(
        Message("no copy is as old as {at}", at=_minute(at)),
        fix=Message("the oldest arrived at {first}", first=_minute(first)),
    )


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
