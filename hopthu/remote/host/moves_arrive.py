"""Put copies that have arrived in place, before the directory directs anybody to them."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hopthu.remote.host import moves
from hopthu.remote.host.files import lines
from hopthu.remote.host.mailbox_files import require_mailbox
from hopthu.remote.host.state import Failed, output, state

OWNER = "vmail"


def arrive(here: str, mailboxes: Sequence[str]) -> None:
    """Put mailboxes in place; when this returns Dovecot can read all of them."""
    known = moves.places(mailboxes)
    expected = {each for each, place in known.items() if place.frozen and place.host != here}
    if expected != {*mailboxes}:
        raise Failed("its directory does not expect these mailboxes")
    copies = {mailbox: moves.at(mailbox, "arriving") for mailbox in mailboxes}
    for copy in copies.values():
        require_mailbox(copy, pwd.getpwnam(OWNER).pw_uid)
    if here_already := [each for each in moves.have(mailboxes) if not _arrived(each).exists()]:
        # The directory may be older than this, and the copy come from a mailbox that was empty.
        raise Failed(
            f"{here_already[0]} is here already, though the directory has it on "
            f"{known[here_already[0]].host}: look at both before either is moved away"
        )
    output("sync", "-f", moves.MAIL / "arriving")
    for mailbox, copy in copies.items():
        _make_room(mailbox)
        note = _arrived(mailbox)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
        copy.rename(moves.at(mailbox))
    output("sync", "-f", moves.MAIL)
    live = [each for each in mailboxes if known[each].state in ("active", "locked")]
    if live and _files(live) != _messages(live):
        raise Failed("Dovecot does not find the same number of messages as there are files")


def _arrived(mailbox: str) -> Path:
    """Return the note that what is in place of a mailbox arrived, and may not be valid yet."""
    return state() / "arrived" / mailbox


def _make_room(mailbox: str) -> None:
    """Remove a placeholder, or a copy that never became valid: nothing else is in the way."""
    live = moves.at(mailbox)
    if moves.is_placeholder(live):
        live.rmdir()
    elif _arrived(mailbox).exists():
        moves.remove(live)


def _files(mailboxes: Sequence[str]) -> dict[str, int]:
    """Return the number of message files of each mailbox, by id."""
    return {
        mailbox.partition("/")[2]: sum(
            not name.startswith(".")
            for folder, _, names in os.walk(moves.at(mailbox))
            if {"cur", "new"} & {*Path(folder).parts}
            for name in names
        )
        for mailbox in mailboxes
    }


def _messages(mailboxes: Sequence[str]) -> dict[str, int]:
    """Return the number of messages that Dovecot finds in each mailbox, by id."""
    found: dict[str, int] = {}
    with tempfile.NamedTemporaryFile("w") as ids:
        ids.write(lines(mailbox.partition("/")[2] for mailbox in mailboxes))
        ids.flush()
        # `*` matches no mailbox of a unit that somebody reads.
        status = ("mailbox", "status", "-F", ids.name, "messages", "*")
        answer = output("doveadm", "-f", "tab", *status)
    # Lines end nowhere else: what Python takes for a line may be in the name of a folder.
    for row in answer.split("\n")[1:-1]:
        owner, *_, number = row.split("\t")
        found[owner] = found.get(owner, 0) + int(number)
    return found
