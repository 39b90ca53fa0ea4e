"""The mailboxes on this host: those that Dovecot finds, and those that exist."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from hopthu.remote.host import ldap
from hopthu.remote.host.packing import Packed, packed
from hopthu.remote.host.state import output

_FILTER = re.compile(r"^userdb_ldap_filter = (.*)$", re.MULTILINE)
"""What bases have that have none of their own; doveconf of 2.4.1 does not tell it."""
_LAST = "Maildir/new"
"""The part of a mailbox that is created last."""


def found(settings: str) -> list[list[str]]:
    """Return id and host of each: what Dovecot's own bases and filters find in the directory here.

    `settings` is the file with its settings. The search has Dovecot's rights; Dovecot itself may
    crash when it lists users (2.4.1).
    """
    user = _setting("default_internal_user")
    (general,) = _FILTER.findall(Path(settings).read_text(encoding="utf-8"))
    mailboxes = []
    for name in re.findall(r"^userdb (.*) \{$", output("doveconf", "userdb"), re.MULTILINE):
        if _setting(f"userdb/{name}/driver") != "ldap":
            continue  # it adds to what others find
        base = _setting(f"userdb/{name}/ldap_base")
        filter_ = (_setting(f"userdb/{name}/ldap_filter") or general).replace("%{user}", "*")
        as_dovecot = ("runuser", "-u", user, "-G", "openldap", "--", "ldapsearch")
        answer = output(*as_dovecot, *ldap.AT, *ldap.READ, "-b", base, filter_, "uid", "mailHost")
        mailboxes += [[each["uid"][0], each["mailHost"][0]] for each in ldap.parsed(answer)]
    return mailboxes


def existing(mail: str) -> Packed:
    """Return those below `mail` that have an INBOX, as packed lines `people/ID` and `units/ID`."""
    inboxes = Path(mail).glob(f"*/*/{_LAST}")
    return packed("\n".join("/".join(inbox.parts[-4:-2]) for inbox in inboxes))


def make(mail: str, mailboxes: Sequence[str], folders: Sequence[str]) -> None:
    """Create mailboxes, `people/ID` or `units/ID` below `mail`, with an INBOX and these folders.

    Run by the owner of all mail, who can put links there. What exists is left as it is. INBOX comes
    last: other folders alone are left by an interrupted run. It is the kernel that takes the time,
    on each processor; threads would wait for each other at every call of it.
    """
    folders = ["Maildir", *(f"Maildir/{folder}" for folder in folders)]
    parts = [f"{folder}/{part}" for folder in reversed(folders) for part in ("cur", "tmp", "new")]
    make_some = partial(_make, mail, ["", *folders, *parts])
    at_once = os.cpu_count() or 1
    with ProcessPoolExecutor(at_once, mp_context=get_context("fork")) as pool:
        list(pool.map(make_some, (mailboxes[first::at_once] for first in range(at_once))))


def _make(mail: str, paths: Sequence[str], mailboxes: Sequence[str]) -> None:
    for mailbox in mailboxes:
        for path in paths:
            with suppress(FileExistsError):
                os.mkdir(f"{mail}/{mailbox}/{path}", 0o700)  # noqa: PTH102  (a million times)


def _setting(name: str) -> str:
    return output("doveconf", "-h", name).strip()
