"""The mailboxes on this host: those that Dovecot finds, and those that exist."""

from __future__ import annotations

import re
from pathlib import Path

from hopthu.remote.host import ldap
from hopthu.remote.host.packing import packed
from hopthu.remote.host.state import output


def found() -> list[list[str]]:
    """Return id and host of each: what Dovecot's own bases and filters find in the directory here.

    The search has Dovecot's rights. Dovecot is not asked, for 2.4.1 may crash when it lists users.
    """
    user = _setting("default_internal_user")
    mailboxes = []
    for name in re.findall(r"^userdb (.*) \{$", output("doveconf", "userdb"), re.MULTILINE):
        base = _setting(f"userdb/{name}/ldap_base")
        filter_ = _setting(f"userdb/{name}/ldap_filter").replace("%{user}", "*")
        as_dovecot = ("runuser", "-u", user, "-G", "openldap", "--", "ldapsearch")
        answer = output(*as_dovecot, *ldap.AT, *ldap.READ, "-b", base, filter_, "uid", "mailHost")
        mailboxes += [[each["uid"][0], each["mailHost"][0]] for each in ldap.parsed(answer)]
    return mailboxes


def existing(mail: str) -> str:
    """Return those below `mail` that have an INBOX, as packed lines `people/ID` and `units/ID`.

    INBOX is created last; other folders alone are left by an interrupted run.
    """
    inboxes = Path(mail).glob("*/*/Maildir/dovecot-uidlist")
    return packed("\n".join("/".join(inbox.parts[-4:-2]) for inbox in inboxes))


def _setting(name: str) -> str:
    return output("doveconf", "-h", name).strip()
