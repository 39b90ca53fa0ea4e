"""Send reports: by the mail system of this machine, or into the mailbox of the operator."""

from __future__ import annotations

import shlex
import subprocess
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from hopthu.daemons.openldap import LDAPI
from hopthu.directory.entries import LIVE, suffix
from hopthu.errors import HopthuError, HostFailed
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.load import load
from hopthu.ssh import Ssh, Target
from hopthu.validate import policy_of

SENDMAIL = "/usr/sbin/sendmail"
OPERATOR = "operator"
"""Stands for the mailbox of the operator's unit in place of an address."""
_ELSEWHERE = 99
"""The exit code of a store that does not have the mailbox."""


def send(text: str, subject: str, address: str, inventory: Inventory, root: Path) -> None:
    """Send `text` to `address`, or into the mailbox of the operator if that is `OPERATOR`.

    Raises `HopthuError` if it is not accepted.
    """
    message = EmailMessage()
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"  # no vacation replies (RFC 3834)
    message.set_content(text, cte="quoted-printable")
    if address == OPERATOR:
        _into_mailbox(message, inventory, root)
    else:
        message["To"] = address
        _by_sendmail(message)


def _into_mailbox(message: EmailMessage, inventory: Inventory, root: Path) -> None:
    """Deliver a message on the store of the operator's mailbox, over SSH.

    The gate of the centre refuses mail in its own name from whoever does not sign in, so that this
    machine cannot write to it as a mail server.
    """
    policy = policy_of(load(root))
    message["From"] = message["To"] = f"postmaster@{policy.domain}"
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=policy.domain)
    top = suffix(policy.domain)
    reasons = []
    with Ssh() as ssh:
        for host in inventory.centre.stores:
            try:
                target = Target.of(host.name, inventory.data[host.name])
                script = _delivers(policy.operator, host.fqdn, top)
                done = ssh.run(target, script, stdin=bytes(message))
            except HostFailed as error:
                reasons.append(str(error.what))
                continue
            if done.code == 0:
                return
            if done.code != _ELSEWHERE:
                reasons.append(f"{host.name}: {done.err.strip() or done.code}")
    raise HopthuError(
        Message(
            "cannot send mail: {reason}",
            reason="; ".join(reasons)
            or Message("no store has the mailbox {id}", id=policy.operator),
        )
    )


def _delivers(mailbox: str, fqdn: str, top: str) -> str:
    """Return the script that delivers stdin on the store `fqdn`, if the mailbox is there."""
    there = shlex.quote(f"(&{LIVE}(uid={mailbox})(mailHost={fqdn}))")
    return (
        f"found=$(ldapsearch -LLL -Q -Y EXTERNAL -H {LDAPI} -b {top} {there} 1.1) || exit\n"
        f'[ -n "$found" ] || exit {_ELSEWHERE}\n'
        f"exec /usr/lib/dovecot/dovecot-lda -d {shlex.quote(mailbox)} -o quota_enforce=no"
    )


def _by_sendmail(message: EmailMessage) -> None:
    try:
        done = subprocess.run(
            [SENDMAIL, "-i", "-t"], input=bytes(message), capture_output=True, check=False
        )
    except FileNotFoundError as error:
        what = Message("cannot send mail: this machine has no {program}", program=SENDMAIL)
        raise HopthuError(what) from error
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise HopthuError(
            Message(
                "cannot send mail: {reason}",
                reason=reason or Message("exit code {code}", code=done.returncode),
            )
        )
