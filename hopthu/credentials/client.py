"""Client passwords: made for one mail program of a person, each with a label (Art. 6.4).

A client password is 120 random bits, so nobody can guess it and its owner need not remember it. It
reads and sends mail, and nothing else: it opens neither the address book nor another password.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hopthu.credentials.issued import Issued
from hopthu.desired.state import Mailbox
from hopthu.diagnostics.problem import shown
from hopthu.directory.client_passwords import ClientPassword, value
from hopthu.directory.entries import CLIENT_PASSWORD, person_dn, suffix
from hopthu.directory.ldif import Modify, write_changes
from hopthu.directory.passwords import client_key, client_password
from hopthu.errors import Refused, UsageError
from hopthu.i18n.message import Message

MOST = 10
"""How many client passwords a person may have; each device needs one."""

_LONGEST = 40
"""Characters of a label."""


def label_of(text: str) -> str:
    """Return a label without blanks around it; raise `UsageError` if it is none."""
    label = " ".join(text.split())
    if not label or len(label) > _LONGEST or not label.isprintable():
        raise UsageError(
            Message("{label} is no label", label=shown(text)),
            fix=Message("name the device in at most {most} characters, as in: {example}",
                        most=_LONGEST, example='--label "Điện thoại"'),
        )  # fmt: skip
    return label


def refuse_another(
    person: str, known: Sequence[ClientPassword], label: str, inventory: str
) -> None:
    """Raise `Refused` if somebody has a client password of that label, or `MOST` already."""
    labels = [one.label for one in known]
    revoke = f"hopthu credential revoke {person} --label LABEL --basis ID {inventory}"
    if label in labels:
        raise Refused(
            Message("{person} has a client password {label} already", person=person, label=label),
            fix=Message("choose another label, or revoke that one first"),
        )
    if len(labels) >= MOST:
        raise Refused(
            Message("{person} has {number} client passwords already, and no more are possible: "
                    "{labels}", person=person, number=len(labels), labels=", ".join(labels)),
            fix=Message("revoke one that is no longer used: {command}", command=revoke),
        )  # fmt: skip


def refuse_unknown(person: str, labels: Sequence[str], known: Sequence[str]) -> None:
    """Raise `UsageError` if somebody has no client password of one of the `labels`."""
    if unknown := [label for label in labels if label not in known]:
        raise UsageError(
            Message("{person} has no client password {label}", person=person, label=unknown[0]),
            fix=Message("those in use: {labels}", labels=", ".join(known))
            if known
            else Message("none is in use"),
        )


def make_clients(mailboxes: Sequence[Mailbox], label: str) -> tuple[Issued, ...]:
    """Make a client password for the owner of each mailbox."""
    passwords = [client_password() for _ in mailboxes]
    return tuple(
        Issued(mailbox, password, client_key(password), label)
        for mailbox, password in zip(mailboxes, passwords, strict=True)
    )


def additions(issued: Sequence[Issued], domain: str, now: datetime) -> str:
    """Return the input of `ldapmodify` that adds client passwords, issued `now`."""
    return write_changes(
        Modify(
            person_dn(one.mailbox.id, suffix(domain)),
            {CLIENT_PASSWORD: (value(one.hash, now, one.label),)},
            "add",
        )
        for one in issued
    )
