"""The part of `hopthu show --live` that tells what the servers know, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Person
from hopthu.model.phrases import describe_moment, describe_size
from hopthu.show.formats import STATES
from hopthu.show.live import DAYS, Live, why_not
from hopthu.show.report import View

_KIB = 1024
_KINDS = {
    "read": Message("last sign-in to read mail"),
    "sent": Message("last mail sent"),
    "refused": Message("last sign-in refused"),
}


def live_text(view: View, found: Live, language: str) -> str:
    """Return the text, one fact a line."""
    title = Message("on the servers, at {moment}:", moment=describe_moment(found.now))
    facts = [f"  {translate(line, language)}" for line in _facts(view, found)]
    return "".join(f"{printable(line)}\n" for line in (translate(title, language), *facts))


def live_json(view: View, found: Live, language: str) -> Mapping[str, object]:
    """Return what stands in the JSON under `live`; moments are in UTC."""
    person = isinstance(view.record, Person)
    why = why_not(view.stage, found) if person else None
    return {
        "can_sign_in": person and why is None,
        "why": translate(why, language) if why else "",
        "quota_used": found.quota[0] * _KIB if found.quota else None,
        "quota_limit": found.quota[1] * _KIB if found.quota else None,
        "sessions": found.sessions,
        "client_passwords": [
            {"label": one.label, "issued": _moment(one.issued)} for one in found.clients
        ],
        "password_until": _moment(found.ends),
        "stopped": _moment(found.stopped),
        "stopped_by": found.stopped_by,
        **{f"last_{kind}": _moment(each.moment) if (each := found.last(kind)) else None
           for kind in _KINDS},
        "hosts": {
            each.host: {
                "state": each.state,
                "password": each.password,
                "issued_until": _moment(each.issued_until),
                "locked_until": _moment(each.locked_until),
            }
            for each in found.hosts
        },
        "silent": {name: translate(each.what, language) for name, each in found.silent.items()},
    }  # fmt: skip


def _moment(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _facts(view: View, found: Live) -> Iterator[str]:
    states = {each.state for each in found.hosts}
    for state in sorted(states):
        hosts = ", ".join(each.host for each in found.hosts if each.state == state)
        known = STATES[state][0] if state in STATES else state
        yield Message("{state} on {hosts}", state=known, hosts=hosts)
    if isinstance(view.record, Person):
        yield from _sign_in(view, found)
    if quota := found.quota:
        used, limit = f"{-(-quota[0] // _KIB)} MiB", describe_size(quota[1] * _KIB)
        yield Message("quota: {used} of {limit} used", used=used, limit=limit)
    for name, error in found.silent.items():
        yield Message("{host} does not answer: {reason}", host=name, reason=error.what)


def _sign_in(view: View, found: Live) -> Iterator[str]:
    why = why_not(view.stage, found)
    if why:
        yield Message("sign-in is refused: {why}", why=why)
    else:
        untils = [each.issued_until for each in found.hosts if each.issued_until]
        yield (
            Message(
                "sign-in works with the issued password until {moment}, then no more unless it "
                "is replaced",
                moment=describe_moment(max(untils)),
            )
            if untils
            else Message("sign-in works")
        )
        if found.ends:
            moment = describe_moment(found.ends)
            yield Message("the password must be changed by {moment}", moment=moment)
    if found.stopped:
        yield Message(
            "sending is stopped since {moment}: `hopthu credential reset` releases, and revokes "
            "all client passwords",
            moment=describe_moment(found.stopped),
        )
        if found.stopped_by:
            yield Message("it was {host} that stopped it", host=found.stopped_by)
    for one in found.clients:
        yield Message(
            "client password: {label}, issued {moment}",
            label=one.label, moment=describe_moment(one.issued),
        )  # fmt: skip
    for kind, what in _KINDS.items():
        if each := found.last(kind):
            yield Message(
                "{what}: {moment}, by {host}, from {client}",
                what=what, moment=describe_moment(each.moment), host=each.host, client=each.client,
            )  # fmt: skip
        elif any(kind in host.unread for host in found.hosts):
            yield Message("{what}: unknown, the journal is too long to search now", what=what)
        else:
            yield Message("{what}: none in the last {days} days", what=what, days=DAYS)
    yield Message("open sessions: {number}", number=found.sessions)
