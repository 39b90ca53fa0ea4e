"""Read and change who has access to the unit mailboxes of this store."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host import touched, units_by_id
from hopthu.remote.host.files import acting_as, lines, make_in, opened, read_plain, write
from hopthu.remote.host.packing import Packed, packed, unpacked
from hopthu.remote.host.sessions import with_sessions
from hopthu.remote.host.state import FAILURES, Failed, comes, output, read, run

SPACE = r"%{literal('\x20')}"
"""How the file of readers has a space, which would end a field."""

_ACL, _LISTS, _LIST = "dovecot-acl", "unit-lists", "subscriptions"
_MESSAGES = {"cur", "new", "tmp", "fts-flatcurve"}
_PATIENCE = 20.0
_RIGHT = re.compile(r'"?(.+?)"? (\S+)')


class Granted(TypedDict):
    """Each right, as unit, folder, identifier and letters; and the file of readers, packed."""

    rights: list[tuple[str, str, str, str]]
    listed: Packed


def granted(units: str, readers: str) -> Granted:
    """Return the access in the mailboxes below `units`, and the file of readers."""
    found = [right for unit in sorted(Path(units).glob("*")) for right in rights(unit)]
    return {"rights": found, "listed": listed(readers)}


def listed(readers: str) -> Packed:
    """Return the file of readers."""
    return packed(read(Path(readers)))


def note_readers(text: str, readers: str, group: str) -> None:
    """Write the file of readers, packed, for a `group`, where no Dovecot runs that reads it."""
    write(Path(readers), unpacked(text), group=group)


def rights(unit: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rights in every folder, but not among messages, of which there may be very many."""
    top = unit / "Maildir"
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if name not in _MESSAGES]
        if _ACL not in files:
            continue
        name = str(Path(folder).relative_to(top))
        for line in read_plain(Path(folder, _ACL)).split("\n"):
            if match := _RIGHT.fullmatch(line):
                yield unit.name, "INBOX" if name == "." else name, match[1], match[2]


class Changes(TypedDict):
    """What is to be done, in this order.

    `revoked` are ACL files that lose rights and `granted` those that gain some: the folder, below
    those of all units, and what the file has then, empty if it is removed; `subscribed` are people
    and the unit whose usual folders they are subscribed to; `listed` is the file of readers,
    packed; `ended` are people whose sessions end, who could otherwise go on with what they have.
    """

    revoked: Sequence[tuple[str, str]]
    subscribed: Sequence[tuple[str, str]]
    granted: Sequence[tuple[str, str]]
    listed: str
    ended: Sequence[str]


class Folders(TypedDict):
    """The usual folders of units beside INBOX, and the one `above` all units, as readers see it."""

    usual: Sequence[str]
    above: str


def change(
    changes: Changes, mail: str, owner: str, folders: Folders, readers: str, group: str
) -> None:
    """Make the changes below `mail`; raise the first failure, after which nothing is granted.

    A `group` is to read the file of `readers`. Dovecot reads rights whenever it opens a folder.
    Asked to write them, it would take minutes for all.
    """
    listed, ended = unpacked(changes["listed"]), changes["ended"]
    # Until their sessions have ended the file notes whose, for a run that is killed before.
    notes = "".join(f"#{person}\n" for person in ended)
    _try_all(
        (
            partial(_prepare, changes, Path(mail), owner, folders),
            partial(_write_readers, Path(readers), notes + listed, group),
            # Whoever signs in again has what the file says now.
            partial(_end_sessions, ended),
        )
    )
    if notes:
        _write_readers(Path(readers), listed, group)
    output("sync", "-f", mail)


def _prepare(changes: Changes, mail: Path, owner: str, folders: Folders) -> None:
    """Change rights and subscribe readers; whoever is in the file of readers already is not."""
    put = partial(_put_acl, mail, owner=owner)
    touched.note(f"units/{folder.partition('/')[0]}" for folder, _ in changes["revoked"])
    revocations = (partial(put, folder, text) for folder, text in changes["revoked"])
    _try_all((*revocations, partial(_subscribe, mail, owner, folders, changes["subscribed"])))
    for folder, text in changes["granted"]:
        with acting_as(owner):
            _complete(mail / "units" / folder)
        put(folder, text)


