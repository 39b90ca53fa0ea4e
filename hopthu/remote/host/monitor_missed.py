"""Ask monitors whether they work, from another host; alarm by the way that is not mail if not."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

_PATIENCE = 5.0
_MOST = 100_000
"""Bytes that are read of an answer."""
_TWICE = 2
"""So many times in a row it must not have answered."""
_FAILURES = (OSError, HTTPException)
_PORTS = {"http": 80, "https": 443}
_AGAIN = 3600.0
"""Seconds after which an alarm that goes on is sent once more."""


class Missed(TypedDict):
    """How often in a row the monitor has not answered, and when an alarm was sent, or 0."""

    times: int
    alarmed: float


def asked(url: str) -> str:
    """Return why the monitor does not say that it watches, empty if it does."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310  (our own)
            watches = json.loads(answer.read(_MOST))["data"]["result"]
    except (*_FAILURES, ValueError, LookupError, TypeError) as error:
        return f"{url}: {error}"
    return "" if watches else f"{url}: reads nothing, or does not reach Alertmanager"


def after(before: Missed, silent: bool, now: float) -> tuple[Missed, str]:
    """Return what is known now, and the state to send: `firing`, `resolved`, or nothing."""
    times = before["times"] + 1 if silent else 0
    if times >= _TWICE and now - before["alarmed"] > _AGAIN:
        return {"times": times, "alarmed": now}, "firing"
    if not silent and before["alarmed"]:
        return {"times": 0, "alarmed": 0.0}, "resolved"
    return {"times": times, "alarmed": before["alarmed"]}, ""


def alarm(settings: dict[str, str], status: str) -> dict[str, object]:
    """Return a call as Alertmanager makes it, so that who takes it knows one format."""
    return {
        "version": "4",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": settings["name"], "host": settings["monitor"]},
                "annotations": {key: settings[key] for key in ("summary", "runbook", "steps")},
                "startsAt": datetime.now(UTC).isoformat(),
            }
        ],
    }


def reach(url: str) -> None:
    """Connect to where alarms go, and say nothing; raise `OSError` if nobody is there.

    Otherwise it would be found out only when there is something to tell.
    """
    to = urlsplit(url)
    socket.create_connection((to.hostname or "", to.port or _PORTS[to.scheme]), _PATIENCE).close()


def send(settings: dict[str, str], status: str) -> None:
    """Send an alarm; raise `OSError` if it is not taken."""
    body = json.dumps(alarm(settings, status)).encode()
    call = urllib.request.Request(  # noqa: S310  (a URL of the inventory)
        settings["alarms"], body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(call, timeout=_PATIENCE):  # noqa: S310
        pass


def asked_once(settings: dict[str, str], before: Missed) -> tuple[Missed, list[str]]:
    """Ask a monitor, and alarm; return what is known now, and what is wrong with the way there."""
    if why := asked(settings["ask"]):
        print(why, file=sys.stderr)  # noqa: T201  (the unit's journal)
    now, status = after(before, bool(why), time.time())
    try:
        if status:
            send(settings, status)
        else:
            reach(settings["alarms"])
    except _FAILURES as error:  # what was not sent is sent the next time
        return {**now, "alarmed": before["alarmed"]}, [f"{settings['alarms']}: {error}"]
    return now, []


def main() -> None:
    """Ask each monitor once, of the file of the first argument; remember it in the state.

    Fails if alarms would not arrive: that is told by the monitor, by its other way.
    """
    monitors = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    place = Path(os.environ["STATE_DIRECTORY"], "missed.json")
    known: dict[str, Missed] = json.loads(place.read_text("utf-8")) if place.exists() else {}
    found, wrong = dict[str, Missed](), list[str]()
    for settings in monitors:
        name = settings["monitor"]
        found[name], unsent = asked_once(settings, known.get(name, {"times": 0, "alarmed": 0.0}))
        wrong += unsent
    new = place.with_suffix(".new")
    new.write_text(json.dumps(found), "utf-8")
    new.replace(place)
    sys.exit("\n".join(wrong) or 0)
