"""`hopthu migrate`: bring mail from an old IMAP server into the mailboxes of the stores."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hopthu.app import migrate as copies
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, flag, option
from hopthu.cli.display import stream
from hopthu.cli.options import FORMAT, INVENTORY, PATH, PROGRESS, WORKSPACE, exclusive
from hopthu.cli.output import has_terminal, in_words, put
from hopthu.credentials.memory import conceal
from hopthu.errors import HostFailed, UsageError
from hopthu.i18n.message import Message
from hopthu.mail_import import report
from hopthu.mail_import.accounts import parse, secret_text
from hopthu.mail_import.source import Source, address, authority

_MOST_JOBS = 8
"""By default sshd lets ten sessions share a connection."""


@command(changes=True)
def migrate(
    inventory: str = INVENTORY,
    server: str = option(
        "--from HOST[:PORT]",
        required=True,
        help="The old server: TLS on port 993, the default; STARTTLS on any other.",
    ),
    people: Path = option(
        "FILE",
        type=click.Path(path_type=Path, allow_dash=True),
        required=True,
        help="CSV that only you may read: id or address here, user there, password there; - for "
        "standard input.",
    ),
    admin: str | None = option(
        "USER", help="An account of the old server that may sign in for everybody (SASL PLAIN)."
    ),
    admin_password: Path | None = option(
        "FILE",
        type=PATH,
        help="A file that only you may read, with the password of --admin.  [default: asked for]",
    ),
    ca: Path | None = option(
        "FILE",
        type=PATH,
        help="The authority of the old server's certificate, in PEM.  "
        "[default: those that Debian trusts]",
    ),
    without_tls: bool = flag(help="Send passwords and mail readable to anybody on the way."),
    jobs: int = option(
        "N",
        type=click.IntRange(1, _MOST_JOBS),
        default=4,
        show_default=True,
        help="So many mailboxes at once.",
    ),
    dry_run: bool = flag(help="Sign in everywhere and count; copy nothing."),
    form: str = FORMAT,
    progress: str = PROGRESS,
    workspace: Workspace = WORKSPACE,
) -> int:
    """Copy mail from an old IMAP server into mailboxes of INVENTORY.

    Folders, flags and dates are kept; the old server is only read. A run that was interrupted goes
    on where it stopped, and another one brings what is new there: nothing is copied twice, and what
    the owner has changed here stays. Passwords of the old system are held in memory for the run
    alone; the mailbox here needs none.

    Exit 0 if all is here, 4 if something could not be copied: the report says what, why, and how to
    go on. Everybody named must have a mailbox in use on a store that keeps it, else nothing begins
    (exit 3).
    """
    conceal()
    host, port = address(server)
    exclusive("--ca", "--without-tls", ca, without_tls)
    if admin_password and not admin:
        raise UsageError(
            Message("--admin-password is of no use without --admin"),
            fix=Message("add --admin NAME, who may read everybody's mail there"),
        )
    certificates = authority(ca) if ca else ""
    accounts = parse(_people(people), admin or "")
    secret = _secret(admin_password) if admin else ""
    source = Source(host, port, not without_tls, certificates, admin or "", secret)
    with stream(progress, workspace.language) as events:
        outcomes = copies.migrate(
            workspace, inventory, accounts, source, jobs, events, copy=not dry_run
        )
    if form == "json":
        put(report.as_json(outcomes, source, workspace.language, copy=not dry_run))
    else:
        put(report.as_text(outcomes, workspace.language, copy=not dry_run))
    return HostFailed.exit_code if any(each.failed for each in outcomes) else 0


def _people(path: Path) -> str:
    """Return the list; raise `UsageError` or `Refused`."""
    if str(path) != "-":
        return secret_text(path)
    if sys.stdin is None:
        raise UsageError(
            Message("standard input is closed"), fix=Message("name a file with --people")
        )
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            Message("standard input is not UTF-8"), fix=Message("save the list as UTF-8")
        ) from None


def _secret(path: Path | None) -> str:
    """Return the administrator's password: the first line of a file, or what is typed."""
    if path:
        password = secret_text(path).partition("\n")[0].removesuffix("\r")
    elif has_terminal():
        asked = in_words(Message("Password of the administrator there"))
        password = str(click.prompt(asked, hide_input=True, err=True))
    else:
        raise UsageError(
            Message("there is no terminal on which to ask for the administrator's password"),
            fix=Message("add --admin-password FILE"),
        )
    if not password or "\0" in password:
        raise UsageError(
            Message("the administrator's password is empty, or has a NUL"),
            fix=Message("write it as the first line of the file of --admin-password"),
        )
    return password
