"""Bring back mail, and the directory, from the copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import TypeVar

from hopthu.app.deployment import deployment, mailbox_of, refuse_other_day
from hopthu.app.noting import Done, Noting
from hopthu.app.workspace import Workspace
from hopthu.copies.status import keepers, moment, named
from hopthu.credentials.basis import basis
from hopthu.daemons.backup import FOLDER
from hopthu.daemons.dovecot import SHARED
from hopthu.daemons.openldap import DATABASE
from hopthu.desired.host_mailboxes import FOLDERS, shared
from hopthu.desired.state import Desired, Mailbox, desired
from hopthu.diagnostics.problem import cut, printable, shown
from hopthu.errors import HostFailed, HostRefused, Refused, UsageError
from hopthu.fan_out import answers, on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host import (
    fill,
    kept_copies,
    moves,
    recover,
    recover_directory,
    recover_in_place,
)
from hopthu.servers.survey import Deployment
from hopthu.ssh import OnHost, Ssh, on_host
from hopthu.validate import read

_LONG = 4 * 3600.0
"""Seconds in which a large mailbox comes back."""

_SHORT = 600.0
"""Seconds in which a host says what it has."""
_LINE = 200
"""Letters of ids that one sentence has room for."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What every restore to the servers of an inventory is: as of a moment, on a document.

    `keeper` is who keeps the copy that is taken, if that is named.
    """

    workspace: Workspace
    inventory: str
    at: datetime
    document: str
    keeper: str = ""


@dataclass(frozen=True, slots=True)
class _Sentences:
    """What is put on record of a kind of restore; `{moment}` is that of the copy."""

    begins: Message
    failed: Message
    done: Message
    left: Message


_BESIDE = _Sentences(
    Message("{name}: mail as of {moment} is restored [mail {id}]"),
    Message("{name}: mail as of {moment} was to be restored, and that failed [mail {id}]"),
    Message(
        "{name}: {messages} message(s) in {folders} folder(s), as of {moment}, were restored to"
        " the folder {folder} [mail {id}]"
    ),
    Message(
        "the mail is there, but not all folders may be shown, or read mail marked as so:"
        " {reason} [mail {id}]"
    ),
)
_IN_PLACE = _Sentences(
    Message("{name}: mail as of {moment} is put in place of what is there [mail {id}]"),
    Message(
        "{name}: mail as of {moment} was to be put in place of what is there, and that failed"
        " [mail {id}]"
    ),
    Message(
        "{name}: {messages} message(s) as of {moment} are in place again, with what has come since"
        " [mail {id}]"
    ),
    _BESIDE.left,
)
_DIRECTORY = _Sentences(
    Message("the directory as of {moment} is restored [directory {host}]"),
    Message("the directory as of {moment} was to be restored, and that failed [directory {host}]"),
    Message("the directory as of {moment} was restored, {number} entries [directory {host}]"),
    Message(
        "a copy of the directory may be newer than what was restored, and was not removed:"
        " {reason} [directory {host}]"
    ),
)
_STORE = _Sentences(
    Message("the store as of {moment} is restored [store {host}]"),
    Message("the store as of {moment} was to be restored, and that failed [store {host}]"),
    Message(
        "as of {moment}, {mailboxes} mailbox(es) with {messages} message(s) are in place again"
        " [store {host}]"
    ),
    Message("not restored: {reason} [store {host}]"),
)


def restore(
    asked: Asked, mailbox: str, *, folder: str = "", message: str = "", in_place: bool = False
) -> Done:
    """Put mail as it was into a new folder beside what is there, or in its place, and record it.

    Of the mailbox with an id that is a `folder` alone, or the messages with a Message-ID; or all of
    it, which alone can be put `in_place`. Raises `UsageError` for an unknown mailbox or document,
    `Refused` if the document is not by who may decide it, or if no copy is as old.
    """
    with Ssh() as ssh:
        job = _Job.begun(asked, ssh)
        chosen = mailbox_of(job.state, mailbox)
        job.require_basis([chosen])
        host = job.wanted.inventory.centre.store_host(chosen.store)
        store, path = job.on(host, kept_copies.LONGEST), f"{FOLDERS[chosen.kind]}/{chosen.id}"
        readers = _readers(job.state, chosen)
        if in_place:
            run = _Run(job, host, "mail", _IN_PLACE, {"name": chosen.name, "id": chosen.id})
            back = run.carried_out(
                asked.at,
                lambda copy, _: store(
                    recover_in_place.one, copy, path, host.fqdn, {chosen.id: readers}
                ),
            )
            return run.recorded(back["left"], messages=back["messages"])
        run = _Run(job, host, "mail", _BESIDE, {"name": chosen.name, "id": chosen.id})
        wanted = recover.Wanted(folder=folder, message=message)
        done = run.carried_out(
            asked.at,
            lambda copy, moment: store(
                recover.beside, copy, path, host.fqdn,
                f"Khôi phục {moment:%Y-%m-%d %H.%M}", wanted, readers,
            ),
        )  # fmt: skip
        values = {"messages": done["messages"], "folders": done["folders"], "folder": done["name"]}
        return run.recorded(done["left"], **values)


def restore_directory(asked: Asked) -> Done:
    """Fill the provider's directory, which is empty, as it was; record it, and have others follow.

    A mailbox that has moved since the copy stays where it is: the stores are asked. Raises
    `UsageError` for an unknown document, `Refused` if the document is not by who may decide on
    everybody's sign-in, or if no copy is as old.
    """
    with Ssh() as ssh:
        job = _Job.begun(asked, ssh)
        job.require_basis(job.state.mailboxes)
        centre = job.wanted.inventory.centre
        host = centre.provider
        where, doubts = _whereabouts(job, centre.stores)
        followers = [h for h in centre.hosts if centre.keeps_directory(h) and h != host]
        run = _Run(job, host, "directory", _DIRECTORY, {"host": host.name})
        filled = run.carried_out(
            asked.at,
            lambda copy, _: job.on(host)(recover_directory.directory, copy, DATABASE, where),
        )
        left: Sequence[str] = ()
        try:
            on_all_hosts(followers, lambda host: job.on(host)(fill.forget, DATABASE))
        except HostFailed as error:  # the directory is in place anyway
            left = error.what.splitlines()
        then = Message("now run `hopthu apply`: it adds what has changed since")
        if left:
            then = Message(
                "when these hosts answer, empty the directory, and restore it once more: until then"
                " they do not follow it"
            )
        done = run.recorded(left, number=filled["number"])
        moved = Message(
            "{number} mailbox(es) moved since the copy, and stay where they are: {mailboxes}",
            number=len(filled["followed"]),
            mailboxes=cut(printable(", ".join(filled["followed"])), _LINE),
        )
        told = (moved, *doubts) if filled["followed"] else doubts
        return replace(done, then=(*done.then, *told, then))


def _whereabouts(job: _Job, stores: Sequence[Host]) -> tuple[dict[str, str], Sequence[Message]]:
    """Return which mailboxes are on the store of the data, and what is not known of others.

    Moves lead to no other: what one store says of itself makes it nobody's store. One that is lost,
    or does not answer, has what the copy says.
    """
    found: dict[str, list[Host]] = {}
    doubts = []
    for store in stores:
        try:
            there = job.on(store, _SHORT)(moves.here)
        except HostFailed as error:
            doubts.append(
                Message(
                    "{host} does not say which mailboxes it has, and has those of the copy:"
                    " {reason}",
                    host=store.name, reason=error.what,
                )
            )  # fmt: skip
        else:
            for mailbox in there:
                found.setdefault(mailbox, []).append(store)
    for mailbox, hosts in found.items():
        if len(hosts) > 1:
            names = ", ".join(each.name for each in hosts)
            doubts.append(
                Message(
                    "{mailbox} is on {hosts}; the directory has what the copy says",
                    mailbox=mailbox, hosts=names,
                )
            )  # fmt: skip
    centre = job.wanted.inventory.centre
    wanted = {f"{FOLDERS[m.kind]}/{m.id}": centre.store_host(m.store) for m in job.state.mailboxes}
    arrived = {each for each, hosts in found.items() if hosts == [wanted.get(each)]}
    return {each: wanted[each].fqdn for each in sorted(arrived)}, doubts


def restore_store(asked: Asked, host: str) -> Done:
    """Put the mailboxes of a store in place, whose disk was lost, and record it.

    Raises `UsageError` for an unknown host or document, `Refused` if the document is not by who may
    decide on the sign-in of all owners, or if no copy is as old.
    """
    with Ssh() as ssh:
        job = _Job.begun(asked, ssh)
        store = job.wanted.inventory.centre.host(host)
        # What the data says may not be done yet: a mailbox is where the directory has it.
        there = job.on(store)(moves.placed, store.fqdn)
        ids = {mailbox.partition("/")[2] for mailbox in there}
        job.require_basis([each for each in job.state.mailboxes if each.id in ids])
        readers = {each.id: _readers(job.state, each) for each in job.state.kept()}
        run = _Run(job, store, "mail", _STORE, {"host": store.name})
        done = run.carried_out(
            asked.at,
            lambda copy, _: job.on(store, kept_copies.LONGEST)(
                recover_in_place.store, copy, store.fqdn, readers
            ),
        )
        return run.recorded(done["left"], mailboxes=done["mailboxes"], messages=done["messages"])


@dataclass(frozen=True, slots=True)
class _Job:
    """What is restored by whom to which hosts, on the document that `noting` names."""

    workspace: Workspace
    wanted: Deployment
    state: Desired
    noting: Noting
    ssh: Ssh
    keepers: Sequence[Host]

    @classmethod
    def begun(cls, asked: Asked, ssh: Ssh) -> _Job:
        """Read data and inventory; raise `Refused` if the day is not today.

        Copies of a keeper alone are taken, if one is named; raises `UsageError` if it keeps none.
        """
        workspace, keeper = asked.workspace, asked.keeper
        loaded = read(workspace.root, workspace.on)
        wanted = deployment(workspace, loaded, asked.inventory)
        found = wanted.inventory
        refuse_other_day(workspace, found, Message("what was copied is restored as of today only"))
        state = desired(loaded.organisation, loaded.policy, workspace.on)
        noting = Noting.of(workspace, wanted, ssh, [asked.document])
        hosts = [host for host in keepers(found) if keeper in ("", host.name)]
        if not hosts:
            raise UsageError(Message("{host} keeps no copies", host=shown(keeper)))
        return cls(workspace, wanted, state, noting, ssh, hosts)

    def require_basis(self, people: Sequence[Mailbox]) -> None:
        """Raise unless the document is by who may decide on the sign-in of people."""
        (document,) = self.noting.record.documents
        basis(self.wanted.loaded, self.workspace.on, document, people)

    def on(self, host: Host, timeout: float = _LONG) -> OnHost:
        """Return what calls functions on a host, which may take hours."""
        return on_host(self.wanted.inventory, self.ssh, host, timeout)

    def note(self, host: Host, result: str, changes: Sequence[str]) -> None:
        """Put on record how it ended on a host, or without a result that it begins."""
        self.noting.add([host.name], result, changes)


@dataclass(slots=True)
class _Run:
    """A restore of copies of a kind on a host; `values` fill what is said of it.

    `aside` says of copies that were not taken where they are, and why.
    """

    job: _Job
    host: Host
    kind: str
    say: _Sentences
    values: dict[str, object]
    aside: tuple[Message, ...] = ()

    def carried_out(self, at: datetime, call: Callable[[tuple[str, str], datetime], T]) -> T:
        """Return what a host answers that is given repository and snapshot of a copy.

        The repository is as it was when that snapshot arrived: what a host adds later cannot spoil
        what was there. It is on record that the restore begins, and that it failed if the host says
        so; then the copy that another keeps is tried. A host goes on when this program ends or the
        connection does: nobody knows how it ended then, and it still reads the copy.
        """
        first, *others = _before(self._arrivals(), at, named(self.kind, self.host.name))
        for each in others:
            there = Message(
                "{keeper} has a copy of {moment}; --from {keeper} takes that",
                keeper=each[0].name, moment=_minute(moment(each[1][1])),
            )  # fmt: skip
            self.aside += (there,)
        for keeper, arrival in (first, *others):
            try:
                return self._taken(keeper, arrival, call)
            except HostRefused as error:
                failed = error
                unread = Message(
                    "the copy on {keeper} did not come back: {reason}",
                    keeper=keeper.name, reason=error.what,
                )  # fmt: skip
                self.aside += (unread,)
        self.job.note(self.host, "failed", [self._filled(self.say.failed)])
        raise failed

    def _taken(
        self, keeper: Host, arrival: kept_copies.Arrival,
        call: Callable[[tuple[str, str], datetime], T],
    ) -> T:  # fmt: skip
        """Have a host take one copy; raise `HostRefused` if it says that it failed, or never began.

        Who keeps the copy may be lost meanwhile: only what the host itself answers decides.
        """
        job, (snapshot, seconds, repository) = self.job, arrival
        copied = moment(seconds)
        self.values["moment"] = Message(
            "{moment} on {keeper}", moment=_minute(copied), keeper=keeper.name
        )
        try:
            view = job.on(keeper, _SHORT)(kept_copies.view, FOLDER, repository, snapshot)
        except HostFailed as error:
            raise HostRefused(error.what) from error
        job.note(self.host, "", [self._filled(self.say.begins)])
        try:
            done = call((f"{keeper.name}/{PurePath(view).name}", snapshot), copied)
        except HostRefused:
            self._forget(keeper, view)
            raise
        self._forget(keeper, view)
        return done

    def _forget(self, keeper: Host, view: str) -> None:
        """Remove a view that nobody reads any more; one that is left goes after a week anyway."""
        try:
            self.job.on(keeper, _SHORT)(kept_copies.remove_view, FOLDER, view)
        except HostFailed as error:
            left = Message(
                "what the restore read stays on {keeper} for a week: {reason}",
                keeper=keeper.name, reason=error.what,
            )  # fmt: skip
            self.aside += (left,)

    def _arrivals(self) -> Sequence[tuple[Host, kept_copies.Arrival]]:
        """Return the copies with all who keep them; raise `HostFailed` if nobody answers.

        One that is lost, or cannot be reached, must not keep another's from being restored.
        """
        found, failed = answers(self.job.keepers, self._kept)
        if not found:
            raise next(iter(failed.values()))
        for host in failed:
            unseen = Message("{host} did not answer, and may have a newer copy", host=host)
            self.aside += (unseen,)
        return [(host, each) for host in self.job.keepers for each in found.get(host.name, ())]

    def _kept(self, keeper: Host) -> list[kept_copies.Arrival]:
        asked = self.job.on(keeper, _SHORT)
        return asked(kept_copies.arrivals, FOLDER, f"{self.host.copied_as}/{self.kind}")

    def recorded(self, left: Sequence[str], **values: object) -> Done:
        """Put on record what came back, and what did not, each with the reason; return it."""
        done = Done(
            [self._filled(self.say.done, **values)],
            [self._filled(self.say.left, reason=printable(each)) for each in left],
        )
        self.job.note(self.host, "applied", done.sentences)
        return replace(done, then=self.aside)

    def _filled(self, sentence: Message, **more: object) -> Message:
        return Message(sentence.template, **self.values, **more)


def _readers(state: Desired, mailbox: Mailbox) -> dict[str, str]:
    """Return who reads a unit's mailbox, each with the folder that it is for them."""
    if mailbox.kind != "unit":
        return {}
    unit = shared(state)[mailbox.id]
    return dict.fromkeys(sorted(unit.readers), f"{SHARED}/{unit.folder}")


def _before(
    arrivals: Sequence[tuple[Host, kept_copies.Arrival]], at: datetime, what: Message
) -> Sequence[tuple[Host, kept_copies.Arrival]]:
    """Return the newest copy of each who keeps some that had arrived by then, the newest first.

    They go by the clock of who keeps them. Raises `Refused` if there was none.
    """
    in_order = sorted(arrivals, key=lambda each: each[1][1])
    newest = {each[0].name: each for each in in_order if moment(each[1][1]) <= at}
    if newest:
        return sorted(newest.values(), key=lambda each: -each[1][1])
    if not arrivals:
        raise Refused(Message("there is no copy of {what}", what=what))
    first = moment(in_order[0][1][1])
    raise Refused(
        Message("no copy is as old as {at}", at=_minute(at)),
        fix=Message("the oldest arrived at {first}", first=_minute(first)),
    )


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
