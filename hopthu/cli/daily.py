"""`hopthu daily`."""

from __future__ import annotations

from pathlib import Path

import click

from hopthu.app import daily as dates
from hopthu.app.deployment import inventory_of
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, flag, option
from hopthu.cli.display import stream
from hopthu.cli.options import FILE, INVENTORY, WORKSPACE
from hopthu.cli.output import in_words, note, put
from hopthu.daily import report as reports
from hopthu.daily.announced import last_report, remember
from hopthu.daily.applier import CALLERS
from hopthu.diagnostics.problem import printable
from hopthu.drift.mail import send
from hopthu.errors import Drifted, HopthuError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


@command(changes=True)
def daily(
    inventory: str = INVENTORY,
    caller: str | None = option(
        "--as",
        type=click.Choice([*CALLERS]),
        help="Who runs this. Only the one that policy names applies.  [default: only report]",
    ),
    dry_run: bool = flag(help="Only report, whoever runs this."),
    state: Path | None = option(
        type=FILE,
        help="Remember here what was announced, so that no day is missed or announced twice.",
    ),
    mail: str | None = option(
        "ADDRESS",
        help="Mail the report there, if it has any news; `operator` stands for the operator's "
        "mailbox.",
    ),
    workspace: Workspace = WORKSPACE,
) -> int:
    """Apply to INVENTORY what dates in the deployed data bring about.

    The commit that hosts have on record is applied as of today: never a newer one, and no
    uncommitted edit. What fell due on days that were missed is caught up. If nothing is due nothing
    is done. Guards judge the changes as for any apply (exit 3), and hosts record who applied them.

    The policy names who applies, the timer or the pipeline (daily.by). Anybody else only gets the
    report: exit 5 if something is due and not done, else 0. The run is refused (exit 3) unless all
    hosts completely have one commit.

    Then it does what `hopthu archive run` does, if a host keeps an archive, and reads some of it at
    random. That may take hours: it has a letter of its own, and the report does not wait for it.

    The report also announces what falls due in seven days and in one day, and which guard would
    refuse it.
    """
    language = workspace.language
    found = inventory_of(workspace, inventory)
    by = None if dry_run else caller

    def post(text: str, outcome: Message) -> None:
        if mail and not dry_run:
            subject = f"{found.centre.name}: {in_words(outcome)}"
            send(click.unstyle(text), subject, mail, found, workspace.root)

    try:
        with stream("auto", language) as events:
            seen = last_report(state, workspace.on)
            report, code = dates.daily(workspace, found, by, seen, events)
    except HopthuError as error:
        try:
            post(error.text(language), Message("The daily run failed"))
        except HopthuError as unsent:  # a centre that is down takes no mail either
            note(unsent.what)
        raise
    text = reports.as_text(report, language)
    put(text)
    if report.has_news:
        post(text, report.outcome)
    if state and not dry_run:
        remember(state, workspace.on)
    if code not in (0, Drifted.exit_code):
        return code
    said, failed = dates.archived(workspace, found, by)
    text = "".join(f"{printable(translate(each, language))}\n" for each in said)
    put(text)
    if said:
        post(text, Message("The archive of closed mailboxes"))
    return failed or code
