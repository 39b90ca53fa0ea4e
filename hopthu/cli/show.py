"""`hopthu show`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.history import Event
from hopthu.organisation import Document, Person
from hopthu.show import View
from hopthu.show import show as view_of
from hopthu.validate import read


@click.command()
@click.argument("asked", metavar="ID|ADDRESS")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@common
def show(asked: str, root: Path, on: date, form: str) -> None:
    """Show one person, unit or address: how things stand on a day, and why.

    The state of the mailbox, where mail leads and what decides it, who may use it, all that is on
    record with the documents it rests on, and what falls due. Unknown names exit 2 and say what
    may have been meant.
    """
    view = view_of(read(root, on), on, asked)
    if form == "json":
        click.echo(json.dumps(_plain(view), ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(_text(view)))


def _text(view: View) -> Iterator[str]:
    record = view.record
    yield f"{record.id}: {record.name}"
    if view.note:
        yield f"  {view.note}"
    since = f" since {view.since}" if view.mailbox and view.since else ""
    yield f"  on {view.on}: {view.stage}{since}, {_STATES[view.stage]}"
    if view.mailbox and view.mailbox.unit != record.id:
        yield f"  unit: {view.mailbox.unit} ({view.mailbox.unit_name})"
    if view.addresses:
        yield f"  address: {', '.join(view.addresses)}"
    yield f"  mail leads to: {view.delivery}" if view.stage in _LIVE else f"  mail: {view.delivery}"
    yield f"    why: {view.why}"
    yield "may use a mailbox:" if view.rights else "may use a mailbox: nobody"
    for right in view.rights:
        yield f"  {right.person} uses {right.mailbox}, as {right.why} [{right.article}]"
    yield "history:" if view.history else "history: nothing on record"
    for event in view.history:
        until = f" to {event.until}" if event.until else ""
        yield f"  {event.start}{until}  {event.what} [{event.article}]"
        yield from (f"    {_document(document)}" for document in event.documents)
    yield "falls due:" if view.due else "falls due: nothing"
    yield from (f"  {each.on}  {each.what} [{each.article}]" for each in view.due)


_LIVE = ("active", "locked")
_STATES = {
    "none": "there is no mailbox",
    "active": "mail arrives",
    "locked": "no sign-in, mail still arrives",
    "redirected": "mail leads to the successor",
    "closed": "mail is refused, the content is kept",
    "archived": "mail is refused, the content is in the archive only",
    "erased": "mail is refused, the content is gone; the address stays taken",
}


def _document(document: Document) -> str:
    issuer = document.issuer or document.outside_issuer
    return f"{document.number} of {document.date}, {issuer} ({document.id})"


def _plain(view: View) -> Mapping[str, object]:
    record, mailbox = view.record, view.mailbox
    return {
        "asked": view.asked,
        "on": view.on.isoformat(),
        "id": record.id,
        "kind": "person" if isinstance(record, Person) else "unit",
        "name": record.name,
        "state": view.stage,
        "since": view.since.isoformat() if view.since else None,
        "unit": mailbox.unit if mailbox else None,
        "addresses": list(view.addresses),
        "note": view.note,
        "delivery": view.delivery,
        "why": view.why,
        "rights": [
            {"mailbox": r.mailbox, "person": r.person, "why": r.why, "article": r.article}
            for r in view.rights
        ],
        "history": [_event(event) for event in view.history],
        "due": [{"on": d.on.isoformat(), "what": d.what, "article": d.article} for d in view.due],
    }


def _event(event: Event) -> Mapping[str, object]:
    return {
        "from": event.start.isoformat(),
        "until": event.until.isoformat() if event.until else None,
        "what": event.what,
        "article": event.article,
        "documents": [
            {
                "id": document.id,
                "number": document.number,
                "date": document.date.isoformat(),
                "issuer": document.issuer or document.outside_issuer,
            }
            for document in event.documents
        ],
    }
