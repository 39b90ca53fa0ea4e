"""Bring mail from an old IMAP server into the mailboxes of the stores."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.app.deployment import begun, deployment, refuse_other_day, who
from hopthu.app.workspace import Workspace
from hopthu.credentials.servers import Servers
from hopthu.directory.password_rules import max_age
from hopthu.events.event import Emit, MailboxesFilled, PhaseStarted
from hopthu.i18n.message import Message
from hopthu.mail_import import chosen, evidence
from hopthu.mail_import.accounts import Account
from hopthu.mail_import.outcome import Outcome
from hopthu.mail_import.run import Run
from hopthu.mail_import.source import Source
from hopthu.ssh import Ssh
from hopthu.tool.signals import ended_by_signals
from hopthu.validate import read


def migrate(
    workspace: Workspace, inventory: str, accounts: Sequence[Account], source: Source, jobs: int,
    emit: Emit, *, copy: bool,
) -> Sequence[Outcome]:  # fmt: skip
    """Copy the mail of `accounts`, so many `jobs` at once, and record it; only count if not `copy`.

    Raises `Refused` unless everybody has a mailbox in use, on a store that keeps it.
    """
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    found = wanted.inventory
    refuse_other_day(workspace, found, Message("mail is copied as of today only"))
    mailboxes = chosen.mailboxes(loaded, workspace.on, accounts)
    record = begun(workspace, wanted, who(workspace, found), [""])
    with ended_by_signals(), Ssh() as ssh:
        emit(PhaseStarted(Message("checking hosts")))
        entries = chosen.directory(ssh, found, loaded.policy.domain)
        ready = chosen.placed(accounts, mailboxes, found, entries)
        emit(PhaseStarted(Message("copying mail from {server}", server=source)))

        def tell(done: int, total: int, messages: int) -> None:
            emit(MailboxesFilled(done, total, messages))

        outcomes = Run(ssh, found, source, copy, tell).all(ready, jobs)
        if copy:
            line = evidence.finished(record, outcomes, source, workspace.clock())
            Servers(ssh, found, loaded.policy.domain, max_age(loaded.policy)).record(line)
    return outcomes
