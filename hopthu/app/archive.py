"""Bring closed mailboxes to the archive, erase what is past its term, and show or export it."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO

import pyrage

from hopthu.app.deployment import deployment, inventory_of, mailbox_of, refuse_other_day
from hopthu.app.noting import Done, Noting
from hopthu.app.secrets import refuse_committed, secrets_of
from hopthu.app.workspace import Workspace
from hopthu.archive.due import Archiving, Erasing, Over, Task, There, called, due, over, until
from hopthu.archive.hosts import Archive, require_of
from hopthu.archive.kept import Kept, kept
from hopthu.archive.reading import compared
from hopthu.credentials.basis import basis
from hopthu.daily.deployed import Deployed, deployed, read_deployed
from hopthu.desired.host_mailboxes import FOLDERS
from hopthu.desired.mailbox import Mailbox
from hopthu.desired.state import Desired, desired
from hopthu.errors import HopthuError, HostFailed, Refused, UsageError
from hopthu.history.host_records import read_records
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.model.phrases import describe_day, describe_document
from hopthu.servers.survey import Deployment
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

_DRILLED = 20
"""Archives that are read at random, night by night."""


@dataclass(frozen=True, slots=True)
class Row:
    """An archive of a mailbox that is called `name`: when it may be erased, and why not.

    `until` is the first day on which it may be, `date.max` while nobody knows: it is held by
    `held`, or the mailbox is in use again. `damaged` are the names of hosts where it is not what
    was read there, as far as anybody looked, `lacking` those of hosts that keep archives and not
    this one.
    """

    kept: Kept
    name: str
    until: date
    held: tuple[str, ...]
    damaged: tuple[str, ...]
    lacking: tuple[str, ...]

    def said(self) -> Message:
        """Return what is in it, until when, and what is wrong with it."""
        kept = self.kept
        text = Message(
            "{name}: {messages} message(s), archived on {day}, {size} MB, on {hosts}; {until}"
            " [mail {id}]",
            name=self.name, messages=kept.messages, day=describe_day(kept.on),
            size=f"{kept.size / 1e6:.1f}", hosts=", ".join(kept.keepers), until=self._until(),
            id=kept.mailbox.partition("/")[2],
        )  # fmt: skip
        if self.lacking:
            text = Message("{text}. Not on {hosts}", text=text, hosts=", ".join(self.lacking))
        if self.damaged:
            return Message(
                "{text}. Damaged: it is not what was read there, on {hosts}",
                text=text, hosts=", ".join(self.damaged),
            )  # fmt: skip
        return text

    def _until(self) -> Message:
        if self.held:
            return Message("held by {documents}", documents=", ".join(self.held))
        if self.until == date.max:
            return Message("kept until its mailbox is closed for good")
        return Message("kept until {day}", day=describe_day(self.until))

    def as_dict(self) -> dict[str, object]:
        """Return one of the `archives` of `archive show --format json`."""
        kept = self.kept
        return {
            "mailbox": kept.mailbox,
            "name": self.name,
            "on": kept.on.isoformat(),
            "until": None if self.until == date.max else self.until.isoformat(),
            "held": self.held,
            "messages": kept.messages,
            "bytes": kept.size,
            "hosts": kept.keepers,
            "damaged": self.damaged,
            "lacking": self.lacking,
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """What is in the archive, the paths there of what nobody knows, and who does not answer.

    `nowhere` are the mailboxes that are to be in it and are neither there nor on a store: they
    never had mail, or it is lost. Nothing on a host says which, so that is shown, and no failure.
    """

    rows: Sequence[Row]
    unnoted: Sequence[str]
    silent: Sequence[str]
    nowhere: Sequence[Mailbox]

    @property
    def good(self) -> bool:
        """Whether nothing is missing or damaged, as far as anybody looked."""
        wrong = any(row.damaged or row.lacking for row in self.rows)
        return not (self.unnoted or self.silent or wrong)

    def said(self) -> list[Message]:
        """Return a sentence for each archive, and for whatever is not in one or not known."""
        never = Message(
            "{name}: in no archive and on no store: it never had mail, or that is lost [mail {id}]"
        )
        unnoted = Message("{path}: damaged: nothing says what was read there")
        return [
            *(row.said() for row in self.rows),
            *(Message(never.template, name=each.name, id=each.id) for each in self.nowhere),
            *(Message(unnoted.template, path=path) for path in self.unnoted),
            *(Message("not looked at: {reason}", reason=reason) for reason in self.silent),
        ]

    def as_json(self) -> str:
        """Return what `archive show --format json` prints."""
        content = {
            "archives": [row.as_dict() for row in self.rows],
            "unnoted": self.unnoted,
            "silent": self.silent,
            "nowhere": [each.id for each in self.nowhere],
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Work:
    """What is due in the archive of a centre on a day, by the data that hosts `have` on record."""

    workspace: Workspace
    have: Deployed
    wanted: Deployment
    archive: Archive
    tasks: tuple[Task, ...]

    def said(self) -> list[Message]:
        """Return what is due, each with the documents by which its mailbox was closed."""
        return [
            Message(
                "{what}, by {documents}",
                what=task.said(), documents=_cited(task.documents, self.wanted.loaded),
            )
            if task.documents
            else task.said()
            for task in self.tasks
        ]  # fmt: skip

    def carry_out(self) -> Done:
        """Do what is still due when its turn comes, on record before and after.

        What is not any more, or fails, keeps nothing else from being done.
        """
        key = secrets_of(self.workspace, self.wanted.inventory).archive_key()
        documents = {each for task in self.tasks for each in task.documents}
        note = Noting.of(self.workspace, self.wanted, self.archive.ssh, sorted(documents))
        note.add(self.archive.names, "", [_about(each.said(), each.path) for each in self.tasks])
        done = Done()
        for task in self.tasks:
            try:
                done.done.append(_about(self._one(task, key, done), task.path))
            except HopthuError as error:
                done.left.append(_not_done(task, error.what))
        result = "failed" if done.left else "applied"
        note.add(self.archive.names, result, done.sentences)
        return done

    def _one(self, task: Task, key: pyrage.x25519.Identity, done: Done) -> Message:
        there = self._still_due(task)
        if isinstance(task, Erasing):
            return self.archive.erase(task)
        if not isinstance(task, Archiving):
            return self.archive.spread(task, key)
        before = there.archives.get(task.path, ())
        what, damaged = self.archive.archive(task, before, key)
        done.left += [_not_done(task, each) for each in damaged]
        return what

    def _still_due(self, task: Task) -> There:
        """Return what hosts have of a mailbox now; raise `Refused` if a task is not due any more.

        A hold or a return may have been applied since it was agreed to.
        """
        inventory, ssh = self.wanted.inventory, self.archive.ssh
        have, loaded = deployed(read_records(ssh, inventory)), self.wanted.loaded
        if have != self.have:
            loaded = read_deployed(self.workspace.repository, have, self.wanted.on)
        there, tasks = _due(replace(self.wanted, loaded=loaded), self.archive, task.path)
        if task not in tasks:
            raise Refused(Message("it is not due any more"))
        return there


def work(workspace: Workspace, inventory: Inventory, ssh: Ssh) -> Work:
    """Return what is due by the data that hosts have on record; nothing is changed.

    No edit that nobody has reviewed and applied has mail erased. Raises `Refused` on another day
    than today, or if it is not known what hosts have, and `HostFailed` if no host keeps an archive,
    or if one does not answer.
    """
    refuse_other_day(workspace, inventory, Message("mail is archived and erased as of today only"))
    have = deployed(read_records(ssh, inventory))
    loaded = read_deployed(workspace.repository, have, workspace.on)
    wanted = Deployment.of(workspace.repository, inventory, loaded, workspace.on)
    archive = Archive(ssh, wanted.inventory, workspace.on)
    _, tasks = _due(wanted, archive)
    return Work(workspace, have, wanted, archive, tasks)


def prepare(workspace: Workspace, inventory: str, ssh: Ssh) -> Work:
    """Return what is due by an inventory of the workspace; raise as `work` does."""
    return work(workspace, inventory_of(workspace, inventory), ssh)


def _due(wanted: Deployment, archive: Archive, only: str = "") -> tuple[There, tuple[Task, ...]]:
    """Return what hosts have now, and what is due by that; of one mailbox if it is named."""
    known = {
        path: each
        for path, each in _over(wanted.loaded, wanted.desired).items()
        if only in ("", path)
    }
    there, loaded = archive.there(known), wanted.loaded
    tasks = due(known, there, loaded.organisation, loaded.policy, wanted.on)
    return there, tuple(task for task in tasks if only in ("", task.path))


def show(workspace: Workspace, inventory: str, *, all_read: bool) -> Shown:
    """Return what is in the archive; with `all_read` all of it is read, which may take hours.

    Raises `HostFailed` if no host that keeps it answers.
    """
    loaded = read(workspace.root, workspace.on)
    found = deployment(workspace, loaded, inventory).inventory
    known = _over(loaded, desired(loaded.organisation, loaded.policy, workspace.on))
    with Ssh() as ssh:
        archive = _archive(workspace, ssh, found)
        notes, silent = archive.answers(archive.notes)
        unnoted, _ = archive.answers(archive.unnoted)
        there = kept(notes)
        sound = {
            path: archive.answers(partial(archive.sound, archives=archives))[0]
            for path, archives in there.items()
            if all_read
        }
        wanted = sorted(
            path for path, of in known.items() if path not in there and of.ends > workspace.on
        )
        on_stores, unsaid = archive.on_stores(wanted)
    rows = [
        Row(
            each, called(loaded.organisation, path), until(of, each, loaded.policy), _held(of),
            (*(
                keeper for keeper in each.keepers
                if all_read and each.name not in sound[path].get(keeper, ())
            ),),
            (*(keeper for keeper in notes if keeper not in each.keepers),),
        )
        for path, archives in there.items()
        for of in [known.get(path)]
        for each in archives
    ]  # fmt: skip
    paths = [f"{keeper}:{path}" for keeper, paths in unnoted.items() for path in paths]
    nowhere = [
        known[path].mailbox for path in wanted if not (silent or unsaid or path in on_stores)
    ]
    return Shown(rows, paths, [*silent, *unsaid], nowhere)


def _archive(workspace: Workspace, ssh: Ssh, inventory: Inventory) -> Archive:
    """Return the archive as it is now, whichever day it is looked at for."""
    return Archive(ssh, inventory, max(workspace.on, workspace.today))


def drill(workspace: Workspace, inventory: Inventory, ssh: Ssh) -> list[Message]:
    """Read archives at random, each on one of its hosts at random; return which are damaged.

    They are compared with their manifests, for which the key is needed: no host that keeps them
    can. What is damaged is on record. Raises `HostFailed` if nobody who keeps them answers.
    """
    archive = Archive(ssh, inventory, workspace.on)
    notes, _ = archive.answers(archive.notes)
    there = [each for archives in kept(notes).values() for each in archives]
    key = secrets_of(workspace, inventory).archive_key() if there else None
    wrong = []
    for each in random.sample(there, min(_DRILLED, len(there))) if key else ():
        keeper = random.choice(each.keepers)  # noqa: S311  (nobody gains by guessing it)
        try:
            archive.require_sound(each, keeper, key)
        except HostFailed as error:
            damaged = Message(
                "{mailbox}: the archive of {day} on {host} is not what it was: {reason}",
                mailbox=each.mailbox, day=describe_day(each.on), host=keeper, reason=error.what,
            )  # fmt: skip
            wrong.append(_about(damaged, each.mailbox))
    if wrong:
        loaded = read(workspace.root, workspace.on)
        wanted = Deployment.of(workspace.repository, inventory, loaded, workspace.on)
        Noting.of(workspace, wanted, ssh).add(archive.names, "failed", wrong)
    return wrong


def export(
    workspace: Workspace, inventory: str, mailbox: str, document: str, folder: Path
) -> list[Path]:
    """Write the archives of a mailbox as tar files into a folder, on a document; return them.

    Each is compared with its manifest and its name as it is written, and is there only if it is the
    same. Raises `UsageError` for an unknown mailbox or document, and `Refused` if the document is
    not by an authority that may decide on the owner's sign-in, or if the folder is in the
    repository, where the mail could be committed.
    """
    refuse_committed(workspace, folder, Message("name a folder elsewhere"))
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    chosen = mailbox_of(wanted.desired, mailbox)
    basis(loaded, workspace.on, document, [chosen])
    key = secrets_of(workspace, wanted.inventory).archive_key()
    with Ssh() as ssh:
        archive = _archive(workspace, ssh, wanted.inventory)
        notes, _ = archive.answers(archive.notes)
        found = kept(notes).get(f"{FOLDERS[chosen.kind]}/{chosen.id}", ())
        if not found:
            raise UsageError(Message("nothing of {name} is in the archive", name=chosen.name))
        note = Noting.of(workspace, wanted, ssh, [document])
        begins = Message("{name}: the archive is exported", name=chosen.name)
        note.add(archive.names, "", [_named(begins, chosen.id)])
        try:
            made = [_exported(archive, each, key, folder) for each in found]
        except HostFailed as error:
            failed = Message(
                "{name}: the archive was to be exported, and that failed: {reason}",
                name=chosen.name, reason=error.what,
            )  # fmt: skip
            note.add(archive.names, "failed", [_named(failed, chosen.id)])
            raise
        done = Message("{name}: the archive was exported", name=chosen.name)
        note.add(archive.names, "applied", [_named(done, chosen.id)])
    return made


def _exported(archive: Archive, kept: Kept, key: pyrage.x25519.Identity, folder: Path) -> Path:
    """Export an archive from the first host that has it as it was; raise if none has."""
    *others, last = kept.keepers
    for keeper in others:
        with suppress(HostFailed):
            return _exported_from(archive, kept, keeper, key, folder)
    return _exported_from(archive, kept, last, key, folder)


def _exported_from(
    archive: Archive, kept: Kept, keeper: str, key: pyrage.x25519.Identity, folder: Path
) -> Path:
    owner = kept.mailbox.partition("/")[2]
    path = folder / f"{owner}-{kept.on}-{kept.name[:8]}.tar"
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with part.open("wb") as file, archive.content(kept, keeper, key) as plain:
            there = compared(_Copied(plain, file))  # type: ignore[arg-type]  # it is only read
        require_of(kept, there)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class _Copied:
    """A stream of which everything that is read is written to a file."""

    stream: IO[bytes]
    file: IO[bytes]

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none at the end."""
        found = self.stream.read(size)
        self.file.write(found)
        return found


def _about(what: Message, path: str) -> Message:
    """Return a sentence as records have it, with the id of the mailbox it concerns."""
    return _named(what, path.partition("/")[2])


def _named(what: Message, mailbox: str) -> Message:
    return Message("{text} [{kind} {id}]", text=what, kind="mail", id=mailbox)


def _not_done(task: Task, reason: Message) -> Message:
    what = Message("{name}: not done: {reason}", name=task.name, reason=reason)
    return _about(what, task.path)


def _over(loaded: Loaded, state: Desired) -> Mapping[str, Over]:
    return over(loaded.organisation, loaded.policy, state)


def _held(of: Over | None) -> tuple[str, ...]:
    hold = of.hold if of else None
    return tuple(filter(None, (hold.decision, hold.request))) if hold else ()


def _cited(documents: Sequence[str], loaded: Loaded) -> Message:
    known = loaded.organisation.documents
    return joined([describe_document(known[each]) for each in documents if each in known], ", ")
