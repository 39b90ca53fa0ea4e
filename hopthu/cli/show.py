"""`hopthu show`."""

from __future__ import annotations

from hopthu.app.show import live
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, option
from hopthu.cli.options import FORMAT, WORKSPACE
from hopthu.cli.output import put
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.show import document as documents
from hopthu.show import mail_list
from hopthu.show.formats import as_json, as_text
from hopthu.show.live_formats import live_json, live_text
from hopthu.show.report import show as view_of
from hopthu.validate import read


@command()
def show(
    asked: str = argument("ID|ADDRESS|NAME"),
    form: str = FORMAT,
    inventory: str | None = option(
        "--live INVENTORY",
        help="Ask these servers too: why sign-in fails, last sign-in, quota, open sessions.",
    ),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Show the state of one person, unit or address on a day, and why; or what a document is for.

    That is the state of the mailbox, where mail goes and why, who may use it, everything on record
    with the documents it rests on, and what falls due; of a document, what rests on it. A name that
    several have, or nobody, exits 2 and suggests ids: those of units, then those of people.

    With --live it also says what the servers know at this moment, as somebody who is asked for help
    needs it; exit 4 if a server does not answer.
    """
    loaded = read(workspace.root, workspace.on)
    if found := loaded.organisation.documents.get(asked):
        rests = documents.resting_on(loaded, workspace.on, asked)
        show_document = documents.as_json if form == "json" else documents.as_text
        put(show_document(found, rests, workspace.language))
        return
    if a_list := mail_list.list_view(loaded, workspace.on, asked):
        text = mail_list.as_text(a_list, workspace.language)
        put(mail_list.as_json(a_list) if form == "json" else text)
        return
    view = view_of(loaded, workspace.on, asked)
    servers = live(workspace, loaded, view, inventory) if inventory else None
    if form == "json":
        known = live_json(view, servers, workspace.language) if servers else None
        put(as_json(view, workspace.language, known))
    else:
        put(as_text(view, workspace.language))
        if servers:
            put(live_text(view, servers, workspace.language))
    if servers and servers.silent:
        raise HostFailed(
            Message("some servers do not answer: {hosts}", hosts=", ".join(servers.silent))
        )
