"""`hopthu daily`."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.cli.output import error_text, note
from hopthu.cli.signals import ended_by_signals
from hopthu.daily import report as reports
from hopthu.daily.applier import CALLERS, applies
from hopthu.daily.deployed import Deployed, deployed, due_now, read_deployed
from hopthu.daily.report import Report, announced
from hopthu.daily.worktree import environment, worktree
from hopthu.drift.mail import send
from hopthu.errors import Drifted, HopthuError, Refused, UsageError
from hopthu.history.host_records import read_records
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.plan.phrases import describe_day
from hopthu.plan.review import stop
from hopthu.plan.upcoming import Dated
from hopthu.ssh import Ssh


@click.command()
@click.argument("inventory")
@click.option(
    "--as",
    "caller",
    type=click.Choice([*CALLERS]),
    help="Who runs this. Only the one that policy names applies.  [default: only report]",
)
@click.option("--dry-run", is_flag=True, help="Only report, whoever runs this.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Remember here what was announced, so that no day is missed or announced twice.",
)
@click.option(
    "--mail",
    metavar="ADDRESS",
    help="Mail the report there, if it has any news; `operator` stands for the operator's mailbox.",
)
@common
def daily(
    inventory: str,
    root: Path,
    on: date,
    caller: str | None,
    dry_run: bool,
    state: Path | None,
    mail: str | None,
    language: str,
) -> int:
    """Apply to INVENTORY what dates in the deployed data bring about.

    The commit that hosts have on record is applied as of today: never a newer one, and no
    uncommitted edit. What fell due on days that were missed is caught up. If nothing is due nothing
    is done. Guards judge the changes as for any apply (exit 3), and hosts record who applied them.

    The policy names who applies, the timer or the pipeline (daily.by). Anybody else only gets the
    report: exit 5 if something is due and not done, else 0. The run is refused (exit 3) unless all
    hosts completely have one commit.

    The report also announces what falls due in seven days and in one day, and which guard would
    refuse it.
    """
    found = inventories.load(root, inventory)
    try:
        report, code = _run(
            found, root, on, None if dry_run else caller, _seen(state, on), language
        )
    except HopthuError as error:
        if mail and not dry_run:
            subject = _subject(found, Message("The daily run failed"), language)
            try:
                send(error_text(error, language), subject, mail, found, root)
            except HopthuError as unsent:  # a centre that is down takes no mail either
                note(unsent.what, language)
        raise
    text = reports.as_text(report, language)
    click.echo(text, nl=False)
    if dry_run:
        return code
    if mail and report.has_news:
        send(click.unstyle(text), _subject(found, report.outcome, language), mail, found, root)
    if state:
        state.write_text(f"{on.isoformat()}\n", encoding="utf-8")
    return code


def _run(
    found: Inventory, root: Path, on: date, caller: str | None, seen: date, language: str
) -> tuple[Report, int]:
    """Apply or not; return the report and the exit code."""
    with Ssh() as ssh:
        have = deployed(read_records(ssh, found))
    loaded = read_deployed(root, have, on)
    now, by = due_now(loaded, have, on), loaded.policy.daily.by
    ahead = announced(loaded, on, seen)
    day = describe_day(on)
    if not now.days:
        return Report(Message("Nothing is due on {day}.", day=day), loaded, now, ahead), 0
    number = sum(len(each.changes) for each in now.days)
    if caller is None or not applies(loaded.policy, caller):
        outcome = Message(
            "Due on {day} and not done: {number}. Applied by: {by}.", day=day, number=number, by=by
        )
        return Report(outcome, loaded, now, ahead), Drifted.exit_code
    stop(now.guards, loaded.organisation, on)
    code, output = _apply(found, root, have, now, caller, language)
    if code == 0:
        outcome = Message("Applied on {day}: {number} change(s).", day=day, number=number)
        return Report(outcome, loaded, now, ahead), 0
    outcome = Message("Not applied on {day}: exit code {code}.", day=day, code=code)
    return Report(outcome, loaded, now, ahead, output), code


def _apply(
    found: Inventory, root: Path, have: Deployed, now: Dated, caller: str, language: str
) -> tuple[int, str]:
    """Apply the deployed commit on the day; return the exit code and the output."""
    who = CALLERS[caller].format(host=socket.gethostname())
    with ended_by_signals(), worktree(root, have.commit) as folder:
        known = {**found.environment, **environment(root, folder, who, have.tool)}
        words = ["apply", str(_inside(found.path, root, folder)), "--root", str(folder)]
        words += ["--on", now.on.isoformat(), "--yes", "--lang", language]
        return _wait([sys.executable, "-P", "-m", "hopthu", *words], folder, known)


def _inside(inventory: Path, root: Path, folder: Path) -> Path:
    """Return the inventory in the worktree `folder`; raise `Refused` if it is not committed."""
    with suppress(ValueError):
        there = folder / inventory.resolve().relative_to(root.resolve())
        if there.is_file():
            return there
    raise Refused(
        Message("{path} is not in the deployed commit", path=inventory),
        fix=Message("commit the inventory and its encrypted secrets, then apply once"),
    )


def _wait(argv: list[str], folder: Path, known: Mapping[str, str]) -> tuple[int, str]:
    """Run the apply; if this program is to end, let the apply return the host first."""
    process = subprocess.Popen(
        argv, cwd=folder, env=known, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate()
    except KeyboardInterrupt:
        process.terminate()
        process.communicate()
        raise
    return process.returncode, output


def _seen(state: Path | None, on: date) -> date:
    """Return the day of the last report; raise `UsageError` if the file is none of ours."""
    if state is None or not state.exists():
        return on - timedelta(days=1)
    try:
        return date.fromisoformat(state.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        raise UsageError(
            Message("{path} cannot be read: {reason}", path=state, reason=str(error)),
            fix=Message("remove it; the next run writes it again"),
        ) from error


def _subject(found: Inventory, outcome: Message, language: str) -> str:
    return f"{found.centre.name}: {translate(outcome, language)}"
