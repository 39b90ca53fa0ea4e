"""`hopthu credential idle`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

import click

from hopthu.app.deployment import deployment
from hopthu.app.workspace import Workspace
from hopthu.cli.options import common, format_option
from hopthu.credentials.idle import Use, last_uses
from hopthu.credentials.idle import idle as idle_of
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.calendar import day_of
from hopthu.plan.phrases import describe_day
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read


@click.command(short_help="List who has not signed in for long.")
@click.argument("inventory")
@format_option
@common
def idle(workspace: Workspace, inventory: str, form: str) -> None:
    """List people who have not signed in for `lifecycle.idle_days`, longest first.

    To read or send mail or to look people up, on any access host. Nobody is locked: it is for their
    units to say whether they still need the mailbox. People with client passwords are left out,
    because those leave no date in the directory. After a change of somebody's entry, such as a
    transfer, earlier sign-ins are not known, and the days count from that change.
    """
    if workspace.on != workspace.today:
        raise UsageError(Message("this is about this moment: leave --on out"))
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    with Ssh() as ssh:
        uses = last_uses(ssh, wanted.inventory, loaded.policy.domain)
    uses = {person: use for person, use in uses.items() if person in loaded.organisation.people}
    people = idle_of(uses, loaded.policy, workspace.clock())
    if form == "json":
        click.echo(_json(loaded, people))
        return
    for line in _lines(loaded, people, len(uses)):
        click.echo(translate(line, workspace.language))


def _lines(loaded: Loaded, people: Mapping[str, Use], asked: int) -> Iterator[Message]:
    known = loaded.organisation.people
    for person, use in people.items():
        told = (
            Message("last signed in on {day}", day=describe_day(day_of(use.last)))
            if use.last
            else Message("no sign-in since {day}", day=describe_day(day_of(use.since)))
        )
        yield Message("{id}: {name}: {told}", id=person, name=known[person].name, told=told)
    yield Message(
        "Not signed in for {days}: {number} of {all}.",
        days=in_days(loaded.policy.lifecycle.idle_days),
        number=len(people),
        all=asked,
    )


def _json(loaded: Loaded, people: Mapping[str, Use]) -> str:
    rows = [
        {"id": person, "since": _moment(use.since), "last": _moment(use.last)}
        for person, use in people.items()
    ]
    text = {"idle_days": loaded.policy.lifecycle.idle_days, "idle": rows}
    return json.dumps(text, ensure_ascii=False, indent=2)


def _moment(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
