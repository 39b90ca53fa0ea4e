"""Who has not signed in for long, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from hopthu.credentials.idle import Use
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.calendar import day_of
from hopthu.model.phrases import describe_day
from hopthu.validate import Loaded


def as_text(loaded: Loaded, people: Mapping[str, Use], asked: int) -> Iterator[Message]:
    """Yield each of them, longest first, and how many they are."""
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


def as_json(loaded: Loaded, people: Mapping[str, Use]) -> str:
    """Return them as JSON; the keys are a contract."""
    rows = [
        {"id": person, "since": _moment(use.since), "last": _moment(use.last)}
        for person, use in people.items()
    ]
    text = {"idle_days": loaded.policy.lifecycle.idle_days, "idle": rows}
    return json.dumps(text, ensure_ascii=False, indent=2) + "\n"


def _moment(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
