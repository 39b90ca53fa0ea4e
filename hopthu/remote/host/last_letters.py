"""The last letters that a store took before its host died, so that none of them comes twice.

Who handed a letter in may not have heard that it was stored, and hands it in again (RFC 1047).
Dovecot keeps nothing by which it could tell. A letter that Postfix hands in again has the queue id
that it had, in the Received header that Postfix added, and that is in the mailbox already: each
mailbox with letters of the last minutes has a script (Sieve, RFC 5228), which discards what has one
of their ids. Queue ids are never used again (postconf(5), enable_long_queue_ids).
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from email.parser import BytesHeaderParser
from pathlib import Path

from hopthu.remote.host.files import write

SCRIPTS = Path("/run/hopthu-last-letters")
"""The scripts, `ID.sieve` for each mailbox that has one."""

_UNHEARD = 600.0
"""Seconds for which Postfix waits to hear of a letter (lmtp_data_done_timeout)."""
_HEADERS = 1 << 18
"""Bytes of a message that are looked at; Postfix takes headers of 100 KiB."""
_BY_POSTFIX = re.compile(r"\(Postfix\)\s+with\s+\S+\s+id\s+(\w+)", re.ASCII)
_SENT = "Sent"
_KEPT_SENT = (f"/Maildir/{_SENT}/cur", f"/Maildir/{_SENT}/new")
"""The folder into which Postfix delivers what units send, by an address of its own."""


def note(mail: Path) -> None:
    """Write the scripts for the mail below a folder; those of before are removed.

    Run before Dovecot starts, which reads them as the owner of the mail.
    """
    shutil.rmtree(SCRIPTS, ignore_errors=True)
    SCRIPTS.mkdir()
    SCRIPTS.chmod(0o711)
    for mailbox, ids in _last(mail).items():
        path = SCRIPTS / f"{mailbox}.sieve"
        write(path, _script(ids))
        path.chmod(0o644)


def _last(mail: Path) -> dict[str, dict[bool, list[str]]]:
    """Return by mailbox the queue ids of its last letters: those in Sent (True), and others."""
    found: dict[str, dict[bool, list[str]]] = defaultdict(lambda: {True: [], False: []})
    changed = [
        (mailbox.name, place, place.stat().st_mtime)
        for kind in _folders(str(mail))
        for mailbox in _folders(kind.path)
        for top in _folders(mailbox.path)
        if top.name == "Maildir"
        for place in _places(top.path)
    ]
    since = max((at for _, _, at in changed), default=0) - _UNHEARD
    for mailbox, place, at in changed:
        if at >= since:
            found[mailbox][place.path.endswith(_KEPT_SENT)] += _ids(place.path, since)
    return {mailbox: ids for mailbox, ids in found.items() if any(ids.values())}


def _places(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield the folders with messages of a mail folder and those in it."""
    for each in _folders(folder):
        if each.name in ("cur", "new"):
            yield each
        elif each.name != "tmp":
            yield from _places(each.path)


def _folders(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield the folders in a folder; links are none."""
    with os.scandir(folder) as found:
        yield from (each for each in found if each.is_dir(follow_symlinks=False))


def _ids(place: str, since: float) -> Iterator[str]:
    """Yield the queue ids of the messages in a folder that came since a time (s since 1970)."""
    for entry in os.scandir(place):
        if not entry.is_file(follow_symlinks=False) or entry.stat().st_mtime < since:
            continue
        if found := _id(entry.path):
            yield found


def _id(path: str) -> str:
    """Return the queue id under which a message was handed in, empty if Postfix did not do so."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return ""
        headers = BytesHeaderParser().parsebytes(file.read(_HEADERS))
    ids = map(_BY_POSTFIX.search, map(str, headers.get_all("Received", ())))
    return next((each[1] for each in ids if each), "")


def _script(ids: dict[bool, list[str]]) -> str:
    """Return a script that discards what is there already: in Sent, and elsewhere."""
    tests = [_test(sent, these) for sent, these in ids.items() if these]
    return _SCRIPT.format(tests=",\n    ".join(tests))


def _test(sent: bool, ids: Sequence[str]) -> str:
    where = f'envelope :detail "to" "{_SENT}"'
    these = ", ".join(f'"id {each}"' for each in ids)
    return f'allof({where if sent else f"not {where}"}, header :contains "Received" [{these}])'


_SCRIPT = """\
require ["envelope", "subaddress"];

# These letters are here already: who handed them in may not have heard of it.
if anyof(
    {tests}
) {{
    discard;
    stop;
}}
"""
