"""The output of `hopthu show`: text in English or Vietnamese, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Document, Person
from hopthu.model.phrases import describe_day, describe_document, describe_size
from hopthu.show.report import View
from hopthu.show.timeline import Event

STATES = {
    "none": (Message("none"), Message("there is no mailbox")),
    "active": (Message("active"), Message("mail is delivered")),
    "locked": (Message("locked out"), Message("sign-in is disabled, mail is delivered")),
    "redirected": (Message("redirected"), Message("mail is redirected to the successor")),
    "closed": (Message("closed"), Message("mail is refused, the content is kept")),
    "archived": (
        Message("archived"),
        Message("mail is refused, the content is due for the archive"),
    ),
    "erased": (
        Message("erased"),
        Message("mail is refused, the content is due to be erased; the address is never reissued"),
    ),
}
_ON_LISTS = Message("on the lists: {lists}")
_WRITES_TO = Message("alone writes to the lists: {lists}")


def as_text(view: View, language: str = "en") -> str:
    """Return the text about a record, one fact a line."""
    lines = (*_head(view, language), *_rights(view, language), *_dates(view, language))
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(view: View, language: str = "en", live: Mapping[str, object] | None = None) -> str:
    """Return the same as JSON; sentences are in `language`, everything else as in the data.

    `live` is what the servers know, if they were asked.
    """
    plain = {**_plain(view, language), **({} if live is None else {"live": live})}
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _head(view: View, language: str) -> Iterator[str]:
    record, mailbox = view.record, view.mailbox
    yield f"{record.id}: {record.name}"
    if view.note:
        yield f"  {translate(view.note, language)}"
    stage, meaning = STATES[view.stage]
    values = {"day": describe_day(view.on), "stage": stage, "means": meaning}
    state = Message("on {day}: {stage}, {means}", **values)
    if mailbox and view.since:
        since = describe_day(view.since)
        state = Message("on {day}: {stage} since {since}, {means}", since=since, **values)
    yield f"  {translate(state, language)}"
    if mailbox and mailbox.unit != record.id:
        unit = Message("unit: {unit} ({name})", unit=mailbox.unit, name=mailbox.unit_name)
        yield f"  {translate(unit, language)}"
    if view.addresses:
        addresses = Message("address: {addresses}", addresses=", ".join(view.addresses))
        yield f"  {translate(addresses, language)}"
    if mailbox and view.record.quota:
        own = Message("quota: {size}", size=describe_size(mailbox.quota))
        yield f"  {translate(own, language)}"
    if view.bind_dn:
        name = Message("bind DN in address books: {dn}", dn=view.bind_dn)
        yield f"  {translate(name, language)}"
    delivered = Message("mail is delivered to: {where}", where=view.delivery)
    mail = delivered if view.stage in LIVE else Message("mail: {where}", where=view.delivery)
    yield f"  {translate(mail, language)}"
    yield f"    {translate(Message('why: {why}', why=view.why), language)}"
    for said, lists in ((_ON_LISTS, view.on_lists), (_WRITES_TO, view.writes_to)):
        if lists:
            found = Message(said.template, lists=", ".join(lists))
            yield f"  {translate(found, language)}"


def _rights(view: View, language: str) -> Iterator[str]:
    title, none = Message("mailbox access:"), Message("mailbox access: none")
    yield translate(title if view.rights else none, language)
    for right in view.rights:
        access = Message("{person} may use {mailbox} as {right}",
                         person=right.person, mailbox=right.mailbox, right=right.why)  # fmt: skip
        yield f"  {_cited(view, access, right.article, language)}"
    if view.access:
        yield translate(Message("mailbox access by date:"), language)
    for each in view.access:
        when = translate(_when(each.start, each.until), language)
        what = Message("{person}, {right} of {unit}",
                       person=each.access.person, right=each.access.capacity,
                       unit=each.access.office)  # fmt: skip
        if each.access.heir:
            what = Message("{office}: reads what {unit} has left",
                           office=what, unit=each.access.unit)  # fmt: skip
        yield f"  {when}  {_cited(view, what, 'Art. 7.2', language)}"


def _when(start: date, until: date | None) -> Message:
    if until is None:
        return Message("from {day}", day=describe_day(start))
    return Message("{start} to {until}", start=describe_day(start), until=describe_day(until))


def _dates(view: View, language: str) -> Iterator[str]:
    yield translate(Message("history:") if view.history else Message("history: none"), language)
    for event in view.history:
        when = describe_day(event.start)
        if event.until:
            when = Message("{start} to {until}", start=when, until=describe_day(event.until))
        yield f"  {translate(when, language)}  {_cited(view, event.what, event.article, language)}"
        yield from (f"    {_document(document, language)}" for document in event.documents)
    yield translate(Message("upcoming:") if view.due else Message("upcoming: none"), language)
    for due in view.due:
        day = translate(describe_day(due.on), language)
        yield f"  {day}  {_cited(view, due.what, due.article, language)}"


def _cited(view: View, what: Message, article: str, language: str) -> str:
    return f"{translate(what, language)} [{_article(view, article, language)}]"


def _article(view: View, article: str, language: str) -> str:
    return translate(view.regulation.cite(article), language)


def _document(document: Document, language: str) -> str:
    issuer = document.issuer or document.outside_issuer
    return f"{translate(describe_document(document), language)}, {issuer} ({document.id})"


def _plain(view: View, language: str) -> Mapping[str, object]:
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
        "bind_dn": view.bind_dn,
        "note": translate(view.note, language) if view.note else "",
        "delivery": translate(view.delivery, language),
        "why": translate(view.why, language),
        "on_lists": list(view.on_lists),
        "writes_to": list(view.writes_to),
        "rights": [
            {
                "mailbox": right.mailbox,
                "person": right.person,
                "why": translate(right.why, language),
                "article": _article(view, right.article, language),
            }
            for right in view.rights
        ],
        "access": [
            {
                "mailbox": each.access.unit,
                "person": each.access.person,
                "right": each.access.right,
                "acting": each.access.acting,
                "heir": each.access.heir,
                "from": each.start.isoformat(),
                "until": each.until.isoformat() if each.until else None,
            }
            for each in view.access
        ],
        "history": [_event(view, event, language) for event in view.history],
        "due": [
            {
                "on": due.on.isoformat(),
                "what": translate(due.what, language),
                "article": _article(view, due.article, language),
            }
            for due in view.due
        ],
    }


def _event(view: View, event: Event, language: str) -> Mapping[str, object]:
    return {
        "from": event.start.isoformat(),
        "until": event.until.isoformat() if event.until else None,
        "what": translate(event.what, language),
        "article": _article(view, event.article, language),
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
