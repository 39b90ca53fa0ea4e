"""The old server: where it is, how its name is proven, and what a store is told of it."""

from __future__ import annotations

import json
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from hopthu.daemons.dovecot import MAIL
from hopthu.desired.host_mailboxes import FOLDERS
from hopthu.diagnostics.problem import shown
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.mail_import.accounts import Account
from hopthu.remote import program
from hopthu.remote.old_server import IMAPS

LASTING = 6 * 3600
"""Seconds after which a copy of a mailbox is ended; the next run goes on."""

_NAME = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?", re.ASCII)
_MODULES = (
    *("utf7", "mail_folders", "mail_messages", "copy_record"),
    *("old_server", "new_mailbox", "copy_run", "copy_mail"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """An old IMAP server: TLS from the first byte on port 993, by STARTTLS on any other.

    `ca` is the authority that its certificate is from, as PEM; without one it is any that Debian
    trusts. `administrator` may read everybody's mail there; empty if people's own passwords serve.
    """

    host: str
    port: int
    tls: bool
    ca: str
    administrator: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def address(text: str) -> tuple[str, int]:
    """Return host and port of `HOST` or `HOST:PORT`; raise `UsageError`."""
    found = _NAME.fullmatch(text)
    port = int(found.group(3) or IMAPS) if found else 0
    if not found or not 0 < port < 2**16:
        raise UsageError(
            Message("{text} is not the name of a server", text=shown(text)),
            fix=Message("as in: {example}", example="imap.example.vn, imap.example.vn:143"),
        )
    return found.group(1), port


def authority(path: Path) -> str:
    """Return the certificates in a PEM file; raise `UsageError` if there are none."""
    reason: object = Message("there is none")
    try:
        if text := path.read_text(encoding="ascii"):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
            return text
    except (UnicodeDecodeError, ssl.SSLError):
        pass  # there is none
    except OSError as error:
        reason = error.strerror
    raise UsageError(
        Message("{path} has no certificate in PEM: {reason}", path=shown(str(path)), reason=reason),
        fix=Message("name the file of the authority that the old server's certificate is from"),
    )


def command(mailbox: str) -> list[str]:
    """Return what a store runs to copy mail into a mailbox; `question` is its input.

    systemd keeps it out of core dumps and of swap, behind what people do at that time, and away
    from everything but mail, and ends it if an old server sends without end. Nothing is left of it.
    """
    properties = (
        *("LimitCORE=0", "MemorySwapMax=0", "Nice=10", "IOSchedulingClass=idle"),
        *("MemoryMax=1G", f"RuntimeMaxSec={LASTING}"),
        *("ProtectSystem=strict", f"ReadWritePaths={MAIL}", "ProtectHome=yes", "PrivateTmp=yes"),
        *("PrivateDevices=yes", "ProtectKernelTunables=yes", "ProtectKernelModules=yes"),
    )
    return [
        *("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--expand-environment=no"),
        f"--description=hopthu migrate: {mailbox}",
        *(f"--property={each}" for each in properties),
        *("/usr/bin/python3", "-IS", "-c", _BEGIN),
    ]


_BEGIN = "import json, sys; exec(json.loads(sys.stdin.readline()))"
"""The program comes on standard input, as arguments are kept on record."""


def question(source: Source, account: Account, mailbox: str, kind: str, *, copy: bool) -> str:
    """Return the input of the program: its text, and what to copy from where, with the password."""
    asked = {
        "mailbox": mailbox,
        "home": f"{MAIL}/{FOLDERS[kind]}/{mailbox}",
        "host": source.host,
        "port": source.port,
        "tls": source.tls,
        "ca": source.ca,
        "user": account.user,
        "administrator": source.administrator,
        "password": account.password or source.password,
        "copy": copy,
    }
    return f"{json.dumps(program(_MODULES))}\n{json.dumps(asked)}\n"
