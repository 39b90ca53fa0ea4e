"""`hopthu history`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from hopthu.app.workspace import Workspace
from hopthu.cli.options import common, format_option
from hopthu.cli.output import say
from hopthu.daily.deployed import not_done
from hopthu.errors import DataError, Drifted, HostFailed, Refused, UsageError
from hopthu.git.repository import Repository
from hopthu.history.format_text import as_text
from hopthu.history.overview import Overview, overview
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.plan.phrases import describe_day
from hopthu.plan.upcoming import Dated
from hopthu.show.report import find
from hopthu.validate import read


@click.command()
@click.argument("asked", metavar="[INVENTORY|ID|ADDRESS|HOST]", default="")
@click.option(
    "--inventory",
    metavar="NAME",
    help="The inventory.  [default: the only one, else production, else lab]",
)
@format_option
@click.option("--all", "every", is_flag=True, help="Every run, not only the newest ten.")
@common
def history(workspace: Workspace, asked: str, inventory: str | None, form: str, every: bool) -> int:
    """Show what is deployed on every host, since when, by whom; and the runs that led there.

    With the ID of a person, unit, document or run, or an ADDRESS: the runs about it. With a HOST:
    the runs there. With an INVENTORY: all of its runs, as with --inventory.
    Commits that are not deployed are listed, and changes that are due and not done.

    Exit 4 if a host cannot be reached (the rest is still shown), 5 if the journal was changed
    afterwards or lacks runs that hosts have on record.
    """
    if inventory is None and asked in _known(workspace.root):
        inventory, asked = asked, ""
    found = inventories.load(workspace.root, inventory or _default(workspace.root))
    view = overview(workspace.repository, found, asked, _names(workspace.root, workspace.on, asked))
    due, unknown = _due(workspace.repository, view, workspace.on)
    if form == "json":
        keys = view.as_dict(workspace.language) | {
            "due": due.as_dict(workspace.language) if due else None
        }
        click.echo(json.dumps(keys, ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(view, workspace.language, every=every), nl=False)
        _say_due(due, unknown, workspace.language)
    if view.broken or view.missing:
        return Drifted.exit_code
    return HostFailed.exit_code if view.unreached else 0


def _names(root: Path, on: date, asked: str) -> frozenset[str]:
    """Return the id and the addresses of the person or unit asked for, as far as the data know.

    What was done can be asked for whatever is wrong with the data, and by ids of runs.
    """
    if not asked:
        return frozenset()
    try:
        loaded = read(root, on)
        record, _ = find(loaded, on, asked)
    except (DataError, UsageError):
        return frozenset()
    box = record.mailbox
    locals_ = (box.address, *box.aliases, *box.former) if box else ()
    full = (each if "@" in each else f"{each}@{loaded.policy.domain}" for each in locals_)
    return frozenset({record.id, *full})


def _due(repository: Repository, view: Overview, on: date) -> tuple[Dated | None, Message | None]:
    """Return what is due and not done on the hosts shown, else why it is not known."""
    try:
        return not_done(repository, view.hosts, on), None
    except (DataError, HostFailed, Refused) as error:
        return None, error.what


def _say_due(due: Dated | None, unknown: Message | None, language: str) -> None:
    """Print what is due and not done, day by day; nothing if everything is done."""
    for each in due.days if due else ():
        text = Message(
            "Due on {day} and not done: {number}; `hopthu daily` lists it.",
            day=describe_day(each.on), number=len(each.changes),
        )  # fmt: skip
        say(text, language)
    if unknown:
        say(Message("It is not known what is due: {reason}", reason=unknown), language)


def _known(root: Path) -> list[str]:
    """Return the names of the repository's inventories."""
    return sorted(path.stem for path in (root / "inventory").glob("*.py"))


def _default(root: Path) -> str:
    """Return the default inventory; raise `UsageError` if there is none, or no telling which."""
    known = _known(root)
    if len(known) == 1:
        return known[0]
    for name in ("production", "lab"):
        if name in known:
            return name
    if not known:
        raise UsageError(
            Message("no inventory found in inventory/"),
            fix=Message("pass the path of one with --inventory"),
        )
    raise UsageError(
        Message("there are several inventories and none is the default"),
        fix=Message("pass one of these with --inventory: {names}", names=", ".join(known)),
    )
