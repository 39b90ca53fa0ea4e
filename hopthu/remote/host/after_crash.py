"""What a store does before Dovecot starts, unless it was left in order (docs/decisions/crashes.md).

Where Dovecot dies, or its host does, it leaves three things that 2.4.1 never mends:

- locks that nobody holds: whoever opens such a folder waits for them.
- letters whose senders may not know that they are stored, and hand them in again (RFC 1047). Each
  has a queue id then as before, in the Received header of the Postfix that hands it in: a script of
  its mailbox (Sieve, RFC 5228) discards what has one of the last ids that came there. They are
  never used again (postconf(5), enable_long_queue_ids).
- torn indexes for searches, which are not synced: Dovecot cannot open them. Where there is none it
  makes a new one.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import repeat
from pathlib import Path

from hopthu.remote.host.files import write

SCRIPTS = Path("/run/hopthu-last-letters")
"""The scripts, `ID.sieve` for each mailbox that has one."""

_AT_ONCE = 16
"""Mailboxes that are looked at together, so that a disk has several questions to answer."""
_UNHEARD = 600.0
"""Seconds for which Postfix waits to hear of a letter (lmtp_data_done_timeout)."""
_UNSYNCED = 120.0
"""Seconds within which the kernel writes by itself: begun after 35, and not at once.

https://docs.kernel.org/admin-guide/sysctl/vm.html, dirty_expire_centisecs
"""
_MOST = 10_000
"""Letters of a mailbox that are noted, the last ones."""
_HEADERS = 1 << 16
"""Bytes of a message that are looked at: what Dovecot and Postfix add is at its top."""
_RECEIVED = re.compile(rb"^Received:.*(?:\n[ \t].*)*", re.MULTILINE | re.IGNORECASE)
_BY_POSTFIX = re.compile(rb"\(Postfix\)\s+with\s+\S+\s+id\s+([0-9A-Za-z]{1,32})\b")
_INDEX = "fts-flatcurve"
"""The folder of an index for searches, which has one for each of its parts."""
_SENT = "Sent"
"""The folder into which Postfix delivers what units send, by an address of its own."""


@dataclass(slots=True)
class Mailbox:
    """A mailbox, and when its folders of messages and its indexes changed last (s since 1970)."""

    home: str
    folders: dict[str, float] = field(default_factory=dict)
    indexes: dict[str, float] = field(default_factory=dict)
    locks: int = 0

    @property
    def last(self) -> float:
        """When it changed last; what is later than now is of a clock that was wrong."""
        times, now = (*self.folders.values(), *self.indexes.values()), time.time()
        return max((each for each in times if each <= now), default=0)


def main() -> None:
    """Tidy the mail below the folder that is the argument."""
    os.umask(0o077)
    sys.stdout.write(f"{tidy(sys.argv[1])}\n")


def tidy(mail: str) -> str:
    """Make the mail below a folder ready for a Dovecot that starts; return what was done.

    What cannot be read is said and passed over: no mailbox keeps others from being served.
    """
    shutil.rmtree(SCRIPTS, ignore_errors=True)
    SCRIPTS.mkdir()
    SCRIPTS.chmod(0o711)
    homes = [home for kind in ("people", "units") for home in _folders(f"{mail}/{kind}")]
    for home in homes[:1]:  # Dovecot compiles them as the owner of the mail, and keeps that there.
        os.chown(SCRIPTS, home.stat().st_uid, home.stat().st_gid)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [*pool.map(_walked, (home.path for home in homes))]
        last = max((each.last for each in found), default=0)
        letters = sum(pool.map(_noted, found, repeat(last - _UNHEARD)))
        times = (index for each in found for index in each.indexes.items())
        torn = [path for path, at in times if at >= last - _UNSYNCED]
        pool.map(shutil.rmtree, torn, repeat(True))
    locks = sum(each.locks for each in found)
    return f"{locks} locks and {len(torn)} indexes removed, {letters} letters noted"


def _walked(home: str) -> Mailbox:
    """Return what changed last in a mailbox, and remove its locks."""
    found, todo = Mailbox(home), [home]
    with _said(home):
        while todo:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        if entry.name.endswith(".lock"):
                            Path(entry.path).unlink()
                            found.locks += 1
                    elif entry.name in ("cur", "new"):  # most of what is on the disk, and no lock
                        found.folders[entry.path] = entry.stat().st_mtime
                    elif entry.name == _INDEX and not entry.path.startswith(f"{home}/Maildir/"):
                        times = (part.stat().st_mtime for part in _folders(entry.path))
                        found.indexes[entry.path] = max(times, default=0)
                    elif entry.name != "tmp":
                        todo.append(entry.path)
    # Of most folders nothing need be remembered.
    since = found.last - _UNHEARD
    found.folders = {path: at for path, at in found.folders.items() if at >= since}
    found.indexes = {path: at for path, at in found.indexes.items() if at >= since}
    return found


def _folders(folder: str) -> Sequence[os.DirEntry[str]]:
    """Return the folders in a folder, none if there is none; links are none."""
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        return [each for each in found if each.is_dir(follow_symlinks=False)]
    return []


@contextmanager
def _said(home: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        sys.stderr.write(f"{home}: {error}\n")


def _noted(mailbox: Mailbox, since: float) -> int:
    """Write the script of a mailbox for its letters since a time; return how many these are."""
    ids: dict[bool, list[str]] = {True: [], False: []}
    sent = Path(mailbox.home, "Maildir", _SENT)
    with _said(mailbox.home):
        letters = (each for path in mailbox.folders for each in _letters(path, since))
        for _, path in nlargest(_MOST, letters):
            if found := _id(path, since):
                ids[Path(path).parents[1] == sent].append(found)
        if any(ids.values()):
            script = SCRIPTS / f"{Path(mailbox.home).name}.sieve"
            write(script, _script(ids))
            script.chmod(0o644)
    return sum(map(len, ids.values()))


def _letters(folder: str, since: float) -> Iterator[tuple[int, str]]:
    """Yield when a message came, as its name has it, and its path; only those since a time.

    There can be millions of others, which are not even asked for.
    """
    with os.scandir(folder) as found:
        for each in found:
            at = each.name.partition(".")[0]
            if at.isdecimal() and int(at) >= since:
                yield int(at), each.path


def _id(path: str, since: float) -> str:
    """Return the queue id under which a message was handed in, empty if Postfix did not do so.

    Its header is the second one, below Dovecot's: senders can write others, but none above it. What
    is older, as the file has it, has only moved since.
    """
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_mtime < since:
            return ""
        top = os.read(file, _HEADERS).partition(b"\n\n")[0]
    finally:
        os.close(file)
    found = map(_BY_POSTFIX.search, _RECEIVED.findall(top)[1:2])
    return next((each[1].decode() for each in found if each), "")


def _script(ids: Mapping[bool, Sequence[str]]) -> str:
    """Return a script that discards what is there already: in Sent (True), and elsewhere."""
    tests = []
    for sent, these in ids.items():
        where = f'{"" if sent else "not "}envelope :detail "to" "{_SENT}"'
        listed = ", ".join(f'"id {each}"' for each in these)
        asked = f'header :index 2 :contains "Received" [{listed}]'
        tests += [f"allof({where}, {asked})"] if these else []
    return _SCRIPT.format(tests=",\n    ".join(tests))


_SCRIPT = """\
require ["envelope", "index", "subaddress"];

# These letters are here already: who handed them in may not have heard of it.
if anyof(
    {tests}
) {{
    discard;
    stop;
}}
"""
