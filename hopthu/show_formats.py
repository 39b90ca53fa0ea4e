"""What `hopthu show` prints: for people, in English or Vietnamese, and for tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from hopthu.history import Event
from hopthu.language import article, say
from hopthu.lifecycle import LIVE
from hopthu.organisation import Document, Person
from hopthu.problems import printable
from hopthu.show import View
from hopthu.text import Text
from hopthu.wording import day_words, document_words

_STAGES = {
    "none": (Text("none"), Text("there is no mailbox")),
    "active": (Text("active"), Text("mail arrives")),
    "locked": (Text("locked"), Text("no sign-in, mail still arrives")),
    "redirected": (Text("redirected"), Text("mail leads to the successor")),
    "closed": (Text("closed"), Text("mail is refused, the content is kept")),
    "archived": (Text("archived"), Text("mail is refused, the content is in the archive only")),
    "erased": (
        Text("erased"),
        Text("mail is refused, the content is gone; the address stays taken"),
    ),
}


def as_text(view: View, language: str = "en") -> str:
    """Return everything about a record, line by line."""
    lines = (*_head(view, language), *_rights(view, language), *_dates(view, language))
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(view: View, language: str = "en") -> str:
    """Return the same for tools; sentences in `language`, all else as in the data."""
    return json.dumps(_plain(view, language), ensure_ascii=False, indent=2) + "\n"


def _head(view: View, language: str) -> Iterator[str]:
    record, mailbox = view.record, view.mailbox
    yield f"{record.id}: {record.name}"
    if view.note:
        yield f"  {say(view.note, language)}"
    stage, means = _STAGES[view.stage]
    said = {"day": day_words(view.on), "stage": stage, "means": means}
    state = Text("on {day}: {stage}, {means}", **said)
    if mailbox and view.since:
        since = day_words(view.since)
        state = Text("on {day}: {stage} since {since}, {means}", since=since, **said)
    yield f"  {say(state, language)}"
    if mailbox and mailbox.unit != record.id:
        unit = Text("unit: {unit} ({name})", unit=mailbox.unit, name=mailbox.unit_name)
        yield f"  {say(unit, language)}"
    if view.addresses:
        held = Text("address: {addresses}", addresses=", ".join(view.addresses))
        yield f"  {say(held, language)}"
    leads = Text("mail leads to: {where}", where=view.delivery)
    mail = leads if view.stage in LIVE else Text("mail: {where}", where=view.delivery)
    yield f"  {say(mail, language)}"
    yield f"    {say(Text('why: {why}', why=view.why), language)}"


def _rights(view: View, language: str) -> Iterator[str]:
    somebody, nobody = Text("may use a mailbox:"), Text("may use a mailbox: nobody")
    yield say(somebody if view.rights else nobody, language)
    for right in view.rights:
        uses = Text("{person} uses {mailbox}, as {right}",
                    person=right.person, mailbox=right.mailbox, right=right.why)  # fmt: skip
        yield f"  {_cited(uses, right.article, language)}"


def _dates(view: View, language: str) -> Iterator[str]:
    yield say(Text("history:") if view.history else Text("history: nothing on record"), language)
    for event in view.history:
        when = day_words(event.start)
        if event.until:
            when = Text("{start} to {until}", start=when, until=day_words(event.until))
        yield f"  {say(when, language)}  {_cited(event.what, event.article, language)}"
        yield from (f"    {_document(document, language)}" for document in event.documents)
    yield say(Text("falls due:") if view.due else Text("falls due: nothing"), language)
    for due in view.due:
        yield f"  {say(day_words(due.on), language)}  {_cited(due.what, due.article, language)}"


def _cited(what: Text, name: str, language: str) -> str:
    return f"{say(what, language)} [{article(name, language)}]"


def _document(document: Document, language: str) -> str:
    issuer = document.issuer or document.outside_issuer
    return f"{say(document_words(document), language)}, {issuer} ({document.id})"


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
        "note": say(view.note, language) if view.note else "",
        "delivery": say(view.delivery, language),
        "why": say(view.why, language),
        "rights": [
            {
                "mailbox": right.mailbox,
                "person": right.person,
                "why": say(right.why, language),
                "article": right.article,
            }
            for right in view.rights
        ],
        "history": [_event(event, language) for event in view.history],
        "due": [
            {"on": due.on.isoformat(), "what": say(due.what, language), "article": due.article}
            for due in view.due
        ],
    }


def _event(event: Event, language: str) -> Mapping[str, object]:
    return {
        "from": event.start.isoformat(),
        "until": event.until.isoformat() if event.until else None,
        "what": say(event.what, language),
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
