"""A list on a day: who writes to it, who is on it, and by which record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from hopthu.desired.lists import MARK, MailList
from hopthu.desired.state import desired
from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.former_domains import domain_of
from hopthu.model.phrases import describe_day, describe_number
from hopthu.validate import Loaded


@dataclass(frozen=True, slots=True)
class ListView:
    """A list on a day, with its full address, the address that writes to it, and the names."""

    on: date
    list: MailList
    address: str
    writer: str
    names: Mapping[str, str]


def list_view(loaded: Loaded, on: date, asked: str) -> ListView | None:
    """Return the list with an address, None if there is none on the day."""
    local, _, _ = asked.lower().partition("@")
    if MARK not in local or domain_of(asked) not in ("", loaded.policy.domain):
        return None
    state = desired(loaded.organisation.at(on), loaded.policy, on)
    names = {mailbox.id: mailbox.name for mailbox in state.mailboxes}
    found = next((each for each in state.lists if each.address == local), None)
    if found is None:
        return None
    writer = local.partition(MARK)[2]
    return ListView(on, found, f"{local}@{state.domain}", f"{writer}@{state.domain}", names)


def as_text(view: ListView, language: str = "en") -> str:
    """Return the text about a list, one fact a line."""
    return "".join(f"{printable(translate(line, language))}\n" for line in _lines(view))


def as_json(view: ListView) -> str:
    """Return the same as JSON, as in the data."""
    found = view.list
    plain = {
        "on": view.on.isoformat(),
        "id": found.id,
        "kind": "list",
        "name": found.name,
        "unit": found.unit,
        "address": view.address,
        "writer": view.writer,
        "members": [{"mailbox": each.mailbox, "record": each.record} for each in found.places],
    }
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _lines(view: ListView) -> Iterator[Message]:
    found = view.list
    yield Message("{id}: {name}", id=found.id, name=found.name)
    yield Message("  address: {addresses}", addresses=view.address)
    yield Message("  only {address} writes to it, the mailbox of {unit}",
                  address=view.writer, unit=found.unit)  # fmt: skip
    number = describe_number(len({each.mailbox for each in found.places}))
    yield Message("on the list on {day}: {number}", day=describe_day(view.on), number=number)
    for each in found.places:
        said = {"mailbox": each.mailbox, "name": view.names.get(each.mailbox, "")}
        if each.record == each.mailbox:
            yield Message("  {mailbox}: {name}", **said)
        else:
            yield Message("  {mailbox}: {name}, as head of {unit}", unit=each.record, **said)