def _complete(folder: Path) -> None:
    """Make a folder below INBOX that somebody has deleted; no mailbox."""
    if (folder.parent / "cur").is_dir():
        for part in ("", "cur", "tmp", "new"):
            (folder / part).mkdir(0o700, exist_ok=True)


def _put_acl(mail: Path, folder: str, text: str, owner: str) -> None:
    """Write an ACL file, or remove it if it is empty; not through links."""
    path = mail / "units" / folder
    if not text:
        with suppress(FileNotFoundError), opened(mail, path) as parent:
            os.unlink(_ACL, dir_fd=parent)
        return
    new = f"{_ACL}.new"
    with opened(mail, path) as parent:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=parent)
        make_in(parent, new, text, owner)
        os.replace(new, _ACL, src_dir_fd=parent, dst_dir_fd=parent)


def _subscribe(
    mail: Path, owner: str, folders: Folders, readers: Sequence[tuple[str, str]]
) -> None:
    """Subscribe readers of units to the usual folders, as the owner of all mail."""
    homes = ((mail / "people" / person, unit) for person, unit in readers)
    with acting_as(owner):
        _try_all(partial(_make_list, home, unit, folders) for home, unit in homes)


def _make_list(home: Path, unit: str, folders: Folders) -> None:
    """Make a reader's list of what is subscribed to in a unit's mailbox; one that is there is kept.

    INBOX has no name there.
    """
    units_by_id.take_over(home / "units" / unit)
    folder = home / _LISTS / unit
    for each in (folder.parent, folder):
        each.mkdir(0o700, exist_ok=True)
    if (folder / _LIST).exists():
        return
    names = units_by_id.subscribed(home, folders["above"], unit) or ["", *folders["usual"]]
    new = folder / f"{_LIST}.new"
    new.touch(0o600)
    new.write_text(lines(["V\t2", "", *names]))
    # Dovecot may have made one meanwhile.
    with suppress(FileExistsError):
        (folder / _LIST).hardlink_to(new)
    new.unlink()


def _end_sessions(people: Sequence[str]) -> None:
    # One person at a time: doveadm 2.4.1 crashes if it is given two people that it does not find.
    here = with_sessions() if people else set()
    _try_all(partial(run, "doveadm", "kick", person) for person in people if person in here)


def _try_all(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step, whether or not others fail; then raise the first failure."""
    failures = []
    for step in steps:
        try:
            step()
        except FAILURES as error:
            failures.append(error)
    if failures:
        raise failures[0]


def by_person(readers: str) -> dict[str, str]:
    """Return the line of each person in a file of readers; a note if sessions are to end."""
    found = [line for line in readers.split("\n") if line]
    notes = {line.removeprefix("#"): line for line in found if line.startswith("#")}
    return {line.partition(":")[0]: line for line in found if not line.startswith("#")} | notes


def _write_readers(path: Path, text: str, group: str) -> None:
    """Write the whole file at once, and wait until Dovecot has read it.

    It does so if the size is another, or the second in which the file was written, and asks for
    both at most once a second.
    """
    was, now = (by_person(re.sub("(?m)^#.*\n", "", each)) for each in (read(path), text))
    before = int(path.stat().st_mtime) if path.exists() else 0
    write(path, text, group=group)
    moment = max(int(time.time()), before + 1)
    os.utime(path, (moment, moment))
    other = next((each for each in {**now, **was} if was.get(each) != now.get(each)), None)
    if other and not comes(lambda: _is_known(other, now.get(other, "")), _PATIENCE):
        raise Failed("Dovecot does not read the file of readers")


def _is_known(person: str, line: str) -> bool:
    """Return whether Dovecot finds of a person the fields in their line, or none without one."""
    told = run("doveadm", "user", person, fine=None).stdout.splitlines()
    fields = [field.replace("=", "\t", 1) for field in line.split(" userdb_")[1:]]
    if fields:
        return {field.replace(SPACE, " ") for field in fields} <= {*told}
    return not any(field.startswith("namespace/") for field in told)
