"""Copy the mail of one user of an old IMAP server into a mailbox of this store; run there by root.

Standard input is a line of JSON (`hopthu.mail_import.source.question`), then nothing: at its end,
when the operator is gone, this program ends. It prints lines of two words, of which the second is
JSON: `done` and a number while it copies, then `copied` and the result, or `failed` and the reason.
"""

from __future__ import annotations

import contextlib
import fcntl
import imaplib
import json
import os
import pwd
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hopthu.remote.copy_record import Record
from hopthu.remote.copy_run import Result, Run, Say
from hopthu.remote.mail_messages import Failed, said
from hopthu.remote.new_mailbox import NewMailbox
from hopthu.remote.old_server import OldServer

FILE = "migrated"
"""The name of the record, in the home of the mailbox: it moves to another store with it."""

NOBODY = "nobody"
"""Who reads the answers of the old server."""

_WAIT = 10.0
"""Seconds to wait for another copy into the same mailbox, which may just be ending."""


def opened(home: str) -> int:
    """Open the record for this process alone; raise `Failed` with `busy` or `mailbox`."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(f"{home}/{FILE}", flags, 0o600)
        owner = os.stat(home)  # noqa: PTH116  (as above)
        os.fchown(file, owner.st_uid, owner.st_gid)  # as all that moves with the mailbox
    except OSError as error:
        raise Failed("mailbox", said(error)) from None
    until = time.monotonic() + _WAIT
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Failed("busy") from None
            time.sleep(0.2)
        else:
            return file


def drop_rights() -> None:
    """Be nobody from now on: what an old server answers is read without rights."""
    nobody = pwd.getpwnam(NOBODY)
    os.setgroups([])
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)


def copied(question: Mapping[str, Any], say: Say) -> Result:
    """Return the result of a run; raise `Failed`."""
    new = NewMailbox(question["mailbox"])
    if not new.look("INBOX"):
        raise Failed("mailbox")
    file = opened(question["home"])
    drop_rights()
    old = OldServer(question)
    try:
        run = Run(old, new, Record(file, f"{question['user']}@{question['host']}"), say)
        scans = run.scan()
        wanted = sum(m.size for scan in scans for m in run.lacking(scan).values())
        free = new.free()
        # What was moved there since is here already.
        if free is not None and wanted > free and not run.gone(scans):
            raise Failed("large", wanted=wanted, free=max(free, 0))
        if question["copy"]:
            run.copy(scans)
        else:
            run.result.known = run.result.there - sum(len(run.lacking(scan)) for scan in scans)
        old.close()
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            new.logout()
    except (imaplib.IMAP4.error, OSError, ValueError) as error:  # or it answers nonsense
        raise Failed("lost", said(error)) from None
    return run.result


def _end_with_the_operator() -> None:
    sys.stdin.read()
    os._exit(3)


def main() -> None:
    """Answer the question on standard input."""
    question = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_operator, daemon=True).start()

    def say(word: str, meant: Any) -> None:
        sys.stdout.write(json.dumps([word, json.dumps(meant)]) + "\n")
        sys.stdout.flush()

    try:
        say("copied", asdict(copied(question, say)))
    except Failed as error:
        say("failed", asdict(error.why))
    sys.stdout.flush()
    # Without waiting for the thread, which reads until the operator is gone.
    os._exit(0)
