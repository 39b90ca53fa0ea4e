"""`hopthu show`."""

from __future__ import annotations

import click

from hopthu.app.deployment import deployment
from hopthu.app.workspace import Workspace
from hopthu.cli.options import common, format_option
from hopthu.errors import HostFailed, UsageError
from hopthu.i18n.message import Message
from hopthu.show import document as documents
from hopthu.show.formats import as_json, as_text
from hopthu.show.live import Live
from hopthu.show.live import live as ask_servers
from hopthu.show.live_formats import live_json, live_text
from hopthu.show.report import View
from hopthu.show.report import show as view_of
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read


@click.command()
@click.argument("asked", metavar="ID|ADDRESS|NAME")
@format_option
@click.option(
    "--live",
    "inventory",
    metavar="INVENTORY",
    help="Ask these servers too: why sign-in fails, last sign-in, quota, open sessions.",
)
@common
def show(workspace: Workspace, asked: str, form: str, inventory: str | None) -> None:
    """Show the state of one person, unit or address on a day, and why; or what a document is for.

    That is the state of the mailbox, where mail goes and why, who may use it, everything on record
    with the documents it rests on, and what falls due; of a document, what rests on it. A name that
    several people have, or nobody, exits 2 and suggests ids.

    With --live it also says what the servers know at this moment, as somebody who is asked for help
    needs it; exit 4 if a server does not answer.
    """
    loaded = read(workspace.root, workspace.on)
    if found := loaded.organisation.documents.get(asked):
        rests = documents.resting_on(loaded, workspace.on, asked)
        show_document = documents.as_json if form == "json" else documents.as_text
        click.echo(show_document(found, rests, workspace.language), nl=False)
        return
    view = view_of(loaded, workspace.on, asked)
    servers = _ask(workspace, loaded, view, inventory) if inventory else None
    if form == "json":
        live = live_json(view, servers, workspace.language) if servers else None
        click.echo(as_json(view, workspace.language, live), nl=False)
    else:
        click.echo(as_text(view, workspace.language), nl=False)
        if servers:
            click.echo(live_text(view, servers, workspace.language), nl=False)
    if servers and servers.silent:
        raise HostFailed(
            Message("some servers do not answer: {hosts}", hosts=", ".join(servers.silent))
        )


def _ask(workspace: Workspace, loaded: Loaded, view: View, inventory: str) -> Live:
    """Return what the servers of an inventory know about a mailbox."""
    if workspace.on != workspace.today:
        raise UsageError(Message("--live is about this moment: leave --on out"))
    found = deployment(workspace, loaded, inventory).inventory
    names = [name for each in view.addresses for name in (each, each.partition("@")[0])]
    with Ssh() as ssh:
        return ask_servers(ssh, found, loaded.policy, view.record.id, names, workspace.clock())
